"""The cast: which shoppers there are, how large each is, and in which lane it plays."""

from collections.abc import Sequence
from random import Random

from msgspec import Struct

from rollout_cli.simulate.traffic.choosing import Choice, shares
from rollout_cli.simulate.traffic.people import Instance, instance
from rollout_cli.simulate.traffic.profile import Profile

LANES = 16
"""Into how many lanes traffic is dealt at most. Fixed: however many workers there are, the same bytes are sent."""


class Shopper(Struct, frozen=True):
    """One shopper.

    Attributes:
        id: the targeting key.
        events: how many events are told of it, about.
        instances: its connected numbers.
    """

    number: int
    id: str
    events: int
    instances: tuple[Instance, ...]


class Lane(Struct, frozen=True):
    """Shoppers whose traffic is made together, apart from all others.

    Attributes:
        events: how many events are told of them.
        whole: how many are told of everybody.
    """

    number: int
    events: int
    whole: int
    shoppers: tuple[Shopper, ...]


def shopper_ids(count: int, named: Sequence[str] = ()) -> tuple[str, ...]:
    """So many ids, those that are named among them; not the largest and not the smallest.

    Args:
        count: how many; more where more are named.
        named: those that have to be there.
    """
    others = [f"shopper_{number:04d}" for number in range(1, max(count, 1) + 1)]
    others = [each for each in others if each not in named][: max(count - len(named), 0)]
    middle = min(1, len(others))
    return (*others[:middle], *named, *others[middle:])


def lanes(profile: Profile, seed: int, events: int, shoppers: Sequence[str]) -> tuple[Lane, ...]:
    """Deal shoppers out to lanes, the large ones first.

    Args:
        profile: what traffic is like.
        seed: another one deals other numbers.
        events: of all of them.
        shoppers: their ids, the largest first.
    """
    weights = [1 / (place + 1) ** profile.skew for place in range(len(shoppers))]
    quotas = shares(events, weights)
    draw = Random(f"cast {seed}").random
    providers = Choice(tuple(profile.providers), tuple(profile.providers.values()))
    dealt: list[list[Shopper]] = [[] for _ in range(min(LANES, len(shoppers)))]
    loads = [0] * len(dealt)
    number = 0
    for place, (name, quota) in enumerate(zip(shoppers, quotas, strict=True)):
        numbers = 2 if draw() < _SECOND_NUMBER else 1
        own = tuple(instance(number + each, providers.pick(draw), name, seed) for each in range(numbers))
        number += numbers
        lane = min(range(len(dealt)), key=lambda each: (loads[each], each))
        loads[lane] += max(quota, 1)
        dealt[lane].append(Shopper(place, name, quota, own))
    return tuple(Lane(number, sum(each.events for each in own), events, tuple(own)) for number, own in enumerate(dealt))


_SECOND_NUMBER = 0.3
"""The share of shoppers with two numbers."""
