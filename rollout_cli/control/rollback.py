"""rollback: back to safety, now. Asks no check, no clock, no file, no network.

Everything happens inside one write transaction, so whoever gets the store's lock sees the latest revision and wins.

A rollback never goes forward: its target must not lie ahead of where the rollout is, nor be undone by a later one.
Within that it is exact: the flags stand again as they stood there, and only denials made by hand outlive it.

The safe state is always within reach. Any other target is counted from the latest record; when that cannot be read,
nobody knows where the rollout stands, and only the safe state is certain not to lie ahead.
"""

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, replace
from typing import TypeVar

from rollout_cli.control.ledger import Head, Ledger, Writing
from rollout_cli.control.record import DamagedRecordError, Draft, Revision
from rollout_cli.control.views import ChangeView, PositionView, RecoveryView, change_views, position_view
from rollout_cli.errors import ConflictError, RefusedError, StoreError, UsageError
from rollout_cli.flags.model import Snapshot, default_state
from rollout_cli.plan.moves import Stage
from rollout_cli.plan.position import Position, position_text
from rollout_cli.plan.snapshots import Denials, changes_between, denials_joined, with_denials

ATTEMPTS = 100
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Safe:
    """The safe state: every flag at its default, for everybody."""


@dataclass(frozen=True, slots=True)
class Previous:
    """As the rollout last stood at a position before this one; before the first, that is the safe state."""


@dataclass(frozen=True, slots=True)
class ToPhase:
    """As the rollout last stood in a phase; from within the phase, the first step of its ramp."""

    phase: int


@dataclass(frozen=True, slots=True)
class ToRevision:
    """Exactly as the rollout stood at a revision; 0 is the safe state."""

    number: int


Target = Safe | Previous | ToPhase | ToRevision


@dataclass(frozen=True, slots=True)
class RollbackReport:
    """What `rollout rollback` says; `recovery` with --watch only."""

    rollout: str
    applied: bool
    revision: int
    from_: PositionView | None
    to: PositionView | None
    changes: list[ChangeView]
    duration_ms: float = 0.0
    recovery: RecoveryView | None = None


@dataclass(frozen=True, slots=True)
class _Goal:
    """The state that a target means; the snapshot is without the denials made by hand."""

    position: Position | None
    snapshot: Snapshot
    denied_by_hand: Denials
    base: int

    @property
    def evaluated(self) -> Snapshot:
        """The flags as they will be evaluated."""
        return with_denials(self.snapshot, self.denied_by_hand)


def roll_back(ledger: Ledger, target: Target, *, actor: str, reason: str) -> RollbackReport:
    """Take everybody back to the target. Repeated until it wins; doing it twice changes nothing more.

    Raises:
        RefusedError: the target lies ahead, was never reached, or nobody knows whether it lies ahead.
        StoreError: the store cannot be written, or none of its records be read.
    """
    return _until_it_wins(lambda: _roll_back_once(ledger, target, actor, reason))


def take_back_shopper(ledger: Ledger, shopper: str, *, actor: str, reason: str) -> RollbackReport:
    """Deny one shopper on every flag of the rollout; everybody else stays where they are.

    Raises:
        UsageError: that is not an id.
        RefusedError: there is no flag in the store to deny the shopper on, or its latest record cannot be read.
        StoreError: the store cannot be written, or none of its records be read.
    """
    if not shopper or shopper != shopper.strip() or not shopper.isprintable():
        raise UsageError("an id has no spaces around it and no invisible characters", hint="check the quotes")
    return _until_it_wins(lambda: _take_back_once(ledger, shopper, actor, reason))


def _roll_back_once(ledger: Ledger, target: Target, actor: str, reason: str) -> RollbackReport:
    with ledger.writing() as writing:
        latest = _latest_readable(writing)
        if latest is None:
            return RollbackReport(ledger.rollout, applied=False, revision=0, from_=None, to=None, changes=[])
        draft = latest.draft
        is_sound = _is_latest(latest, writing)
        if not is_sound and _is_counted_from_here(target):
            raise RefusedError(_UNKNOWN, hint="`rollout rollback` takes everybody back to the safe state")
        goal = _goal(target, latest, writing)
        changes = tuple(changes_between(draft.evaluated, goal.evaluated))
        at_rest = draft.stage in {Stage.OFF, Stage.ROLLED_BACK} and draft.position == goal.position
        if at_rest and not changes and is_sound:
            return _report(ledger.rollout, latest.number, draft.position, goal.position, (), applied=False)
        views = tuple(change_views(changes))
        revision = writing.append(
            Draft(
                action="rollback",
                actor=actor,
                reason=reason,
                stage=Stage.ROLLED_BACK,
                came_from=draft.position,
                position=goal.position,
                snapshot=goal.snapshot,
                denied_by_hand=goal.denied_by_hand,
                changes=tuple(asdict(view) for view in views),
                plan_digest=None,
                base=goal.base,
            )
        )
    return _report(ledger.rollout, revision.number, draft.position, goal.position, views, applied=True)


def _take_back_once(ledger: Ledger, shopper: str, actor: str, reason: str) -> RollbackReport:
    with ledger.writing() as writing:
        latest = _latest_readable(writing)
        if latest is None:
            raise RefusedError(
                "nothing was ever applied, so there is no flag in the store to deny this shopper on",
                hint="the shopper is at the defaults; deny it with `rollout flags deny FLAG ID` if it must stay off",
            )
        if not _is_latest(latest, writing):
            raise RefusedError(_UNKNOWN, hint="`rollout rollback` without --shopper takes everybody back")
        draft = latest.draft
        new = {name: draft.denied_by_hand.get(name, frozenset()) | {shopper} for name in draft.snapshot.definitions}
        denied = {**draft.denied_by_hand, **new}
        views = tuple(change_views(changes_between(draft.evaluated, with_denials(draft.snapshot, denied))))
        if denied == draft.denied_by_hand and not views:
            return _report(ledger.rollout, latest.number, draft.position, draft.position, (), applied=False)
        revision = writing.append(
            replace(
                draft,
                action="rollback shopper",
                actor=actor,
                reason=reason,
                came_from=draft.position,
                denied_by_hand=denied,
                changes=tuple(asdict(view) for view in views),
                checks=(),
                entered_at=latest.entered_at,
                base=latest.base if draft.stage is Stage.ROLLED_BACK else None,
                forced=False,
            )
        )
    return _report(ledger.rollout, revision.number, draft.position, draft.position, views, applied=True)


def _until_it_wins(attempt: Callable[[], T]) -> T:
    for _ in range(ATTEMPTS):
        try:
            return attempt()
        except ConflictError:
            continue
    raise StoreError(f"{ATTEMPTS} attempts met somebody else's change", hint="run it again; see `rollout history`")


_UNKNOWN = "the latest record cannot be read, so nobody knows where the rollout stands"


def _is_counted_from_here(target: Target) -> bool:
    """Whether a target means something only when it is known where the rollout stands: all but the safe state."""
    return target not in (Safe(), ToRevision(0))


def _goal(target: Target, latest: Revision, writing: Writing) -> _Goal:
    here = latest.draft
    match target:
        case ToRevision(number) if number > 0:
            return _at_revision(number, latest, writing)
        case ToPhase(phase):
            return _at_phase(phase, latest, writing)
        case Previous():
            lower = _first(writing, lambda each: _is_before(each.draft.position, here.position))
            return _safe(latest) if lower is None else _restored(lower, latest)
        case _:
            return _safe(latest)


def _at_revision(number: int, latest: Revision, writing: Writing) -> _Goal:
    found = _first(writing, lambda each: each.number == number)
    if found is None:
        raise RefusedError(f"there is no revision {number} that can be read", hint="see `rollout history`")
    if found.base > latest.base or _is_before(latest.draft.position, found.draft.position):
        here = position_text(latest.draft.position)
        raise RefusedError(
            f"revision {number} ({position_text(found.draft.position)}) is ahead of {here}: rollback only goes back",
            hint="go forward with `rollout advance --phase N`",
        )
    return _restored(found, latest)


def _at_phase(phase: int, latest: Revision, writing: Writing) -> _Goal:
    here = latest.draft.position
    if here is None or phase > here.phase:
        raise RefusedError(
            f"phase {phase} lies ahead of {position_text(here)}: rollback only goes back",
            hint="go forward with `rollout advance --phase N`",
        )
    if phase == here.phase:
        return _at_beginning(phase, latest, writing)
    found = _first(writing, lambda each: _is_in(each.draft.position, phase))
    if found is None:
        raise RefusedError(
            f"the rollout was never in phase {phase}",
            hint="roll back to the safe state with `rollout rollback`, or see `rollout history`",
        )
    return _restored(found, latest)


def _at_beginning(phase: int, latest: Revision, writing: Writing) -> _Goal:
    """The first step of the phase the rollout is in; where it is already, or was taken back to the phase: here."""
    here = latest.draft
    found: Revision | None = None
    if here.stage is not Stage.ROLLED_BACK:
        for each in _readable(writing.revisions()):
            if _is_in(each.draft.position, phase) and _is_before(each.draft.position, (found or latest).draft.position):
                found = each
    if found is None:
        return _Goal(here.position, here.snapshot, here.denied_by_hand, latest.base)
    return _restored(found, latest)


def _safe(latest: Revision) -> _Goal:
    snapshot = latest.draft.snapshot
    states = {name: default_state(definition) for name, definition in snapshot.definitions.items()}
    return _Goal(None, replace(snapshot, states=states), latest.draft.denied_by_hand, 0)


def _restored(found: Revision, latest: Revision) -> _Goal:
    """As it was then; flags that have come since are at their defaults, whom a person denied stays denied."""
    then, now = found.draft.snapshot, latest.draft.snapshot
    definitions = {**now.definitions, **then.definitions}
    states = {
        name: then.state_of(name) if name in then.definitions else default_state(definition)
        for name, definition in definitions.items()
    }
    denied = denials_joined(latest.draft.denied_by_hand, now.definitions, definitions)
    return _Goal(found.draft.position, replace(then, definitions=definitions, states=states), denied, found.base)


def _first(writing: Writing, wanted: Callable[[Revision], bool]) -> Revision | None:
    return next((each for each in _readable(writing.revisions()) if wanted(each)), None)


def _latest_readable(writing: Writing) -> Revision | None:
    """The latest revision whose record is sound: a damaged one must not keep anybody from safety.

    Raises:
        StoreError: there are records, and none can be read.
    """
    found = _first(writing, lambda _each: True)
    if found is None and (writing.pointer() is not None or any(True for _ in writing.revisions())):
        raise StoreError("the store is damaged: none of its records can be read", hint="restore a backup")
    return found


def _readable(history: Iterable[Revision | DamagedRecordError]) -> Iterable[Revision]:
    return (each for each in history if isinstance(each, Revision))


def _is_latest(revision: Revision, writing: Writing) -> bool:
    return writing.pointer() == Head(revision.number, revision.hash)


def _is_before(one: Position | None, other: Position | None) -> bool:
    return one is not None and other is not None and one < other


def _is_in(position: Position | None, phase: int) -> bool:
    return position is not None and position.phase == phase


def _report(
    rollout: str,
    revision: int,
    came_from: Position | None,
    position: Position | None,
    changes: tuple[ChangeView, ...],
    *,
    applied: bool,
) -> RollbackReport:
    return RollbackReport(rollout, applied, revision, position_view(came_from), position_view(position), list(changes))
