"""The run: deliveries are handed to the new path in batches, as a worker of an application would, and judged."""

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from time import perf_counter, sleep
from typing import Protocol

from rollout_cli.errors import StoreError, StoreFullError
from rollout_cli.pipeline.delivery import Delivery
from rollout_cli.pipeline.new_path import Outcome, Taken
from rollout_cli.simulate.beside import Beside
from rollout_cli.simulate.judging import Judge
from rollout_cli.simulate.pacing import Pace, Unpaced
from rollout_cli.simulate.singly import Singly
from rollout_cli.simulate.tallied import Tallied
from rollout_cli.simulate.timeline import Timeline
from rollout_cli.simulate.traffic.moments import moment_of
from rollout_cli.simulate.traffic.sent import Sent

BATCH = 100
"""How many deliveries are handed over at once: what waits while a batch is stored."""
ATTEMPTS = 5
_FIRST_PAUSE = 0.05
_OFF = Taken(Outcome.OFF)


class Take(Protocol):
    """Whoever takes deliveries: `NewPath.take`, or something around it."""

    def __call__(self, deliveries: Sequence[Delivery]) -> Sequence[Taken]:
        """Take deliveries, in order.

        Raises:
            StoreError: nothing of them was taken.
        """
        ...  # pragma: no cover - a protocol


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run has come.

    Attributes:
        seconds: since it began.
        waits: whether the store is away just now.
        well_formed, right: events that were to become something, and those that became it.
        repeats, unlike: events that came again, and those of them that were not recognized.
        failed: attempts to take a delivery.
        p95_ms: what 95 % of deliveries took; of several workers, with the slowest; None before it is known.
    """

    bodies: int
    events: int
    seconds: float
    waits: bool = False
    well_formed: int = 0
    right: int = 0
    repeats: int = 0
    unlike: int = 0
    failed: int = 0
    p95_ms: float | None = None


def progress_of(told: Tallied, seconds: float, *, waits: bool = False) -> Progress:
    """How far those have come who have counted so much by now."""
    return Progress(
        told.bodies, told.facts, seconds, waits, told.well_formed, told.right, told.repeats, told.unlike, told.failed
    )


def together(parts: Iterable[Progress]) -> Progress:
    """How far several workers have come."""
    all_of = tuple(parts)
    return Progress(
        sum(each.bodies for each in all_of),
        sum(each.events for each in all_of),
        max(each.seconds for each in all_of),
        any(each.waits for each in all_of),
        sum(each.well_formed for each in all_of),
        sum(each.right for each in all_of),
        sum(each.repeats for each in all_of),
        sum(each.unlike for each in all_of),
        sum(each.failed for each in all_of),
        max((each.p95_ms for each in all_of if each.p95_ms is not None), default=None),
    )


Tell = Callable[[Progress], None]


@dataclass(frozen=True)
class Run:
    """One worker's run.

    Attributes:
        take: the new path.
        judge: judges what it did.
        tell: hears of each batch.
        batch: how many deliveries are handed over at once.
        pace: deals the traffic into batches, each when it is due.
        pause: waits so many seconds before the store is tried again.
        beside: calls the legacy path first; None for a run without one.
        singly: says which batches are handed over one delivery at a time; None for none.
        timeline: notes what was taken when.
        earlier: seconds that this run took before it was interrupted.
        whole: is entered for each batch: until it is left, the batch is neither taken nor counted whole.
        after: hears of each batch that is, with the seconds so far.
    """

    take: Take
    judge: Judge
    tell: Tell | None = None
    batch: int = BATCH
    pace: Pace = field(default_factory=Unpaced)
    pause: Callable[[float], None] = sleep
    beside: Beside | None = None
    singly: Singly | None = None
    timeline: Timeline = field(default_factory=Timeline)
    earlier: float = 0.0
    whole: Callable[[], AbstractContextManager[None]] = nullcontext
    after: Callable[[Sequence[Sent], float], None] | None = None

    def go(self, traffic: Iterable[Sent]) -> float:
        """Hand everything over; how many seconds that took, waiting for more included.

        Raises:
            StoreFullError: that says nothing of the new path, and nothing would be otherwise a moment later.
        """
        begun = perf_counter() - self.earlier
        for batch in self.pace.batches(iter(traffic), self.batch):
            with self.whole():
                told, at = self.judge.tallied.facts, perf_counter()
                self._hand_over(batch, begun)
                now = perf_counter()
                self.timeline.add(now - begun, self.judge.tallied.facts - told, (now - at) * 1000)
                self._say(begun)
                if self.after is not None:
                    self.after(batch, now - begun)
        return perf_counter() - begun

    def _hand_over(self, batch: Sequence[Sent], begun: float) -> None:
        """The batch, or one delivery after the other: what was taken before one failed is not given again."""
        passed = [delivery_of(each) for each in batch] if self.beside is None else self.beside.call(batch)
        at, size = 0, len(batch) if self.singly is None else self.singly.piece(len(batch))
        while at < len(batch):
            end = at + size
            if not self._hand_piece(batch[at:end], passed[at:end], at, begun) and self.singly is not None:
                self.singly.together()  # the store is away: to wait for it once more at each of them would take long
                size = len(batch)
            at = end

    def _hand_piece(
        self, sent: Sequence[Sent], passed: Sequence[Delivery | None], place: int, begun: float
    ) -> bool:  # fmt: skip
        """As a provider would: what was not taken comes again, and in the end no more; whether it was taken."""
        deliveries = [each for each in passed if each is not None]
        for attempt in range(ATTEMPTS):
            try:
                taken = self.take(deliveries) if deliveries else ()
            except StoreFullError:
                raise
            except StoreError:
                self.judge.failed(sent)
                self._say(begun, waits=True)
                self.pause(_FIRST_PAUSE * 2**attempt)
                continue
            ends = iter(taken)
            became = [_OFF if each is None else next(ends) for each in passed]
            self.judge.took(sent, became)
            if self.beside is not None:
                self.beside.took(place, sent, became)
            return True
        self.judge.lost(sent)
        return False

    def _say(self, begun: float, *, waits: bool = False) -> None:
        if self.tell is not None:
            told = self.judge.tallied
            self.tell(progress_of(told, perf_counter() - begun, waits=waits))


def delivery_of(sent: Sent) -> Delivery:
    """A request as the new path gets it."""
    return Delivery(
        sent.provider, sent.body, moment_of(sent.at), sent.instance, sent.event, sent.headers, sent.shopper_id
    )
