"""check."""

from typing import TYPE_CHECKING, Annotated

import typer

from rollout_cli.cli.arguments import percent_argument
from rollout_cli.cli.language import LanguageOption, catalog_of
from rollout_cli.cli.moves import PercentOption, PhaseOption
from rollout_cli.cli.session import CI_FORMATS, Session, command
from rollout_cli.errors import UsageError

if TYPE_CHECKING:
    from rollout_cli.checks.words import Catalog
    from rollout_cli.control.check import CheckReport
    from rollout_cli.flags.percent import Percent


def register(app: typer.Typer) -> None:
    """Add the command."""
    examples = ("rollout check", "rollout check --phase 2 --lang pt", "rollout check --phase 2 --offline")
    command(app, "check", panel="Look", examples=examples, formats=CI_FORMATS)(check)


def check(
    session: Session,
    phase: PhaseOption = None,
    percent: PercentOption = None,
    offline: Annotated[
        bool, typer.Option("--offline", help="Ask only what the files alone can answer: no store, no network.")
    ] = False,
    lang: LanguageOption = None,
) -> int:
    """Ask the preflight of the next position (or that one), and the gates and alerts of the current one."""
    from rollout_cli.checks.verdict import EXIT_CODES
    from rollout_cli.render.check_text import check_report_lines

    catalog = catalog_of(lang)
    if offline:
        report = _offline(session, phase, percent_argument(percent), catalog)
    else:
        report = _online(session, phase, percent_argument(percent), catalog)
    session.out.report("check", report, check_report_lines(report, catalog))
    return EXIT_CODES[report.verdict]


def _online(session: Session, phase: int | None, percent: "Percent | None", catalog: "Catalog") -> "CheckReport":
    from rollout_cli.cli.asking import inquirer
    from rollout_cli.cli.standing import look
    from rollout_cli.control.check import attestations_in, check_report
    from rollout_cli.control.plan import make_plan

    project = session.workspace.project
    with look(session) as view:
        planned = make_plan(project, view.standing, phase, percent)
        standing, attestations = view.standing, attestations_in(view.reading)
    with inquirer(session, project, catalog) as ask:  # outside the transaction: nobody waits for a slow source
        named = phase is not None
        return check_report(project, planned, standing, attestations, ask, names_a_phase=named, catalog=catalog)


def _offline(session: Session, phase: int | None, percent: "Percent | None", catalog: "Catalog") -> "CheckReport":
    from rollout_cli.cli.asking import inquirer
    from rollout_cli.control.check_offline import offline_report
    from rollout_cli.control.plan import make_plan
    from rollout_cli.control.standing import Standing
    from rollout_cli.sources.surroundings import now

    project, moment = session.workspace.project, now()
    position = make_plan(project, Standing(None, moment), phase, percent).destination.position
    if position is None:
        raise UsageError("there is no phase to check", hint="add phases/0-name.yaml")
    with inquirer(session, project, catalog) as ask:
        return offline_report(project, position, moment, ask, catalog)
