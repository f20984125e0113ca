"""history: who changed what, when and why; and whether the record can be believed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from rollout_cli.control.ledger import Reading
from rollout_cli.control.record import GENESIS, DamagedRecordError, Revision
from rollout_cli.control.views import PositionView, position_view


@dataclass(frozen=True, slots=True)
class RevisionView:
    """One entry of the history."""

    revision: int
    at: datetime
    actor: str
    action: str
    from_: PositionView | None
    to: PositionView | None
    reason: str
    forced: bool
    changes: list[Mapping[str, Any]]
    checks: list[Mapping[str, Any]]
    plan_digest: str | None
    hash: str
    previous_hash: str


@dataclass(frozen=True, slots=True)
class HistoryReport:
    """What `rollout history` says, newest first; records that cannot be read are named as problems."""

    rollout: str
    revisions: list[RevisionView]
    problems: list[str]


@dataclass(frozen=True, slots=True)
class VerifyReport:
    """What `rollout history verify` says."""

    rollout: str
    revisions: int
    head: str | None
    sound: bool
    problems: list[str]


def history_report(rollout: str, reading: Reading | None, limit: int) -> HistoryReport:
    """The latest revisions."""
    entries = [] if reading is None else list(islice(reading.revisions(), limit))
    return HistoryReport(
        rollout,
        [revision_view(entry) for entry in entries if isinstance(entry, Revision)],
        [str(entry) for entry in entries if isinstance(entry, DamagedRecordError)],
    )


def revision_view(revision: Revision) -> RevisionView:
    """One revision as reports show it."""
    draft = revision.draft
    return RevisionView(
        revision=revision.number,
        at=revision.at,
        actor=draft.actor,
        action=draft.action,
        from_=position_view(draft.came_from),
        to=position_view(draft.position),
        reason=draft.reason,
        forced=draft.forced,
        changes=list(draft.changes),
        checks=list(draft.checks),
        plan_digest=draft.plan_digest,
        hash=revision.hash,
        previous_hash=revision.previous_hash,
    )


def verify_history(rollout: str, reading: Reading, *, expected_head: str | None = None) -> VerifyReport:
    """Follow the chain from the first revision to the latest.

    Args:
        rollout: its name.
        reading: the store.
        expected_head: a hash kept elsewhere that must be in the chain; finds a history that was written anew.
    """
    problems: list[str] = []
    hashes: set[str] = set()
    last, previous_hash = 0, GENESIS
    for entry in reading.revisions(newest_first=False):
        if entry.number != last + 1:
            problems.append(_gap(last + 1, entry.number))
        if isinstance(entry, DamagedRecordError):
            problems.append(str(entry))
            last, previous_hash = entry.number, ""
            continue
        if previous_hash and entry.previous_hash != previous_hash and entry.number == last + 1:
            problems.append(f"revision {entry.number} does not follow from revision {last}")
        hashes.add(entry.hash)
        last, previous_hash = entry.number, entry.hash
    problems += _head_problems(reading, last, previous_hash)
    if expected_head is not None and expected_head.strip().lower() not in hashes:
        problems.append("the hash you gave is not in this history")
    return VerifyReport(rollout, last, previous_hash if last else None, sound=not problems, problems=problems)


def _head_problems(reading: Reading, last: int, last_hash: str) -> list[str]:
    pointer = reading.pointer()
    if pointer is None:
        return ["the pointer to the latest revision is gone"] if last else []
    if pointer.number != last:
        return [f"the latest revision ought to be {pointer.number}, the history ends with {last}"]
    return ["the latest revision is not the one that was written"] if last_hash and pointer.hash != last_hash else []


def _gap(first: int, found: int) -> str:
    missing = str(first) if found - first == 1 else f"{first} to {found - 1}"
    return f"revision {missing} is missing" if found > first else f"revision {found} stands in the wrong place"
