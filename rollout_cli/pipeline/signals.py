"""Signals: whoever listens gets each new event, in the log's order, after it was committed.

The outbox is the log itself; a subscriber is a position in it. The position moves on after each call, so an event is
given once while processes live. Where one dies between a call and the writing of the position, whoever takes over makes
that call once more, and says so: `Signal.again`.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from rollout_cli.whatsapp import CanonicalEvent

LEASE = timedelta(seconds=30)
"""How long a process may be silent before another one takes over."""


@dataclass(frozen=True, slots=True)
class Signal:
    """One event for one subscriber.

    Attributes:
        number: its place in the log.
        again: it may have been given before: to a receiver that raised, or by a process that died meanwhile.
        connection: of the transaction that the position moves on in, for subscribers that asked for it.
    """

    number: int
    event: CanonicalEvent
    again: bool = False
    connection: Any = None


Receive = Callable[[Any], object]
"""Gets a `Signal`; a list of them where the subscriber takes batches.

What it raises means that it did not get it: the same comes again.
"""


class LostLeaseError(Exception):
    """Another process delivers for this subscriber now, or has written this position: take the right anew, and see."""


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to deliver for a subscriber.

    Attributes:
        position: the number of the last event that was given.
        was_abandoned: whoever had it before did not give it back, or in doubt: the next event may have been given.
    """

    position: int
    was_abandoned: bool


class Outbox(Protocol):
    """A log with subscribers."""

    def enlist(self, name: str, *, from_beginning: bool) -> None:
        """Know a subscriber: from now on, or from the first event. One that is known stays where it is."""
        ...  # pragma: no cover - a protocol

    def take(self, name: str, holder: str, now: datetime, until: datetime) -> Lease | None:
        """Take the right to deliver; None while another process has it."""
        ...  # pragma: no cover - a protocol

    def renew(self, name: str, holder: str, until: datetime) -> bool:
        """Keep the right for longer; whether it is still there."""
        ...  # pragma: no cover - a protocol

    def read(self, after: int, limit: int, types: Sequence[str]) -> tuple[list[Signal], int]:
        """What comes after a number.

        Args:
            after: the number.
            limit: how many at most.
            types: prefixes of event types that are wanted; all when empty.

        Returns:
            The signals, and the number up to which there is nothing else that is wanted; `after` at the log's end. It
            may be short of the end: nobody looks through millions of rows in one question.
        """
        ...  # pragma: no cover - a protocol

    def advance(self, name: str, holder: str, position: int, until: datetime) -> None:
        """Move on, and keep the right.

        Raises:
            LostLeaseError: another process has it, or the subscriber is there already.
        """
        ...  # pragma: no cover - a protocol

    def advancing(self, name: str, holder: str, position: int, until: datetime) -> AbstractContextManager[Any]:
        """The same, in one transaction with whatever is done in the block, with the connection that it gives."""
        ...  # pragma: no cover - a protocol

    def release(self, name: str, holder: str, *, in_doubt: bool = False) -> None:
        """Give the right back; `in_doubt` where a call was made after which the position did not move on."""
        ...  # pragma: no cover - a protocol

    def lag(self, name: str) -> int:
        """How many numbers of the log a subscriber has not come to yet."""
        ...  # pragma: no cover - a protocol


@dataclass(frozen=True)
class Subscription:
    """Who wants to hear of what.

    Attributes:
        types: prefixes of event types; all when empty.
        from_beginning: also of what was in the log before the subscriber was known.
        is_transactional: gets the connection of the transaction in which its position moves on.
        give_up_after: attempts, after which a call's events are passed over; None to go on for ever.
        batch: how many events in a call at most; more than one are given as a list.

    Raises:
        ValueError: the name or a number is none.
    """

    name: str
    receive: Receive
    types: tuple[str, ...] = ()
    from_beginning: bool = False
    is_transactional: bool = False
    give_up_after: int | None = None
    batch: int = 1

    def __post_init__(self) -> None:
        if not (0 < len(self.name) <= _LONGEST_NAME and self.name.isprintable()):
            raise ValueError(f"a subscriber's name has 1 to {_LONGEST_NAME} printable characters: {self.name!r}")
        if self.batch < 1 or (self.give_up_after is not None and self.give_up_after < 1):
            raise ValueError("batch and give_up_after are at least 1")
        if _is_text(self.types):  # each of its letters would be a prefix
            raise ValueError(f"types are several prefixes: write ({self.types!r},)")


_LONGEST_NAME = 128


def _is_text(value: object) -> bool:
    return isinstance(value, str)
