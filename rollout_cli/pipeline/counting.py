"""Counts in memory: for an application without Prometheus, for tests, and for whoever judges a run."""

from collections import defaultdict, deque
from threading import Lock

_KEPT = 10_000
"""Measurements that are kept of each name and labels: the latest ones."""

Labels = tuple[str, str, str]


class Counts:
    """`Metrics` in memory. May be shared by threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._counts: dict[str, dict[Labels, int]] = defaultdict(lambda: defaultdict(int))
        self._measured: dict[str, dict[Labels, deque[float]]] = defaultdict(lambda: defaultdict(_latest))
        self._levels: dict[str, float] = {}

    def add(self, name: str, amount: int = 1, *, provider: str = "", path: str = "", outcome: str = "") -> None:
        """Count something."""
        with self._lock:
            self._counts[name][provider, path, outcome] += amount

    def observe(self, name: str, milliseconds: float, *, provider: str = "", path: str = "", outcome: str = "") -> None:
        """Measure something."""
        with self._lock:
            self._measured[name][provider, path, outcome].append(milliseconds)

    def level(self, name: str, value: float) -> None:
        """Say how much there is of something now."""
        self._levels[name] = value

    def of(self, name: str, *, provider: str | None = None, path: str | None = None, outcome: str | None = None) -> int:
        """How often something was counted, over all labels that are not said."""
        with self._lock:
            cells = list(self._counts.get(name, {}).items())
        return sum(amount for labels, amount in cells if _fits(labels, (provider, path, outcome)))

    def measurements(self, name: str, *, provider: str | None = None, path: str | None = None) -> list[float]:
        """The latest measurements of something, smallest first, in milliseconds."""
        found: list[float] = []
        with self._lock:
            for labels, values in self._measured.get(name, {}).items():
                if _fits(labels, (provider, path, None)):
                    found += values
        return sorted(found)

    def quantile(
        self, name: str, share: float, *, provider: str | None = None, path: str | None = None
    ) -> float | None:
        """Below which value so large a share of the latest measurements is; None where there are none."""
        found = self.measurements(name, provider=provider, path=path)
        return found[min(int(len(found) * share), len(found) - 1)] if found else None

    def level_of(self, name: str) -> float | None:
        """How much there was of something when it was last said."""
        return self._levels.get(name)


def _latest() -> deque[float]:
    return deque(maxlen=_KEPT)


def _fits(labels: Labels, wanted: tuple[str | None, str | None, str | None]) -> bool:
    return all(want is None or want == have for have, want in zip(labels, wanted, strict=True))
