"""The thread that gives to the candidate what is in the files, and notes how far it came only then."""

import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from time import monotonic

from rollout_cli.errors import StoreError
from rollout_cli.pipeline.candidate_worker import Error, Worker
from rollout_cli.pipeline.complaints import Complaints
from rollout_cli.pipeline.delivery import Candidate, Delivery
from rollout_cli.pipeline.metrics import FAILED, SPOOLED, Metrics
from rollout_cli.pipeline.spool.folder import Surroundings, look_around
from rollout_cli.pipeline.spool.framing import Frame, delivery_of
from rollout_cli.pipeline.spool.segment import REFUSED, Segment
from rollout_cli.pipeline.spool.writing import LONGEST_STAY, Writer

DAMAGED = "damaged"
"""The outcome of a stretch of a file in which nothing can be read any more."""
PUT_ASIDE = "refused"
"""The outcome of a delivery that the candidate took in no way; it is kept in a file of its own."""

LONGEST_PAUSE = 5.0
_FIRST_PAUSE = 0.05
_LOOKS_AROUND_EVERY = 1.0
_GLANCE = 0.1
_PROBES, _ROUNDS = 5, 3

Pair = tuple[Frame, Delivery]


class _GivenUpError(StoreError):
    """Nobody waits for the candidate any more: as if the store was away, nothing is noted."""


class Drainer:
    """Drains the segments of this process, and those that it adopts of processes that are gone."""

    def __init__(
        self, folder: Path, candidate: Candidate, writer: Writer, *, metrics: Metrics, longest_pause: float
    ) -> None:
        self._folder = folder
        self._candidate = candidate
        self._writer = writer
        self._metrics = metrics
        self._longest_pause = longest_pause
        self._complaints = Complaints()
        self._ended: SimpleQueue[tuple[Worker, Error]] = SimpleQueue()
        self._worker: Worker | None = None
        self._adopted: Segment | None = None
        self._aside: Segment | None = None
        self._pause = 0.0
        self._looks_around_at = 0.0
        self._thread: threading.Thread | None = None
        self._news = threading.Event()
        self._gives_up = threading.Event()
        self._is_closing = False
        self._is_over = threading.Event()
        self._may_go_on = threading.Event()
        self._may_go_on.set()
        self._step_is_free = threading.Lock()

    def start(self) -> None:
        """Begin, unless it has begun; from then on, `wake` is enough."""
        with self._writer.turn:
            if self._thread is None:
                thread = threading.Thread(target=self._run, name="rollout-spool", daemon=True)
                thread.start()
                self._thread = thread

    def wake(self) -> None:
        """There is something new."""
        self._news.set()

    def close(self, timeout: float) -> bool:
        """End when all is drained, or when the time is over; the rest stays for whoever comes next.

        Returns:
            Whether all was drained.
        """
        self._is_closing = True
        self.wake()
        if self._thread is None:
            self._release()
        else:
            self._is_over.wait(timeout)
            self._gives_up.set()
            self._is_over.wait(10 * _GLANCE)  # lets go of the files, for others
        return not self._writer.own and self._adopted is None

    def rest(self, timeout: float) -> bool:
        """Begin no more steps, and wait for the end of the present one, before a fork.

        Returns:
            Whether it has ended.
        """
        self._may_go_on.clear()
        return self._step_is_free.acquire(timeout=timeout)

    def go_on(self, *, rested: bool) -> None:
        """The fork is over; `rested` is what `rest` returned."""
        self._may_go_on.set()
        if rested:
            self._step_is_free.release()

    def abandon(self) -> None:
        """In the child of a fork: leave everything to the parent."""
        for each in (*self._writer.own, self._adopted, self._aside):
            if each is not None:
                each.abandon()

    def _run(self) -> None:
        try:
            while not self._gives_up.is_set() and self._goes_on():
                self._may_go_on.wait()
        finally:
            if self._worker is not None:
                self._worker.give(None)
            self._release()
            self._is_over.set()

    def _goes_on(self) -> bool:
        """One step, and the pause after it.

        Returns:
            False when all is drained and nothing more will come.
        """
        with self._step_is_free:
            self._news.clear()
            is_closing = self._is_closing  # asked first: whatever was accepted before is seen by the step
            try:
                has_more = self._step()
            except Exception as error:  # noqa: BLE001 - a disk that cannot be read; no more threads just now
                name = type(error).__name__
                self._complaints.once(f"drain {name}", "the spool cannot be drained just now: %s", name)
                self._back_off()
                has_more = True
        if self._pause:
            self._gives_up.wait(self._pause)
        elif not has_more and is_closing:
            return False
        elif not has_more:
            self._news.wait(_LOOKS_AROUND_EVERY)
        return True

    def _step(self) -> bool:
        """Drain a little.

        Returns:
            Whether there may be more.
        """
        segment = self._next()
        if segment is not None:
            self._drain(segment)
        if self._aside is not None and monotonic() - self._aside.born > LONGEST_STAY:
            self._drop_aside()
        with suppress(Exception):  # metrics are the application's, too
            self._metrics.level(SPOOLED, sum(each.written - each.drained for each in self._held()))
        return segment is not None

    def _next(self) -> Segment | None:
        """The eldest segment with something to drain. Those that are drained are removed."""
        self._look_around()
        held = self._held()
        while held:
            segment = held.pop(0)
            is_finished = segment.is_finished  # asked first: whoever finishes it has written before
            if not segment.is_done:
                return segment
            if is_finished:
                self._remove(segment)
                self._look_around()
                held = self._held()
            else:
                self._writer.finish(older_than=LONGEST_STAY)
        return None

    def _look_around(self) -> None:
        """See what others have left behind; the eldest is adopted."""
        if monotonic() < self._looks_around_at:
            return
        self._looks_around_at = monotonic() + _LOOKS_AROUND_EVERY
        found: Surroundings = look_around(self._folder, besides={each.path for each in self._held()})
        self._writer.elsewhere = found.bytes + (self._adopted.written if self._adopted else 0)
        if self._adopted is not None:
            return
        for path in found.segments:
            try:
                self._adopted = Segment.adopt(path)
            except OSError as error:
                self._complaints.once("adopt", "a file of the spool cannot be adopted: %s", type(error).__name__)
            if self._adopted is not None:
                return

    def _held(self) -> list[Segment]:
        return [*([] if self._adopted is None else [self._adopted]), *self._writer.held()]

    def _remove(self, segment: Segment) -> None:
        segment.remove()
        if segment is self._adopted:
            self._adopted = None
            self._looks_around_at = 0.0
        else:
            self._writer.forget(segment)

    def _drain(self, segment: Segment) -> None:
        """Give the next batch of a segment."""
        stretch = segment.read()
        if stretch.skipped:
            self._complaints.once(DAMAGED, "a file of the spool is damaged, and what can be read of it is taken")
            self._count(FAILED, "", DAMAGED)
            segment.advance(segment.drained + stretch.skipped)  # done with, whatever becomes of what follows
        pairs = self._pairs(segment, stretch.frames)
        if not stretch.frames:
            segment.advance(stretch.end)  # the last frame was never written to its end
        if not pairs:
            return
        error = self._give([delivery for _, delivery in pairs])
        if error is None:
            self._has_taken(segment, pairs[-1][0])
        elif issubclass(error, StoreError) and self._pause < self._longest_pause:
            self._wait_for_the_store(error)
        else:
            self._one_by_one(segment, pairs)

    def _pairs(self, segment: Segment, frames: Sequence[Frame]) -> list[Pair]:
        """The deliveries, up to the first that cannot be read; that one is put aside when it is the first."""
        pairs: list[Pair] = []
        for frame in frames:
            try:
                pairs.append((frame, delivery_of(frame.header, frame.body)))
            except ValueError as error:
                if not pairs:
                    self._put_aside(segment, frame, "", type(error))
                break
        return pairs

    def _one_by_one(self, segment: Segment, pairs: Sequence[Pair]) -> None:
        """Find out which of them cannot be taken, and go on without it."""
        deliveries = [delivery for _, delivery in pairs]
        for number, (frame, delivery) in enumerate(pairs):
            error = self._give([delivery])
            if error is None:
                self._has_taken(segment, frame)
                continue
            if issubclass(error, StoreError):
                others = (deliveries[number + 1 :] + deliveries[:number])[:_PROBES]
                if self._pause < self._longest_pause or not self._is_to_blame(delivery, others):
                    self._wait_for_the_store(error)
                    return
            self._put_aside(segment, frame, delivery.provider, error)

    def _is_to_blame(self, delivery: Delivery, others: Sequence[Delivery]) -> bool:
        """Whether one is refused again and again although, each time, another one is taken: a bug, not the store."""
        for _ in range(_ROUNDS):
            if not any(self._give([each]) is None for each in others):
                return False
            error = self._give([delivery])
            if error is None or not issubclass(error, StoreError):
                return False
        return True

    def _give(self, deliveries: Sequence[Delivery]) -> Error:
        """Have deliveries taken; however long it takes.

        Returns:
            What the candidate raised.
        """
        worker = self._worker = self._worker or Worker(self._candidate, self._ended)
        worker.give(deliveries)
        while not self._gives_up.is_set():
            with suppress(Empty):
                return self._ended.get(timeout=_GLANCE)[1]
        return _GivenUpError

    def _has_taken(self, segment: Segment, frame: Frame) -> None:
        self._pause = 0.0
        self._complaints.over("away", "the new path takes what was spooled again")
        segment.advance(frame.end)

    def _wait_for_the_store(self, error: type[BaseException]) -> None:
        self._complaints.once("away", "deliveries wait in the spool: %s", error.__name__)
        self._back_off()

    def _back_off(self) -> None:
        self._pause = min(self._longest_pause, max(_FIRST_PAUSE, 2 * self._pause))

    def _put_aside(self, segment: Segment, frame: Frame, provider: str, error: type[BaseException]) -> None:
        """Keep a delivery that cannot be taken, where it is in nobody's way.

        Raises:
            OSError: it could not be kept; it stays where it was.
        """
        if self._aside is None or self._aside.is_finished:
            self._drop_aside()
            self._aside = Segment.create(self._folder, REFUSED)
        self._aside.append(frame.header, frame.body, syncs=True)
        name = error.__name__
        self._complaints.once(f"refused {name}", "the new path refused a delivery, which is kept aside: %s", name)
        self._count(FAILED, provider, PUT_ASIDE)
        segment.advance(frame.end)

    def _count(self, name: str, provider: str, outcome: str) -> None:
        with suppress(Exception):  # metrics are the application's, too
            self._metrics.add(name, provider=provider, outcome=outcome)

    def _drop_aside(self) -> None:
        if self._aside is not None:
            self._aside.release()
            self._aside = None

    def _release(self) -> None:
        """Let go of all files; remove those that are drained."""
        self._drop_aside()
        for segment in self._held():
            if segment.is_finished and segment.is_done:
                with suppress(OSError):
                    self._remove(segment)
            else:
                segment.release()
