"""Forks wait until no thread is inside the database.

SQLite's own locks, held by a thread that the child does not have, would be held there for ever.
"""

import os
from threading import Condition

PATIENCE = 0.25
"""Seconds that a fork waits at most: a receiver may do anything within its transaction, for as long as it likes."""


class ForkGate:
    """A context for work on a database. May be entered by any number of threads, and again by one that is inside."""

    def __init__(self) -> None:
        self.begin_anew()

    def begin_anew(self) -> None:
        """Nobody is inside, as in the child of a fork."""
        self._change = Condition()
        self._inside = 0
        self._forks = 0

    def __enter__(self) -> None:
        with self._change:
            self._change.wait_for(lambda: not self._forks, timeout=2 * PATIENCE)  # nested, it must not wait for itself
            self._inside += 1

    def __exit__(self, *_: object) -> None:
        with self._change:
            self._inside = max(0, self._inside - 1)  # a child forked off inside comes out of what it is not in
            self._change.notify_all()

    def before_fork(self) -> None:
        """Let nobody in, and wait for those inside."""
        with self._change:
            self._forks += 1
            self._change.wait_for(lambda: not self._inside, timeout=PATIENCE)
        self._change.acquire()  # nobody else holds it while the process is copied

    def after_fork(self) -> None:
        """Go on, in the parent."""
        self._forks -= 1
        self._change.notify_all()
        self._change.release()


GATE = ForkGate()
os.register_at_fork(before=GATE.before_fork, after_in_parent=GATE.after_fork, after_in_child=GATE.begin_anew)
