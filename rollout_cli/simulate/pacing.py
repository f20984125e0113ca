"""Pace: when deliveries are handed over. What waits here waits with the provider, and is no latency of the new path."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from time import perf_counter, sleep
from typing import Protocol

from rollout_cli.simulate.traffic.sent import Sent

_PER_SECOND = 20
"""Into so many batches a second a rate is dealt: what comes together is handed over together."""


class Pace(Protocol):
    """Deals a flow into batches, each when it is due."""

    def batches(self, flow: Iterator[Sent], most: int) -> Iterator[Sequence[Sent]]:
        """Batches of at most so many, in order. At most one delivery more than was given out has been taken."""
        ...  # pragma: no cover - a protocol


class Unpaced:
    """As fast as it goes."""

    def batches(self, flow: Iterator[Sent], most: int) -> Iterator[Sequence[Sent]]:
        """Whole batches."""
        while batch := list(islice(flow, most)):
            yield batch


@dataclass(frozen=True, slots=True)
class Rate:
    """So many events a second by the wall clock; of a recording, whose events nobody knows, so many deliveries.

    What could not be taken in time is caught up with: providers do not wait for us.

    Attributes:
        per_second: above 0.
        clock: seconds.
        pause: waits so many seconds.
    """

    per_second: float
    clock: Callable[[], float] = perf_counter
    pause: Callable[[float], None] = sleep

    def batches(self, flow: Iterator[Sent], most: int) -> Iterator[Sequence[Sent]]:
        """Small batches, each when what was before it is due."""
        size = max(min(most, int(self.per_second / _PER_SECOND)), 1)
        begun, before = self.clock(), 0
        while batch := list(islice(flow, size)):
            _wait(begun + before / self.per_second, self)
            yield batch
            before += sum(max(len(each.facts), 1) for each in batch)


@dataclass(frozen=True, slots=True)
class Recorded:
    """With the gaps that were recorded, or so many times as fast.

    Times that go back are not waited for: the latest one so far counts.

    Attributes:
        speed: above 0.
    """

    speed: float = 1.0
    clock: Callable[[], float] = perf_counter
    pause: Callable[[float], None] = sleep

    def batches(self, flow: Iterator[Sent], most: int) -> Iterator[Sequence[Sent]]:
        """What is due together is one batch."""
        begun = self.clock()
        first: int | None = None
        latest = 0
        batch: list[Sent] = []
        for each in flow:
            first = each.at if first is None else first
            latest = max(latest, each.at)
            due = begun + (latest - first) / 1000 / self.speed
            if batch and (len(batch) >= most or due > self.clock()):
                yield batch
                batch = []
            _wait(due, self)
            batch.append(each)
        if batch:
            yield batch


def _wait(due: float, pace: Rate | Recorded) -> None:
    left = due - pace.clock()
    if left > 0:
        pace.pause(left)
