"""A ledger in memory that keeps every promise of the real one; held to the same contract suite (tests/store)."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from rollout_cli.checks.facts import Attestation
from rollout_cli.control.ledger import Head
from rollout_cli.control.record import GENESIS, DamagedRecordError, Draft, Revision, seal, unseal

BEGINNING = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)


class Clock:
    """A clock that goes only when it is told to."""

    def __init__(self, now: datetime = BEGINNING) -> None:
        self.time = now

    def __call__(self) -> datetime:
        return self.time

    def forward(self, **duration: float) -> None:
        """Let time pass: `forward(hours=24)`."""
        self.time += timedelta(**duration)

    def back(self, **duration: float) -> None:
        """Set the clock back."""
        self.time -= timedelta(**duration)


class MemoryTransaction:
    """Works on copies; the ledger takes them over when the block ends well."""

    def __init__(self, ledger: "MemoryLedger") -> None:
        self._rollout = ledger.rollout
        self._clock = ledger.clock
        self.records = list(ledger.records)
        self.yeses = list(ledger.yeses)

    def now(self) -> datetime:
        return self._clock()

    def pointer(self) -> Head | None:
        return Head(len(self.records), self.records[-1][1]) if self.records else None

    def revisions(self, *, newest_first: bool = True) -> Iterator[Revision | DamagedRecordError]:
        numbered = list(enumerate(self.records, start=1))
        for number, (record, digest) in reversed(numbered) if newest_first else numbered:
            try:
                yield unseal(record, digest, rollout=self._rollout, number=number)
            except DamagedRecordError as error:
                yield error

    def append(self, draft: Draft) -> Revision:
        number = len(self.records) + 1
        previous = self.records[-1][1] if self.records else GENESIS
        record, digest = seal(self._rollout, draft, number=number, at=self.now(), previous_hash=previous)
        self.records.append((record, digest))
        return unseal(record, digest, rollout=self._rollout, number=number)

    def attestations(self) -> list[Attestation]:
        return list(self.yeses)

    def attest(self, attestation: Attestation) -> None:
        actor, note = (
            text.encode("utf-8", "backslashreplace").decode() for text in (attestation.actor, attestation.note)
        )
        self.yeses.append(replace(attestation, actor=actor, note=note))


class MemoryLedger:
    """One rollout's history, in memory."""

    def __init__(self, rollout: str = "test-rollout", clock: Clock | None = None) -> None:
        self.rollout = rollout
        self.clock = clock or Clock()
        self.records: list[tuple[str, str]] = []
        self.yeses: list[Attestation] = []

    @contextmanager
    def reading(self) -> Iterator[MemoryTransaction]:
        yield MemoryTransaction(self)

    @contextmanager
    def writing(self) -> Iterator[MemoryTransaction]:
        transaction = MemoryTransaction(self)
        yield transaction
        self.records, self.yeses = transaction.records, transaction.yeses
