"""A revision: what was changed, by whom and why, sealed to the one before it.

The record of a revision is one canonical JSON text. Its hash is the sha256 of that text, and the text holds the hash
of the revision before: to change, drop or swap one, every later one has to be written anew.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from rollout_cli.flags.document import snapshot_document, snapshot_from_document
from rollout_cli.flags.model import Snapshot
from rollout_cli.plan.moves import Stage
from rollout_cli.plan.position import Position, position_document, position_from_document
from rollout_cli.plan.snapshots import with_denials

GENESIS = "0" * 64
"""What stands for the hash before the first revision."""


class DamagedRecordError(Exception):
    """A record that cannot be read, or does not fit its hash."""

    def __init__(self, number: int, problem: str) -> None:
        super().__init__(f"revision {number} {problem}")
        self.number = number


@dataclass(frozen=True, slots=True)
class Draft:
    """A change that is ready to become a revision.

    Attributes:
        snapshot: the flags as files or a person set them, without the denials made by hand.
        denied_by_hand: for each flag, whom a person denied; outlives every move.
        entered_at: when the position was entered; None for "with this revision".
        base: the revision whose state this one restores; None when it is a state of its own.
    """

    action: str
    actor: str
    reason: str
    stage: Stage
    came_from: Position | None
    position: Position | None
    snapshot: Snapshot
    denied_by_hand: Mapping[str, frozenset[str]]
    changes: tuple[Mapping[str, Any], ...]
    checks: tuple[Mapping[str, Any], ...] = ()
    plan_digest: str | None = None
    entered_at: datetime | None = None
    base: int | None = None
    forced: bool = False

    @property
    def evaluated(self) -> Snapshot:
        """The flags as they are evaluated: with the denials made by hand."""
        return with_denials(self.snapshot, self.denied_by_hand)


@dataclass(frozen=True, slots=True)
class Revision:
    """One entry of the history."""

    number: int
    at: datetime
    draft: Draft
    hash: str
    previous_hash: str

    @property
    def entered_at(self) -> datetime:
        """When the position that holds at this revision was entered."""
        return self.draft.entered_at or self.at

    @property
    def base(self) -> int:
        """The revision whose state holds: its own, or the one it restored."""
        return self.number if self.draft.base is None else self.draft.base


def seal(rollout: str, draft: Draft, *, number: int, at: datetime, previous_hash: str) -> tuple[str, str]:
    """Write a draft as the record of a revision.

    Returns:
        The record and its hash.
    """
    record = json.dumps(
        {
            "rollout": rollout,
            "revision": number,
            "at": time_text(at),
            "action": draft.action,
            "actor": draft.actor,
            "reason": draft.reason,
            "stage": draft.stage.value,
            "from": position_document(draft.came_from),
            "to": position_document(draft.position),
            "entered_at": time_text(draft.entered_at or at),
            "base": draft.base,
            "forced": draft.forced,
            "snapshot": snapshot_document(draft.snapshot),
            "denied_by_hand": {name: sorted(ids) for name, ids in sorted(draft.denied_by_hand.items()) if ids},
            "changes": list(draft.changes),
            "checks": list(draft.checks),
            "plan_digest": draft.plan_digest,
            "previous_hash": previous_hash,
        },
        ensure_ascii=True,
        allow_nan=False,
        separators=(",", ":"),
    )
    return record, record_hash(record)


def record_hash(record: str) -> str:
    """The hash that seals a record."""
    return hashlib.sha256(record.encode()).hexdigest()


def unseal(record: str, digest: str, *, rollout: str, number: int) -> Revision:
    """Read a record back and check its seal.

    Raises:
        DamagedRecordError: it is not what was written for this revision of this rollout.
    """
    try:
        fits = record_hash(record) == digest
    except (AttributeError, UnicodeError):  # SQLite lets a column hold anything
        raise DamagedRecordError(number, "is not text") from None
    if not fits:
        raise DamagedRecordError(number, "is not what was written: its hash does not fit")
    try:
        content = json.loads(record)
        if (content["rollout"], content["revision"]) != (rollout, number):
            raise DamagedRecordError(number, "holds another one's record")
        draft = Draft(
            action=content["action"],
            actor=content["actor"],
            reason=content["reason"],
            stage=Stage(content["stage"]),
            came_from=position_from_document(content["from"]),
            position=position_from_document(content["to"]),
            snapshot=snapshot_from_document(content["snapshot"], revision=number),
            denied_by_hand={name: frozenset(ids) for name, ids in content["denied_by_hand"].items()},
            changes=tuple(content["changes"]),
            checks=tuple(content["checks"]),
            plan_digest=content["plan_digest"],
            entered_at=time_from_text(content["entered_at"]),
            base=content["base"],
            forced=content["forced"],
        )
        return Revision(number, time_from_text(content["at"]), draft, digest, content["previous_hash"])
    except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, RecursionError) as error:
        raise DamagedRecordError(number, f"cannot be read: {type(error).__name__}") from error


def time_text(moment: datetime) -> str:
    """A moment as ISO 8601 in UTC, to the microsecond."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def time_from_text(text: str) -> datetime:
    """Read `time_text` back.

    Raises:
        TypeError, ValueError: it is none.
    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("a time without a zone")
    return moment
