"""divergences."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from rollout_cli.cli.events_commands import EVENTS_STORE
from rollout_cli.cli.session import Session, command
from rollout_cli.cli.spans import span
from rollout_cli.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from rollout_cli.pipeline.dual_run.grouping import DivergencesReport

_FAILING = ("critical", "any")


def register(app: typer.Typer) -> None:
    """Add the command."""
    examples = ("rollout divergences --since 1h", "rollout divergences --fail-on critical --format json")
    command(app, "divergences", panel="Look", examples=examples)(divergences)


def divergences(
    session: Session,
    since: Annotated[str, typer.Option("--since", metavar="DURATION", help="How far back to look.")] = "24h",
    show_all: Annotated[bool, typer.Option("--all", help="Those that a rule ignores, too.")] = False,
    fail_on: Annotated[
        str | None, typer.Option("--fail-on", metavar="critical|any", help="Exit with 3 where there are such.")
    ] = None,
    events_store: EVENTS_STORE = None,
) -> int:
    """Where the legacy and the new path differ (WHATSAPP_DUAL_RUN), grouped, each with one example, masked."""
    from rollout_cli.pipeline.dual_run import grouping
    from rollout_cli.render.divergences_text import divergence_lines
    from rollout_cli.store.events.observing import stored_observations
    from rollout_cli.wiring import open_events

    if fail_on is not None and fail_on not in _FAILING:
        raise UsageError(f"--fail-on {fail_on!r} is none", hint=f"one of {', '.join(_FAILING)}")
    begin = datetime.now(UTC) - span(since)
    store = open_events(session.workspace, events_store)
    found = stored_observations(store, begin)
    report = grouping.divergences(store.name, begin, found, with_ignored=show_all)
    session.out.report("divergences", report, divergence_lines(report))
    return ExitCode.DONE if fail_on is None else _verdict(session, report, fail_on)


def _verdict(session: Session, report: "DivergencesReport", fail_on: str) -> int:
    if not report.compared:
        session.out.talk("Nothing was compared: nobody can say")
        return ExitCode.NOT_YET
    bad = report.critical + (report.minor if fail_on == "any" else 0)
    return ExitCode.FAIL if bad else ExitCode.DONE
