"""Deliveries one at a time: how much longer the new path takes than the legacy one, without what waits in a batch."""

from rollout_cli.simulate.measuring import Measures

EVERY = 10
"""Of every so many batches one, the first of all included, is handed over one delivery at a time."""


class Singly:
    """Says which batches are handed over one delivery at a time; only in those what the new path adds is measured.

    The legacy handler has each delivery by itself. Of a batch each delivery is said to take as long as all of them
    together, so that the difference would be that of the size of batches, and not that of the two paths.
    """

    def __init__(self, measures: Measures) -> None:
        self._measures = measures
        self._batches = 0

    def piece(self, batch: int) -> int:
        """How many deliveries of the next batch are handed over at once.

        Args:
            batch: how many it has.
        """
        self._measures.adds = self._batches % EVERY == 0
        self._batches += 1
        return 1 if self._measures.adds else batch

    def together(self) -> None:
        """Note that the rest of this batch is handed over at once."""
        self._measures.adds = False
