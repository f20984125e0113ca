"""How large a run is, lane by lane: what has to be known to deal it out, and what its workers' totals are held against.

A recording is read once for that. It costs a fraction of replaying it, and shows what cannot be read, how much of it is
in which lane, and whether every worker has the same recording before it.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from rollout_cli.errors import UsageError
from rollout_cli.simulate.faults import of_share
from rollout_cli.simulate.replay import Place, Replay
from rollout_cli.simulate.totals import Totals
from rollout_cli.simulate.traffic.cast import Lane
from rollout_cli.simulation.running import SIGNALS_UP_TO, Order
from rollout_cli.sources.recordings import pieces

Complain = Callable[[str, str], None]
"""Hears where in a recording something stands that is no delivery, and why."""


def silent(_place: str, _problem: str) -> None:
    """Complain to nobody."""


@dataclass(frozen=True, slots=True)
class Weight:
    """How large a run is.

    Attributes:
        lanes: those that there is anything to do in, at least one.
        read: records of a recording, and those of them that cannot be read; None of traffic.
    """

    lanes: tuple[Lane, ...]
    read: Place | None = None

    def parted(self, order: Order, part: frozenset[int]) -> Order:
        """What a worker has to run who plays some of the lanes."""
        own = sum(each.events for each in self.lanes if each.number in part)
        whole = sum(each.events for each in self.lanes)
        return replace(order.portable(), lanes=part, faults=of_share(order.faults, own / max(whole, 1)))

    def together(self, parts: Iterable[Totals]) -> Totals:
        """The totals of workers who have played all lanes.

        Every one of them has read the whole recording, which counts once. Signals are counted where one worker alone
        would have counted them, who does not when there are many.

        Raises:
            UsageError: a worker had another recording before it, or none.
        """
        whole = Totals()
        for each in parts:
            self.hold(each)
            whole.merge(each)
        if self.read is not None:
            whole.records, whole.unreadable = self.read
            whole.counts_signals = whole.counts_signals and whole.tallied.claimed <= SIGNALS_UP_TO
        return whole

    def hold(self, part: Totals) -> None:
        """See that a worker has read what was weighed.

        Raises:
            UsageError: it has not.
        """
        if self.read is not None and (part.records, part.unreadable) != self.read:
            raise UsageError(
                f"a worker has read {part.records:,} records, and here there are {self.read.records:,}",
                hint="a recording has to be the same for every worker, under the same name, until the run is over",
            )


def weighed(order: Order, complain: Complain = silent) -> Weight:
    """See how large an order is.

    Args:
        order: of traffic, or of a recording, which is read.
        complain: hears what of it cannot be read.
    """
    if order.recording is None:
        return Weight(order.cast())
    replay = Replay(pieces(order.recording.names), order.recording.whose, complain)
    counts = Counter(each.lane for each in replay)
    whole = sum(counts.values())
    lanes = tuple(Lane(number, count, whole, ()) for number, count in sorted(counts.items()))
    return Weight(lanes or (Lane(0, 0, 0, ()),), replay.read)
