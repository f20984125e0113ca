"""What waits for the new path: bounded, and never at the caller's cost.

A caller's thread only puts a delivery down. A foreman hands batches to a worker and watches the clock; only the worker
ever runs the candidate. A worker that hangs is left behind and another one goes on, so that neither the callers nor the
deliveries behind it wait for ever.
"""

import os
import threading
from collections.abc import Sequence
from contextlib import suppress
from queue import Empty, SimpleQueue
from time import monotonic
from typing import Protocol
from weakref import WeakSet

from rollout_cli.ending import is_asked_for, overlooked
from rollout_cli.errors import StoreError
from rollout_cli.pipeline.candidate_worker import Error, Worker
from rollout_cli.pipeline.complaints import Complaints
from rollout_cli.pipeline.delivery import Candidate, Delivery
from rollout_cli.pipeline.metrics import DROPPED, FAILED, QUEUE_DEPTH, Metrics

SIZE = 1000
MOST_BYTES = 64 * 1024 * 1024
TIME_LIMIT = 10.0
BATCH = 50
MOST_STUCK = 4

FULL, STUCK, CLOSED, OVERSIZED = "full", "stuck", "closed", "oversized"
"""Outcomes of what is dropped."""
RAISED = "raised"

_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 5.0
_GLANCE = 0.5
_BATCHES_OF_BYTES = 8
_PROBES = 5


class Backlog(Protocol):
    """Takes deliveries for later."""

    def offer(self, delivery: Delivery) -> bool:
        """Put a delivery down. Never waits, never raises.

        Returns:
            Whether it was accepted; where it was not, that has been counted.
        """
        ...  # pragma: no cover - a protocol

    def close(self, timeout: float) -> bool:
        """Accept no more, and let what waits be taken for so many seconds at most.

        Returns:
            Whether everything was.
        """
        ...  # pragma: no cover - a protocol


class _Hung(Exception):  # noqa: N818 - stands for what ended a batch, and is never raised
    """The time limit has passed."""


class _NoThreadError(StoreError):
    """There is no worker just now: nothing was taken, and the same may be given again."""


class ThreadBacklog:
    """Gives deliveries to a candidate in order, in threads of its own. May be shared by threads."""

    def __init__(
        self,
        candidate: Candidate,
        *,
        metrics: Metrics,
        size: int = SIZE,
        most_bytes: int = MOST_BYTES,
        time_limit: float = TIME_LIMIT,
        batch: int = BATCH,
        most_stuck: int = MOST_STUCK,
        longest_pause: float = _LONGEST_PAUSE,
    ) -> None:
        """Put together a backlog. It starts no thread before the first delivery.

        Args:
            candidate: what takes the deliveries.
            metrics: what counts.
            size: how many deliveries there may be, those that are being taken included.
            most_bytes: how many bytes their bodies may have together.
            time_limit: seconds; a candidate that takes longer for a batch is left behind.
            batch: how many deliveries the candidate is given at once, at most.
            most_stuck: how many workers may be left behind at one time; then everything is dropped until one is back.
                Each holds on to its batch.
            longest_pause: seconds between two attempts at a store that is away, at most.
        """
        self._candidate = candidate
        self._metrics = metrics
        self._size = size
        self._most_bytes = most_bytes
        self._time_limit = time_limit
        self._batch = batch
        self._most_stuck = most_stuck
        self._longest_pause = longest_pause
        self._complaints = Complaints()
        self._is_closed = False
        self.begin_anew()
        _all.add(self)

    def offer(self, delivery: Delivery) -> bool:
        """Put a delivery down. Never waits, never raises.

        Returns:
            Whether it was accepted; where it was not, that has been counted.
        """
        try:
            refused = self._admit(delivery)
        except Exception as error:  # a process that may have no more threads, or no more memory
            if is_asked_for(error):
                raise
            self._complaints.once("start", "the new path cannot be started: %s", type(error).__name__)
            refused = STUCK
        if refused:
            self._count([delivery], DROPPED, refused)
        return not refused

    def close(self, timeout: float) -> bool:
        """Accept no more, and let what waits be taken for so many seconds at most.

        Returns:
            Whether everything was; what was not has been counted.
        """
        with self._turn:
            self._is_closed = True
            self._queue.put(None)
        if self._foreman is not None:
            self._is_over.wait(timeout)
        self._gives_up.set()
        self._clear(CLOSED)
        return self._number == 0 and not self._stuck

    @property
    def depth(self) -> int:
        """How many deliveries wait or are being taken."""
        return self._number

    def begin_anew(self) -> None:
        """Be empty, without a thread: at first, and in the child of a fork. The parent keeps what it had."""
        self._turn = threading.RLock()  # held for a few steps only; a signal's handler may come in between
        self._queue: SimpleQueue[Delivery | None] = SimpleQueue()
        self._ended: SimpleQueue[tuple[Worker, Error]] = SimpleQueue()
        self._foreman: threading.Thread | None = None
        self._worker: Worker | None = None
        self._stuck = 0
        self._number = 0
        self._bytes = 0
        self._is_over = threading.Event()
        self._gives_up = threading.Event()

    def _admit(self, delivery: Delivery) -> str:
        size = len(delivery.body)
        with self._turn:
            if self._is_closed:
                return CLOSED
            if size > self._most_bytes:
                return OVERSIZED
            if self._stuck >= self._most_stuck:
                return STUCK
            if self._number >= self._size or self._bytes + size > self._most_bytes:
                return FULL
            if self._foreman is None:
                self._start()
            self._number += 1
            self._bytes += size
            self._queue.put(delivery)
        return ""

    def _start(self) -> None:
        foreman = threading.Thread(target=self._oversee, name="rollout-backlog", daemon=True)
        foreman.start()
        self._foreman = foreman

    def _oversee(self) -> None:
        """The foreman's life: until closed, and empty or given up."""
        while not self._gives_up.is_set():
            batch = self._next_batch()
            if not batch:
                break
            try:
                self._see_through(batch)
            except Exception as error:  # noqa: BLE001 - whatever happens, the foreman lives on
                self._end(batch, type(error))
            self._release(batch)
            self._sit_out()
        if self._worker is not None:
            self._worker.give(None)
        self._is_over.set()

    def _next_batch(self) -> list[Delivery]:
        """What is there, as much as may be given at once; waits while there is nothing. Empty when all is over."""
        batch: list[Delivery] = []
        room = self._most_bytes // _BATCHES_OF_BYTES
        each = self._queue.get()
        while each is not None:
            batch.append(each)
            room -= len(each.body)
            if len(batch) >= self._batch or room <= 0:
                return batch
            try:
                each = self._queue.get_nowait()
            except Empty:
                return batch
        self._queue.put(None)  # there is nothing behind it; it is met again when this batch is done
        return batch

    def _see_through(self, batch: list[Delivery]) -> None:
        """Have a batch taken, again and again while the store is away."""
        pause = _FIRST_PAUSE
        error = self._attempt(batch)
        while _may_be_given_again(error):
            self._complaints.once("away", "deliveries wait for the new path: %s", _name(error))
            if self._gives_up.wait(pause):
                self._count(batch, DROPPED, CLOSED)
                return
            pause = min(2 * pause, self._longest_pause)
            if pause == self._longest_pause:
                batch = self._one_by_one(batch)
            error = self._attempt(batch) if batch else None
        if error is None or error is _Hung or len(batch) == 1:
            self._end(batch, error)
        else:
            for each in batch:  # one of them is to blame, and the others are not lost for it
                self._see_through([each])

    def _one_by_one(self, batch: list[Delivery]) -> list[Delivery]:
        """Find out whether it is the store that takes none, or one of them that cannot be taken, a bug in disguise.

        One that is refused although the next is taken is tried once more, after it: only here may order be lost, where
        a store comes back just then.

        Returns:
            Those that are still to be taken, in order.
        """
        if len(batch) == 1:
            batch = self._with_company(batch)
        refused: list[Delivery] = []
        works = False
        for number, each in enumerate(batch):
            error = self._attempt([each])
            if _may_be_given_again(error):
                refused.append(each)
                if not works and number + 1 == _PROBES:
                    return refused + batch[_PROBES:]
            else:
                works = works or error is None
                self._end([each], error)
        if not works:
            return refused
        for each in refused:
            self._end([each], self._attempt([each]))
        return []

    def _with_company(self, batch: list[Delivery]) -> list[Delivery]:
        """With what comes next, where there is something: it tells what one alone cannot."""
        with suppress(Empty):
            other = self._queue.get_nowait()
            if other is not None:
                self._release([other])
                return [*batch, other]
            self._queue.put(None)
        return batch

    def _attempt(self, batch: Sequence[Delivery]) -> Error:
        """Have a batch taken once.

        Returns:
            What the candidate raised; `_Hung` where it has been left behind.
        """
        if not self._sit_out():
            return _Hung
        try:
            worker = self._worker = self._worker or Worker(self._candidate, self._ended)
        except Exception:  # noqa: BLE001 - there may be no more threads just now
            return _NoThreadError
        worker.give(batch)
        end = monotonic() + self._time_limit
        while (left := end - monotonic()) > 0 and not self._gives_up.is_set():
            with suppress(Empty):
                ended, error = self._ended.get(timeout=min(left, _GLANCE))
                if ended is worker:
                    return error
                self._note_return()
            self._say_depth()
        self._leave(worker)
        return _Hung

    def _leave(self, worker: Worker) -> None:
        """Go on without a worker. It ends when it is back."""
        worker.give(None)
        self._worker = None
        with self._turn:
            self._stuck += 1
        self._complaints.once("hung", "the new path took longer than %s s and was left behind", self._time_limit)

    def _sit_out(self) -> bool:
        """Where too many are stuck, drop everything until one is back, or until it is over.

        Returns:
            Whether there may be another worker.
        """
        if self._stuck < self._most_stuck:
            return True
        self._complaints.once("stuck", "%d workers are stuck: everything is dropped until one is back", self._stuck)
        self._clear(STUCK)
        while self._stuck >= self._most_stuck and not self._is_closed:
            with suppress(Empty):
                self._ended.get(timeout=_GLANCE)
                self._note_return()
        self._complaints.over("stuck", "a worker is back, deliveries are taken again")
        return self._stuck < self._most_stuck

    def _note_return(self) -> None:
        with self._turn:
            self._stuck -= 1

    def _clear(self, outcome: str) -> None:
        """Drop what waits."""
        dropped: list[Delivery] = []
        with suppress(Empty):
            while True:
                each = self._queue.get_nowait()
                if each is not None:
                    dropped.append(each)
        if self._is_closed:
            self._queue.put(None)
        self._release(dropped)
        self._count(dropped, DROPPED, outcome)

    def _end(self, batch: Sequence[Delivery], error: Error) -> None:
        if error is None:
            self._complaints.over("away", "the new path takes deliveries again")
        elif error is _Hung:
            self._count(batch, DROPPED, STUCK)
        else:
            self._complaints.once(_name(error), "the new path raised: %s", _name(error))
            self._count(batch, FAILED, RAISED)

    def _release(self, deliveries: Sequence[Delivery]) -> None:
        with self._turn:
            self._number -= len(deliveries)
            self._bytes -= sum(len(each.body) for each in deliveries)
        self._say_depth()

    def _count(self, deliveries: Sequence[Delivery], name: str, outcome: str) -> None:
        for each in deliveries:
            with overlooked():  # metrics are the application's, too
                self._metrics.add(name, provider=each.provider, outcome=outcome)

    def _say_depth(self) -> None:
        with overlooked():
            self._metrics.level(QUEUE_DEPTH, self._number)


def _may_be_given_again(error: Error) -> bool:
    return error is not None and issubclass(error, StoreError)


def _name(error: Error) -> str:
    return "" if error is None else error.__name__


_all: WeakSet[ThreadBacklog] = WeakSet()


def _in_child() -> None:
    for each in list(_all):
        each.begin_anew()


os.register_at_fork(after_in_child=_in_child)
