"""The loop that delivers signals: a thread for each subscriber, so that a slow one holds up no other."""

import logging
import os
import secrets
from contextlib import suppress
from datetime import UTC, datetime
from threading import Event, Thread
from time import monotonic

from rollout_cli.pipeline.signals import Courier, Outbox, Receive, Subscription

POLL_SECONDS = 0.5
_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 30.0
_log = logging.getLogger("rollout.pipeline")


class SignalLoop:
    """Subscribers of one outbox. Connect them, then start."""

    def __init__(self, outbox: Outbox, *, poll_seconds: float = POLL_SECONDS) -> None:
        self._outbox = outbox
        self._poll = poll_seconds
        self._wanted: list[Subscription] = []
        self._threads: list[Thread] = []
        self._wakers: list[Event] = []
        self._ended = Event()
        self._process = os.getpid()

    def connect(
        self,
        name: str,
        receive: Receive,
        *,
        types: tuple[str, ...] = (),
        from_beginning: bool = False,
        transactional: bool = False,
        give_up_after: int | None = None,
    ) -> None:
        """Have a function called with each new event, a `Signal`, in the log's order.

        What it raises means that it did not get it: the same event comes again, after a growing pause, and no other
        before it.

        Args:
            name: of the subscriber; processes with the same one share the work.
            receive: the function. It runs in a thread of its own.
            types: prefixes of event types that are wanted; all when empty.
            from_beginning: also of what was in the log before the name was known.
            transactional: `Signal.connection` is the transaction in which the position moves on: effects in the same
                database are there exactly once, whatever crashes. On SQLite nobody else writes meanwhile.
            give_up_after: attempts, after which an event is passed over; None to try for ever.

        Raises:
            ValueError: the name is taken, or the loop has begun.
        """
        if self._threads:
            raise ValueError("connect subscribers before the loop is started")
        if any(each.name == name for each in self._wanted):
            raise ValueError(f"there is a subscriber {name} already")
        self._wanted.append(Subscription(name, receive, types, from_beginning, transactional, give_up_after))

    def start(self) -> None:
        """Begin to deliver. In the child of a fork start anew."""
        if self._threads and self._process == os.getpid():
            return
        self._process, self._ended = os.getpid(), Event()
        self._wakers = [Event() for _ in self._wanted]
        self._threads = [
            Thread(target=self._run, args=(each, waker, self._ended), name=f"signals-{each.name}", daemon=True)
            for each, waker in zip(self._wanted, self._wakers, strict=True)
        ]
        for thread in self._threads:
            thread.start()

    def notify(self) -> None:
        """Something new is in the log: look now instead of soon."""
        for waker in self._wakers:
            waker.set()

    def close(self, timeout: float = 5.0) -> bool:
        """End, after the calls that are being made; whether all ended in time."""
        self._ended.set()
        self.notify()
        until = monotonic() + timeout
        if self._process == os.getpid():
            for thread in self._threads:
                thread.join(max(0.0, until - monotonic()))
        return not any(thread.is_alive() for thread in self._threads)

    def run_until_drained(self) -> int:
        """Deliver, in this thread, all that is in the log; how many events were given.

        Raises:
            Exception: what a receiver raised.
        """
        given = 0
        for each in self._wanted:
            courier = Courier(self._outbox, each, _holder())
            try:
                while courier.step(datetime.now(UTC)):
                    given += 1
            finally:
                courier.rest()
        return given

    def lags(self) -> dict[str, int]:
        """How many numbers of the log each subscriber has not come to yet."""
        return {each.name: self._outbox.lag(each.name) for each in self._wanted}

    def _run(self, wanted: Subscription, waker: Event, ended: Event) -> None:
        courier = Courier(self._outbox, wanted, _holder())
        pause = _FIRST_PAUSE
        while not ended.is_set():
            waker.clear()
            try:
                was_given = courier.step(datetime.now(UTC))
            except Exception as error:  # noqa: BLE001 - a receiver's, or the store's: either may be well again soon
                attempt = courier.attempts
                _say("subscriber %s: %s; the event comes again (%d)", wanted.name, type(error).__name__, attempt)
                ended.wait(pause)
                pause = min(pause * 2, _LONGEST_PAUSE)
                continue
            pause = _FIRST_PAUSE
            if not was_given:
                waker.wait(self._poll)
        with suppress(Exception):  # the store is away: the right runs out by itself
            courier.rest()


def _holder() -> str:
    return f"{os.getpid()}-{secrets.token_hex(8)}"


def _say(message: str, *arguments: object) -> None:
    with suppress(Exception):
        _log.warning(message, *arguments)
