"""Partition: into which lane a recorded delivery belongs. Who plays some lanes sees what one sees who plays all.

All that can touch each other has to meet in one lane. A lane is a shopper's, whole: keys, threads and people are all
told apart by the shopper first, so that no two shoppers share any. And no less than a shopper:

- a person goes by aliases that any of the shopper's instances may tell, and two people who turn out to be one are
  joined in the threads of all of them;
- SKMs take turns over all conversations of a shopper.

So a recording of one shopper is played by one worker. What is nobody's is one shopper's.
"""

from collections.abc import Iterable, Iterator
from hashlib import blake2b

from msgspec.structs import replace

from rollout_cli.simulate.traffic.sent import Sent


def partition_of(sent: Sent, parts: int) -> int:
    """The number of the part, from 0, that a delivery belongs to; the same everywhere and always.

    Args:
        sent: a delivery.
        parts: how many there are.
    """
    return part_of(sent.shopper_id, parts)


def part_of(shopper_id: str | None, parts: int) -> int:
    """The number of the part that all of a shopper's deliveries belong to."""
    whose = (shopper_id or "").encode("utf-8", "surrogatepass")
    return int.from_bytes(blake2b(whose, digest_size=8).digest(), "big") % parts


def in_lanes(sent: Iterable[Sent], parts: int, own: frozenset[int] | None = None) -> Iterator[Sent]:
    """Deliveries with the lanes they belong to, in their order.

    Args:
        sent: of a recording.
        parts: how many lanes there are.
        own: the lanes that are wanted; None for all of them.
    """
    for each in sent:
        lane = partition_of(each, parts)
        if own is None or lane in own:
            yield replace(each, lane=lane)
