"""Pairing: which fact of one side is which of the other, by kind and id; those without an id by their place."""

from collections import Counter, defaultdict, deque
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from rollout_cli.pipeline.dual_run.facts import Fact, Scalar

Agree = Callable[[Scalar, Scalar], bool]
"""Whether a state of the legacy side and one of the candidate are the same."""


class _Placed(NamedTuple):
    place: int
    fact: Fact


_Pair = tuple[_Placed, _Placed]


@dataclass
class Pairing:
    """Both sides, put together.

    Attributes:
        pairs: in the order of the legacy side.
        missing, extra: what only the legacy side has, and only the candidate.
        repeated_by_legacy, repeated_by_candidate: what one side tells more often than the other.
        in_order: whether both tell what they have in common in the same order.
    """

    pairs: list[tuple[Fact, Fact]] = field(default_factory=list)
    missing: list[Fact] = field(default_factory=list)
    extra: list[Fact] = field(default_factory=list)
    repeated_by_legacy: list[Fact] = field(default_factory=list)
    repeated_by_candidate: list[Fact] = field(default_factory=list)
    in_order: bool = True


def paired(legacy: Sequence[Fact], candidate: Sequence[Fact], agree: Agree) -> Pairing:
    """Put both sides together, in a time that grows with the facts and not with their square."""
    groups: dict[Hashable, tuple[list[_Placed], list[_Placed]]] = {}
    for side, facts in enumerate((legacy, candidate)):
        for name, placed in _named(facts):
            groups.setdefault(name, ([], []))[side].append(placed)
    result = Pairing()
    same: list[_Pair] = []
    others: list[_Pair] = []
    for old, new in groups.values():
        found, rest = _pair_group(old, new, agree, result)
        same += found
        others += rest
    same.sort(key=lambda each: each[0].place)
    places = [new.place for _, new in same]
    result.in_order = places == sorted(places)
    every = sorted([*same, *others], key=lambda each: each[0].place)
    result.pairs = [(old.fact, new.fact) for old, new in every]
    return result


def _named(facts: Sequence[Fact]) -> Iterator[tuple[Hashable, _Placed]]:
    places: Counter[str] = Counter()
    for place, each in enumerate(facts):
        if each.id:
            yield (each.kind, each.id), _Placed(place, each)
        else:
            yield (each.kind, places[each.kind]), _Placed(place, each)
            places[each.kind] += 1


def _pair_group(
    old: list[_Placed], new: list[_Placed], agree: Agree, result: Pairing
) -> tuple[list[_Pair], list[_Pair]]:
    """One kind and id: first what is the same to the letter, then states that agree, then what is left in order.

    Returns:
        The pairs of the same, and those of what is left.
    """
    exact, left_old, left_new = _matched(old, new, lambda fact: fact.variant, lambda fact: fact.variant)
    states = dict.fromkeys(_state(each.fact) for each in left_new)
    close, left_old, left_new = _matched(
        left_old, left_new, lambda fact: next((each for each in states if agree(_state(fact), each)), _NONE), _state
    )
    found = [*exact, *close]
    once_old, repeated = _once(left_old, (each for each, _ in found))
    result.repeated_by_legacy += repeated
    once_new, repeated = _once(left_new, (each for _, each in found))
    result.repeated_by_candidate += repeated
    result.missing += [each.fact for each in once_old[len(once_new) :]]
    result.extra += [each.fact for each in once_new[len(once_old) :]]
    return found, list(zip(once_old, once_new, strict=False))


_NONE = object()
"""Agrees with no state."""


def _state(fact: Fact) -> Scalar:
    return fact.variant[0] if fact.variant else None


def _matched(
    old: list[_Placed], new: list[_Placed], old_key: Callable[[Fact], Hashable], new_key: Callable[[Fact], Hashable]
) -> tuple[list[_Pair], list[_Placed], list[_Placed]]:
    """Those with equal keys, each with the first that is free; and what is left of either."""
    waiting: dict[Hashable, deque[_Placed]] = defaultdict(deque)
    for each in new:
        waiting[new_key(each.fact)].append(each)
    pairs: list[_Pair] = []
    left: list[_Placed] = []
    for each in old:
        free = waiting.get(old_key(each.fact))
        if free:
            pairs.append((each, free.popleft()))
        else:
            left.append(each)
    return pairs, left, sorted(each for free in waiting.values() for each in free)


def _once(left: list[_Placed], found: Iterable[_Placed]) -> tuple[list[_Placed], list[Fact]]:
    """What is told for the first time, and what this side has told before."""
    told = {each.fact.variant for each in found}
    once: list[_Placed] = []
    repeated: list[Fact] = []
    for each in left:
        if each.fact.variant in told:
            repeated.append(each.fact)
        else:
            told.add(each.fact.variant)
            once.append(each)
    return once, repeated
