"""The legal moves of a rollout, as a table.

A rollout has a stage; a wanted position stands in a relation to where it is. The table says for every pair whether
that is a move and what must hold for it, or why it is refused. docs/positions.md is generated from it.
"""

from dataclasses import dataclass
from enum import StrEnum

from rollout_cli.plan.position import Position


class Stage(StrEnum):
    """What the last revision left behind."""

    OFF = "off"
    ACTIVE = "active"
    ROLLED_BACK = "rolled_back"
    COMPLETED = "completed"


class Relation(StrEnum):
    """How a wanted position relates to where the rollout is."""

    UNNAMED = "whatever is next"
    FIRST = "the first position"
    SAME = "the same position"
    NEXT = "the next position"
    END = "completed"
    GONE = "the end of a plan that no longer has this position"
    AHEAD = "further ahead"
    BEHIND = "behind"


class Need(StrEnum):
    """What must hold before a move is made."""

    PREFLIGHT = "preflight"
    GATES = "gates"
    SOAK = "soak"


@dataclass(frozen=True, slots=True)
class Move:
    """A legal move, and what it needs."""

    name: str
    needs: frozenset[Need]


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why there is no such move, and what to do instead."""

    because: str
    hint: str


_ENTER = frozenset({Need.PREFLIGHT})
_LEAVE = frozenset({Need.GATES, Need.SOAK})
_SKIPS = Refusal("positions are never skipped", "advance to {next} first")
_BACKWARD = Refusal("advance never goes back", "use `rollout rollback --to phase:{wanted}`")
_NOWHERE = Refusal("there is nowhere to go", "the plan has no phases: add phases/0-name.yaml")
_GONE = Refusal(
    "the plan no longer has this position, and nothing after it",
    "put it back into the plan, or use `rollout rollback`",
)
_RESUME = Refusal(
    "the rollout was rolled back, so nothing moves by itself",
    "name where to go on: `rollout advance --phase {resume}`",
)

MOVES: dict[tuple[Stage, Relation], Move | Refusal] = {
    (Stage.OFF, Relation.UNNAMED): Move("enter", _ENTER),
    (Stage.OFF, Relation.FIRST): Move("enter", _ENTER),
    (Stage.OFF, Relation.SAME): _NOWHERE,
    (Stage.OFF, Relation.NEXT): Move("enter", _ENTER),
    (Stage.OFF, Relation.END): _NOWHERE,
    (Stage.OFF, Relation.GONE): _NOWHERE,
    (Stage.OFF, Relation.AHEAD): _SKIPS,
    (Stage.OFF, Relation.BEHIND): _BACKWARD,
    (Stage.ACTIVE, Relation.UNNAMED): Move("advance", _ENTER | _LEAVE),
    (Stage.ACTIVE, Relation.FIRST): _BACKWARD,
    (Stage.ACTIVE, Relation.SAME): Move("reapply", _ENTER),
    (Stage.ACTIVE, Relation.NEXT): Move("advance", _ENTER | _LEAVE),
    (Stage.ACTIVE, Relation.END): Move("complete", _LEAVE),
    (Stage.ACTIVE, Relation.GONE): _GONE,
    (Stage.ACTIVE, Relation.AHEAD): _SKIPS,
    (Stage.ACTIVE, Relation.BEHIND): _BACKWARD,
    (Stage.ROLLED_BACK, Relation.UNNAMED): _RESUME,
    (Stage.ROLLED_BACK, Relation.FIRST): Move("restart", _ENTER),
    (Stage.ROLLED_BACK, Relation.SAME): Move("resume", _ENTER),
    (Stage.ROLLED_BACK, Relation.NEXT): Move("resume", _ENTER | _LEAVE),
    (Stage.ROLLED_BACK, Relation.END): _RESUME,
    (Stage.ROLLED_BACK, Relation.GONE): _RESUME,
    (Stage.ROLLED_BACK, Relation.AHEAD): _SKIPS,
    (Stage.ROLLED_BACK, Relation.BEHIND): _BACKWARD,
    (Stage.COMPLETED, Relation.UNNAMED): Move("advance", _ENTER),
    (Stage.COMPLETED, Relation.FIRST): _BACKWARD,
    (Stage.COMPLETED, Relation.SAME): Move("reapply", _ENTER),
    (Stage.COMPLETED, Relation.NEXT): Move("advance", _ENTER),
    (Stage.COMPLETED, Relation.END): Move("reapply", _ENTER),
    (Stage.COMPLETED, Relation.GONE): _GONE,
    (Stage.COMPLETED, Relation.AHEAD): _SKIPS,
    (Stage.COMPLETED, Relation.BEHIND): _BACKWARD,
}


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a move would lead, and what the table says of it; `following` is what comes after the current one."""

    position: Position | None
    relation: Relation
    outcome: Move | Refusal
    following: Position | None = None


def next_position(current: Position | None, positions: tuple[Position, ...]) -> Position | None:
    """The first position of the plan beyond the current one, also when the plan has changed since; None at the end."""
    return next((position for position in positions if current is None or _is_beyond(position, current)), None)


def resolve(
    stage: Stage, current: Position | None, positions: tuple[Position, ...], wanted: Position | None
) -> Destination:
    """Find out what it would be to go to `wanted`, or to whatever is next when nothing is wanted by name.

    The plan's first position counts as "the first" only where that differs from "the same" and "the next". Where
    there is no next position, "whatever is next" is the end; after a rollback it is nothing.
    """
    following = next_position(current, positions)
    relation = _relation(stage, current, following, positions, wanted)
    if wanted is None:
        wanted = current if following is None else following
    return Destination(wanted, relation, MOVES[stage, relation], following)


def _is_beyond(position: Position, current: Position) -> bool:
    """Later in the order, or the whole of a phase that was a ramp when its current step was entered."""
    is_whole = position.percent is None and current.percent is not None and position.phase == current.phase
    return position > current or is_whole


def _relation(
    stage: Stage,
    current: Position | None,
    following: Position | None,
    positions: tuple[Position, ...],
    wanted: Position | None,
) -> Relation:
    if wanted is None and following is None and stage is not Stage.ROLLED_BACK:
        return Relation.END if current is None or current in positions else Relation.GONE
    if wanted is None:
        return Relation.UNNAMED
    if wanted == current:
        return Relation.SAME
    if wanted == following:
        return Relation.NEXT
    if positions and wanted == positions[0]:
        return Relation.FIRST
    return Relation.AHEAD if current is None or wanted > current else Relation.BEHIND
