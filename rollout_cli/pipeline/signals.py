"""Signals: whoever listens gets each new event, in the log's order, after it was committed.

The outbox is the log itself; a subscriber is a position in it. The position moves on after each call, so an event is
given once while processes live. Where one dies between a call and the writing of the position, whoever takes over makes
that call once more, and says so: `Signal.again`.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from rollout_cli.whatsapp import CanonicalEvent

LEASE = timedelta(seconds=30)
"""How long a process may be silent, or a receiver take, before another process takes over."""
READ_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class Signal:
    """One event for one subscriber.

    Attributes:
        number: its place in the log.
        again: it may have been given before, by a process that died meanwhile.
        connection: of the transaction that the position moves on in, for subscribers that asked for it.
    """

    number: int
    event: CanonicalEvent
    again: bool = False
    connection: Any = None


Receive = Callable[[Signal], object]
"""Gets a signal. What it raises means that it did not get it: the same comes again."""


class LostLeaseError(Exception):
    """Another process delivers for this subscriber now."""


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to deliver for a subscriber.

    Attributes:
        position: the number of the last event that was given.
        was_abandoned: whoever had it before did not give it back: the next event may have been given.
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

    def read(self, after: int, limit: int, types: Sequence[str]) -> tuple[list[Signal], int]:
        """What comes after a number.

        Args:
            after: the number.
            limit: how many at most.
            types: prefixes of event types that are wanted; all when empty.

        Returns:
            The signals, and the number up to which there is nothing else that is wanted.
        """
        ...  # pragma: no cover - a protocol

    def advance(self, name: str, holder: str, position: int, until: datetime) -> None:
        """Move on, and keep the right.

        Raises:
            LostLeaseError: another process has it.
        """
        ...  # pragma: no cover - a protocol

    def advancing(self, name: str, holder: str, position: int, until: datetime) -> AbstractContextManager[Any]:
        """The same, in one transaction with whatever is done in the block, with the connection that it gives."""
        ...  # pragma: no cover - a protocol

    def release(self, name: str, holder: str) -> None:
        """Give the right back."""
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
        give_up_after: attempts, after which an event is passed over; None to go on for ever.
    """

    name: str
    receive: Receive
    types: tuple[str, ...] = ()
    from_beginning: bool = False
    is_transactional: bool = False
    give_up_after: int | None = None


class Courier:
    """Delivers for one subscription: each `step` is one event at most. It has no thread and no clock of its own."""

    def __init__(self, outbox: Outbox, subscription: Subscription, holder: str) -> None:
        self._outbox = outbox
        self._wanted = subscription
        self._holder = holder
        self._lease: Lease | None = None
        self._renew_at = datetime.min.replace(tzinfo=UTC)
        self._waiting: list[Signal] = []
        self._position = 0
        self._read_to = 0
        self._attempts = 0
        self._is_known = False

    @property
    def attempts(self) -> int:
        """How often the next event was refused in a row."""
        return self._attempts

    def step(self, now: datetime) -> bool:
        """Give the next event; whether there was one.

        Raises:
            Exception: what the receiver raised: the event comes again with the next step.
            StoreError: the log cannot be read or written just now.
        """
        if not self._has_lease(now):
            return False
        if not self._waiting:
            self._waiting, self._read_to = self._outbox.read(self._position, READ_AT_ONCE, self._wanted.types)
        try:
            if self._waiting:
                self._give(self._waiting[0], now)
                return True
            if self._read_to > self._position:
                self._move_on(self._read_to, now)
        except LostLeaseError:
            self._lease, self._waiting = None, []
        return False

    def rest(self) -> None:
        """Give the right back."""
        if self._lease is not None:
            self._lease, self._waiting = None, []
            self._outbox.release(self._wanted.name, self._holder)

    def _has_lease(self, now: datetime) -> bool:
        if not self._is_known:
            self._outbox.enlist(self._wanted.name, from_beginning=self._wanted.from_beginning)
            self._is_known = True
        if self._lease is None or now >= self._renew_at:  # a right that has run out may be somebody else's by now
            before, self._lease = self._lease, self._outbox.take(self._wanted.name, self._holder, now, now + LEASE)
            self._renew_at = now + LEASE / 2
            if self._lease is None:
                self._waiting = []
            elif before is None or self._lease.position != self._position:
                self._position, self._waiting = self._lease.position, []
        return self._lease is not None

    def _give(self, signal: Signal, now: datetime) -> None:
        is_again = (self._lease is not None and self._lease.was_abandoned) or self._attempts > 0
        try:
            if self._wanted.is_transactional:
                name, holder = self._wanted.name, self._holder
                with self._outbox.advancing(name, holder, signal.number, now + LEASE) as connection:
                    self._wanted.receive(Signal(signal.number, signal.event, connection=connection))
            else:
                self._wanted.receive(Signal(signal.number, signal.event, is_again))
                self._outbox.advance(self._wanted.name, self._holder, signal.number, now + LEASE)
        except LostLeaseError:
            raise
        except Exception:
            self._attempts += 1
            limit = self._wanted.give_up_after
            if limit is None or self._attempts < limit:
                raise
            self._move_on(signal.number, now)
            self._done(signal)
            raise
        self._done(signal)

    def _done(self, signal: Signal) -> None:
        self._position, self._attempts = signal.number, 0
        self._lease = Lease(signal.number, was_abandoned=False)
        self._waiting = self._waiting[1:]

    def _move_on(self, position: int, now: datetime) -> None:
        self._outbox.advance(self._wanted.name, self._holder, position, now + LEASE)
        self._position = position
