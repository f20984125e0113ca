"""The stream: all lanes together, in the order in which their deliveries come."""

from collections.abc import Iterator, Sequence
from heapq import merge
from operator import attrgetter

from rollout_cli.simulate.traffic.cast import Lane
from rollout_cli.simulate.traffic.plot import Plot
from rollout_cli.simulate.traffic.post import Post
from rollout_cli.simulate.traffic.profile import Profile
from rollout_cli.simulate.traffic.sent import Sent

START = 1_767_614_400_000
"""When traffic begins, in its own time: 2026-01-05T12:00Z."""


def lane_traffic(lane: Lane, profile: Profile, seed: int, *, start: int = START) -> Iterator[Sent]:
    """The deliveries of one lane, until as many events were told as it has.

    What comes again is counted from when it is owed: when there is just that left, nothing new is told any more.
    """
    post = Post(lane.number, profile, seed)
    left = lane.events
    share = max(lane.events, 1) / max(lane.whole, 1)
    for at, what in Plot(lane, profile, seed, start).happenings(1000 / (profile.per_second * share)):
        for sent in post.upto(at):
            left -= len(sent.facts)
            yield sent
            if left <= post.owed:
                yield from post.rest()
                return
        post.put(what)


def traffic(lanes: Sequence[Lane], profile: Profile, seed: int, *, start: int = START) -> Iterator[Sent]:
    """The deliveries of several lanes."""
    flows = [lane_traffic(each, profile, seed, start=start) for each in lanes if each.events > 0]
    return merge(*flows, key=attrgetter("at"))
