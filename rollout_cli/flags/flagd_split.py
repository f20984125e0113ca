"""Which side of a percent an id falls on, said in flagd's JSONLogic.

`flagd-v2` hashes any text, so salt and id are simply joined. `flagd-v3` hashes [flag's name, id] by itself: that is
our bucket when the flag's salt is its own name. For every other salt the condition

1. counts the bytes of the targeting key (m), by comparing its characters with the first one of each UTF-8 width,
2. puts a text before the key that hashes like the salt for keys of m bytes (`flagd_prefix`), and lets flagd split,
3. computes the hash itself (`flagd_murmur3`) for those m that have no such text, when the key is ASCII.

What neither covers is off, the safe side: keys of more than 127 bytes, and keys that are not ASCII at the lengths
of step 3. Rules that are the same for all flags are `EVALUATORS`. flagd pastes those as the replacement text of a
regular expression, so they must not need a backslash in JSON; whatever needs one stands in the flag itself.
"""

from collections.abc import Mapping
from functools import lru_cache
from itertools import pairwise

from rollout_cli.flags.bucketing import BUCKETS, hash_limit
from rollout_cli.flags.flagd_murmur3 import ACCUMULATOR, CURRENT, Logic, byte_of_ascii, let, murmur3
from rollout_cli.flags.flagd_prefix import equivalent_prefix, halfway

KEY: Logic = {"var": "targetingKey"}
LONGEST = 127
"""Bytes of the longest key that is covered: up to here the CBOR head of a key is text itself."""

_LENGTHS = range(1, LONGEST + 1)
_CHARACTERS_AT_ONCE = (0, 8, 12, 16, 24, 36, 64, LONGEST + 1)
_USUAL = 16
"""Keys up to this length are looked at first."""

# Inside the condition, `current` is this list.
_LENGTH: Logic = {"var": "current.0"}
_SUFFIXES: Logic = {"var": "current.1"}
_KEY: Logic = {"var": "current.1.0"}


def joined_split(salt: str, percent: int) -> Logic:
    """Below the percent by the hash of salt and key joined: generation 2."""
    return _inside(percent, {"cat": [salt, KEY]})


def named_split(percent: int) -> Logic:
    """Below the percent by the hash of the evaluated flag's name and the key: generation 3, salted with the name."""
    return _inside(percent)


def salted_split(salt: str, percent: int) -> Logic:
    """Below the percent by the hash of any salt and the key: generation 3. Uses `EVALUATORS`."""
    prefixes = _prefixes(salt)
    computed = [length for length in _LENGTHS if length not in prefixes]
    split = _split_by_prefix(prefixes, percent) if prefixes else False
    if computed:
        by_arithmetic = _split_by_arithmetic(salt, computed, percent)
        split = {"if": [{"in": [_LENGTH, computed]}, by_arithmetic, split]} if prefixes else by_arithmetic
    covered = {"if": [{"<=": [_LENGTH, LONGEST]}, split, False]}
    return let({"$ref": _SUFFIXES_RULE}, let([_byte_count(), CURRENT], covered))


def _inside(percent: int, *bucketing_value: Logic) -> Logic:
    return {"==": [{"fractional": [*bucketing_value, ["in", percent], ["out", BUCKETS - percent]]}, "in"]}


@lru_cache(maxsize=64)
def _prefixes(salt: str) -> Mapping[int, str]:
    data = salt.encode("utf-8", "surrogatepass")
    found = ((length, equivalent_prefix(data, length)) for length in _LENGTHS)
    return {length: prefix for length, prefix in found if prefix is not None}


def _split_by_prefix(prefixes: Mapping[int, str], percent: int) -> Logic:
    common = min(len(prefix) - len(prefix.lstrip(".")) for prefix in prefixes.values())
    chosen = _choice({length: prefix[common:] for length, prefix in prefixes.items()})
    return _inside(percent, {"cat": ["." * common, chosen, _KEY]})


def _split_by_arithmetic(salt: str, lengths: list[int], percent: int) -> Logic:
    data = salt.encode("utf-8", "surrogatepass")
    begun = {length: halfway(data, length) for length in lengths}
    chosen = _choice({length: [at.state, at.pending, at.weight, at.total] for length, at in begun.items()})
    characters = {"filter": [_SUFFIXES, {"var": ""}]}
    data_bytes = {"map": [characters, byte_of_ascii({"var": ""})]}
    is_ascii = {"!!": [{"substr": [_KEY, {"-": [_LENGTH, 1]}]}]}  # as many characters as bytes
    hashed = let({"merge": [[chosen], data_bytes]}, {"$ref": _MURMUR3_RULE})
    return {"and": [is_ascii, {"<": [hashed, hash_limit(percent)]}]}


def _choice(leaves: Mapping[int, Logic]) -> Logic:
    """The leaf of the length, found by halving; the nearest one for a length that has none."""
    lengths = sorted(leaves)
    if len(lengths) == 1:
        return leaves[lengths[0]]
    middle = lengths[min(len(lengths) // 2, _USUAL)]
    shorter = {length: leaves[length] for length in lengths if length < middle}
    longer = {length: leaves[length] for length in lengths if length >= middle}
    return {"if": [{"<": [_LENGTH, middle]}, _choice(shorter), _choice(longer)]}


def _byte_count() -> Logic:
    """The UTF-8 length of the key; `current` is its suffixes. A suffix compares like its first character."""
    wide = {"filter": [CURRENT, {"<=": ["\u0080", {"var": ""}]}]}
    more = {"if": [{"<": [CURRENT, "\u0800"]}, 1, {"if": [{"<": [CURRENT, "\U00010000"]}, 2, 3]}]}
    return {"+": [{"$ref": _CHARACTERS_RULE}, {"reduce": [wide, {"+": [ACCUMULATOR, more]}]}]}


def _character_count(low: int = 0, high: int = LONGEST + 1) -> Logic:
    """How many characters the key has, the highest number for all above it; `current` is its suffixes."""
    if low == high:
        return low
    middle = min((low + high) // 2, low + _USUAL)
    return {
        "if": [
            {"substr": [{"var": "current.0"}, middle]},
            _character_count(middle + 1, high),
            _character_count(low, middle),
        ]
    }


def _all_suffixes() -> Logic:
    """The targeting key from its first character on, from its second one on, …; long ones only where there are any."""
    rest: Logic = []
    for start, end in reversed(list(pairwise(_CHARACTERS_AT_ONCE))):
        suffixes: Logic = {"merge": [*({"substr": [KEY, index]} for index in range(start, end)), rest]}
        rest = {"if": [{"substr": [KEY, start]}, suffixes, []]}
    return rest


_SUFFIXES_RULE = "suffixes-of-the-targeting-key"
_CHARACTERS_RULE = "number-of-characters"
_MURMUR3_RULE = "murmur3"

EVALUATORS: Mapping[str, Logic] = {
    _SUFFIXES_RULE: _all_suffixes(),
    _CHARACTERS_RULE: _character_count(),
    _MURMUR3_RULE: murmur3(),
}
"""The rules that `salted_split` refers to. None refers to another: flagd looks into flags only."""
