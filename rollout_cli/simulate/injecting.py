"""Faults are put around the parts of a run. By seed and body: the same deliveries are struck, whoever takes them."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from datetime import timedelta
from time import monotonic, sleep
from typing import Any

import mmh3

from rollout_cli.errors import StoreError
from rollout_cli.pipeline.delivery import Delivery
from rollout_cli.pipeline.dual_run.observation import Observation
from rollout_cli.pipeline.event_store import EventStore, Publication
from rollout_cli.pipeline.new_path import Normalizer, Taken
from rollout_cli.simulate.faults import ClockJump, Fault, Hang, Latency, Raising, StoreGone, StoreLocked
from rollout_cli.simulate.planting import NOTHING, Planting
from rollout_cli.simulate.run import Take
from rollout_cli.whatsapp import CanonicalEvent

PATIENCE = 5.0
"""Seconds that a store waits for its lock: as those that there are."""
Now = Callable[[], float]
Pause = Callable[[float], None]
Strikes = Callable[[bytes], bool]


class InjectedError(Exception):
    """Raised on purpose, where nothing is ever to be raised."""


def planted(faults: Sequence[Fault], seed: int, now: Now = monotonic, pause: Pause = sleep) -> Planting:
    """Faults, each around what the ones before it leave.

    Args:
        faults: what goes wrong.
        seed: the same one is the same deliveries.
        now: seconds of a clock that is never set.
        pause: waits so many seconds.
    """
    found = NOTHING
    for place, fault in enumerate(faults):
        found = found.within(_planting(fault, mmh3.hash(f"{seed}:{place}", signed=False), now, pause))
    return found


def _planting(fault: Fault, salt: int, now: Now, pause: Pause) -> Planting:
    match fault:
        case Latency():
            return _slow(fault, _strikes(fault.share, salt), pause)
        case Raising():
            return _raising(_strikes(fault.share, salt))
        case Hang():
            return Planting(take=lambda take: _Hanging(take, fault, _strikes(fault.share, salt), pause))
        case StoreLocked():
            return Planting(store=lambda store: _Guarded(store, _Lock(fault, now, pause)))
        case StoreGone():
            return _gone(fault, now)
        case ClockJump():
            return _jumping(fault)


def _strikes(share: float, salt: int) -> Strikes:
    below = share * 2**32
    return lambda body: mmh3.hash(body, salt, signed=False) < below


def _slow(fault: Latency, strikes: Strikes, pause: Pause) -> Planting:
    def around(real: Normalizer) -> Normalizer:
        def normalized(provider: str, body: bytes, **more: Any) -> list[CanonicalEvent]:
            if strikes(body):
                pause(fault.seconds)
            return real(provider, body, **more)

        return normalized

    return Planting(normalizer=around)


def _raising(strikes: Strikes) -> Planting:
    def around(real: Normalizer) -> Normalizer:
        def normalized(provider: str, body: bytes, **more: Any) -> list[CanonicalEvent]:
            if strikes(body):
                raise InjectedError
            return real(provider, body, **more)

        return normalized

    return Planting(normalizer=around)


class _Hanging:
    """Hangs once at each delivery that is struck; then it is given up, and nothing of what it had was taken."""

    def __init__(self, take: Take, fault: Hang, strikes: Strikes, pause: Pause) -> None:
        self._take, self._fault, self._strikes, self._pause = take, fault, strikes, pause
        self._been: set[bytes] = set()

    def __call__(self, deliveries: Sequence[Delivery]) -> Sequence[Taken]:
        struck = {each.body for each in deliveries if self._strikes(each.body)}
        if struck - self._been:
            self._been = struck
            self._pause(self._fault.seconds)
            raise StoreError("the new path hung and was given up", hint="this was planted")
        taken = self._take(deliveries)
        self._been = set()
        return taken


class _Guarded:
    """A store that is asked for something before each publication."""

    def __init__(self, store: EventStore, before: Callable[[], None]) -> None:
        self._store = store
        self._before = before

    def publication(self, *, by_router: bool = True) -> AbstractContextManager[Publication]:
        """One transaction, or none."""
        return self._publication(by_router)

    def observe(self, observations: Sequence[Observation]) -> None:
        """Keep what comparisons have found."""
        self._before()
        self._store.observe(observations)

    @contextmanager
    def _publication(self, by_router: bool) -> Iterator[Publication]:  # noqa: FBT001 - of the protocol
        self._before()
        with self._store.publication(by_router=by_router) as publication:
            yield publication


class _Lock:
    """Waits for whoever holds the lock; the first time begins when the store is first asked."""

    def __init__(self, fault: StoreLocked, now: Now, pause: Pause) -> None:
        self._fault, self._now, self._pause = fault, now, pause
        self._begun: float | None = None

    def __call__(self) -> None:
        now = self._now()
        self._begun = now if self._begun is None else self._begun
        since = now - self._begun
        if self._fault.every is not None:
            since %= self._fault.every
        left = self._fault.seconds - since
        if left > 0:
            self._pause(min(left, PATIENCE))
        if left > PATIENCE:
            raise StoreError("the store is locked by somebody else", hint="this was planted")


def _gone(fault: StoreGone, now: Now) -> Planting:
    seen = _Seen(fault.after)
    until: list[float] = []

    def before() -> None:
        if not seen.is_over:
            return
        if not until:
            until.append(now() + fault.seconds)
        if now() < until[0]:
            raise StoreError("the store is away", hint="this was planted")

    return Planting(store=lambda store: _Guarded(store, before), take=seen.around)


def _jumping(fault: ClockJump) -> Planting:
    seen, jump = _Seen(fault.after), timedelta(seconds=fault.seconds)

    def around(real: Take) -> Take:
        def take(deliveries: Sequence[Delivery]) -> Sequence[Taken]:
            if seen.is_over:
                deliveries = [replace(each, received_at=each.received_at + jump) for each in deliveries]
            return real(deliveries)

        return seen.around(take)

    return Planting(take=around)


class _Seen:
    """Counts the deliveries that were taken."""

    def __init__(self, most: int) -> None:
        self._left = most

    @property
    def is_over(self) -> bool:
        """Whether so many were taken."""
        return self._left <= 0

    def around(self, real: Take) -> Take:
        """Count what is taken."""

        def take(deliveries: Sequence[Delivery]) -> Sequence[Taken]:
            taken = real(deliveries)
            self._left -= len(deliveries)
            return taken

        return take
