"""status, plan, advance, attest."""

from typing import TYPE_CHECKING, Annotated

import typer

from rollout_cli.cli.arguments import percent_argument
from rollout_cli.cli.completion import complete_attestations, complete_percents, complete_phases
from rollout_cli.cli.language import LanguageOption, catalog_of
from rollout_cli.cli.session import Session, command
from rollout_cli.errors import ExitCode, UsageError
from rollout_cli.sources.surroundings import unicode_text

if TYPE_CHECKING:
    from rollout_cli.checks.words import Catalog
    from rollout_cli.control.advance import AdvanceReport
    from rollout_cli.control.attest import AttestReport

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
    advances = (
        "rollout advance",
        "rollout advance --phase 3 --percent 25 --dry-run",
        "rollout advance --force --reason 'agreed with the team'",
    )
    command(app, "advance", panel=move, examples=advances)(advance)
    attests = (
        "rollout attest --list",
        "rollout attest team-trained --note 'all five, 12 May'",
        "rollout attest team-trained --revoke --note 'two have left'",
    )
    command(app, "attest", panel=move, examples=attests)(attest)


def status(
    session: Session,
    watch: Annotated[bool, typer.Option("--watch", help="Keep looking until Ctrl-C.")] = False,
    interval: Annotated[
        float, typer.Option("--interval", metavar="SECONDS", min=0.2, max=3600, help="Seconds between looks.")
    ] = 2.0,
) -> int:
    """Where the rollout stands: position, soak, gates, flags, drift."""
    from rollout_cli.cli.watching import show_status, watch_status

    return watch_status(session, interval) if watch else show_status(session)


def plan(
    session: Session,
    phase: PhaseOption = None,
    percent: PercentOption = None,
    ids: Annotated[
        str | None, typer.Option("--ids", metavar="FILE", help="Say exactly who of these flips; - is stdin.")
    ] = None,
    lang: LanguageOption = None,
) -> int:
    """The difference a move would make. Changes nothing, exits 0."""
    from rollout_cli.cli.standing import look
    from rollout_cli.control.plan import make_plan, plan_report
    from rollout_cli.render.moves_text import plan_lines, refusal_lines
    from rollout_cli.sources.ids import open_ids

    project, catalog = session.workspace.project, catalog_of(lang)
    with look(session, catalog=catalog) as view:
        planned = make_plan(project, view.standing, phase, percent_argument(percent))
    if ids is None:
        report = plan_report(planned, None)
    else:
        with open_ids(ids) as stream:
            report = plan_report(planned, stream)
    session.out.report("plan", report, [*plan_lines(report, catalog), *refusal_lines(report, catalog)])
    return ExitCode.DONE


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
    lang: LanguageOption = None,
) -> int:
    """Go to the next position, or to the one named: planned, checked, in one transaction, recorded."""
    from rollout_cli.cli.asking import inquirer
    from rollout_cli.cli.standing import look, store_for_writing
    from rollout_cli.control.advance import AdvanceRequest, advance_report, apply_advance, prepare_advance
    from rollout_cli.control.check import attestations_in
    from rollout_cli.render.moves_text import advance_lines
    from rollout_cli.render.words import speak

    step, why, catalog = percent_argument(percent), unicode_text(reason), catalog_of(lang)
    request = AdvanceRequest(session.workspace.actor, phase, step, force, why, allow_removals, expect_revision)
    project = session.workspace.project
    with look(session, catalog=catalog) as view:
        standing, attestations = view.standing, attestations_in(view.reading)
    with inquirer(session, project, catalog) as ask:
        decided = prepare_advance(project, standing, attestations, request, ask, catalog=catalog)
    report = advance_report(decided, catalog=catalog)
    applies = decided.refusal is None and not dry_run and not decided.plan.is_empty
    asks = applies and not yes and session.is_interactive()
    _show_plan(session, report, catalog, asks=asks)
    session.warn_killed(catalog)
    if applies:
        if not session.confirm(speak("Apply?", catalog), yes=yes, catalog=catalog):
            return ExitCode.INTERRUPTED
        store = store_for_writing(session, catalog)
        report = apply_advance(store.ledger(decided.plan.target.rollout), decided, catalog)
    session.out.report(
        "advance", report, advance_lines(report, catalog), done=report.applied or decided.refusal is not None
    )
    if decided.refusal is not None:
        raise decided.refusal
    if dry_run:
        session.out.talk(speak("Dry run: nothing was applied.", catalog))
    return ExitCode.DONE


def attest(
    session: Session,
    check_id: Annotated[
        str | None, typer.Argument(metavar="CHECK", help="The check's id.", autocompletion=complete_attestations)
    ] = None,
    note: Annotated[str, typer.Option("--note", metavar="TEXT", help="What you looked at.")] = "",
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="The same as --note.")] = "",
    revoke: Annotated[bool, typer.Option("--revoke", help="Say that no yes so far counts, whoever gave it.")] = False,
    list_all: Annotated[bool, typer.Option("--list", help="What the plan asks for, and who said yes.")] = False,
    lang: LanguageOption = None,
) -> int:
    """Say yes to a check, with your name, the time and an expiry."""
    from rollout_cli.cli.standing import look
    from rollout_cli.control.attest import list_attestations
    from rollout_cli.render.attest_text import attest_lines

    if check_id is None and not list_all:
        raise UsageError("name one check, or ask for --list", hint="see what is asked: `rollout attest --list`")
    if list_all and revoke:
        raise UsageError("--list and --revoke exclude each other", hint="name the check whose yeses you revoke")
    catalog = catalog_of(lang)
    if check_id is None or list_all:
        with look(session) as view:
            report = list_attestations(view.reading, session.workspace.project, _known(session, check_id), catalog)
    else:
        report = _attest(session, check_id, unicode_text(note or reason), revoke, catalog)
    session.out.report("attest", report, attest_lines(report, catalog), done=report.recorded)
    if revoke and not report.recorded:
        session.out.talk(f"Nothing to revoke: there is no yes to {check_id}.")
    if report.recorded and not revoke and not all(view.valid for view in report.attestations):
        session.out.talk(f"{check_id} needs more than one: somebody else has to say yes, too.")
    return ExitCode.DONE


def _attest(session: Session, check_id: str, note: str, revoke: bool, catalog: "Catalog") -> "AttestReport":
    """Record a yes, or that it is revoked; where there is no store, there is nothing to revoke, and none is created."""
    from rollout_cli.cli.standing import store_for_writing
    from rollout_cli.control.attest import attest as give
    from rollout_cli.control.attest import list_attestations

    project = session.workspace.project
    _known(session, check_id)
    if revoke and session.workspace.open_store() is None:
        return list_attestations(None, project, check_id, catalog)
    ledger = store_for_writing(session).ledger(project.wanted.rollout)
    return give(ledger, project, check_id, actor=session.workspace.actor, note=note, revoke=revoke, catalog=catalog)


def _known(session: Session, check_id: str | None) -> str | None:
    """The id, when people are asked that check; what another one means is guessed, unless the program itself asks."""
    from rollout_cli.cli.spelling import unknown
    from rollout_cli.control.attest import attestation_checks, refuse_what_is_asked_by_itself

    project = session.workspace.project
    asked = dict.fromkeys(check.entry.id for _, check in attestation_checks(project))
    if check_id is not None and check_id not in asked:
        refuse_what_is_asked_by_itself(project, check_id)
        raise unknown("attestation", check_id, asked)
    return check_id


def _show_plan(session: Session, report: "AdvanceReport", catalog: "Catalog", *, asks: bool) -> None:
    """The plan before the move: nobody is asked about what is not shown."""
    from rollout_cli.render.moves_text import plan_lines

    if not session.out.as_json and not session.out.quiet:
        session.out.lines(plan_lines(report, catalog))
    elif asks:
        session.out.complain(*plan_lines(report, catalog))
