"""Forks: a child gets the answers, but neither the thread that refreshes them nor a connection it may use.

Just before a fork every refresher comes to rest and lets go of its store: no lock of a library is held in a thread the
child does not have, and no connection is in two processes. After it, each begins anew on both sides.
"""

import logging
import os
import sys
import threading
from collections.abc import Callable
from functools import cache
from importlib import import_module
from weakref import WeakSet

from rollout_cli.client.saying import say

UWSGI = "uwsgi"
"""The module that only exists inside of uWSGI."""


class Forkable:
    """What is told of forks; nothing has to be done about one."""

    def before_fork(self) -> None:
        """Come to rest, soon."""

    def after_fork_in_parent(self) -> None:
        """Go on."""

    def after_fork_in_child(self) -> None:
        """Begin anew."""


class _Forks:
    """The forks of this process: one at a time, and nobody joins meanwhile."""

    def __init__(self) -> None:
        self._told: WeakSet[Forkable] = WeakSet()
        self._resting: list[list[Forkable]] = []  # more than one where a signal's handler forks before a fork
        self._turn = threading.RLock()
        self._process = os.getpid()

    def tell(self, each: Forkable) -> None:
        with self._turn:
            self._told.add(each)

    def before(self) -> None:
        self._turn.acquire()
        resting = list(self._told)
        self._resting.append(resting)
        for each in resting:
            each.before_fork()

    def in_parent(self) -> None:
        for each in self._resting.pop():
            each.after_fork_in_parent()
        self._turn.release()

    def in_child(self) -> None:
        """Also where nobody was told before: a server written in C may fork on its own, and then say so, or twice."""
        if self._process == os.getpid():
            return
        self._process = os.getpid()
        self._turn = threading.RLock()
        self._resting = []
        for each in list(self._told):
            each.after_fork_in_child()


_forks = _Forks()
os.register_at_fork(before=_forks.before, after_in_parent=_forks.in_parent, after_in_child=_forks.in_child)


def tell_of_forks(each: Forkable) -> None:
    """Have something told of forks for as long as it lives."""
    if UWSGI in sys.modules:
        _hear_of_uwsgi()
    _forks.tell(each)


@cache
def _hear_of_uwsgi() -> None:
    """Hear of forks from uWSGI, which forks its workers past Python."""
    options = getattr(sys.modules[UWSGI], "opt", {})
    if not {"enable-threads", b"enable-threads", "threads", b"threads"} & set(options):
        say(logging.ERROR, "uWSGI runs no threads, so no change of a flag will be heard of: set enable-threads = true")
    try:
        hear: Callable[[Callable[[], None]], object] = import_module("uwsgidecorators").postfork
        hear(_forks.in_child)
    except Exception:  # noqa: BLE001 - it raises a bare one where there is no master process, and so no fork
        return
