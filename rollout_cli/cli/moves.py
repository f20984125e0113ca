"""status, plan, check, advance, attest."""

from typing import TYPE_CHECKING, Annotated

import typer

from rollout_cli.cli.arguments import percent_argument
from rollout_cli.cli.completion import complete_attestations, complete_percents, complete_phases
from rollout_cli.cli.session import Session, command
from rollout_cli.errors import ExitCode, UsageError
from rollout_cli.sources.surroundings import unicode_text

if TYPE_CHECKING:
    from rollout_cli.control.advance import AdvanceReport

PhaseOption = Annotated[
    int | None,
    typer.Option(
        "--phase", min=0, metavar="N", help="The phase; else whatever is next.", autocompletion=complete_phases
    ),
]
PercentOption = Annotated[
    str | None,
    typer.Option("--percent", metavar="P", help="The step of a ramp.", autocompletion=complete_percents),
]
ReasonOption = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why; kept in the history.")]
YesOption = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    look, move = "Look", "Move"
    command(app, "status", panel=look, examples=("rollout status --watch", "rollout status --format json | jq .state"))(
        status
    )
    plans = ("rollout plan", "rollout plan --phase 3 --percent 25 --ids shoppers.txt")
    command(app, "plan", panel=look, examples=plans)(plan)
    command(app, "check", panel=look, examples=("rollout check", "rollout check --phase 2"))(check)
    advances = (
        "rollout advance",
        "rollout advance --phase 3 --percent 25 --dry-run",
        "rollout advance --force --reason 'agreed with the team'",
    )
    command(app, "advance", panel=move, examples=advances)(advance)
    attests = ("rollout attest --list", "rollout attest team-trained --note 'all five, 12 May'")
    command(app, "attest", panel=move, examples=attests)(attest)


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
    from rollout_cli.render.moves_text import plan_lines, refusal_lines
    from rollout_cli.sources.ids import open_ids

    project = session.workspace.project
    with look(session) as view:
        planned = make_plan(project, view.standing, phase, percent_argument(percent))
    if ids is None:
        report = plan_report(planned, None)
    else:
        with open_ids(ids) as stream:
            report = plan_report(planned, stream)
    session.out.report("plan", report, [*plan_lines(report), *refusal_lines(report)])
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
    from rollout_cli.cli.standing import look, store_for_writing
    from rollout_cli.control.advance import AdvanceRequest, advance_report, apply_advance, prepare_advance
    from rollout_cli.render.moves_text import advance_lines

    step, why = percent_argument(percent), unicode_text(reason)
    request = AdvanceRequest(session.workspace.actor, phase, step, force, why, allow_removals, expect_revision)
    project = session.workspace.project
    with look(session) as view:
        decided = prepare_advance(project, view.reading, view.standing, request)
    report = advance_report(decided)
    applies = decided.refusal is None and not dry_run and not decided.plan.is_empty
    asks = applies and not yes and session.is_interactive()
    _show_plan(session, report, asks=asks)
    session.warn_killed()
    if applies:
        if not session.confirm("Apply?", yes=yes):
            return ExitCode.INTERRUPTED
        report = apply_advance(store_for_writing(session).ledger(decided.plan.target.rollout), decided)
    session.out.report("advance", report, advance_lines(report), done=report.applied or decided.refusal is not None)
    if decided.refusal is not None:
        raise decided.refusal
    if dry_run:
        session.out.talk("Dry run: nothing was applied.")
    return ExitCode.DONE


def attest(
    session: Session,
    check_id: Annotated[
        str | None, typer.Argument(metavar="CHECK", help="The attestation's id.", autocompletion=complete_attestations)
    ] = None,
    note: Annotated[str, typer.Option("--note", metavar="TEXT", help="What you looked at.")] = "",
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="The same as --note.")] = "",
    list_all: Annotated[bool, typer.Option("--list", help="What the plan asks for, and who said yes.")] = False,
) -> int:
    """Say yes to a check, with your name, the time and an expiry."""
    from rollout_cli.cli.spelling import unknown
    from rollout_cli.cli.standing import look, store_for_writing
    from rollout_cli.control.attest import attest as give
    from rollout_cli.control.attest import attestation_checks, list_attestations
    from rollout_cli.render.status_text import attest_lines

    if (check_id is None) != list_all:
        raise UsageError("name one check, or ask for --list", hint="see what is asked: `rollout attest --list`")
    project = session.workspace.project
    if check_id is None:
        with look(session) as view:
            report = list_attestations(view.reading, project)
    else:
        asked = dict.fromkeys(check.entry.id for _, check in attestation_checks(project))
        if check_id not in asked:
            raise unknown("attestation", check_id, asked)
        ledger = store_for_writing(session).ledger(project.wanted.rollout)
        report = give(ledger, project, check_id, actor=session.workspace.actor, note=unicode_text(note or reason))
    session.out.report("attest", report, attest_lines(report), done=check_id is not None)
    return ExitCode.DONE


def _show_plan(session: Session, report: "AdvanceReport", *, asks: bool) -> None:
    """The plan before the move: nobody is asked about what is not shown."""
    from rollout_cli.render.moves_text import plan_lines

    if not session.out.as_json and not session.out.quiet:
        session.out.lines(plan_lines(report))
    elif asks:
        session.out.complain(*plan_lines(report))
