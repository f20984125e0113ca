"""The counts of the new path for Prometheus, under the names that dashboards and checks know.

Every label says one of a few words, and what is none of them is `other`: whatever happens, the series stay few.
What gates read begins at zero before anything happens: counters, and `latency_ms` with its twin. Prometheus sees no
increase in a series that was not there before: a gate that wants no divergence would not see the first one, and a burst
within one scrape would be no events at all.
"""

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain
from pathlib import Path as File
from threading import Lock
from typing import NamedTuple
from weakref import WeakKeyDictionary

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, Histogram, values
from prometheus_client.exposition import choose_encoder
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from prometheus_client.registry import Collector

from rollout_cli.ending import is_asked_for
from rollout_cli.errors import UsageError
from rollout_cli.pipeline import metrics as names
from rollout_cli.pipeline.complaints import Complaints
from rollout_cli.pipeline.dual_run.observation import Kind
from rollout_cli.pipeline.routing.assignment import POLICIES
from rollout_cli.pipeline.switches import Path
from rollout_cli.whatsapp import PROVIDERS, Reason

FOLDER_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
LABELS = ("provider", "phase", "path", "outcome")
OTHER = "other"
"""What stands for a value that is none of the known ones."""
PHASES = ("off", *(str(number) for number in range(10)))
DURATION = "rollout_delivery_duration_seconds"
"""`latency_ms` in seconds, as Prometheus' conventions want it."""
WAITED_DURATION = "rollout_delivery_waited_seconds"
"""`waited_ms` in seconds."""
ADDED_DURATION = "rollout_delivery_added_seconds"
"""`added_latency_ms` in seconds."""

_MOST_CACHED = 10_000
_MILLISECONDS = (0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 200, 500, 1_000, 2_500, 5_000, 10_000)
"""With the limits that the shipped gates ask for: 100, 200 and 500."""
_WAITS = (*_MILLISECONDS, 30_000, 60_000, 300_000, 3_600_000)
_ADDED = (*(-each for each in reversed(_MILLISECONDS) if each >= 1), 0, *_MILLISECONDS)
_DIVERGENCES = tuple(str(each) for each in Kind if each is not Kind.MATCH)
_ASSIGNED_BY = (*POLICIES, "entry_point", "mention", "reaction")

Key = tuple[str, str, str, str, str]
"""A name, provider, path, outcome and phase, as they were said."""
Say = Callable[[float], object]


@dataclass(frozen=True, slots=True)
class _Told:
    """What may be told under one name.

    Attributes:
        help: one line for whoever reads /metrics.
        outcomes: the words of that label.
        zeros: the paths and outcomes that are there before anything is counted, for each provider.
    """

    help: str
    outcomes: tuple[str, ...]
    zeros: tuple[tuple[str, str], ...] = ()


COUNTERS: Mapping[str, _Told] = {
    names.PUBLISHED: _Told(
        "Canonical events stored and announced, each once.", ("stored",), ((Path.LIVE, "stored"),)
    ),
    names.FAILED: _Told(
        "Deliveries that could not be normalized or stored.",
        ("store", "malformed", "raised", "instead", "shopper", "refused", "damaged"),
        ((Path.LIVE, "store"), (Path.LIVE, "malformed"), ("", "raised"), ("", "instead"), ("", "refused")),
    ),
    names.ASSIGNED: _Told(
        "Conversations that were given an SKM, by what decided.",
        _ASSIGNED_BY,
        tuple((Path.LIVE, by) for by in _ASSIGNED_BY),
    ),
    names.DIVERGED: _Told(
        "Differences between the legacy path's result and the new one's.",
        _DIVERGENCES,
        tuple((path, kind) for path in (Path.SHADOW, Path.LIVE) for kind in _DIVERGENCES),
    ),
    names.NORMALIZED: _Told("Canonical events made, in shadow or live.", ("known", "unknown")),
    names.DUPLICATES: _Told("Events that were stored already, and were not stored again.", ("ignored",)),
    names.MALFORMED: _Told("Deliveries that are none of their provider.", (*Reason, "unpublishable")),
    names.DROPPED: _Told(
        "Deliveries that the new path never saw; the legacy path had them.",
        ("full", "stuck", "closed", "oversized", "unread", "compat", "unwritable", "died"),
    ),
}  # fmt: skip
LATENCY_OUTCOMES = ("shadow", "published", "repeated", "malformed")
_TIMED = ((Path.SHADOW, "shadow"), (Path.LIVE, "published"))
"""The paths and outcomes whose times begin at zero: a histogram has many series, so only what all traffic has."""
ADDED_OUTCOMES = ("compared",)
GAUGES: Mapping[str, str] = {
    names.QUEUE_DEPTH: "Deliveries that wait in memory for the new path, in all processes.",
    names.SPOOLED: "Bytes of deliveries that wait on disk for the new path, in all processes.",
}


class Exposition(NamedTuple):
    """What `/metrics` answers."""

    body: bytes
    content_type: str


@dataclass(frozen=True, slots=True)
class _Families:
    """The metrics that a registry has from us."""

    counters: Mapping[str, Counter]
    measures: Mapping[str, tuple[Histogram, Histogram]]
    gauges: Mapping[str, Gauge]


class PrometheusMetrics:
    """`Metrics` for Prometheus. May be shared by threads, and made as often as you like. Counting never raises."""

    def __init__(self, registry: CollectorRegistry | None = None, phase: str | Callable[[], str | None] = "") -> None:
        """Register the metrics, where this registry does not have them yet.

        Args:
            registry: where; prometheus_client's own when left out.
            phase: where the rollout stands now: `off` or the phase's number. A function is asked at each count; it
                has to answer from memory.

        Raises:
            UsageError: the registry has another metric of such a name, or PROMETHEUS_MULTIPROC_DIR is no folder, or
                was set too late.
        """
        _check_surroundings()
        self._families = _families_of(REGISTRY if registry is None else registry)
        self._complaints = Complaints()
        self._phase = self._asking(phase) if callable(phase) else lambda: phase
        self._adding: dict[Key, Say] = {}
        self._observing: dict[Key, tuple[Say, Say]] = {}
        self._begun: set[str] = set()
        self._begin(self._phase())

    def add(self, name: str, amount: int = 1, *, provider: str = "", path: str = "", outcome: str = "") -> None:
        """Count something."""
        try:
            key = (name, provider, path, outcome, self._phase())
            add = self._adding.get(key)
            if add is None:
                add = self._adder(key)
            add(amount)
        except Exception as error:  # a count that fails must not change what becomes of a delivery
            if is_asked_for(error):
                raise
            self._complain(name, error)

    def observe(self, name: str, milliseconds: float, *, provider: str = "", path: str = "", outcome: str = "") -> None:
        """Measure something: it is told in milliseconds and in seconds."""
        try:
            key = (name, provider, path, outcome, self._phase())
            observe = self._observing.get(key)
            if observe is None:
                observe = self._observer(key)
            observe[0](milliseconds)
            observe[1](milliseconds / 1000)
        except Exception as error:  # as above
            if is_asked_for(error):
                raise
            self._complain(name, error)

    def level(self, name: str, value: float) -> None:
        """Say how much there is of something now, in this process."""
        try:
            self._families.gauges[name].set(value)
        except Exception as error:  # as above
            if is_asked_for(error):
                raise
            self._complain(name, error)

    def _adder(self, key: Key) -> Say:
        name, *_, phase = key
        self._begin(phase)
        add = self._families.counters[name].labels(*_labels(key, COUNTERS[name].outcomes)).inc
        if len(self._adding) < _MOST_CACHED:
            self._adding[key] = add
        return add

    def _observer(self, key: Key) -> tuple[Say, Say]:
        name, *_, phase = key
        self._begin(phase)
        labels = _labels(key, ADDED_OUTCOMES if name == names.ADDED else LATENCY_OUTCOMES)
        first, second = self._families.measures[name]
        pair = (first.labels(*labels).observe, second.labels(*labels).observe)
        if len(self._observing) < _MOST_CACHED:
            self._observing[key] = pair
        return pair

    def _begin(self, phase: str) -> None:
        """Have the zeros of a phase, and of the next one: by the time it is entered they have been seen."""
        if phase in self._begun or len(self._begun) > len(PHASES):
            return
        self._begun.add(phase)
        zeros = [(self._families.counters[name], told.zeros) for name, told in COUNTERS.items()]
        timed = [(family, _TIMED) for family in self._families.measures[names.LATENCY]]
        for each in (_known(phase, PHASES), *_next(phase)):
            for family, cells in chain(zeros, timed):
                for path, outcome in cells:
                    for provider in PROVIDERS:
                        family.labels(provider, each, path, outcome)

    def _asking(self, phase: Callable[[], str | None]) -> Callable[[], str]:
        def asked() -> str:
            try:
                return phase() or ""
            except Exception as error:  # what is not known is not said
                if is_asked_for(error):
                    raise
                self._complain("phase", error)
                return ""

        return asked

    def _complain(self, name: str, error: Exception) -> None:
        self._complaints.once(name, "%s cannot be counted: %s", name, type(error).__name__)


def exposition(registry: CollectorRegistry | None = None, accept: str = "") -> Exposition:
    """What `/metrics` answers: of all processes, where PROMETHEUS_MULTIPROC_DIR was set when this one began.

    Args:
        registry: of the metrics; prometheus_client's own when left out. Of no meaning with several processes.
        accept: the request's header of that name.
    """
    shown = REGISTRY if registry is None else registry
    if _has_processes():
        forget_dead_processes()
        shown = CollectorRegistry()
        MultiProcessCollector(shown)  # type: ignore[no-untyped-call]
    encode, content_type = choose_encoder(accept)
    return Exposition(encode(shown), content_type)


def forget_dead_processes(folder: str | None = None) -> list[int]:
    """Let the levels of processes that have ended not count any more; what they counted stays.

    `exposition` does so itself. The folder has to be of processes that can see each other: of one container.

    Args:
        folder: PROMETHEUS_MULTIPROC_DIR when left out.

    Returns:
        Their process ids.
    """
    found = folder or os.environ.get(FOLDER_VARIABLE)
    if not found:
        return []
    told = {file.stem.rpartition("_")[2] for file in File(found).glob("gauge_live*_*.db")}
    dead = sorted(int(pid) for pid in told if pid.isdecimal() and not _is_alive(int(pid)))
    for pid in dead:
        with suppress(FileNotFoundError):  # somebody else forgets it, too
            mark_process_dead(pid, found)  # type: ignore[no-untyped-call]
    return dead


_made: "WeakKeyDictionary[CollectorRegistry, _Families]" = WeakKeyDictionary()
_making = Lock()


def _families_of(registry: CollectorRegistry) -> _Families:
    with _making:
        families = _made.get(registry)
        if families is None:
            families = _made[registry] = _register(registry)
    return families


def _register(registry: CollectorRegistry) -> _Families:
    """All metrics, or none of them."""
    counters = {name: Counter(name, told.help, LABELS, registry=None) for name, told in COUNTERS.items()}
    measures = {
        name: (_histogram(name, help_text, bounds, 1), _histogram(twin, help_text, bounds, 1000))
        for name, twin, help_text, bounds in _MEASURES
    }
    gauges = {
        name: Gauge(name, help_text, registry=None, multiprocess_mode="livesum") for name, help_text in GAUGES.items()
    }
    registered: list[Collector] = []
    try:
        for family in (*counters.values(), *chain(*measures.values()), *gauges.values()):
            registry.register(family)
            registered.append(family)
    except ValueError as error:
        for each in registered:
            registry.unregister(each)
        raise UsageError(
            f"this registry has another metric of such a name: {error}", hint="give PrometheusMetrics one of its own"
        ) from None
    return _Families(counters, measures, gauges)


def _histogram(name: str, help_text: str, bounds: Sequence[float], scale: int) -> Histogram:
    unit = "milliseconds" if scale == 1 else "seconds"
    buckets = [bound / scale for bound in bounds]
    return Histogram(name, f"{help_text}, in {unit}.", LABELS, registry=None, buckets=buckets)


_MEASURES = (
    (names.LATENCY, DURATION, "How long the new path took for a delivery", _MILLISECONDS),
    (names.WAITED, WAITED_DURATION, "How long a delivery waited before the new path had it", _WAITS),
    (names.ADDED, ADDED_DURATION, "How much longer than the legacy path the new one took for a delivery", _ADDED),
)


def _labels(key: Key, outcomes: Iterable[str]) -> tuple[str, str, str, str]:
    _, provider, path, outcome, phase = key
    return _known(provider, PROVIDERS), _known(phase, PHASES), _known(path, Path), _known(outcome, outcomes)


def _known(value: str, words: Iterable[str]) -> str:
    return str(value) if value == "" or value in set(words) else OTHER


def _next(phase: str) -> tuple[str, ...]:
    """The phase after a phase."""
    place = PHASES.index(phase) + 1 if phase in PHASES else len(PHASES)
    return PHASES[place : place + 1]


def _has_processes() -> bool:
    """Whether prometheus_client counts for several processes: it looks at the environment when it is imported."""
    return bool(getattr(values.ValueClass, "_multiprocess", False))


def _check_surroundings() -> None:
    folder = os.environ.get(FOLDER_VARIABLE)
    if folder and not _has_processes():
        raise UsageError(
            f"{FOLDER_VARIABLE} was set after prometheus_client was imported: each process would count alone",
            hint="set it before the application starts",
        )
    if _has_processes() and not (folder and File(folder).is_dir()):
        raise UsageError(f"{FOLDER_VARIABLE} is no folder", hint="make it, and empty it before each start")


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:  # somebody else's
        return True
    return True
