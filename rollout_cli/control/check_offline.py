"""check --offline: what files alone can answer about a phase; everything else is shown, and has no say."""

from dataclasses import replace
from datetime import datetime

from rollout_cli.checks.facts import Facts
from rollout_cli.checks.file_check import FileCheck
from rollout_cli.checks.flag_check import FlagCheck
from rollout_cli.checks.pending_check import PendingCheck
from rollout_cli.checks.verdict import CheckResult, combined
from rollout_cli.checks.words import ENGLISH, Catalog
from rollout_cli.control.check import CheckReport, after_a_rollback, asked_of, check_views
from rollout_cli.control.inquiry import Asked, Inquirer, offline_result
from rollout_cli.control.project import Project
from rollout_cli.control.views import position_view
from rollout_cli.plan.difference import snapshot_at
from rollout_cli.plan.moves import next_position
from rollout_cli.plan.position import Position

_ANSWERED_BY_FILES = (FlagCheck, FileCheck)
"""People's words and the hour are in the store; everything else is outside."""
_SIMULATED = "simulate"
"""And what needs nothing but the program itself."""


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
    asked += asked_of(project.guards_at(position), standing)
    results = [*_answered_by_files(asked, inquirer), *after_a_rollback(project, position)]
    there_view = position_view(position)
    return CheckReport(
        wanted.rollout, there_view, offline=True, obstacles=[], verdict=combined(results),
        checks=check_views(results, catalog),
    )  # fmt: skip


def _needs_nothing_else(asked: Asked) -> bool:
    return isinstance(asked.check.kind, _ANSWERED_BY_FILES) or asked.check.is_of(_SIMULATED)


def _answered_by_files(asked: list[Asked], inquirer: Inquirer) -> list[CheckResult]:
    """Results in order; only what needs nothing but the files is asked, and what it needs is part of that."""
    askable = [
        each for each in asked if isinstance(each.check.kind, _ANSWERED_BY_FILES) or each.check.is_of(_SIMULATED)
    ]
    while True:
        names = {(each.check.section, each.check.entry.id) for each in askable}
        still = [
            each for each in askable if all((each.check.section, need) in names for need in each.check.entry.needs)
        ]
        if len(still) == len(askable):
            break
        askable = still
    pending = [each for each in asked if isinstance(each.check.kind, PendingCheck)]
    answered = {id(each): result for each, result in zip(askable, inquirer(askable), strict=True)}
    answered |= {
        id(each): replace(result, counts=False, reaction=None)  # that it waits is all that files know of it
        for each, result in zip(pending, inquirer(pending), strict=True)
    }
    return [answered.get(id(each)) or offline_result(each.check) for each in asked]
