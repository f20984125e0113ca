"""check: the preflight of the next position, and the gates and alerts of the current one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rollout_cli.checks.facts import Attestations, Facts
from rollout_cli.checks.file_check import FileCheck
from rollout_cli.checks.flag_check import FlagCheck
from rollout_cli.checks.kinds import Check
from rollout_cli.checks.verdict import CheckResult, Verdict, combined
from rollout_cli.checks.words import ENGLISH, Catalog
from rollout_cli.control.attest import AttestedReading, attestations_by_check
from rollout_cli.control.inquiry import Asked, Inquirer, offline_result
from rollout_cli.control.project import Project
from rollout_cli.control.record import time_text
from rollout_cli.control.standing import Standing
from rollout_cli.control.views import CheckView, PositionView, position_view
from rollout_cli.plan.difference import Plan, snapshot_at
from rollout_cli.plan.moves import Need, Refusal, next_position
from rollout_cli.plan.position import Position

GATES = ("gates", "alerts")
"""The lists that must hold where the rollout is."""


@dataclass(frozen=True, slots=True)
class CheckReport:
    """What `rollout check` says: every check with its verdict, and the verdict of those that count."""

    rollout: str
    target: PositionView | None
    offline: bool
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
    here = tuple(check for section in GATES for check in project.checks_at(plan.actual.position, section))
    return here + (project.checks_at(plan.destination.position, "preflight") if enters else ())


def check_report(
    project: Project, plan: Plan, facts: Facts, inquirer: Inquirer, catalog: Catalog = ENGLISH
) -> CheckReport:
    """Ask what a move would be asked."""
    results = inquirer(asked_of(checks_of_move(project, plan), facts))
    target = position_view(plan.destination.position)
    return CheckReport(
        project.wanted.rollout, target, offline=False, verdict=combined(results), checks=check_views(results, catalog)
    )


def offline_report(
    project: Project, position: Position, now: datetime, inquirer: Inquirer, catalog: Catalog = ENGLISH
) -> CheckReport:
    """Ask what files alone can answer: as if the rollout entered this position, and then stood there.

    The preflight sees the flags of the position before as they are, and those of this one as they are planned; gates
    and alerts see this one as it is. What needs the store or a source is shown, and has no say.
    """
    wanted = project.wanted
    positions = wanted.positions()
    before = max((each for each in positions if each < position), default=None)
    after = next_position(position, positions) or position
    here, there = snapshot_at(wanted, before), snapshot_at(wanted, position)
    entering = Facts(now, here, there, plan_digest=wanted.digest)
    standing = Facts(now, there, snapshot_at(wanted, after), plan_digest=wanted.digest)
    asked = asked_of(project.checks_at(position, "preflight"), entering)
    for section in GATES:
        asked += asked_of(project.checks_at(position, section), standing)
    results = _answered_by_files(asked, inquirer)
    return CheckReport(
        wanted.rollout, position_view(position), offline=True, verdict=combined(results),
        checks=check_views(results, catalog),
    )  # fmt: skip


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
    )


def _answered_by_files(asked: list[Asked], inquirer: Inquirer) -> list[CheckResult]:
    """Results in order; only what needs nothing but the files is asked, and what it needs is part of that."""
    askable = [each for each in asked if isinstance(each.check.kind, _ANSWERED_BY_FILES)]
    while True:
        names = {(each.check.section, each.check.entry.id) for each in askable}
        still = [
            each for each in askable if all((each.check.section, need) in names for need in each.check.entry.needs)
        ]
        if len(still) == len(askable):
            break
        askable = still
    answered = {id(each): result for each, result in zip(askable, inquirer(askable), strict=True)}
    return [answered.get(id(each)) or offline_result(each.check) for each in asked]


_ANSWERED_BY_FILES = (FlagCheck, FileCheck)
"""People's words and the hour are in the store; everything else is outside."""


def _plain(value: Any) -> Any:
    """Evidence in JSON's own types."""
    if isinstance(value, datetime):
        return time_text(value)
    if isinstance(value, dict):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return value
