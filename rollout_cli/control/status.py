"""status: where the rollout stands."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from rollout_cli.control.project import Project
from rollout_cli.control.soak import Soak, soak_of
from rollout_cli.control.standing import Standing
from rollout_cli.control.views import (
    ChangeView,
    FlagView,
    PositionView,
    ProcessView,
    change_views,
    flag_view,
    position_view,
)
from rollout_cli.flags.kill import Kills
from rollout_cli.flags.model import Snapshot
from rollout_cli.plan.difference import snapshot_at
from rollout_cli.plan.moves import Stage, next_position
from rollout_cli.plan.position import Position
from rollout_cli.plan.snapshots import changes_between, with_denials


class State(StrEnum):
    """A rollout's state in one word."""

    OFF = "off"
    SOAKING = "soaking"
    READY = "ready"
    HELD = "held"
    ROLLED_BACK = "rolled_back"
    COMPLETED = "completed"


@dataclass(frozen=True, slots=True)
class SoakView:
    """How much of the soak is over."""

    required_seconds: float
    elapsed_seconds: float
    ready_at: datetime


@dataclass(frozen=True, slots=True)
class KillView:
    """What break-glass keeps off: flag names, or `*` for all."""

    names: list[str]


@dataclass(frozen=True, slots=True)
class GateView:
    """A gate or an alert: a check that must hold where the rollout is before it moves on.

    Attributes:
        verdict: what it said when it was last asked for a move within this phase, as the latest revision recorded it;
            null where that has recorded nothing of it.
        asked_at: when that was.
    """

    id: str
    kind: str
    verdict: str | None = None
    asked_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class StatusReport:
    """What `rollout status` says.

    Attributes:
        state: `ready` once the soak is over; `held` while it cannot be counted: the store's clock is behind, or the
            files, which say how long it is, cannot be read.
        processes: application processes that hear of this store's changes, as far as they can be known of.
        gates: what guards the way on from here. Nothing is asked: `check` does. Null when the files cannot be read.
        drift: what differs from the files at this position; null when the files cannot be read.
        next: the next position of the plan; after a rollback it has to be named.
    """

    rollout: str
    revision: int
    position: PositionView | None
    state: State
    entered_at: datetime | None
    soak: SoakView | None
    flags: dict[str, FlagView]
    gates: list[GateView] | None
    processes: list[ProcessView]
    drift: list[ChangeView] | None
    next: PositionView | None
    killed: KillView | None


def status_report(
    rollout: str, standing: Standing, project: Project | None, kills: Kills, processes: Sequence[ProcessView] = ()
) -> StatusReport:
    """How the rollout stands, read from the store and, as far as they can be read, the files."""
    latest = standing.latest
    blank = Snapshot(rollout) if project is None else snapshot_at(project.wanted, None)
    actual = standing.actual(blank)
    position = actual.position
    soak = None if project is None or position is None else soak_of(standing, project.wanted.soak_at(position))
    following = None if project is None else next_position(position, project.wanted.positions())
    return StatusReport(
        rollout=rollout,
        revision=standing.revision,
        position=position_view(position),
        state=state_of(standing, soak),
        entered_at=None if latest is None else latest.entered_at,
        soak=None if soak is None else _soak_view(soak),
        flags={name: flag_view(actual.snapshot.state_of(name)) for name in actual.snapshot.definitions},
        gates=None if project is None else _gates(project, standing, position),
        processes=list(processes),
        drift=None if project is None else drift_of(project, actual.snapshot, standing, actual.denied_by_hand),
        next=position_view(following),
        killed=None if not kills else KillView(["*"] if kills.everything else sorted(kills.names)),
    )


def state_of(standing: Standing, soak: Soak | None) -> State:
    """The state in one word."""
    stage = Stage.OFF if standing.latest is None else standing.latest.draft.stage
    if stage is not Stage.ACTIVE:
        return State(stage.value)
    if standing.clock_is_behind or soak is None:
        return State.HELD
    return State.READY if soak.is_over else State.SOAKING


def drift_of(
    project: Project, snapshot: Snapshot, standing: Standing, denied_by_hand: Mapping[str, frozenset[str]]
) -> list[ChangeView]:
    """What differs from the files, seen from the files: `before` is what they want, `after` what is."""
    if standing.latest is None:
        return []
    wanted = with_denials(snapshot_at(project.wanted, standing.latest.draft.position), denied_by_hand)
    return change_views(changes_between(wanted, snapshot))


def _gates(project: Project, standing: Standing, position: Position | None) -> list[GateView]:
    latest, guards = standing.latest, project.guards_at(position)
    if latest is None or position is None:
        return []
    recorded = {(each.get("phase"), each.get("section"), each.get("id")): each for each in latest.draft.checks}
    told = [recorded.get((position.phase, each.section, each.entry.id), {}).get("verdict") for each in guards]
    return [
        GateView(each.entry.id, each.entry.kind, verdict, latest.at if verdict else None)
        for each, verdict in zip(guards, told, strict=True)
    ]


def _soak_view(soak: Soak) -> SoakView:
    return SoakView(soak.required.total_seconds(), round(soak.elapsed.total_seconds(), 3), soak.ready_at)
