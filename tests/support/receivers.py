"""Subscribers of signals that write down what they get."""

from collections.abc import Callable
from threading import Event
from typing import Any

from rollout_cli.pipeline.signals import Signal


class Receiver:
    """Writes down what it gets, one by one or in lists.

    Attributes:
        got: the numbers of the events, in the order in which they came.
        again: those of them that were marked.
        calls: the numbers by call.
    """

    def __init__(self, *, refuses: int = 0, until: int | None = None) -> None:
        """Say how it behaves.

        Args:
            refuses: how many calls it refuses at first.
            until: how many events make `is_done` be set.
        """
        self.got: list[int] = []
        self.again: list[int] = []
        self.calls: list[list[int]] = []
        self.refused: list[Signal] = []
        self.is_done = Event()
        self._refuses = refuses
        self._until = until

    def __call__(self, given: Any) -> None:
        some: list[Signal] = given if isinstance(given, list) else [given]
        if self._refuses > 0:
            self._refuses -= 1
            self.refused += some
            raise ValueError("not now")
        self.calls.append([each.number for each in some])
        self.got += self.calls[-1]
        self.again += [each.number for each in some if each.again]
        if self._until is not None and len(self.got) >= self._until:
            self.is_done.set()


def also(first: Callable[[Any], object], then: Callable[[], object]) -> Callable[[Any], object]:
    """A receiver that does something else after it got something."""

    def receive(given: Any) -> None:
        first(given)
        then()

    return receive
