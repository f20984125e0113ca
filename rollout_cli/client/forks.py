"""Forks: a child gets the answers, but neither the thread that refreshes them nor a connection it may use.

Just before a fork every refresher comes to rest, so that no lock of a library is held in a thread the child does not
have. In the child each starts anew, and leaves its parent's connection alone.
"""

import os
from typing import Protocol
from weakref import WeakSet


class Forkable(Protocol):
    """What is told of forks."""

    def before_fork(self) -> None:
        """Come to rest, soon."""
        ...

    def after_fork_in_parent(self) -> None:
        """Go on."""
        ...

    def after_fork_in_child(self) -> None:
        """Begin anew."""
        ...


_told: "WeakSet[Forkable]" = WeakSet()


def tell_of_forks(each: Forkable) -> None:
    """Have something told of forks for as long as it lives."""
    _told.add(each)


def _before() -> None:
    for each in list(_told):
        each.before_fork()


def _in_parent() -> None:
    for each in list(_told):
        each.after_fork_in_parent()


def _in_child() -> None:
    for each in list(_told):
        each.after_fork_in_child()


os.register_at_fork(before=_before, after_in_parent=_in_parent, after_in_child=_in_child)
