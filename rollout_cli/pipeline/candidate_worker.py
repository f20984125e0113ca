"""The one thread that ever runs the candidate. It may hang for ever: nobody waits for it longer than they like."""

import os
import sys
import threading
from collections.abc import Sequence
from queue import SimpleQueue

from rollout_cli.pipeline.delivery import Candidate, Delivery

Error = type[BaseException] | None
"""What ended a batch: a type alone, because an exception holds on to everything that was in its frames."""


TURN_SECONDS = 0.0001
"""How long a caller waits for its turn at the interpreter while a candidate computes; Python's own is 5 ms."""


class _ShortTurns:
    """While a candidate runs, threads take turns at the interpreter more often: it would hold up the callers."""

    def __init__(self) -> None:
        self.begin_anew()
        self._before = 0.0

    def begin_anew(self) -> None:
        """Nobody runs, as in the child of a fork."""
        self._turn = threading.Lock()
        self._running = 0

    def __enter__(self) -> None:
        with self._turn:
            self._running += 1
            if self._running == 1:
                self._before = sys.getswitchinterval()
                sys.setswitchinterval(min(self._before, TURN_SECONDS))

    def __exit__(self, *_: object) -> None:
        with self._turn:
            self._running -= 1
            if not self._running:
                self._give_back()

    def in_child(self) -> None:
        """The child has none of the threads that ran."""
        if self._running:
            self._give_back()
        self.begin_anew()

    def _give_back(self) -> None:
        if sys.getswitchinterval() <= TURN_SECONDS:  # else somebody else has set it meanwhile
            sys.setswitchinterval(self._before)


_short_turns = _ShortTurns()
os.register_at_fork(after_in_child=_short_turns.in_child)


class Worker:
    """A thread that runs the candidate, and nothing else."""

    def __init__(self, candidate: Candidate, ended: "SimpleQueue[tuple[Worker, Error]]") -> None:
        self._candidate = candidate
        self._ended = ended
        self._given: SimpleQueue[Sequence[Delivery] | None] = SimpleQueue()
        threading.Thread(target=self._run, name="rollout-candidate", daemon=True).start()

    def give(self, deliveries: Sequence[Delivery] | None) -> None:
        """Have deliveries taken; None ends the thread, when it is back."""
        self._given.put(deliveries)

    def _run(self) -> None:
        while (deliveries := self._given.get()) is not None:
            error: Error = None
            try:
                with _short_turns:
                    self._candidate.take(deliveries)
            except BaseException as raised:  # noqa: BLE001 - whatever it is, it is not this thread's end
                error = type(raised)
            del deliveries  # nothing is kept while this waits for more
            self._ended.put((self, error))
