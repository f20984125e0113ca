"""plan: what a move would change, and for whom."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rollout_cli.control.project import Project
from rollout_cli.control.standing import Standing
from rollout_cli.control.views import (
    ChangeView,
    PositionView,
    RemovalView,
    change_views,
    position_view,
    removal_views,
)
from rollout_cli.errors import UsageError
from rollout_cli.flags.percent import Percent, percent_number, percent_text
from rollout_cli.plan.difference import Plan, plan_move, snapshot_at
from rollout_cli.plan.moves import Destination, Refusal, resolve
from rollout_cli.plan.position import Position, position_text
from rollout_cli.plan.removal import blast_radius


@dataclass(frozen=True, slots=True)
class FlipsView:
    """How many ids one flag turns on, turns off, and gives another value."""

    on: int
    off: int
    changed: int


@dataclass(frozen=True, slots=True)
class BlastRadiusView:
    """Which of the ids that were asked about flip: on for at least one flag, off for at least one flag."""

    asked: int
    on: int
    off: int
    ids_on: list[str]
    ids_off: list[str]
    flags: dict[str, FlipsView]


@dataclass(frozen=True, slots=True)
class PlanReport:
    """What `rollout plan` says."""

    rollout: str
    base_revision: int
    from_: PositionView | None
    to: PositionView | None
    move: str
    refusal: str | None
    hint: str | None
    changes: list[ChangeView]
    removals: list[RemovalView]
    blast_radius: BlastRadiusView | None
    digest: str


def make_plan(project: Project, standing: Standing, phase: int | None = None, percent: Percent | None = None) -> Plan:
    """The plan for going to a position, or to whatever is next.

    Args:
        project: the files.
        standing: how the rollout stands.
        phase: the wanted phase; None for the next position.
        percent: the wanted step of a ramp.

    Raises:
        UsageError: the plan has no such position.
    """
    wanted = project.wanted
    actual = standing.actual(snapshot_at(wanted, None))
    positions = wanted.positions()
    target = _named_position(positions, actual.position, phase, percent)
    return plan_move(actual, wanted, resolve(actual.stage, actual.position, positions, target))


def plan_report(plan: Plan, ids: Iterable[str] | None) -> PlanReport:
    """The plan as it is shown; with ids, exactly who flips."""
    outcome = plan.destination.outcome
    refusal = outcome if isinstance(outcome, Refusal) else None
    return PlanReport(
        rollout=plan.target.rollout,
        base_revision=plan.actual.revision,
        from_=position_view(plan.actual.position),
        to=position_view(plan.destination.position),
        move="refused" if isinstance(outcome, Refusal) else "none" if plan.is_empty else outcome.name,
        refusal=refusal.because if refusal else None,
        hint=refusal_hint(plan.destination, plan.actual.position) if refusal else None,
        changes=change_views(plan.changes),
        removals=removal_views(plan.removals),
        blast_radius=None if ids is None else _radius(plan, ids),
        digest=plan.digest,
    )


def refusal_hint(destination: Destination, current: Position | None) -> str:
    """The hint of a refusal, with its positions filled in."""
    if not isinstance(destination.outcome, Refusal):
        return ""
    following = position_text(destination.following) if destination.following else "the next position"
    return destination.outcome.hint.format(
        next=following,
        wanted=destination.position.phase if destination.position else 0,
        resume=current.phase if current else 0,
    )


def _radius(plan: Plan, ids: Iterable[str]) -> BlastRadiusView:
    radius = blast_radius(plan.actual.snapshot, plan.target, ids)
    return BlastRadiusView(
        radius.asked,
        len(radius.ids_on),
        len(radius.ids_off),
        list(radius.ids_on),
        list(radius.ids_off),
        {name: FlipsView(flips.on, flips.off, flips.changed) for name, flips in radius.flags.items()},
    )


def _named_position(
    positions: tuple[Position, ...], current: Position | None, phase: int | None, percent: Percent | None
) -> Position | None:
    """The position that a phase and a percent name; a ramp without a percent is where it stands, or its first step."""
    if phase is None and percent is None:
        return None
    number = phase if phase is not None else _ramp_of(positions, current)
    steps = [position for position in positions if position.phase == number]
    if not steps:
        known = ", ".join(str(each) for each in sorted({position.phase for position in positions}))
        raise UsageError(f"there is no phase {number}", hint=f"the plan has phases {known or '(none)'}")
    if percent is None:
        return next((position for position in steps if position == current), steps[0])
    return step_at(steps, percent)


def step_at(steps: Sequence[Position], percent: Percent) -> Position:
    """The step at a percent, of those of one phase.

    Raises:
        UsageError: there is none.
    """
    for position in steps:
        if position.percent == percent:
            return position
    known = ", ".join(str(percent_number(each.percent)) for each in steps if each.percent is not None)
    hint = f"its steps are {known}" if known else f"leave --percent out: phase {steps[0].phase} is not a ramp"
    raise UsageError(f"phase {steps[0].phase} has no step at {percent_text(percent)}", hint=hint)


def _ramp_of(positions: tuple[Position, ...], current: Position | None) -> int:
    """The phase that a bare --percent speaks of: the current one, or the only ramp."""
    if current is not None and current.percent is not None:
        return current.phase
    ramps = {position.phase for position in positions if position.percent is not None}
    if len(ramps) == 1:
        return ramps.pop()
    raise UsageError("--percent needs --phase here", hint="name the phase whose step you mean")
