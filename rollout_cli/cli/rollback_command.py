"""rollback. Whatever is broken, it either takes everything back or says what does."""

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from rollout_cli.cli.arguments import rollback_target, shopper_id
from rollout_cli.cli.completion import complete_targets
from rollout_cli.cli.language import LanguageOption, catalog_of
from rollout_cli.cli.session import Session, command
from rollout_cli.errors import ExitCode, RefusedError, RolloutError, StoreError, UsageError
from rollout_cli.sources.surroundings import unicode_text

if TYPE_CHECKING:
    from rollout_cli.checks.words import Catalog
    from rollout_cli.control.recovery import Round
    from rollout_cli.control.rollback import RollbackReport, Target
    from rollout_cli.control.views import RecoveryView
    from rollout_cli.store.sql_store import SqlStore


WatchOption = Annotated[
    bool, typer.Option("--watch", help="Afterwards ask the phase's post-checks until it is clear whether it helped.")
]
ForOption = Annotated[
    str | None, typer.Option("--for", metavar="TIME", help="How long to watch; else what the phase says, else 15m.")
]
EveryOption = Annotated[str | None, typer.Option("--every", metavar="TIME", help="How long to wait between two looks.")]


def register(app: typer.Typer) -> None:
    """Add the command."""
    examples = (
        "rollout rollback --reason 'error rate'",
        "rollout rollback --to previous",
        "rollout rollback --shopper shopper_7",
        "rollout rollback --watch",
    )
    command(app, "rollback", panel="Move", examples=examples)(rollback)


def rollback(
    session: Session,
    to: Annotated[
        str,
        typer.Option(
            "--to", metavar="TARGET", autocompletion=complete_targets,
            help="previous, phase:N or revision:R; else the safe state.",
        ),
    ] = "safe",
    shopper: Annotated[str | None, typer.Option("--shopper", metavar="ID", help="Take back one shopper only.")] = None,
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why; kept in the history.")] = "",
    rollout: Annotated[
        str | None, typer.Option("--rollout", metavar="NAME", help="Which, when the files cannot say.")
    ] = None,
    watch: WatchOption = False,
    observe: ForOption = None,
    every: EveryOption = None,
    lang: LanguageOption = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", hidden=True)] = False,  # noqa: ARG001 - never asks; habit is welcome
) -> int:  # fmt: skip
    """Back to safety, now. Asks nothing, waits for nothing; doing it twice does no harm."""
    from time import perf_counter

    from rollout_cli.render.moves_text import rollback_lines

    target = rollback_target(to)
    if shopper is not None and to != "safe":
        raise UsageError("--shopper and --to exclude each other", hint="take back one shopper, or everybody")
    one = None if shopper is None else shopper_id(shopper)
    begun = perf_counter()
    try:
        report = _roll_back(session, target, one, unicode_text(reason), rollout, lang)
    except StoreError as error:
        raise _break_glass(session, error, one, reason, lang) from error
    except RolloutError:
        raise
    except Exception as error:
        broken = StoreError(f"the store cannot be used: {type(error).__name__}", hint="see more with --debug")
        raise _break_glass(session, broken, one, reason, lang) from error
    report = replace(report, duration_ms=round((perf_counter() - begun) * 1000, 3))
    if not watch and (observe or every):
        session.out.complain("warning: --for and --every say how to watch; without --watch they do nothing")
    if watch:
        return _watch(session, report, one, (observe, every), lang)
    catalog = _tolerant_catalog(session, lang)
    session.out.report("rollback", report, rollback_lines(report, one, catalog), done=report.applied)
    session.warn_killed(catalog)
    return ExitCode.DONE


def _watch(
    session: Session,
    report: "RollbackReport",
    shopper: str | None,
    times: tuple[str | None, str | None],
    lang: str | None,
) -> int:
    """It is done; now find out whether it helped. The answer is about that, and so is the exit code."""
    from rollout_cli.checks.verdict import EXIT_CODES, Verdict
    from rollout_cli.cli.recovering import cut_off, times_said, watch_recovery
    from rollout_cli.render.moves_text import rollback_lines
    from rollout_cli.render.recovery_text import recovery_lines

    catalog = _tolerant_catalog(session, lang)
    if session.out.as_json:  # nobody waits for the good news until the watch is over
        session.out.talk(*rollback_lines(report, shopper, catalog))
    else:
        session.out.report("rollback", report, rollback_lines(report, shopper, catalog), done=report.applied)
    session.warn_killed(catalog)
    rounds: list[Round] = []
    seen: RecoveryView | None = None
    try:
        seen = watch_recovery(session, report, times_said(session, *times), catalog, rounds)
    finally:  # whatever ends the watching: that it is rolled back is said, and what was seen
        seen = cut_off(rounds, catalog) if seen is None else seen
        whole = replace(report, recovery=seen)
        session.out.report("rollback", whole, recovery_lines(seen, catalog), done=report.applied)
    return EXIT_CODES[Verdict(seen.verdict)]


def _tolerant_catalog(session: Session, lang: str | None) -> "Catalog":
    """The language's words; one that we do not speak stops nothing."""
    try:
        return catalog_of(lang)
    except UsageError as error:
        session.out.complain(f"warning: {error.message}; this is English")
        return {}


def _roll_back(
    session: Session, target: "Target", shopper: str | None, reason: str, rollout: str | None, lang: str | None
) -> "RollbackReport":
    from rollout_cli.control.rollback import roll_back, take_back_shopper

    workspace = session.workspace
    try:
        store = workspace.open_store(history_only=True)  # nobody has to upgrade a store to get back to safety
    except UsageError as error:  # a bad address or a missing driver: no store that can be reached, either
        raise StoreError(error.message, hint=error.hint) from error
    if store is None:
        return _nothing_there(session, shopper, rollout, lang)
    ledger = store.ledger(workspace.rollout_name(rollout, store, is_asked=True))
    if shopper is None:
        report = roll_back(ledger, target, actor=workspace.actor, reason=reason)
    else:
        report = take_back_shopper(ledger, shopper, actor=workspace.actor, reason=reason)
    if not report.revision:
        _suspect_the_name(report.rollout, store)
    return report


def _nothing_there(session: Session, shopper: str | None, rollout: str | None, lang: str | None) -> "RollbackReport":
    """The project's own store was never created, so nothing was applied; without a project, nobody knows that."""
    from rollout_cli.control.rollback import RollbackReport
    from rollout_cli.render.words import speak

    workspace = session.workspace
    if not workspace.has_flags_file:
        raise UsageError(
            f"there is neither a flags.yaml nor a store in {workspace.folder} or above",
            hint="go to your project, or name it with --project DIR, or its store with --store URL",
        )
    if shopper is not None:
        raise RefusedError(
            f"there is no store at {workspace.address.name}, so there is no flag in it to deny this shopper on",
            hint="the shopper is at the defaults; deny it with `rollout flags deny FLAG ID` if it must stay off",
        )
    words = speak(
        "There is no store at {store}: nothing was ever applied, environment variables decide alone.",
        _tolerant_catalog(session, lang), store=workspace.address.name,
    )  # fmt: skip
    session.out.talk(words)
    name = rollout or workspace.name_at_a_glance or workspace.folder.name
    return RollbackReport(name, applied=False, revision=0, from_=None, to=None, changes=[])


def _suspect_the_name(name: str, store: "SqlStore") -> None:
    """A rollout without a history, in a store that has others: who is told "nothing to do" would believe it."""
    from rollout_cli.cli.spelling import unknown

    others = store.rollouts()
    if others and name not in others:
        hint = f"{unknown('rollout', name, others).hint}; name it with --rollout"
        raise UsageError(f"nothing was rolled back: the store has no rollout {name!r}", hint=hint)


def _break_glass(
    session: Session, error: StoreError, shopper: str | None, reason: str, lang: str | None
) -> RolloutError:
    """The store cannot be used: the kill file keeps everything off until it can."""
    from datetime import UTC, datetime

    from rollout_cli.render.visible import visible
    from rollout_cli.render.words import speak
    from rollout_cli.sources.kill_file import kill_path, write_kill_file

    if shopper is not None:
        hint = "the kill file knows flags, not shoppers; `rollout rollback` without --shopper takes everybody back"
        return StoreError(error.message, hint=f"{error.hint}; {hint}")
    path = kill_path(session.workspace.folder, session.workspace.environment)
    head = f"# rollback by {visible(session.workspace.actor)} at {datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
    why = f": {visible(reason)}" if reason else ""
    try:
        write_kill_file(path, (head + why, "# remove this file once the store works and is rolled back", "*"))
    except OSError as failure:
        hint = f"set ROLLOUT_KILL='*' where the applications run; the kill file {path} failed: {failure.strerror}"
        return StoreError(error.message, hint=hint)
    words = speak(
        "The store cannot be used, so the kill file {path} now keeps every flag at its default.",
        _tolerant_catalog(session, lang), path=path,
    )  # fmt: skip
    session.out.complain(words)
    return StoreError(error.message, hint=f"{error.hint}; when it works again: `rollout rollback`, then remove {path}")
