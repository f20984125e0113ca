"""Ctrl-C, SIGTERM and a lost connection, held back while something must not be cut in two."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

from rollout_cli.ending import Terminated
from rollout_cli.errors import ExitCode


class HeldInterrupts:
    """Interrupts that wait for the end of a piece of work; the second one waits for nothing."""

    def __init__(self) -> None:
        self._is_busy = False
        self._waiting: int | None = None

    @contextmanager
    def heard(self) -> Iterator[None]:
        """Hear interrupts, until this is left."""
        numbers = [signal.SIGINT, signal.SIGTERM]
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # else nohup has us stay
            numbers.append(signal.SIGHUP)
        before = {each: signal.signal(each, self._interrupted) for each in numbers}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    @contextmanager
    def whole(self) -> Iterator[None]:
        """A piece of work that is done whole; whatever came meanwhile is raised at its end."""
        self._is_busy = True
        try:
            yield
        finally:
            self._is_busy = False
        if self._waiting is not None:
            _leave(self._waiting)

    def _interrupted(self, number: int, _frame: FrameType | None) -> None:
        if self._is_busy and self._waiting is None:
            self._waiting = number
            return
        _leave(number)


def _leave(number: int) -> NoReturn:
    if number == signal.SIGINT:
        raise KeyboardInterrupt
    raise Terminated(ExitCode.TERMINATED)
