"""The plan: the difference between how the rollout stands and how it is wanted at a position."""

from dataclasses import dataclass, field

from rollout_cli.flags.model import Snapshot
from rollout_cli.plan.moves import Destination, Move, Stage
from rollout_cli.plan.position import Position
from rollout_cli.plan.removal import Removal, removals_between
from rollout_cli.plan.snapshots import Change, Denials, changes_between, denials_joined, with_denials
from rollout_cli.plan.wanted import Wanted


@dataclass(frozen=True, slots=True)
class Actual:
    """How a rollout stands in the store.

    Attributes:
        snapshot: the flags as they are evaluated; at revision 0 the definitions of the files at their defaults.
        denied_by_hand: for each flag, who was denied by a person; survives every move.
        plan_digest: of the files that the current position was last applied from.
    """

    revision: int
    stage: Stage
    position: Position | None
    snapshot: Snapshot
    denied_by_hand: Denials = field(default_factory=dict)
    plan_digest: str | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """What a move would do. Making it changes nothing; applying it is somebody else's work.

    Attributes:
        applied: the flags as the files want them at the destination.
        denied_by_hand: whom a person denied, for flags that are new at the destination, too.
        target: the flags as they will be evaluated, with the denials made by hand.
    """

    actual: Actual
    destination: Destination
    target_stage: Stage
    applied: Snapshot
    denied_by_hand: Denials
    target: Snapshot
    changes: tuple[Change, ...]
    removals: tuple[Removal, ...]
    digest: str

    @property
    def moves(self) -> bool:
        """Whether the position or the stage would change."""
        return (self.actual.stage, self.actual.position) != (self.target_stage, self.destination.position)

    @property
    def is_empty(self) -> bool:
        """Whether neither the position nor any flag would change."""
        return not self.changes and not self.moves


def plan_move(actual: Actual, wanted: Wanted, destination: Destination) -> Plan:
    """The plan for going to a destination; also for one that is refused, to show what it would have been."""
    applied = snapshot_at(wanted, destination.position)
    denied = denials_joined(actual.denied_by_hand, actual.snapshot.definitions, applied.definitions)
    target = with_denials(applied, denied)
    return Plan(
        actual=actual,
        destination=destination,
        target_stage=_stage_after(actual, destination),
        applied=applied,
        denied_by_hand=denied,
        target=target,
        changes=tuple(changes_between(actual.snapshot, target)),
        removals=removals_between(actual.snapshot, actual.position, target),
        digest=wanted.digest,
    )


def snapshot_at(wanted: Wanted, position: Position | None) -> Snapshot:
    """The flags as the files want them at a position."""
    return Snapshot(
        rollout=wanted.rollout,
        generation=wanted.generation,
        targeting_key=wanted.file.targeting_key,
        definitions=wanted.definitions(),
        states=wanted.states_at(position),
    )


def _stage_after(actual: Actual, destination: Destination) -> Stage:
    if isinstance(destination.outcome, Move) and destination.outcome.name == "complete":
        return Stage.COMPLETED
    if actual.stage is Stage.COMPLETED and destination.position == actual.position:
        return Stage.COMPLETED
    return Stage.ACTIVE if destination.position is not None else actual.stage
