"""The parts of reports, in the words and shapes of the JSON documents."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from rollout_cli.flags.decision import Decision
from rollout_cli.flags.document import state_document
from rollout_cli.flags.model import FlagState, FlagValue
from rollout_cli.flags.percent import percent_number
from rollout_cli.plan.position import Position
from rollout_cli.plan.removal import Removal
from rollout_cli.plan.snapshots import Change


@dataclass(frozen=True, slots=True)
class PositionView:
    """A phase, and the percent of its step on a ramp."""

    phase: int
    name: str
    percent: float | None


@dataclass(frozen=True, slots=True)
class FlagView:
    """How a flag stands. `percent` null is "no percent", which is not 0."""

    enabled: bool
    percent: float | None
    value: FlagValue | None
    shadow: bool
    allowlist: list[str]
    denylist: list[str]


@dataclass(frozen=True, slots=True)
class ChangeView:
    """One field of one flag, before and after; `flag` null speaks of the whole rollout."""

    flag: str | None
    field: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class RemovalView:
    """Shoppers whom a move switches off for one flag: by name, and as a percent of all others."""

    flag: str
    ids: list[str]
    percent: float


@dataclass(frozen=True, slots=True)
class CheckView:
    """One answered check.

    Attributes:
        section: the list it stands in; empty for what belongs to no file, like the soak.
        cause: why it is INCONCLUSIVE, in a word.
        reaction: what its file calls for now: `hold`, `rollback` or `warn`.
        counts: whether it has a say in the verdict of all.
        file: where it is declared, with line and column from 1; 0 for what belongs to no file.
        phase: in whose file it stands.
        covers: further lines of the original checklist that it answers.
    """

    id: str
    kind: str
    verdict: str
    message: str
    evidence: dict[str, Any]
    hint: str
    title: str = ""
    section: str = ""
    cause: str | None = None
    reaction: str | None = None
    counts: bool = True
    file: str = ""
    line: int = 0
    column: int = 0
    phase: int | None = None
    covers: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class RecoveryView:
    """What an observation after a rollback came to.

    Attributes:
        outcome: `recovered`, `not recovered` or `cannot say`.
        checks: each post-check with what counts of its answers.
        because: why nothing could be observed, if nothing could.
    """

    outcome: str
    verdict: str
    observed_seconds: float
    rounds: int
    checks: list[CheckView]
    because: str | None = None
    hint: str | None = None


def position_view(position: Position | None) -> PositionView | None:
    """A position as reports show it."""
    if position is None:
        return None
    percent = None if position.percent is None else percent_number(position.percent)
    return PositionView(position.phase, position.name, percent)


def flag_view(state: FlagState) -> FlagView:
    """A flag's state as reports show it."""
    return FlagView(**state_document(state))


def change_views(changes: Iterable[Change]) -> list[ChangeView]:
    """Changes as reports show them."""
    return [ChangeView(change.flag, change.field, change.before, change.after) for change in changes]


def removal_views(removals: Iterable[Removal]) -> list[RemovalView]:
    """Removals as reports show them."""
    return [RemovalView(each.flag, list(each.ids), percent_number(each.share)) for each in removals]


@dataclass(frozen=True, slots=True)
class ProcessView:
    """A process that hears of changes.

    Attributes:
        pid: its number, there.
        revision: the latest that it has heard of; of several clients in it, the one that is furthest behind.
        since: when it heard of that; None where nobody knows.
    """

    host: str
    pid: int
    revision: int
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class DecisionView:
    """One decision; `bucket` in percent, when a percent decided."""

    id: str | None
    flag: str
    value: FlagValue | None
    enabled: bool
    reason: str
    bucket: float | None
    shadow: bool
    revision: int
    stale: bool


def decision_view(decision: Decision, key: str | None) -> DecisionView:
    """A decision as reports show it, with the id it was made for."""
    return DecisionView(
        key,
        decision.flag,
        decision.value,
        decision.enabled,
        str(decision.reason),
        decision.bucket,
        decision.shadow,
        decision.revision,
        decision.stale,
    )
