"""Deliveries on disk before anybody is answered, and from there to the candidate."""

import os
import threading
from pathlib import Path
from typing import Literal
from weakref import WeakSet

from rollout_cli.ending import is_asked_for
from rollout_cli.errors import UsageError
from rollout_cli.pipeline.complaints import Complaints
from rollout_cli.pipeline.delivery import Candidate, Delivery
from rollout_cli.pipeline.metrics import DROPPED, Metrics
from rollout_cli.pipeline.spool.draining import LONGEST_PAUSE, Drainer
from rollout_cli.pipeline.spool.framing import header_of
from rollout_cli.pipeline.spool.writing import Writer

MOST_BYTES = 1024**3
SEGMENT_BYTES = 16 * 1024**2

UNWRITABLE = "unwritable"
"""The outcome of what was dropped because the disk is full, or refuses it."""

Sync = Literal["none", "each"]
"""When the disk itself is waited for: never, so that what the process has done outlives it but not a power failure; or
for each delivery, which takes as long as the disk takes."""

_LONGEST_REST = 1.0


class Spool:
    """Takes deliveries to disk and gives them to a candidate, in order, at least once. May be shared by threads.

    One folder may serve many processes: each writes files of its own, and what one leaves behind another one adopts.
    """

    def __init__(
        self,
        folder: Path,
        candidate: Candidate,
        *,
        metrics: Metrics,
        most_bytes: int = MOST_BYTES,
        sync: Sync = "none",
        segment_bytes: int = SEGMENT_BYTES,
        longest_pause: float = LONGEST_PAUSE,
    ) -> None:
        """Open a spool; what waits in the folder is taken from now on.

        Args:
            folder: on a local disk; made, for its owner alone, where there is none.
            candidate: what takes the deliveries. It is asked by one thread; what it refuses with a StoreError is given
                again until it is taken.
            metrics: what counts.
            most_bytes: how many bytes all files may have together; then nothing is accepted until some are drained.
                What was put aside does not count.
            sync: when the disk itself is waited for.
            segment_bytes: how large a file becomes before the next one is begun.
            longest_pause: seconds between two attempts at a store that is away, at most.

        Raises:
            UsageError: there can be no such folder.
        """
        self._folder = folder.absolute()
        self._candidate = candidate
        self._metrics = metrics
        self._most_bytes = most_bytes
        self._segment_bytes = segment_bytes
        self._syncs = sync == "each"
        self._longest_pause = longest_pause
        self._complaints = Complaints()
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise UsageError(
                f"there can be no spool at {folder}: {error.strerror}", hint="name a folder that can be written"
            ) from None
        self._begin(is_closed=False)
        with _forks:
            _all.add(self)
        self._drainer.start()

    def offer(self, delivery: Delivery) -> bool:
        """Take a delivery to disk. Never raises, and waits for nothing but the disk.

        Returns:
            Whether it is there; where it is not, that has been counted.
        """
        try:
            if os.getpid() != self._process:  # a server written in C may fork past Python
                self.begin_anew()
            refused = self._writer.write(header_of(delivery), delivery.body)
        except Exception as error:  # nothing that happens here is the legacy path's trouble
            if is_asked_for(error):
                raise
            name = type(error).__name__
            self._complaints.once(name, "deliveries cannot be spooled: %s", name)
            refused = UNWRITABLE
        if refused:
            self._drop(delivery, refused)
            return False
        self._see_to_it()
        return True

    def close(self, timeout: float) -> bool:
        """Accept no more, and have what is there taken for so many seconds at most. The rest stays on disk.

        Returns:
            Whether nothing of this process stays.
        """
        self._writer.close()
        return self._drainer.close(timeout)

    @property
    def size(self) -> int:
        """How many bytes all files have, as far as is known."""
        return self._writer.size

    def begin_anew(self) -> None:
        """In the child of a fork: everything that was there is the parent's. Nothing starts before a delivery does."""
        self._drainer.abandon()
        self._begin(is_closed=self._writer.is_closed)

    def before_fork(self) -> None:
        """Come to rest, soon: no lock of the candidate's is held by a thread that the child does not have."""
        self._rested.append((self._drainer.rest(_LONGEST_REST), self._writer.turn.acquire(timeout=_LONGEST_REST)))

    def after_fork_in_parent(self) -> None:
        """Go on."""
        rested, has_turn = self._rested.pop()
        if has_turn:
            self._writer.turn.release()
        self._drainer.go_on(rested=rested)

    def _begin(self, *, is_closed: bool) -> None:
        self._process = os.getpid()
        self._rested: list[tuple[bool, bool]] = []
        self._writer = Writer(
            self._folder, most_bytes=self._most_bytes, segment_bytes=self._segment_bytes, syncs=self._syncs
        )
        self._writer.is_closed = is_closed
        self._drainer = Drainer(
            self._folder, self._candidate, self._writer, metrics=self._metrics, longest_pause=self._longest_pause
        )

    def _see_to_it(self) -> None:
        """Have what is on disk drained. It stays there where that is not possible just now."""
        try:
            self._drainer.start()
            self._drainer.wake()
        except Exception as error:  # there may be no more threads just now
            if is_asked_for(error):
                raise
            self._complaints.once("start", "the spool cannot be drained just now: %s", type(error).__name__)

    def _drop(self, delivery: Delivery, outcome: str) -> None:
        try:
            self._metrics.add(DROPPED, provider=delivery.provider, outcome=outcome)
        except Exception as error:  # metrics are the application's, too
            if is_asked_for(error):
                raise
            self._complaints.once("metrics", "what was dropped cannot be counted: %s", type(error).__name__)
        self._complaints.once(outcome, "deliveries are dropped, the spool is %s", outcome)


_all: WeakSet[Spool] = WeakSet()
_resting: list[list[Spool]] = []
_forks = threading.RLock()


def _before_fork() -> None:
    _forks.acquire()
    resting = list(_all)
    _resting.append(resting)
    for each in resting:
        each.before_fork()


def _in_parent() -> None:
    for each in _resting.pop():
        each.after_fork_in_parent()
    _forks.release()


def _in_child() -> None:
    global _forks  # noqa: PLW0603 - the parent's threads are not here to release it
    _forks = threading.RLock()
    _resting.clear()
    for each in list(_all):
        each.begin_anew()


os.register_at_fork(before=_before_fork, after_in_parent=_in_parent, after_in_child=_in_child)
