"""Ends that others ask for: a signal becomes an exception in the main thread, so that whatever is open is closed.

Where it comes while something is finalized, Python cannot raise it: it prints a traceback, and goes on as if nobody had
asked. Here nothing is printed, and it is raised again a moment later.
"""

import signal
import sys
import threading
from _thread import get_ident
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from itertools import takewhile
from types import CodeType, FrameType, TracebackType
from typing import Any, NoReturn

from rollout_cli.errors import ExitCode

_MOMENT = 0.005


class Terminated(SystemExit):
    """A signal asked the process to leave."""


def heed(*numbers: int) -> None:
    """From now on these signals ask the process to leave with the exit code of one that was terminated.

    What Ctrl-C raises is not lost either. Only for the main thread of a program of ours: it takes SIGALRM.
    """
    for number in numbers:
        signal.signal(number, _leave)
    if not isinstance(sys.unraisablehook, _RaisedAgain):
        sys.unraisablehook = _RaisedAgain(sys.unraisablehook)


def _leave(_signal: int, _frame: FrameType | None) -> NoReturn:
    raise Terminated(ExitCode.TERMINATED)


def end_behind(error: BaseException) -> BaseException | None:
    """What asked for an end, where that came in the middle of something which made another error of it; else None."""
    return next((each for each in _behind(error) if isinstance(each, Terminated | KeyboardInterrupt)), None)


def asked_for_behind(error: BaseException, before: BaseException | None) -> BaseException | None:
    """What the handler of a signal has raised, where a library made another error of it; else None.

    Args:
        error: the other error.
        before: what was being handled already when all this began, and is no part of it.
    """
    found = None
    for each in takewhile(lambda each: each is not before, _behind(error)):
        if is_asked_for(each):  # so is what was made of it, where that has taken its traceback over
            found = each
    return found


def _behind(error: BaseException) -> Iterator[BaseException]:
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__ or cause.__context__


def is_asked_for(error: BaseException) -> bool:
    """Whether the handler of a signal has raised this, to end the process or what it does: nobody else may keep it.

    Foreign code that raises the same of itself, be it `SystemExit`, is run by somebody who goes on. It differs only in
    where it comes from.
    """
    if isinstance(error, KeyboardInterrupt):
        return True
    trace = error.__traceback__
    if trace is None or trace.tb_next is None:  # it was raised where it was caught
        return False
    if get_ident() != threading.main_thread().ident:
        return False
    handlers = {_code(signal.getsignal(each)) for each in signal.valid_signals()} - {None}
    deeper: TracebackType | None = trace
    while deeper is not None and deeper.tb_frame.f_code not in handlers:
        deeper = deeper.tb_next
    return deeper is not None


class overlooked(suppress):  # noqa: N801 - as the one that it is like
    """As `suppress(Exception)`, around code that may be others'; what the handler of a signal raises comes through."""

    def __init__(self) -> None:
        super().__init__(Exception)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        """Whether it was overlooked."""
        if error is not None and is_asked_for(error):
            return False
        return super().__exit__(kind, error, trace)


def _code(handler: object) -> CodeType | None:
    while isinstance(handler, partial):
        handler = handler.func
    if not callable(handler):
        return None
    code = getattr(handler, "__code__", None) or getattr(handler.__call__, "__code__", None)
    return code if isinstance(code, CodeType) else None


@contextmanager
def held_back(*numbers: int) -> Iterator[None]:
    """Hear these signals only when the block is over. In another thread than the main one nothing is heard anyway."""
    if get_ident() != threading.main_thread().ident:
        yield
        return
    came: list[int] = []
    before = {each: signal.signal(each, lambda number, _: came.append(number)) for each in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        for number in came[:1]:
            signal.raise_signal(number)


class _RaisedAgain:
    """Hears of what could not be raised. What asks for an end is raised again; the rest is told as before."""

    def __init__(self, tell: Callable[[Any], object]) -> None:
        self._tell = tell
        self._thread = get_ident()
        self._number = signal.SIGTERM

    def __call__(self, what: Any) -> None:
        """Hear of an exception that was lost."""
        ends = isinstance(what.exc_value, SystemExit | KeyboardInterrupt)
        if not ends or get_ident() != self._thread:  # signals are heard by the main thread alone
            self._tell(what)
            return
        self._number = signal.SIGINT if isinstance(what.exc_value, KeyboardInterrupt) else signal.SIGTERM
        signal.signal(signal.SIGALRM, self._hear_again)
        signal.setitimer(signal.ITIMER_REAL, _MOMENT)

    def _hear_again(self, _signal: int, frame: FrameType | None) -> None:
        """As if the signal had come now: whoever hears it by now may hold it back."""
        heard = signal.getsignal(self._number)
        if callable(heard):
            heard(self._number, frame)
