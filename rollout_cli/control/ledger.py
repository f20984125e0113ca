"""What the verbs need from a store: one rollout's append-only history, read and written in transactions."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from rollout_cli.control.record import DamagedRecordError, Draft, Revision


@dataclass(frozen=True, slots=True)
class Head:
    """The number and the hash of the latest revision, whether or not its record can be read."""

    number: int
    hash: str


class Reading(Protocol):
    """A consistent view of one rollout."""

    def now(self) -> datetime:
        """The store's time, in UTC."""
        ...

    def pointer(self) -> Head | None:
        """Which revision is the latest; None before the first."""
        ...

    def revisions(self, *, newest_first: bool = True) -> Iterator[Revision | DamagedRecordError]:
        """The history; a record that cannot be read comes as the error that says why."""
        ...


class Writing(Reading, Protocol):
    """The same view, held alone: nobody else can write until it is left."""

    def append(self, draft: Draft) -> Revision:
        """Make the draft the latest revision."""
        ...


class Ledger(Protocol):
    """One rollout in a store."""

    @property
    def rollout(self) -> str:
        """The rollout's name."""
        ...

    def reading(self) -> AbstractContextManager[Reading]:
        """Look at the rollout."""
        ...

    def writing(self) -> AbstractContextManager[Writing]:
        """Change the rollout: all of it when the block ends well, else nothing."""
        ...
