"""Held up: how much of a measured time went by ready to go on, and waiting for a processor that other programs had.

Such a wait says nothing of the new path, but of the machine. What waits for a store, a lock or a sleep's end is slow by
itself, and is no such wait.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from time import perf_counter
from typing import Any, Protocol

from rollout_cli.errors import StoreError
from rollout_cli.pipeline.delivery import Delivery
from rollout_cli.pipeline.dual_run.observation import Observation
from rollout_cli.pipeline.event_store import EventStore, Publication
from rollout_cli.pipeline.metrics import LATENCY
from rollout_cli.pipeline.new_path import Normalizer, Taken
from rollout_cli.pipeline.switches import Path
from rollout_cli.simulate.legacy import Handler
from rollout_cli.simulate.measuring import Measures
from rollout_cli.simulate.planting import Planting
from rollout_cli.simulate.run import Take
from rollout_cli.whatsapp import CanonicalEvent

SELDOM = 0.001
"""Seconds. Of what takes less nobody is told that it waited, and who is told of more is told of so much less at most:
to ask at each delivery would cost a twentieth of a run."""
_MILLISECONDS = 1000


class Waits(Protocol):
    """Tells how long the thread that runs a simulation was kept from a processor by other programs."""

    def __call__(self) -> float:
        """Seconds since some moment; it never goes back."""
        ...  # pragma: no cover - a protocol


class HeldUp:
    """`rollout_cli.pipeline.metrics.Metrics` that give each time to the measures with what was waited in it.

    The new path normalizes each delivery, then publishes those that are live, then says how long each of them took, in
    the order in which they came. So it is watched from around what it calls; what cannot be told to be a wait of a
    delivery is none.
    """

    def __init__(self, measures: Measures, waits: Waits, clock: Callable[[], float] = perf_counter) -> None:
        """Begin.

        Args:
            measures: what is counted and measured.
            waits: tells how long the processor was kept away; asked at most about once in `SELDOM` seconds.
            clock: seconds.
        """
        self._measures, self._waits, self._clock = measures, waits, clock
        self._asked, self._told = clock(), waits()
        self._legacy: dict[bytes, float] = {}
        self._begin_batch()
        self.add, self.level = measures.add, measures.level

    def planting(self) -> Planting:
        """What is to be put around the parts of the new path, around all else: it measures that, too."""
        return Planting(
            normalizer=self._normalizer, store=lambda store: _Watched(store, self._published), take=self._take
        )

    def handler(self, real: Handler) -> Handler:
        """Put it around the legacy path, too: what that waits makes the new one look quick."""

        def handled(body: bytes, provider: str, instance: str | None) -> Any:
            begun = self._begin()
            try:
                return real(body, provider, instance)
            finally:
                waited = self._end(begun)
                if waited:
                    self._legacy[body] = waited

        return handled

    def observe(
        self, name: str, milliseconds: float, *, provider: str = "", path: str = "", outcome: str = ""  # noqa: ARG002
    ) -> None:  # fmt: skip
        """Measure something: first the latency of a delivery, and then perhaps what it adds to the legacy path's."""
        if name == LATENCY:
            self._place += 1
            normalizing = self._normalizing.get(self._place, 0.0) if self._normalizing else 0.0
            waited = self._latest = normalizing + self._publishing if path == Path.LIVE else normalizing
        else:
            waited = self._latest - self._of_legacy
        self._measures.took(name, milliseconds, waited * _MILLISECONDS)

    def _begin_batch(self) -> None:
        self._normalizing: dict[int, float] = {}
        """By the place of a delivery among those that are normalized, from 1; only of those that waited."""
        self._normalized = self._place = 0
        self._publications = 0
        self._publishing = self._latest = self._of_legacy = 0.0

    def _take(self, real: Take) -> Take:
        def take(deliveries: Sequence[Delivery]) -> Sequence[Taken]:
            self._begin_batch()
            if self._legacy and deliveries:  # what is added is measured of deliveries that are handed over one by one
                self._of_legacy = self._legacy.pop(deliveries[0].body, 0.0)
            return real(deliveries)

        return take

    def _normalizer(self, real: Normalizer) -> Normalizer:
        def normalized(provider: str, body: bytes, **more: Any) -> list[CanonicalEvent]:
            begun = self._begin()
            try:
                return real(provider, body, **more)
            finally:
                self._normalized += 1
                waited = self._end(begun)
                if waited:
                    self._normalizing[self._normalized] = waited

        return normalized

    @contextmanager
    def _published(self) -> Iterator[None]:
        """Where one fails, each delivery has one of its own: then the least that any has waited is what all have.

        Where the store goes away, not each delivery is measured, and none is told that it waited.
        """
        begun = self._begin()
        try:
            yield
        except StoreError:
            self._begin_batch()
            raise
        waited = self._end(begun)
        self._publishing = min(self._publishing, waited) if self._publications else waited
        self._publications += 1

    def _begin(self) -> float:
        """Something begins that may wait."""
        begun = self._clock()
        if begun - self._asked > SELDOM:
            self._asked, self._told = begun, self._waits()
        return begun

    def _end(self, begun: float) -> float:
        """How many seconds it has waited at least: whatever may have been waited just before is taken off."""
        ended = self._clock()
        if ended - begun < SELDOM:
            return 0.0
        before, unknown = self._told, begun - self._asked
        self._asked, self._told = ended, self._waits()
        return min(max(self._told - before - unknown, 0.0), ended - begun)


class _Watched:
    """A store whose publications are watched."""

    def __init__(self, store: EventStore, around: Callable[[], AbstractContextManager[None]]) -> None:
        self._store, self._around = store, around
        self.observe: Callable[[Sequence[Observation]], None] = store.observe

    @contextmanager
    def publication(self, *, by_router: bool = True) -> Iterator[Publication]:
        """One transaction, or none."""
        with self._around(), self._store.publication(by_router=by_router) as publication:
            yield publication
