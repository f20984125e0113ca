"""A store in memory and its feeds, held to the contract of the real ones (tests/store); it fails when it is told to."""

import threading
from collections.abc import Iterator
from pathlib import Path

from rollout_cli.control.latest import latest_revision
from rollout_cli.control.ledger import Head
from rollout_cli.control.record import DamagedRecordError, Draft, Revision
from rollout_cli.errors import StoreError
from rollout_cli.store.only_rollout import only_rollout
from tests.support.memory_ledger import MemoryLedger, MemoryTransaction

NAME = "memory"
AWAY = StoreError(f"the store {NAME} cannot be reached", hint="wait")


class MemoryStore:
    """Any number of rollouts, and how the store is doing just now.

    Attributes:
        pointers: where a pointer is not at the latest revision, where it is.
        questions: how often a feed asked anything.
        open_feeds: how many feeds have something open.
    """

    name = NAME
    path: Path | None = Path(NAME)  # like a file, it does not take its time

    def __init__(self) -> None:
        self.ledgers: dict[str, MemoryLedger] = {}
        self.pointers: dict[str, Head | None] = {}
        self.questions = 0
        self.open_feeds = 0
        self._trouble: Exception | None = None
        self._answers = threading.Event()
        self._answers.set()

    def ledger(self, rollout: str = "test-rollout") -> MemoryLedger:
        """One rollout's history."""
        return self.ledgers.setdefault(rollout, MemoryLedger(rollout))

    def write(self, draft: Draft, rollout: str = "test-rollout") -> Revision:
        """Make a draft the latest revision."""
        with self.ledger(rollout).writing() as writing:
            return writing.append(draft)

    def go_away(self, trouble: Exception = AWAY) -> None:
        """Fail every question from now on."""
        self._trouble = trouble

    def come_back(self) -> None:
        """Answer again, also those who have waited."""
        self._trouble = None
        self._answers.set()

    def hang(self) -> None:
        """Leave every question without an answer from now on."""
        self._answers.clear()

    def asked(self) -> None:
        """A feed has a question."""
        self.questions += 1
        assert self._answers.wait(60), "a store that hangs is brought back at the end of a test"
        if self._trouble is not None:
            raise self._trouble

    def begun(self) -> list[str]:
        """The names of all rollouts that have a history."""
        return sorted(name for name, ledger in list(self.ledgers.items()) if ledger.records)


class MemoryFeed:
    """The latest revision of one rollout in a store in memory."""

    name = NAME
    path: Path | None = Path(NAME)  # like a file, it does not take its time

    def __init__(self, store: MemoryStore, rollout: str | None = None) -> None:
        self._store = store
        self._rollout = rollout
        self._known: str | None = None
        self._is_open = False
        self._seen: object = None

    def changed(self) -> bool:
        """Whether there may be something new since the last reading."""
        try:
            self._ask()
        except BaseException:
            self.close()
            raise
        found = self._everything()
        if found == self._seen:
            return False
        self._seen = found
        return True

    def read(self) -> Revision | None:
        """The latest revision; None before the first."""
        try:
            self._ask()
            rollout = self._rollout or only_rollout(self._store.begun(), self.name, known=self._known) or ""
            with self._store.ledger(rollout).reading() as reading:
                latest = latest_revision(_Pointed(reading, self._store, rollout))
            self._known = rollout
            return latest
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Let go of what is open."""
        self._store.open_feeds -= self._is_open
        self._is_open, self._seen = False, None

    def tell(self, revision: int) -> None:
        """Nobody asks."""

    def leave(self) -> None:
        """Let go of what is open for good."""
        self.close()

    def abandon(self) -> None:
        """Forget what is open."""
        self._is_open, self._seen = False, None

    def _ask(self) -> None:
        self._store.asked()
        self._store.open_feeds += not self._is_open
        self._is_open = True

    def _everything(self) -> object:
        begun = self._store.begun()
        return {name: tuple(self._store.ledgers[name].records) for name in begun}, dict(self._store.pointers)


class _Pointed:
    """A view of a rollout whose pointer somebody may have moved."""

    def __init__(self, reading: MemoryTransaction, store: MemoryStore, rollout: str) -> None:
        self._reading = reading
        self._store = store
        self._rollout = rollout
        self.now = reading.now

    def pointer(self) -> Head | None:
        return self._store.pointers.get(self._rollout, self._reading.pointer())

    def revisions(self, *, newest_first: bool = True) -> Iterator[Revision | DamagedRecordError]:
        return self._reading.revisions(newest_first=newest_first)
