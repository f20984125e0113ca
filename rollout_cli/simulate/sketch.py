"""Sketches: distributions in a few hundred numbers, that add up. Two workers' together are one worker's of all."""

from collections import Counter
from collections.abc import Iterator
from math import ceil, log

_STEP = 1.02
"""Each cell's end is so many times its beginning: what is read from a sketch is right to one percent."""
_LOG_STEP = log(_STEP)
_LEAST = 1e-6


class Sketch:
    """Measurements of one thing, none below zero; less is counted as nothing."""

    __slots__ = ("_cells", "count", "largest", "total")

    def __init__(self) -> None:
        self._cells: Counter[int] = Counter()
        self.count = 0
        self.total = 0.0
        self.largest = 0.0

    def add(self, value: float, times: int = 1) -> None:
        """Measure something, so many times."""
        self._cells[ceil(log(value) / _LOG_STEP) if value > _LEAST else ceil(log(_LEAST) / _LOG_STEP)] += times
        self.count += times
        self.total += value * times
        self.largest = max(self.largest, value)

    def merge(self, other: "Sketch") -> None:
        """Add what another has measured."""
        self._cells.update(other._cells)  # noqa: SLF001 - its own class
        self.count += other.count
        self.total += other.total
        self.largest = max(self.largest, other.largest)

    def replaced(self, some: "Sketch", others: "Sketch") -> "Sketch":
        """Another one, in which some of these measurements are others.

        Args:
            some: those; all of them are in this one.
            others: as many.
        """
        made = Sketch()
        made.merge(self)
        made._cells.subtract(some._cells)  # noqa: SLF001 - its own class
        made.count -= some.count
        made.total -= some.total
        made.merge(others)
        return made

    def quantile(self, share: float) -> float | None:
        """What so large a share of all does not exceed (nearest rank), within one percent; None without any."""
        if not self.count:
            return None
        rank, seen = max(ceil(share * self.count - 1e-9), 1), 0
        for cell in sorted(self._cells):
            seen += self._cells[cell]
            if seen >= rank:
                return min(_middle(cell), self.largest)
        return self.largest

    def cells(self) -> Iterator[tuple[float, int]]:
        """The upper end of each cell, and how many are in it; smallest first."""
        for cell in sorted(self._cells):
            yield float(_STEP**cell), self._cells[cell]

    def state(self) -> tuple[dict[int, int], int, float, float]:
        """All that it is, in numbers."""
        return dict(self._cells), self.count, self.total, self.largest

    @classmethod
    def of_state(cls, state: tuple[dict[int, int], int, float, float]) -> "Sketch":
        """A sketch from what `state` gave."""
        sketch = cls()
        cells, sketch.count, sketch.total, sketch.largest = state
        sketch._cells.update(cells)
        return sketch

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sketch) and (self._cells, self.count) == (other._cells, other.count)

    __hash__ = None  # type: ignore[assignment]


def _middle(cell: int) -> float:
    return float(2 * _STEP**cell / (_STEP + 1))
