"""check: the preflight of the next position, and the gates and alerts of the current one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rollout_cli.checks.facts import Attestations, Facts
from rollout_cli.checks.kinds import Check
from rollout_cli.checks.retelling import retold
from rollout_cli.checks.verdict import Cause, CheckResult, Verdict, combined, result_of, unclear
from rollout_cli.checks.words import ENGLISH, Catalog, Said, say
from rollout_cli.control.attest import AttestedReading, attestations_by_check
from rollout_cli.control.inquiry import Asked, Inquirer
from rollout_cli.control.plan import refusal_hint
from rollout_cli.control.project import Project
from rollout_cli.control.record import time_text
from rollout_cli.control.soak import soak_result
from rollout_cli.control.standing import Standing
from rollout_cli.control.views import CheckView, PositionView, position_view
from rollout_cli.plan.difference import Plan
from rollout_cli.plan.moves import Need, Refusal
from rollout_cli.plan.position import Position


@dataclass(frozen=True, slots=True)
class CheckReport:
    """What `rollout check` says: every check with its verdict, and the verdict of those that count.

    Attributes:
        obstacles: what else would keep the move from being made: that it is not legal from here, the soak.
    """

    rollout: str
    target: PositionView | None
    offline: bool
    obstacles: list[str]
    verdict: Verdict
    checks: list[CheckView]


def attestations_in(reading: AttestedReading | None) -> Attestations:
    """What people said, by check; nothing where there is no store yet."""
    return {} if reading is None else attestations_by_check(reading.attestations())


def facts_for(plan: Plan, standing: Standing, attestations: Attestations) -> Facts:
    """Gather what the checks may know."""
    entered = None if standing.latest is None else standing.latest.entered_at
    return Facts(standing.now, plan.actual.snapshot, plan.target, attestations, plan.digest, entered)


def asked_of(checks: Sequence[Check], facts: Facts) -> list[Asked]:
    """Checks, each with the same facts."""
    return [Asked(check, facts) for check in checks]


def checks_of_move(project: Project, plan: Plan) -> tuple[Check, ...]:
    """What is asked about a move: the gates and alerts of where the rollout is, the preflight of where it would go."""
    outcome = plan.destination.outcome
    enters = isinstance(outcome, Refusal) or Need.PREFLIGHT in outcome.needs  # completing enters nothing
    return project.guards_at(plan.actual.position) + (
        project.checks_at(plan.destination.position, "preflight") if enters else ()
    )


def check_report(
    project: Project,
    plan: Plan,
    standing: Standing,
    attestations: Attestations,
    inquirer: Inquirer,
    *,
    names_a_phase: bool = False,
    catalog: Catalog = ENGLISH,
) -> CheckReport:
    """Ask what a move would be asked.

    Args:
        project: the files.
        plan: the move.
        standing: how the rollout stands.
        attestations: what people said, by check.
        inquirer: asks the checks.
        names_a_phase: whether somebody wants to see all of the destination's checks: those whose time comes later are
            shown, and have no say.
        catalog: the language.
    """
    results = inquirer(asked_of(checks_of_move(project, plan), facts_for(plan, standing, attestations)))
    target = plan.destination.position
    if names_a_phase and target is not None:
        results = [*results, *_once_there(project, plan), *after_a_rollback(project, target)]
    return CheckReport(
        project.wanted.rollout, position_view(target), offline=False, verdict=combined(results),
        obstacles=[each.spoken(catalog) for each in _obstacles(project, plan, standing, catalog)],
        checks=check_views(results, catalog),
    )  # fmt: skip


def soak_of_move(project: Project, plan: Plan, standing: Standing) -> list[CheckResult]:
    """The soak that a move waits for, and a clock that cannot count it, as checks beside the others."""
    outcome, current = plan.destination.outcome, plan.actual.position
    soaks = not isinstance(outcome, Refusal) and Need.SOAK in outcome.needs and current is not None
    if not soaks and not standing.clock_is_behind:
        return []
    required = project.wanted.soak_at(current) if soaks and current is not None else None
    return soak_result(standing, required)


def after_a_rollback(project: Project, position: Position) -> list[CheckResult]:
    """A phase's post-checks, whose time comes after a rollback from there."""
    message = say("asked after a rollback, by `rollout rollback --watch`")
    return [_later(check, message) for check in project.checks_at(position, "post_checks")]


def _once_there(project: Project, plan: Plan) -> list[CheckResult]:
    """The destination's gates and alerts, whose time comes when the rollout is there."""
    target, current = plan.destination.position, plan.actual.position
    if target is None or (current is not None and current.phase == target.phase):
        return []
    message = say("asked once the rollout is in phase {number}", number=target.phase)
    return [_later(check, message) for check in project.guards_at(target)]


def _later(check: Check, message: Said) -> CheckResult:
    return result_of(check.entry, check.origin, unclear(Cause.LATER, message, say("nothing is to be done now")))


def _obstacles(project: Project, plan: Plan, standing: Standing, catalog: Catalog) -> list[Said]:
    """What would keep a move from being made beside its checks."""
    outcome = plan.destination.outcome
    if isinstance(outcome, Refusal):
        hint = retold(refusal_hint(plan.destination, plan.actual.position), catalog)
        why = retold(outcome.because, catalog)
        return [say("not a legal move from here: {why}; {hint}", why=why, hint=hint)]
    waits = [each.outcome for each in soak_of_move(project, plan, standing) if each.verdict is not Verdict.PASS]
    return [say("the soak is not over: {done}; {hint}", done=each.message, hint=each.hint) for each in waits]


def check_views(results: Sequence[CheckResult], catalog: Catalog = ENGLISH) -> list[CheckView]:
    """Answered checks as reports show them and as history keeps them."""
    return [_view(each, catalog) for each in results]


def _view(result: CheckResult, catalog: Catalog) -> CheckView:
    outcome = result.outcome
    return CheckView(
        id=result.id,
        kind=result.kind,
        verdict=outcome.verdict.value,
        message=outcome.message.spoken(catalog),
        evidence=_plain(outcome.evidence),
        hint=outcome.hint.spoken(catalog),
        title=(result.title_pt if catalog else "") or catalog.get(result.title, result.title),
        section=result.origin.section,
        cause=None if outcome.cause is None else outcome.cause.value,
        reaction=result.reaction,
        counts=result.counts,
        file=result.origin.file,
        line=result.origin.line,
        column=result.origin.column,
        phase=result.origin.phase,
        covers=list(result.covers),
    )


def _plain(value: Any) -> Any:
    """Evidence in JSON's own types."""
    if isinstance(value, datetime):
        return time_text(value)
    if isinstance(value, dict):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return value
