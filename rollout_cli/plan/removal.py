"""Who a move would switch off: by name where a list names them, as a share of all shoppers where a percent does.

A removal takes the new path away from somebody who has it, so these are none (docs/adr/0001):
- a flag whose default is true: being on is its safe state;
- a string flag that says the same on and off;
- a flag that was on for everybody in shadow: no shopper was served by it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import compress, islice
from operator import and_, ne

from rollout_cli.flags.bucketing import Generation
from rollout_cli.flags.compiled import OFF, CompiledFlag, Predicate
from rollout_cli.flags.evaluator import Evaluator
from rollout_cli.flags.model import FlagState, FlagValue, Snapshot
from rollout_cli.flags.percent import EVERYBODY
from rollout_cli.plan.position import Position

SHADOW_PHASES = frozenset({0, 1})
"""The phases in which the new path runs beside the old one and serves nobody, while what is on by default stays on."""

_WHOLE = 1_000  # md5-mod-100 knows whole percents only

_IDS_AT_ONCE = 4096

Region = dict[tuple[str, str], int]
"""For each bucketing and salt, the percent (in thousandths) below which an id must fall; empty is everybody."""


@dataclass(frozen=True, slots=True)
class Removal:
    """Shoppers who lose one flag.

    Attributes:
        ids: those whom a list names.
        share: of all shoppers whom no list names, in thousandths of a percent, rounded up.
    """

    flag: str
    ids: tuple[str, ...]
    share: int


@dataclass(frozen=True, slots=True)
class Flips:
    """How many of some ids one flag turns on, turns off, and gives another value."""

    on: int
    off: int
    changed: int


@dataclass(frozen=True, slots=True)
class BlastRadius:
    """Exactly which of some ids a move turns a flag on or off for; in the order they were given.

    A string flag that says the same on and off turns for nobody: none would see a difference.
    """

    asked: int
    ids_on: tuple[str, ...]
    ids_off: tuple[str, ...]
    flags: Mapping[str, Flips]


def removals_between(before: Snapshot, position: Position | None, after: Snapshot) -> tuple[Removal, ...]:
    """Everybody whom going from one snapshot to the other would switch off, flag by flag.

    Args:
        before: how the flags stand.
        position: where the rollout is with them.
        after: how they would stand.
    """
    old, new = Evaluator(before), Evaluator(after)
    named = sorted(_named(before, after))
    found = []
    for name in before.definitions:
        if _serves_nobody(before, name, position):
            continue
        ids = tuple(key for key in named if old.is_enabled(name, key) and not new.is_enabled(name, key))
        share = _lost_share(_region(before, name), _region(after, name))
        if ids or share:
            found.append(Removal(name, ids, share))
    return tuple(found)


def is_on_for_shoppers(snapshot: Snapshot, name: str, position: Position | None) -> bool:
    """Whether a flag is on for somebody, and not in shadow: neither by its own word, nor by what is on by default."""
    state = snapshot.state_of(name)
    is_for_somebody = state.percent is None or state.percent > 0 or bool(state.allowlist)
    if not state.enabled or state.shadow or not is_for_somebody or _serves_nobody(snapshot, name, position):
        return False
    safeguards = _safeguards(snapshot)
    return not safeguards or not all(_is_for_everybody(snapshot.state_of(each)) for each in safeguards)


def blast_radius(before: Snapshot, after: Snapshot, ids: Iterable[str]) -> BlastRadius:
    """Ask both snapshots about every id."""
    comparisons = _comparisons(before, after)
    counts = {each.name: [0, 0, 0] for each in comparisons}
    on: list[str] = []
    off: list[str] = []
    asked, stream = 0, iter(ids)
    while keys := list(islice(stream, _IDS_AT_ONCE)):
        asked += len(keys)
        gained: set[int] = set()
        lost: set[int] = set()
        for each in comparisons:
            come, go, changed = each.flips(keys)
            gained |= come
            lost |= go
            counts[each.name] = [
                sum(both) for both in zip(counts[each.name], (len(come), len(go), changed), strict=True)
            ]
        on.extend(keys[place] for place in sorted(gained))
        off.extend(keys[place] for place in sorted(lost))
    flips = {name: Flips(*numbers) for name, numbers in counts.items() if any(numbers)}
    return BlastRadius(asked, tuple(on), tuple(off), flips)


@dataclass(frozen=True, slots=True)
class _Comparison:
    """One flag in both snapshots, and whether what it says changes where it comes, goes and stays."""

    name: str
    was_on: Predicate
    will_be_on: Predicate
    comes: bool
    goes: bool
    says_otherwise: bool

    def flips(self, keys: list[str]) -> tuple[set[int], set[int], int]:
        """The places of the keys that it turns on and off, and how many it gives another value."""
        was, will = list(map(self.was_on, keys)), list(map(self.will_be_on, keys))
        flipped = set(compress(range(len(keys)), map(ne, was, will)))
        come = {place for place in flipped if will[place]}
        changed = sum(map(and_, was, will)) if self.says_otherwise else 0
        return come if self.comes else set(), flipped - come if self.goes else set(), changed


def _comparisons(before: Snapshot, after: Snapshot) -> list[_Comparison]:
    old, new = Evaluator(before).flags, Evaluator(after).flags
    names = [name for name in _all_names(before, after) if _may_differ(before, after, name)]
    return [_comparison(name, old.get(name, OFF), new.get(name, OFF), _off(name, before, after)) for name in names]


def _comparison(name: str, was: CompiledFlag, will: CompiledFlag, off: tuple[FlagValue, FlagValue]) -> _Comparison:
    comes, goes = off[0] != will.on_value, off[1] != was.on_value
    return _Comparison(name, was.is_on, will.is_on, comes, goes, was.on_value != will.on_value)


def _off(name: str, before: Snapshot, after: Snapshot) -> tuple[FlagValue, FlagValue]:
    """What a flag says where it is off, before and after; where it is not declared, what it says in the other."""
    old, new = before.definitions.get(name), after.definitions.get(name)
    known = [each.off for each in (old, new) if each is not None]
    return known[0], known[-1]


def _all_names(before: Snapshot, after: Snapshot) -> list[str]:
    return list(dict.fromkeys([*before.definitions, *after.definitions]))


def _may_differ(before: Snapshot, after: Snapshot, name: str, path: tuple[str, ...] = ()) -> bool:
    if name in path or name not in before.definitions or name not in after.definitions:
        return True
    same = (
        before.definitions[name] == after.definitions[name]
        and before.state_of(name) == after.state_of(name)
        and (before.generation, before.salt_of(name)) == (after.generation, after.salt_of(name))
    )
    needs = before.definitions[name].requires
    return not same or any(_may_differ(before, after, need, (*path, name)) for need in needs)


def _serves_nobody(snapshot: Snapshot, name: str, position: Position | None) -> bool:
    """Whether nobody loses the new path when this flag goes off."""
    definition, state = snapshot.definitions[name], snapshot.state_of(name)
    if definition.default is True or (definition.off is not False and state.value in {None, definition.off}):
        return True
    return _is_for_everybody(state) and (state.shadow or _is_in_shadow(snapshot, position))


def _is_in_shadow(snapshot: Snapshot, position: Position | None) -> bool:
    in_phase = position is not None and position.phase in SHADOW_PHASES
    return in_phase and all(_is_for_everybody(snapshot.state_of(name)) for name in _safeguards(snapshot))


def _safeguards(snapshot: Snapshot) -> list[str]:
    return [name for name, definition in snapshot.definitions.items() if definition.default is True]


def _is_for_everybody(state: FlagState) -> bool:
    return state.enabled and state.percent is None and not state.allowlist


def _named(*snapshots: Snapshot) -> set[str]:
    states = [snapshot.state_of(name) for snapshot in snapshots for name in snapshot.definitions]
    return {key for state in states for key in state.allowlist | state.denylist}


def _region(snapshot: Snapshot, name: str, path: tuple[str, ...] = ()) -> Region | None:
    """Where an id that no list names must fall for a flag to be on; None where it never is."""
    if name not in snapshot.definitions or name in path:
        return None
    state = snapshot.state_of(name)
    if not state.enabled or (state.percent is None and state.allowlist):
        return None
    region: Region = {}
    if state.percent is not None and snapshot.generation is Generation.MD5_MOD_100:
        region[snapshot.generation.value, ""] = -(-state.percent // _WHOLE) * _WHOLE
    elif state.percent is not None:
        region[snapshot.generation.value, snapshot.salt_of(name)] = state.percent
    for need in snapshot.definitions[name].requires:
        inner = _region(snapshot, need, (*path, name))
        if inner is None:
            return None
        region = _both(region, inner)
    return region


def _both(one: Region, other: Region) -> Region:
    return {key: min(one.get(key, EVERYBODY), other.get(key, EVERYBODY)) for key in one.keys() | other.keys()}


def _share(region: Region) -> Fraction:
    share = Fraction(1)
    for limit in region.values():
        share *= Fraction(limit, EVERYBODY)
    return share


def _lost_share(before: Region | None, after: Region | None) -> int:
    if before is None:
        return 0
    kept = Fraction(0) if after is None else _share(_both(before, after))
    lost = (_share(before) - kept) * EVERYBODY
    return -(-lost.numerator // lost.denominator)
