"""Counts in memory: for an application without Prometheus, for tests, and for whoever judges a run."""

import os
from collections import defaultdict, deque
from collections.abc import Sequence
from math import ceil
from threading import Lock
from weakref import WeakSet

KEPT = 10_000

Labels = tuple[str, str, str]
"""Provider, path, outcome."""


class Counts:
    """`Metrics` in memory. May be shared by threads. The child of a fork begins at nothing."""

    def __init__(self, kept: int | None = KEPT) -> None:
        """Begin at nothing.

        Args:
            kept: how many measurements of each name and labels are kept, the latest ones; None for all of them.
        """
        self._kept = kept
        self.begin_anew()
        _all.add(self)

    def begin_anew(self) -> None:
        """Forget everything."""
        self._lock = Lock()
        self._counts: dict[str, dict[Labels, int]] = defaultdict(lambda: defaultdict(int))
        self._measured: dict[str, dict[Labels, deque[float]]] = defaultdict(lambda: defaultdict(self._latest))
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

    def measurements(
        self, name: str, *, provider: str | None = None, path: str | None = None, outcome: str | None = None
    ) -> list[float]:
        """The kept measurements of something, smallest first, in milliseconds."""
        found: list[float] = []
        with self._lock:
            for labels, values in self._measured.get(name, {}).items():
                if _fits(labels, (provider, path, outcome)):
                    found += values
        return sorted(found)

    def quantile(
        self,
        name: str,
        share: float,
        *,
        provider: str | None = None,
        path: str | None = None,
        outcome: str | None = None,
    ) -> float | None:
        """The smallest measurement that so large a share of all does not exceed (nearest rank); None without any."""
        return nearest_rank(self.measurements(name, provider=provider, path=path, outcome=outcome), share)

    def level_of(self, name: str) -> float | None:
        """How much there was of something when it was last said."""
        return self._levels.get(name)

    def _latest(self) -> deque[float]:
        return deque(maxlen=self._kept)


def nearest_rank(ordered: Sequence[float], share: float) -> float | None:
    """The smallest of some numbers, which come in order, that so large a share of all does not exceed; None of none."""
    if not ordered:
        return None
    rank = ceil(share * len(ordered) - 1e-9)  # 0.07 * 100 is a little more than 7
    return ordered[min(max(rank, 1), len(ordered)) - 1]


def _fits(labels: Labels, wanted: tuple[str | None, str | None, str | None]) -> bool:
    return all(want is None or want == have for have, want in zip(labels, wanted, strict=True))


_all: "WeakSet[Counts]" = WeakSet()


def _in_child() -> None:
    for each in list(_all):
        each.begin_anew()


os.register_at_fork(after_in_child=_in_child)
