"""check: the preflight of the next position, and the gates of the current one."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rollout_cli.checks.facts import Facts
from rollout_cli.checks.kinds import Check
from rollout_cli.checks.verdict import CheckResult, Verdict, combined
from rollout_cli.control.attest import AttestedReading, latest_attestations
from rollout_cli.control.project import Project
from rollout_cli.control.record import time_text
from rollout_cli.control.standing import Standing
from rollout_cli.control.views import CheckView, PositionView, position_view
from rollout_cli.plan.difference import Plan
from rollout_cli.plan.moves import Need, Refusal


@dataclass(frozen=True, slots=True)
class CheckReport:
    """What `rollout check` says: every check with its verdict, and the verdict of all."""

    rollout: str
    target: PositionView | None
    verdict: Verdict
    checks: list[CheckView]


def facts_for(plan: Plan, standing: Standing, reading: AttestedReading | None) -> Facts:
    """Gather what the checks may know."""
    attestations = {} if reading is None else latest_attestations(reading)
    return Facts(standing.now, plan.actual.snapshot, plan.target, attestations)


def ask(checks: Iterable[Check], facts: Facts) -> list[CheckResult]:
    """Judge each check."""
    return [check.judge(facts) for check in checks]


def check_report(project: Project, plan: Plan, facts: Facts) -> CheckReport:
    """Ask the gates of where the rollout is and the preflight of where it would go."""
    target = plan.destination.position
    gates = project.checks_at(plan.actual.position, "gates")
    outcome = plan.destination.outcome
    enters = isinstance(outcome, Refusal) or Need.PREFLIGHT in outcome.needs  # completing enters nothing
    preflight = project.checks_at(target, "preflight") if enters else ()
    results = ask([*gates, *preflight], facts)
    return CheckReport(project.wanted.rollout, position_view(target), combined(results), check_views(results))


def check_views(results: Sequence[CheckResult]) -> list[CheckView]:
    """Answered checks as reports show them and as history keeps them."""
    return [
        CheckView(each.id, each.kind, each.verdict.value, each.message, _plain(each.evidence), each.hint, each.title)
        for each in results
    ]


def _plain(value: Any) -> Any:
    """Evidence in JSON's own types."""
    if isinstance(value, datetime):
        return time_text(value)
    if isinstance(value, dict):
        return {str(key): _plain(inner) for key, inner in value.items()}
    return value
