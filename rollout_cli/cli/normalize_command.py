"""normalize."""

import sys
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, TextIO

import typer

from rollout_cli.cli.completion import completing
from rollout_cli.cli.output import Output
from rollout_cli.cli.pages import Command
from rollout_cli.cli.session import Session, command
from rollout_cli.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from rollout_cli.render.events import Counts
    from rollout_cli.sources.bodies import Body
    from rollout_cli.whatsapp import CanonicalEvent, NormalizeError

PROVIDERS = ("cloud_api", "evolution", "baileys", "simulated")

_PROVIDER = Annotated[
    str,
    typer.Option(
        "--provider",
        metavar="PROVIDER",
        help="cloud_api, evolution, baileys or simulated.",
        autocompletion=completing(PROVIDERS),
    ),
]
_EVENT = Annotated[
    str | None, typer.Option("--event", metavar="NAME", help="The provider's event, where the body does not say.")
]
_MISSING = {
    "files": "give the files, or - for standard input",
    "provider": f"say who sent the bodies: {', '.join(PROVIDERS[:-1])} or {PROVIDERS[-1]}",
}
_ARRAY = "one body a file; or `jq -c '.[]' FILE | rollout normalize … --lines -`"
_LINES = "with one body a line, give --lines"
_NO_LINES = "leave --lines out where the file is one body"

Normalize = Callable[[bytes], "list[CanonicalEvent]"]


class _Normalize(Command):
    """The command, with a hint of its own for what is left out."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read the command line.

        Raises:
            UsageError: there is no file, or no provider.
        """
        try:
            return super().parse_args(ctx, args)
        except typer.TyperException as error:
            hint = _MISSING.get(getattr(getattr(error, "param", None), "name", ""))
            if hint is None:
                raise
            raise UsageError(error.format_message(), hint=hint) from None


def register(app: typer.Typer) -> None:
    """Add the command."""
    examples = (
        "rollout normalize --provider cloud_api webhook.json",
        "rollout normalize --provider evolution --lines archive.ndjson > events.ndjson",
        "rollout normalize --provider baileys --event messages.upsert --explain -",
    )
    command(app, "normalize", panel="Look", examples=examples)(normalize)
    app.registered_commands[-1].cls = _Normalize  # for what is said of what is left out


def normalize(
    session: Session,
    files: Annotated[list[str], typer.Argument(metavar="FILE...", help="With a request's body each; - is stdin.")],
    provider: _PROVIDER,
    event: _EVENT = None,
    instance: Annotated[
        str | None, typer.Option("--instance", metavar="NAME", help="The instance, where the body does not say.")
    ] = None,
    tenant: Annotated[
        str, typer.Option("--tenant", metavar="NAME", help="Whose it is: the first part of every key.")
    ] = "",
    received_at: Annotated[
        str | None, typer.Option("--received-at", metavar="TIME", help="ISO 8601 with its offset; else now.")
    ] = None,
    lines: Annotated[bool, typer.Option("--lines", help="Every line of a file is a body.")] = False,
    explain: Annotated[bool, typer.Option("--explain", help="Show which field of a body went where.")] = False,
) -> int:
    """Turn webhook bodies into canonical events, one JSON object a line. Needs no project and no store.

    The answer is JSON lines, always: --format acts with --explain only. One body that is refused makes the exit code 2,
    while the others go on.
    """
    from rollout_cli.cli.spelling import provider_named
    from rollout_cli.sources.bodies import read_bodies, require_files
    from rollout_cli.whatsapp import normalize as normalize_body
    from rollout_cli.whatsapp.decoding import MAX_BYTES

    provider = provider_named(provider)
    require_files(files)
    told = None if received_at is None else _moment(received_at)
    normalize_it = partial(normalize_body, provider, event=event, instance=instance, tenant=tenant)
    answer = (
        partial(_explain, session, provider, _columns(session))
        if explain
        else partial(_write, session, _is_for_ascii(sys.stdout))
    )
    counts = _answer_all(
        read_bodies(files, by_line=lines, limit=MAX_BYTES),
        lambda body: answer(body, partial(normalize_it, received_at=told or datetime.now(UTC))),
    )
    if not session.out.is_closed:
        session.out.talk(counts.words, *([_other_provider(provider)] if counts.is_all_unknown else []))
    return ExitCode.USAGE if counts.refused else ExitCode.DONE


def _answer_all(bodies: "Iterable[Body]", answer: Callable[["Body"], "Sequence[str] | None"]) -> "Counts":
    """Answer body by body. One that is refused is told of, and the others go on.

    Args:
        bodies: in the order in which they are answered.
        answer: gives the types of a body's events, and None when nobody reads any more.
    """
    from rollout_cli.render.events import Counts
    from rollout_cli.whatsapp import NormalizeError

    counts, hints = Counts(), set[str]()
    for body in bodies:
        counts.bodies += 1
        try:
            _require_short(body)
            types = answer(body)
        except NormalizeError as error:
            counts.refused += 1
            _complain(body, error, hints)
            continue
        if types is None:
            break
        counts.events += len(types)
        counts.unknown += types.count("whatsapp.unknown")
    return counts


def _write(session: Session, ascii_only: bool, body: "Body", normalize_it: Normalize) -> list[str] | None:
    from rollout_cli.render.events import event_lines

    events = normalize_it(body.data)
    if events and not session.out.raw(event_lines(events, ascii_only=ascii_only)):
        return None
    return [event.event_type for event in events]


def _explain(
    session: Session, provider: str, columns: int | None, body: "Body", normalize_it: Normalize
) -> list[str] | None:
    from rollout_cli.render.explain_text import explain_json, explain_lines
    from rollout_cli.whatsapp.explaining import explain

    explanation = explain(normalize_it, body.data)
    if session.out.as_json:
        session.out.raw(explain_json(provider, body.file, body.line, explanation))
    else:  # also when quiet: it is the answer
        session.out.lines(explain_lines(body.place, explanation, columns))
    return None if session.out.is_closed else [event.event_type for event in explanation.events]


def _require_short(body: "Body") -> None:
    """Refuse what was not read to its end.

    Raises:
        NormalizeError: the body is longer than any that is normalized.
    """
    from rollout_cli.whatsapp import NormalizeError, Reason
    from rollout_cli.whatsapp.decoding import MAX_BYTES

    if len(body.data) > MAX_BYTES:
        hint = "with one body a line, give --lines; media can be left out of webhooks and fetched by their ids"
        raise NormalizeError(Reason.TOO_LARGE, f"the body is longer than {MAX_BYTES:,} bytes", hint=hint)


def _complain(body: "Body", error: "NormalizeError", hints: set[str]) -> None:
    """Say why a body was refused, and what to do about it unless that was said before."""
    lines = [f"{body.place}: {error.reason}: {error.message}"]
    hint = _hint(body, error)
    if hint not in hints:
        hints.add(hint)
        lines.append(f"  -> {hint}")
    # An output of its own: the session's remembers all that it said, and there may be millions of them.
    Output(as_json=False, color=False, quiet=False).complain(*lines)


def _hint(body: "Body", error: "NormalizeError") -> str:
    """What to do about a body that was refused: files hold bodies in more ways than requests do."""
    from rollout_cli.whatsapp import Reason

    if error.reason is Reason.NOT_AN_OBJECT and body.is_array:
        return _ARRAY
    if error.reason is Reason.NOT_JSON and body.is_of_lines:
        return _LINES
    if error.reason is Reason.NOT_JSON and body.is_begin_of_file:
        return _NO_LINES
    return error.hint


def _other_provider(provider: str) -> str:
    others = ", ".join(each for each in PROVIDERS if each != provider)
    return f"  -> nothing of it is known of {provider}: is --provider another ({others}), or --event left out?"


def _columns(session: Session) -> int | None:
    """The width of the screen that an explanation is shown on; None where it is shown on none."""
    if session.out.as_json or not sys.stdout.isatty():
        return None
    return session.out.console(sys.stdout).width


def _moment(text: str) -> datetime:
    """A time as typed.

    Raises:
        UsageError: it is none, or nobody can know when it was.
    """
    try:
        told = datetime.fromisoformat(text.strip())
        if told.tzinfo is not None:
            return told.astimezone(UTC)
        problem = "has no offset from UTC"
    except (ValueError, OverflowError):
        problem = "is not a time"
    raise UsageError(f"{text!r} {problem}", hint="give it like 2026-01-31T12:00:00Z or 2026-01-31T09:00:00-03:00")


def _is_for_ascii(stream: TextIO) -> bool:
    """Whether escapes are safer: on a screen, which text can harm, and in an encoding that lacks characters."""
    return stream.isatty() or (getattr(stream, "encoding", None) or "utf-8").lower() not in {"utf-8", "utf8"}
