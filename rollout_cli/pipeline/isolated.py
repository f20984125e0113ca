"""A candidate in a process of its own: neither its processor time, nor its memory, nor its end is the application's.

`IsolatedCandidate` may take the place of any candidate, behind a spool as well. `ProcessBacklog` is a backlog of one.
"""

import os
import sys
import threading
from collections.abc import Sequence
from time import monotonic
from weakref import WeakSet

from rollout_cli.ending import overlooked
from rollout_cli.errors import StoreError, UsageError
from rollout_cli.pipeline.backlog import BATCH, MOST_BYTES, SIZE, STUCK, TIME_LIMIT, ThreadBacklog
from rollout_cli.pipeline.complaints import Complaints
from rollout_cli.pipeline.delivery import Candidate, Delivery
from rollout_cli.pipeline.isolated_child import Child
from rollout_cli.pipeline.isolated_wire import Answer, GoneError
from rollout_cli.pipeline.metrics import DROPPED, Metrics

MEMORY_LIMIT = 512 * 1024 * 1024
START_LIMIT = 30.0
"""Seconds in which a candidate has to be imported and made."""

DIED = "died"
"""The outcome of what is dropped because the candidate's process ended over it."""

_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 5.0
_SLACK = 5.0


class HungError(Exception):
    """The candidate took longer than its time limit; its process is no more."""


class DiedError(Exception):
    """The candidate's process ended over a batch."""


class RaisedError(Exception):
    """The candidate raised something. Its only argument is the name of the type."""


class AwayError(StoreError):
    """Nothing was taken, and the same may be given again."""

    def __init__(self, why: str) -> None:
        super().__init__(f"the isolated candidate takes nothing: {why}", hint="see what it says on standard error")


class IsolatedCandidate:
    """A candidate in a process of its own, which is started when it is needed. May be shared by threads."""

    def __init__(
        self,
        target: str,
        *,
        time_limit: float = TIME_LIMIT,
        memory_limit: int = MEMORY_LIMIT,
        python: str | None = None,
        start_limit: float = START_LIMIT,
    ) -> None:
        """Say what is to run; nothing starts yet.

        Args:
            target: `module:factory`; the factory is called without arguments in the process, and returns the candidate.
            time_limit: seconds; the process of a candidate that takes longer for a batch is killed.
            memory_limit: bytes of address space of the process, its own code included; 0 for any.
            python: the interpreter, where `sys.executable` is none: inside of uWSGI, say.
            start_limit: seconds in which the factory has to return.

        Raises:
            UsageError: the target is none.
        """
        module, _, factory = target.partition(":")
        if not module or not factory:
            raise UsageError(f"{target!r} is no candidate", hint="write module:factory")
        self._target = target
        self._time_limit = time_limit
        self._memory_limit = memory_limit
        self._python = python or sys.executable
        self._start_limit = start_limit
        self._complaints = Complaints()
        self._is_closed = threading.Event()
        self.begin_anew()
        _all.add(self)

    def take(self, deliveries: Sequence[Delivery]) -> None:
        """Have deliveries taken, in order.

        Raises:
            StoreError: nothing was taken; the same may be given again.
            RaisedError: the candidate raised something else.
            HungError: it took too long.
            DiedError: its process ended.
        """
        if os.getpid() != self._process:  # a server written in C may fork past Python
            self.begin_anew()
        with self._turn:
            child = self._ready()
            try:
                answer = child.take(deliveries, self._time_limit)
            except TimeoutError:
                self._lose("hung", "the new path took longer than %s s and was killed", self._time_limit)
                raise HungError from None
            except GoneError:
                if self._is_closed.is_set():
                    raise AwayError("it is closed") from None
                self._lose("died", "the process of the new path has died")
                raise DiedError from None
            self._heed(answer)

    @property
    def pid(self) -> int | None:
        """The number of the process, while there is one."""
        child = self._child
        return None if child is None else child.pid

    def close(self) -> None:
        """End the process, whatever it does."""
        self._is_closed.set()
        child = self._child
        if child is not None:
            child.interrupt()  # whoever waits for it is told, and ends it
        with self._turn:
            self._end()

    def begin_anew(self) -> None:
        """Have no process: at first, and in the child of a fork."""
        child: Child | None = getattr(self, "_child", None)
        if child is not None:
            child.abandon()
        self._child: Child | None = None
        self._process = os.getpid()
        self._turn = threading.Lock()
        self._pause = 0.0
        self._not_before = 0.0

    def _ready(self) -> Child:
        """The process, with the candidate made.

        Raises:
            AwayError: there is none.
        """
        if self._child is not None:
            return self._child
        if self._is_closed.wait(max(0.0, self._not_before - monotonic())):
            raise AwayError("it is closed")
        try:
            self._child = child = Child(
                self._target, python=self._python, memory_limit=self._memory_limit, time_limit=self._time_limit
            )
            if self._is_closed.is_set():  # whoever closes this has not seen it
                child.interrupt()
            why = child.made(self._start_limit).error
        except (OSError, GoneError) as error:  # a time that is over is an OSError, too
            why = type(error).__name__
        if why is not None:
            self._lose(f"start {why}", "the process of the new path cannot be started: %s", why)
            raise AwayError(why)
        return child

    def _heed(self, answer: Answer) -> None:
        if answer.error is None:
            self._pause = 0.0
            return
        if answer.error == MemoryError.__name__:  # it may hold on to what it has
            self._lose("memory", "the new path needs more memory than it may have, and begins anew")
        if answer.may_be_given_again:
            raise AwayError(answer.error)
        raise RaisedError(answer.error)

    def _lose(self, kind: str, message: str, *arguments: object) -> None:
        """End the process; the next one waits longer each time, until one of them takes something."""
        self._end()
        self._complaints.once(kind, message, *arguments)
        self._pause = min(_LONGEST_PAUSE, max(_FIRST_PAUSE, 2 * self._pause))
        self._not_before = monotonic() + self._pause

    def _end(self) -> None:
        child, self._child = self._child, None
        if child is not None:
            child.end()


class ProcessBacklog:
    """Gives deliveries in order to a candidate in a process of its own. May be shared by threads."""

    def __init__(
        self,
        target: str,
        *,
        metrics: Metrics,
        size: int = SIZE,
        most_bytes: int = MOST_BYTES,
        time_limit: float = TIME_LIMIT,
        memory_limit: int = MEMORY_LIMIT,
        batch: int = BATCH,
        python: str | None = None,
    ) -> None:
        """Put together a backlog. It starts no thread and no process before the first delivery.

        Args:
            target: `module:factory`; see `IsolatedCandidate`.
            metrics: what counts, here; what the candidate counts stays in its process.
            size: how many deliveries there may be, those that are being taken included.
            most_bytes: how many bytes their bodies may have together.
            time_limit: seconds for a batch.
            memory_limit: bytes of the process.
            batch: how many deliveries the candidate is given at once, at most.
            python: the interpreter, where `sys.executable` is none.

        Raises:
            UsageError: the target is none.
        """
        self.candidate = IsolatedCandidate(target, time_limit=time_limit, memory_limit=memory_limit, python=python)
        self._backlog = ThreadBacklog(
            _Dropping(self.candidate, metrics),
            metrics=metrics,
            size=size,
            most_bytes=most_bytes,
            batch=batch,
            time_limit=time_limit + START_LIMIT + _LONGEST_PAUSE + _SLACK,
        )

    def offer(self, delivery: Delivery) -> bool:
        """Put a delivery down. Never waits, never raises.

        Returns:
            Whether it was accepted; where it was not, that has been counted.
        """
        return self._backlog.offer(delivery)

    def close(self, timeout: float) -> bool:
        """Accept no more, let what waits be taken for so many seconds at most, and end the process.

        Returns:
            Whether everything was taken; what was not has been counted.
        """
        is_done = self._backlog.close(timeout)
        self.candidate.close()
        return is_done

    @property
    def depth(self) -> int:
        """How many deliveries wait or are being taken."""
        return self._backlog.depth


class _Dropping:
    """Counts and drops a batch that hung, and a delivery that the process died over."""

    def __init__(self, candidate: Candidate, metrics: Metrics) -> None:
        self._candidate = candidate
        self._metrics = metrics

    def take(self, deliveries: Sequence[Delivery]) -> None:
        try:
            self._candidate.take(deliveries)
        except HungError:
            self._drop(deliveries, STUCK)
        except DiedError:
            if len(deliveries) > 1:
                raise  # they are given one by one: the others are not lost for the one that is to blame
            self._drop(deliveries, DIED)

    def _drop(self, deliveries: Sequence[Delivery], outcome: str) -> None:
        for each in deliveries:
            with overlooked():  # metrics are the application's, too
                self._metrics.add(DROPPED, provider=each.provider, outcome=outcome)


_all: WeakSet[IsolatedCandidate] = WeakSet()


def _in_child() -> None:
    for each in list(_all):
        each.begin_anew()


os.register_at_fork(after_in_child=_in_child)
