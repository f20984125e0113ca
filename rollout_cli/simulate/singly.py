"""Deliveries one at a time: how much longer the new path takes than the legacy one, without what waits in a batch."""

from collections.abc import Sequence

from rollout_cli.pipeline.delivery import Delivery
from rollout_cli.pipeline.new_path import Taken
from rollout_cli.simulate.measuring import Measures
from rollout_cli.simulate.run import Take

EVERY = 10
"""Of every so many batches one, the first of all included, is handed over one delivery at a time."""


class Singly:
    """A new path that gets some batches one delivery at a time; only in those what it adds is measured.

    The legacy handler has each delivery by itself. Of a batch each delivery is said to take as long as all of them
    together, so that the difference would be that of the size of batches, and not that of the two paths.
    """

    def __init__(self, take: Take, measures: Measures) -> None:
        self._take = take
        self._measures = measures
        self._batches = 0

    def __call__(self, deliveries: Sequence[Delivery]) -> Sequence[Taken]:
        """Take deliveries, in order.

        Raises:
            StoreError: not all of them were taken; the same may be given again.
        """
        self._measures.adds = self._batches % EVERY == 0
        self._batches += 1
        if not self._measures.adds:
            return self._take(deliveries)
        return [taken for each in deliveries for taken in self._take([each])]
