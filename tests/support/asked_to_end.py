"""Applications that a signal asks to end, or to give up what they do."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


class OutOfTimeError(Exception):
    """What the handler of an application raises where a piece of work takes too long; no more than an error."""


@contextmanager
def heard_by(handler: Any) -> Iterator[None]:
    """An application that hears SIGTERM so."""
    before = signal.signal(signal.SIGTERM, handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def give_up(*_: object) -> None:
    """A handler, as work queues have one for a time limit."""
    raise OutOfTimeError


def asked_to_end(*_: object, **__: object) -> Any:
    """The signal comes."""
    signal.raise_signal(signal.SIGTERM)
