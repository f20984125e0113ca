"""The time limit of one question, and how to end it from outside."""

import threading
import time
from collections.abc import Callable
from contextlib import suppress


class OutOfTimeError(Exception):
    """The time for an answer is over."""


class Leash:
    """How long a question may take. When it is cut, whatever was registered is called: close, kill, interrupt."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds
        self._lock = threading.Lock()
        self._enders: list[Callable[[], None]] = []
        self._is_cut = False

    @property
    def end(self) -> float:
        """When the time is over, on the monotonic clock."""
        return self._end

    def left(self) -> float:
        """Seconds that are left.

        Raises:
            OutOfTimeError: none are.
        """
        seconds = self._end - time.monotonic()
        if seconds <= 0 or self._is_cut:
            raise OutOfTimeError
        return seconds

    def on_cut(self, ender: Callable[[], None]) -> None:
        """Register what ends the work; it must not wait for anything, and may be called from another thread."""
        with self._lock:
            if not self._is_cut:
                self._enders.append(ender)
                return
        ender()

    def cut(self) -> None:
        """End the work now."""
        with self._lock:
            self._is_cut = True
            enders, self._enders = self._enders, []
        for ender in enders:
            with suppress(Exception):  # it ends what is given up anyway
                ender()
