"""events upgrade, list, export, dead-letters, replay, forget, prune, close-idle."""

import secrets
import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rollout_cli.cli.session import Session, command, command_group, example_text
from rollout_cli.cli.spans import span, when
from rollout_cli.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from rollout_cli.pipeline.event_store import DeadLetter
    from rollout_cli.store.events.reading import Stored, Wanted
    from rollout_cli.store.events.sql_event_store import SqlEventStore

EVENTS_STORE = Annotated[
    str | None,
    typer.Option(
        "--events-store",
        metavar="URL",
        help="The store of events; else ROLLOUT_EVENTS_DATABASE_URL, else .rollout/events.db.",
    ),
]
_AT_ONCE = 200
"""Events in one write."""
_DRY_RUN = Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and do nothing.")]
_YES = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
_SHOPPER = Annotated[str | None, typer.Option("--shopper", metavar="ID", help="Of one shopper alone.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    first = ("rollout events upgrade", "rollout events list --since 1h", "rollout events dead-letters")
    events = command_group("events", "The store of events: look, replay, forget.", epilog=example_text(first))
    command(events, "upgrade", examples=("rollout events upgrade",))(upgrade)
    command(events, "list", examples=("rollout events list --conversation ID --full",))(list_events)
    command(events, "export", examples=("rollout events export | gzip > events.ndjson.gz",))(export)
    command(events, "dead-letters", examples=("rollout events dead-letters --explain 7",))(dead_letters)
    command(events, "replay", examples=("rollout events replay 7", "rollout events replay --all --dry-run"))(replay)
    command(events, "forget", examples=("rollout events forget 5511970000001 --dry-run",))(forget)
    prune_example = "rollout events prune --raw-older-than 30d --events-older-than 365d"
    command(events, "prune", examples=(prune_example,))(prune)
    command(events, "close-idle", examples=("rollout events close-idle --after 24h",))(close_idle)
    app.add_typer(events, name="events", rich_help_panel="Keep")


def upgrade(session: Session, events_store: EVENTS_STORE = None) -> int:
    """Create the tables of events, or bring them to this program's schema."""
    from rollout_cli.control.reports import SchemaReport
    from rollout_cli.render.words import GOOD, line
    from rollout_cli.store.events.opening import upgrade_event_store
    from rollout_cli.wiring import events_address

    address = events_address(session.workspace, events_store)
    before, after = upgrade_event_store(address)
    report = SchemaReport(address.name, before, after, applied=before != after)
    words = f": schema {before or 'none'} -> {after}" if report.applied else f": schema {after}, nothing to do"
    session.out.report("events-upgrade", report, [line((address.name, GOOD), words)], done=report.applied)
    return ExitCode.DONE


def list_events(
    session: Session,
    thread: Annotated[str | None, typer.Option("--thread", metavar="KEY", help="Of one thread.")] = None,
    conversation: Annotated[str | None, typer.Option("--conversation", metavar="ID", help="Of one.")] = None,
    shopper: _SHOPPER = None,
    skm: Annotated[str | None, typer.Option("--skm", metavar="ID", help="Served by one SKM.")] = None,
    provider: Annotated[str | None, typer.Option("--provider", metavar="NAME", help="Of one provider.")] = None,
    event_type: Annotated[str | None, typer.Option("--type", metavar="PREFIX", help="Of one kind.")] = None,
    message: Annotated[str | None, typer.Option("--message", metavar="ID", help="About one message.")] = None,
    since: Annotated[str | None, typer.Option("--since", metavar="WHEN", help="A time, or 1h for so long ago.")] = None,
    until: Annotated[str | None, typer.Option("--until", metavar="WHEN", help="The same.")] = None,
    limit: Annotated[int, typer.Option("--limit", metavar="N", min=1, help="How many at most.")] = 100,
    full: Annotated[
        bool, typer.Option("--full", help="Whole events, one JSON object a line: with personal data.")
    ] = False,
    events_store: EVENTS_STORE = None,
) -> int:
    """Events by the provider's time, without anything of a person unless --full is given."""
    from rollout_cli.cli.spelling import provider_named
    from rollout_cli.store.events.reading import Wanted

    source = None if provider is None else provider_named(provider)
    wanted = Wanted(
        thread, conversation, shopper, skm, source, event_type, message, when(since, "--since"),
        when(until, "--until"),
    )  # fmt: skip
    store = _opened(session, events_store)
    if full:
        from rollout_cli.store.events.reading import stored_events

        return _write(session, stored_events(store, wanted, limit=limit))
    return _show(session, store, wanted, limit)


def export(
    session: Session,
    after: Annotated[int, typer.Option("--after", metavar="NUMBER", help="Only what comes after a place.")] = 0,
    events_store: EVENTS_STORE = None,
) -> int:
    """The whole log in its order, one canonical event a line, however large it is: with personal data."""
    from rollout_cli.store.events.reading import all_events

    store = _opened(session, events_store)
    return _write(session, all_events(store, after))


def dead_letters(
    session: Session,
    explain: Annotated[int | None, typer.Option("--explain", metavar="ID", help="What is wrong with one.")] = None,
    limit: Annotated[int, typer.Option("--limit", metavar="N", min=1, help="How many at most.")] = 100,
    events_store: EVENTS_STORE = None,
) -> int:
    """Deliveries that could not become events, and why. Nothing of a body is shown."""
    from rollout_cli.pipeline.reports import DeadLettersReport, DeadLetterView
    from rollout_cli.render.events_store_text import dead_letter_lines
    from rollout_cli.store.events.dead_letters import count_letters, letters

    store = _opened(session, events_store)
    found = letters(store, None if explain is None else [explain], limit=limit)
    if explain is not None and not found:
        raise UsageError(f"there is no dead letter {explain}", hint="`rollout events dead-letters` lists them")
    views = [
        DeadLetterView(
            each.id or 0, each.at, each.provider, each.reason, each.explanation, times, len(each.body),
            each.signature_valid, _made_now(each) if explain is not None else None,
        )
        for each, times in found
    ]  # fmt: skip
    report = DeadLettersReport(store.name, count_letters(store), views)
    session.out.report("events-dead-letters", report, dead_letter_lines(report))
    return ExitCode.DONE


def replay(
    session: Session,
    ids: Annotated[
        list[int] | None, typer.Argument(metavar="ID", help="Which dead letters.", show_default=False)
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="All of them.")] = False,
    dry_run: _DRY_RUN = False,
    teams: Annotated[
        Path | None,
        typer.Option("--teams", metavar="FILE", help="YAML: who can serve conversations, as the gateway has it."),
    ] = None,
    same_line: Annotated[
        list[str] | None,
        typer.Option(
            "--same-line",
            metavar="SECOND=FIRST",
            help="Two channels of one number, like evolution:loja=cloud_api:700100. May be given again.",
        ),
    ] = None,
    events_store: EVENTS_STORE = None,
) -> int:
    """Give dead letters to the new path again. What becomes events now is stored once, however often this is done."""
    from rollout_cli.cli.replaying import replayed
    from rollout_cli.render.events_store_text import replay_lines

    if bool(ids) == everything:
        raise UsageError("say which dead letters, or --all", hint="`rollout events dead-letters` lists them")
    store = _opened(session, events_store)
    report = replayed(session, store, ids or None, teams=teams, same_line=same_line or (), is_dry_run=dry_run)
    session.out.report("events-replay", report, replay_lines(report), done=report.applied)
    return ExitCode.DONE


def forget(
    session: Session,
    who: Annotated[str, typer.Argument(metavar="WA_ID", help="A phone, JID, LID or BSUID, in any spelling.")],
    shopper: _SHOPPER = None,
    dry_run: _DRY_RUN = False,
    yes: _YES = False,
    events_store: EVENTS_STORE = None,
) -> int:
    """Forget a person (LGPD): their messages, ids and names, also where they stand in others' events."""
    from rollout_cli.new_path import pseudonym_key
    from rollout_cli.render.events_store_text import forget_lines
    from rollout_cli.store.events import forgetting

    store = _opened(session, events_store)
    key = pseudonym_key(session.workspace.environment) or secrets.token_bytes(32)
    if not dry_run and not session.confirm("Forget this person for good?", yes=yes):
        return ExitCode.INTERRUPTED
    report = forgetting.forget(store, who, shopper=shopper, key=key, is_dry_run=dry_run)
    session.out.report("events-forget", report, forget_lines(report), done=report.applied)
    return ExitCode.DONE


def prune(
    session: Session,
    raw: Annotated[str | None, typer.Option("--raw-older-than", metavar="DURATION", help="Raw bodies.")] = None,
    old: Annotated[str | None, typer.Option("--events-older-than", metavar="DURATION", help="Whole events.")] = None,
    letters: Annotated[
        str | None, typer.Option("--dead-letters-older-than", metavar="DURATION", help="Dead letters.")
    ] = None,
    observed: Annotated[
        str | None, typer.Option("--observations-older-than", metavar="DURATION", help="What comparisons found.")
    ] = None,
    dry_run: _DRY_RUN = False,
    yes: _YES = False,
    events_store: EVENTS_STORE = None,
) -> int:
    """Let go of what came long ago. Events that a subscriber has not had yet stay."""
    from rollout_cli.render.events_store_text import prune_lines
    from rollout_cli.store.events import retaining

    if not any((raw, old, letters, observed)):
        raise UsageError("say what to let go, and how old it is", hint="like --raw-older-than 30d")
    now = datetime.now(UTC)
    ages = {"raw": raw, "old_events": old, "letters": letters, "observed": observed}
    before = {name: None if age is None else now - span(age) for name, age in ages.items()}
    store = _opened(session, events_store)
    if not dry_run and not session.confirm("Let go of it for good?", yes=yes):
        return ExitCode.INTERRUPTED
    report = retaining.prune(store, **before, is_dry_run=dry_run)
    session.out.report("events-prune", report, prune_lines(report), done=report.applied)
    return ExitCode.DONE


def close_idle(
    session: Session,
    after: Annotated[str, typer.Option("--after", metavar="DURATION", help="How long nothing has happened.")] = "24h",
    events_store: EVENTS_STORE = None,
) -> int:
    """Close conversations in which nothing has happened for long. The next message opens them again."""
    from rollout_cli.pipeline.reports import ClosedReport
    from rollout_cli.pipeline.routing import closing
    from rollout_cli.render.words import counted, line

    now = datetime.now(UTC)
    silence = span(after)
    store = _opened(session, events_store)
    closed = closing.close_idle(store, silent_since=now - silence, now=now)
    report = ClosedReport(store.name, closed)
    session.out.report("events-close-idle", report, [line(f"Closed {counted(closed, 'conversation')}")], done=True)
    return ExitCode.DONE


def _opened(session: Session, url: str | None) -> "SqlEventStore":
    from rollout_cli.wiring import open_events

    return open_events(session.workspace, url)


def _show(session: Session, store: "SqlEventStore", wanted: "Wanted", limit: int) -> int:
    from rollout_cli.new_path import pseudonym_key
    from rollout_cli.pipeline.logs import PipelineLog
    from rollout_cli.pipeline.reports import EventsReport, EventView
    from rollout_cli.render.events_store_text import event_lines
    from rollout_cli.store.events.reading import stored_events

    name_of = PipelineLog(pseudonym_key(session.workspace.environment)).name_of
    found = list(islice(stored_events(store, wanted, limit=limit + 1), limit + 1))
    views = [
        EventView(
            each.number, each.event.event_id, each.event.event_type, each.event.occurred_at, each.received_at,
            each.event.source.provider, each.event.routing.shopper_id, name_of(each.event.routing.thread_key),
            each.event.routing.conversation_id, each.event.routing.skm_id,
        )
        for each in found[:limit]
    ]  # fmt: skip
    report = EventsReport(store.name, views, len(found) > limit)
    session.out.report("events-list", report, event_lines(report))
    return ExitCode.DONE


def _made_now(letter: "DeadLetter") -> str:
    from rollout_cli.render.words import counted
    from rollout_cli.whatsapp import NormalizeError, normalize

    try:
        events = normalize(
            letter.provider, letter.body, event=letter.event, instance=letter.instance, received_at=letter.at,
            tenant=letter.shopper_id or "",
        )  # fmt: skip
    except NormalizeError as error:
        return f"still refused: {error.message}; {error.hint}"
    return f"becomes {counted(len(events), 'event')} now: replay it"


def _write(session: Session, found: "Iterable[Stored]") -> int:
    """Events, a line each, some at a time; until nobody reads any more."""
    from rollout_cli.render.events import event_lines

    encoding = (getattr(sys.stdout, "encoding", None) or "utf-8").lower()
    ascii_only = sys.stdout.isatty() or encoding not in {"utf-8", "utf8"}  # a screen can be harmed by text
    left = (each.event for each in found)
    while some := list(islice(left, _AT_ONCE)):
        if not session.out.raw(event_lines(some, ascii_only=ascii_only)):
            break
    return ExitCode.DONE
