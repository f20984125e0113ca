"""The loop that delivers signals: a thread for each subscriber, so that a slow one holds up no other."""

import logging
import os
import secrets
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from threading import Event, Thread
from time import monotonic

from rollout_cli.pipeline.courier import MOST_REMEMBERED, Courier
from rollout_cli.pipeline.signals import LEASE, Outbox, Receive, Subscription

POLL_SECONDS = 0.5
_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 30.0
_log = logging.getLogger("rollout.pipeline")


class SignalLoop:
    """Subscribers of one outbox. Connect them, then start."""

    def __init__(self, outbox: Outbox, *, poll_seconds: float = POLL_SECONDS, lease: timedelta = LEASE) -> None:
        """Put together a loop.

        Args:
            outbox: the log.
            poll_seconds: how often to look for what other processes have published.
            lease: how long this process may be silent before another takes over; the same everywhere.
        """
        self._outbox = outbox
        self._poll = poll_seconds
        self._lease = lease
        self._wanted: list[Subscription] = []
        self._passed_over: dict[str, deque[int]] = {}
        self._begin_anew()

    def _begin_anew(self) -> None:
        """Without threads: at first, after the end, and in the child of a fork, where nobody may touch a lock."""
        self._process = os.getpid()
        self._threads: list[Thread] = []
        self._wakers: list[Event] = []
        self._ended, self._is_over = Event(), Event()

    def connect(
        self,
        name: str,
        receive: Receive,
        *,
        types: tuple[str, ...] = (),
        from_beginning: bool = False,
        transactional: bool = False,
        give_up_after: int | None = None,
        batch: int = 1,
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
            batch: how many events in a call at most. With more than one `receive` gets a list, and its position is
                written once for each list instead of once for each event, which is what takes the time.

        Raises:
            ValueError: the name is taken, or none, or the loop has begun.
        """
        if self._is_running():
            raise ValueError("connect subscribers before the loop is started")
        if any(each.name == name for each in self._wanted):
            raise ValueError(f"there is a subscriber {name} already")
        wanted = Subscription(name, receive, types, from_beginning, transactional, give_up_after, batch)
        self._wanted.append(wanted)
        self._passed_over[name] = deque(maxlen=MOST_REMEMBERED)

    def start(self) -> None:
        """Begin to deliver: what is published from here on, every subscriber will get.

        A child of a fork delivers nothing before it calls this itself: the parent goes on.
        """
        if self._is_running():
            return
        self._begin_anew()
        couriers = [self._courier(each) for each in self._wanted]
        for courier in couriers:
            with suppress(Exception):  # the store is away: its thread tries again
                courier.enlist()
        self._wakers = [Event() for _ in couriers]
        self._threads = [
            _thread(f"signals-{wanted.name}", self._run, wanted, courier, waker, self._ended)
            for wanted, courier, waker in zip(self._wanted, couriers, self._wakers, strict=True)
        ]
        for thread in self._threads:
            thread.start()
        if couriers:
            _thread("signals-leases", self._keep_leases, couriers, self._is_over, self._threads).start()

    def notify(self) -> None:
        """Something new is in the log: look now instead of soon. Never waits."""
        if self._is_running():
            for waker in self._wakers:
                waker.set()

    def close(self, timeout: float = 5.0) -> bool:
        """End, after the calls that are being made; whether all ended in time. It may be started again then."""
        if not self._is_running():
            return True
        self._ended.set()
        self.notify()
        until = monotonic() + timeout
        for thread in self._threads:
            thread.join(max(0.0, until - monotonic()))
        has_ended = not any(thread.is_alive() for thread in self._threads)
        if has_ended:  # else leases are kept on, as long as a call takes
            self._is_over.set()
            self._begin_anew()
        return has_ended

    def run_until_drained(self) -> int:
        """Deliver, in this thread, all that is in the log; how many events were given.

        Raises:
            Exception: what a receiver raised that is never to be passed over.
            StoreError: the log cannot be read or written.
        """
        couriers = [self._courier(each) for each in self._wanted]
        with self._leases_kept(couriers):
            for wanted, courier in zip(self._wanted, couriers, strict=True):
                try:
                    while self._attempt(wanted, courier):
                        pass
                finally:
                    courier.rest()
        return sum(courier.given for courier in couriers)

    def lags(self) -> dict[str, int]:
        """How many numbers of the log each subscriber has not come to yet.

        Raises:
            StoreError: the log cannot be read.
        """
        return {each.name: self._outbox.lag(each.name) for each in self._wanted}

    def passed_over(self) -> dict[str, tuple[int, ...]]:
        """The numbers of the events that each subscriber was not given in the end, the latest ones, by this process."""
        return {name: tuple(numbers) for name, numbers in self._passed_over.items()}

    def _is_running(self) -> bool:
        return bool(self._threads) and self._process == os.getpid()

    def _courier(self, wanted: Subscription) -> Courier:
        holder = f"{os.getpid()}-{secrets.token_hex(8)}"
        passed_over = self._passed_over[wanted.name]
        return Courier(self._outbox, wanted, holder, lease=self._lease, passed_over=passed_over)

    def _attempt(self, wanted: Subscription, courier: Courier) -> bool:
        refusals = courier.refusals
        try:
            return courier.step(datetime.now(UTC))
        except Exception as error:
            if wanted.give_up_after is None or courier.refusals == refusals:
                raise
            _complain(wanted, courier, error, refusals)
            return True

    def _run(self, wanted: Subscription, courier: Courier, waker: Event, ended: Event) -> None:
        pause = _FIRST_PAUSE
        while not ended.is_set():
            waker.clear()
            refusals = courier.refusals
            try:
                has_more = courier.step(datetime.now(UTC))
            except (Exception, SystemExit) as error:  # noqa: BLE001 - a receiver's, or the store's: it may be well soon
                _complain(wanted, courier, error, refusals)
                ended.wait(pause)
                pause = min(pause * 2, _LONGEST_PAUSE)
                continue
            pause = _FIRST_PAUSE
            if not (has_more or ended.is_set()):
                waker.wait(self._poll)
        with suppress(Exception):  # the store is away: the right runs out by itself
            courier.rest()

    @contextmanager
    def _leases_kept(self, couriers: Sequence[Courier]) -> Iterator[None]:
        is_over = Event()
        keeper = _thread("signals-leases", self._keep_leases, couriers, is_over)
        keeper.start()
        try:
            yield
        finally:
            is_over.set()
            keeper.join()

    def _keep_leases(self, couriers: Sequence[Courier], is_over: Event, threads: Sequence[Thread] = ()) -> None:
        """A call may take longer than a lease: as long as this process lives, nobody takes over."""
        while not is_over.wait(self._lease.total_seconds() / 6):
            if threads and not any(each.is_alive() for each in threads):
                return
            for courier in couriers:
                with suppress(Exception):  # the store is away, or held by the call itself
                    courier.renew(datetime.now(UTC))


def _thread(name: str, work: object, *arguments: object) -> Thread:
    return Thread(target=work, args=arguments, name=name, daemon=True)  # type: ignore[arg-type]


def _complain(wanted: Subscription, courier: Courier, error: BaseException, refusals: int) -> None:
    """Say what went wrong, by its kind alone: a receiver's message may hold anything."""
    name, kind = wanted.name, type(error).__name__
    with suppress(Exception):
        if courier.refusals == refusals:
            _log.warning("subscriber %s waits: %s", name, kind)
        elif courier.attempts:
            _log.warning("subscriber %s: %s; the event comes again (%d)", name, kind, courier.attempts)
        else:
            _log.error("subscriber %s: %s; passed over up to event %d", name, kind, courier.passed_over[-1])
