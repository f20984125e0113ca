"""Dealing: which worker plays which lanes."""

from collections.abc import Sequence

from rollout_cli.simulate.traffic.cast import Lane


def dealt(lanes: Sequence[Lane], parts: int) -> tuple[frozenset[int], ...]:
    """Deal lanes out so that all parts have about as much to do: the largest first, each to whoever has least.

    Args:
        lanes: that are played.
        parts: how many are wanted, at least 1; no part is empty, so that there are no more than there are lanes.

    Returns:
        The numbers of the lanes of each part; all of them are there, each once.
    """
    hands: list[list[Lane]] = [[] for _ in range(max(min(parts, len(lanes)), 1))]
    for lane in sorted(lanes, key=lambda each: (-each.events, each.number)):
        least = min(hands, key=lambda hand: (sum(each.events for each in hand), len(hand)))
        least.append(lane)
    return tuple(frozenset(each.number for each in hand) for hand in hands)
