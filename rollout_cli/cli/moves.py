"""status, plan, check, advance, rollback, attest."""

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from rollout_cli.cli.arguments import percent_argument, rollback_target
from rollout_cli.cli.session import Session, command
from rollout_cli.errors import ExitCode, RolloutError, StoreError, UsageError

if TYPE_CHECKING:
    from rollout_cli.control.advance import Advance
    from rollout_cli.control.attest import AttestedLedger
    from rollout_cli.control.rollback import RollbackReport

PhaseOption = Annotated[
    int | None, typer.Option("--phase", min=0, metavar="N", help="The phase; else whatever is next.")
]
PercentOption = Annotated[str | None, typer.Option("--percent", metavar="P", help="The step of a ramp.")]
ReasonOption = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why; kept in the history.")]
YesOption = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    panel = "Move"
    command(app, "status", panel="Look", epilog="Example: rollout status --format json | jq .state")(status)
    command(app, "plan", panel="Look", epilog="Example: rollout plan --phase 3 --percent 25 --ids shoppers.txt")(plan)
    command(app, "check", panel="Look", epilog="Example: rollout check --phase 2")(check)
    command(app, "advance", panel=panel, epilog="Examples: rollout advance | rollout advance --phase 3 --percent 25")(
        advance
    )
    command(
        app, "rollback", panel=panel,
        epilog="Examples: rollout rollback | rollout rollback --to previous | rollout rollback --shopper ID",
    )(rollback)  # fmt: skip
    command(app, "attest", panel=panel, epilog="Example: rollout attest team-trained --note 'all five, 12 May'")(attest)


def status(
    session: Session,
    watch: Annotated[bool, typer.Option("--watch", help="Keep looking until Ctrl-C.")] = False,
    interval: Annotated[float, typer.Option("--interval", min=0.2, max=3600, help="Seconds between looks.")] = 2.0,
) -> int:
    """Where the rollout stands: position, soak, flags, drift."""
    from rollout_cli.cli.watching import show_status, watch_status

    return watch_status(session, interval) if watch else show_status(session)


def plan(
    session: Session,
    phase: PhaseOption = None,
    percent: PercentOption = None,
    ids: Annotated[
        str | None, typer.Option("--ids", metavar="FILE", help="Say exactly who of these flips; - is stdin.")
    ] = None,
) -> int:
    """The difference a move would make. Changes nothing, exits 0."""
    from rollout_cli.cli.standing import look
    from rollout_cli.control.plan import make_plan, plan_report
    from rollout_cli.render.moves_text import plan_lines
    from rollout_cli.sources.ids import open_ids

    project = session.workspace.project
    with look(session) as view:
        planned = make_plan(project, view.standing, phase, percent_argument(percent))
    if ids is None:
        report = plan_report(planned, None)
    else:
        with open_ids(ids) as stream:
            report = plan_report(planned, stream)
    session.out.report("plan", report, plan_lines(report))
    return ExitCode.DONE


def check(session: Session, phase: PhaseOption = None, percent: PercentOption = None) -> int:
    """Ask the preflight of the next position (or that one) and the gates of the current one."""
    from rollout_cli.checks.verdict import EXIT_CODES
    from rollout_cli.cli.standing import look
    from rollout_cli.control.check import check_report, facts_for
    from rollout_cli.control.plan import make_plan
    from rollout_cli.render.moves_text import check_report_lines

    project = session.workspace.project
    with look(session) as view:
        planned = make_plan(project, view.standing, phase, percent_argument(percent))
        report = check_report(project, planned, facts_for(planned, view.standing, view.reading))
    session.out.report("check", report, check_report_lines(report))
    return EXIT_CODES[report.verdict]


def advance(
    session: Session,
    phase: PhaseOption = None,
    percent: PercentOption = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Plan and check, change nothing.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Override checks, gates and soak; needs --reason.")] = False,
    allow_removals: Annotated[
        bool, typer.Option("--allow-removals", help="Allow switching off shoppers who are on.")
    ] = False,
    expect_revision: Annotated[
        int | None, typer.Option("--expect-revision", metavar="R", help="Refuse unless the store is at R.")
    ] = None,
    reason: ReasonOption = "",
    yes: YesOption = False,
) -> int:
    """Go to the next position, or to the one named: planned, checked, in one transaction, recorded."""
    from rollout_cli.cli.standing import look
    from rollout_cli.control.advance import AdvanceRequest, advance_report, prepare_advance
    from rollout_cli.render.moves_text import advance_lines, plan_lines

    request = AdvanceRequest(
        session.workspace.actor, phase, percent_argument(percent), force, reason, allow_removals, expect_revision
    )
    project = session.workspace.project
    with look(session) as view:
        decided = prepare_advance(project, view.reading, view.standing, request)
    report = advance_report(decided)
    if not session.out.as_json and not session.out.quiet:
        session.out.lines(plan_lines(report))
    _warn_killed(session)
    if decided.refusal is None and not dry_run and not decided.plan.is_empty:
        if not session.confirm("Apply?", yes=yes):
            session.out.talk("Not applied.")
            return ExitCode.INTERRUPTED
        report = _apply(session, decided)
    session.out.report("advance", report, advance_lines(report))
    if decided.refusal is not None:
        raise decided.refusal
    return ExitCode.DONE


def rollback(
    session: Session,
    to: Annotated[
        str, typer.Option("--to", metavar="TARGET", help="previous, phase:N or revision:R; else the safe state.")
    ] = "safe",
    shopper: Annotated[str | None, typer.Option("--shopper", metavar="ID", help="Take back one shopper only.")] = None,
    reason: ReasonOption = "",
    rollout: Annotated[
        str | None, typer.Option("--rollout", metavar="NAME", help="Which, when the files cannot say.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", hidden=True)] = False,  # noqa: ARG001 - never asks; habit is welcome
) -> int:
    """Back to safety, now. Asks nothing, waits for nothing; doing it twice does no harm."""
    from time import perf_counter

    from rollout_cli.render.moves_text import rollback_lines

    target = rollback_target(to)
    if shopper is not None and to != "safe":
        raise UsageError("--shopper and --to exclude each other", hint="take back one shopper, or everybody")
    begun = perf_counter()
    try:
        report = _roll_back(session, target, shopper, reason, rollout)
    except StoreError as error:
        raise _break_glass(session, error, shopper, reason) from error
    report = replace(report, duration_ms=round((perf_counter() - begun) * 1000, 3))
    session.out.report("rollback", report, rollback_lines(report))
    _warn_killed(session)
    return ExitCode.DONE


def attest(
    session: Session,
    check_id: Annotated[str | None, typer.Argument(metavar="CHECK", help="The attestation's id.")] = None,
    note: Annotated[str, typer.Option("--note", metavar="TEXT", help="What you looked at.")] = "",
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="The same as --note.")] = "",
    list_all: Annotated[bool, typer.Option("--list", help="What the plan asks for, and who said yes.")] = False,
) -> int:
    """Say yes to a check, with your name, the time and an expiry."""
    from rollout_cli.cli.standing import look, store_for_writing
    from rollout_cli.control.attest import attest as give
    from rollout_cli.control.attest import list_attestations
    from rollout_cli.render.status_text import attest_lines

    if (check_id is None) != list_all:
        raise UsageError("name one check, or ask for --list", hint="see what is asked: `rollout attest --list`")
    project = session.workspace.project
    if check_id is None:
        with look(session) as view:
            report = list_attestations(view.reading, project)
    else:
        ledger = store_for_writing(session).ledger(project.wanted.rollout)
        report = give(ledger, project, check_id, actor=session.workspace.actor, note=note or reason)
    session.out.report("attest", report, attest_lines(report))
    return ExitCode.DONE


def _apply(session: Session, decided: "Advance"):  # type: ignore[no-untyped-def]
    from rollout_cli.cli.standing import store_for_writing
    from rollout_cli.control.advance import apply_advance

    ledger: AttestedLedger = store_for_writing(session).ledger(decided.plan.target.rollout)
    return apply_advance(ledger, decided)


def _roll_back(
    session: Session, target: object, shopper: str | None, reason: str, rollout: str | None
) -> "RollbackReport":
    from rollout_cli.control.rollback import RollbackReport, roll_back, take_back_shopper
    from rollout_cli.sources.project_files import rollout_name_at_a_glance

    store = session.workspace.open_store()
    if store is None:
        session.out.talk("There is no store yet, so nothing was ever applied; environment variables decide alone.")
        name = rollout or rollout_name_at_a_glance(session.workspace.folder) or session.workspace.folder.name
        return RollbackReport(name, applied=False, revision=0, from_=None, to=None, changes=[])
    ledger = store.ledger(session.workspace.rollout_name(rollout, store))
    actor = session.workspace.actor
    if shopper is not None:
        return take_back_shopper(ledger, shopper, actor=actor, reason=reason)
    return roll_back(ledger, target, actor=actor, reason=reason)  # type: ignore[arg-type]


def _break_glass(session: Session, error: StoreError, shopper: str | None, reason: str) -> RolloutError:
    """The store cannot be used: the kill file keeps everything off until it can."""
    from datetime import UTC, datetime

    from rollout_cli.render.visible import visible
    from rollout_cli.sources.kill_file import kill_path, write_kill_file

    if shopper is not None:
        hint = "the kill file knows flags, not shoppers; `rollout rollback` without --shopper takes everybody back"
        return StoreError(error.message, hint=f"{error.hint}; {hint}")
    path = kill_path(session.workspace.folder, session.workspace.environment)
    head = (
        f"# rollback by {visible(session.workspace.actor)} at {datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}: {visible(reason)}"
    )
    try:
        write_kill_file(path, (head, "# remove this file once the store works and is rolled back", "*"))
    except OSError as failure:
        hint = f"set ROLLOUT_KILL='*' where the applications run; the kill file {path} failed: {failure.strerror}"
        return StoreError(error.message, hint=hint)
    session.out.complain(f"The store cannot be used, so the kill file {path} now keeps every flag at its default.")
    return StoreError(error.message, hint=f"{error.hint}; when it works again: `rollout rollback`, then remove {path}")


def _warn_killed(session: Session) -> None:
    switches = session.workspace.kill_switches
    if switches.kills:
        names = "every flag" if switches.kills.everything else ", ".join(sorted(switches.kills.names))
        where = "ROLLOUT_KILL" if switches.by_variable else str(switches.path)
        session.out.complain(f"warning: break-glass ({where}) keeps {names} at its default, whatever the store says")
