"""A ledger: which events there are, however many, in a few kilobytes; two are held against each other.

Counts alone would not do: one event too many would make up for one that is missing.
"""

from collections.abc import Iterable
from math import ceil

import mmh3
from msgspec import Struct, field

from rollout_cli.pipeline.storable import storable
from rollout_cli.whatsapp import CanonicalEvent

_CELLS = 4096
_SIGN = _CELLS
"""The bit of a digest that says whether a cell goes up or down."""
_MARKS = (1 << 63) - 1


class Ledger(Struct):
    """Events, each by its type and key; one that is entered twice counts twice.

    A sketch after Alon, Matias, Szegedy, "The space complexity of approximating the frequency moments" (1996): each
    event moves one of the cells up or down. Of two ledgers, what both have leaves nothing, and what one has, a step.

    Attributes:
        count: how many were entered.
        mark: a sum over all of them, which is the same for the same ones alone.
        cells: each the number of those that move it up, less that of those that move it down.
    """

    count: int = 0
    mark: int = 0
    cells: list[int] = field(default_factory=lambda: [0] * _CELLS)

    def enter(self, event_type: str, key: str) -> None:
        """Enter an event, under the key that a store has it under."""
        digest, other = mmh3.hash64(f"{event_type} {key}".encode("utf-8", "surrogatepass"), signed=False)
        self.count += 1
        self.mark = (self.mark + other) & _MARKS
        self.cells[digest % _CELLS] += 1 if digest & _SIGN else -1

    def add(self, events: Iterable[CanonicalEvent]) -> None:
        """Enter events."""
        for each in events:
            self.enter(each.event_type, storable(each.trace.idempotency_key))

    def __repr__(self) -> str:
        return f"Ledger({self.count} events, mark {self.mark:x})"  # the cells would be pages

    def __add__(self, other: "Ledger") -> "Ledger":
        """What either has."""
        cells = [one + two for one, two in zip(self.cells, other.cells, strict=True)]
        return Ledger(self.count + other.count, (self.mark + other.mark) & _MARKS, cells)

    def against(self, have: "Ledger") -> tuple[int, int]:
        """How many of these are not among others, and how many of those are not among these.

        The one less the other is exact, and both are nothing only for the same events. Where not more than a few dozen
        differ, both are exact but for one time in some hundred; of thousands they are right to a few percent. Where one
        has nothing at all, they are exact.
        """
        if not self.count or not have.count:
            return self.count, have.count
        net = self.count - have.count
        differing = sum((one - two) ** 2 for one, two in zip(self.cells, have.cells, strict=True))
        least = abs(net) + 2 * (net == 0 and self.mark != have.mark)
        surplus = ceil((max(differing, least) - net) / 2)
        return surplus + net, surplus
