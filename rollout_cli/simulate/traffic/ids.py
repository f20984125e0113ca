"""Ids that tell, to who made them alone, what they belong to: no table of a million messages is needed to judge one.

A message's id carries the number of its thread and its place there, mixed so that ids are as scattered as real ones.
"""

_BITS = 64
_MASK = (1 << _BITS) - 1
_PLACE_BITS = 32
_ODD = 0x9E3779B97F4A7C15
_INVERSE = pow(_ODD, -1, 1 << _BITS)
_HALF = 32


def mixed(thread: int, place: int, seed: int = 0) -> str:
    """Sixteen hex digits for a place in a thread; different for each.

    Args:
        thread: below 2**32.
        place: below 2**32.
        seed: another one gives others, not those of another place.
    """
    return f"{_mixed((thread << _PLACE_BITS | place) ^ _mixed(seed)):016X}"


def unmixed(digits: str, seed: int = 0) -> tuple[int, int]:
    """Thread and place of sixteen hex digits.

    Raises:
        ValueError: they are none.
    """
    value = int(digits, 16)
    value ^= value >> _HALF
    value = value * _INVERSE & _MASK
    value ^= value >> _HALF
    value = (value * _INVERSE & _MASK) ^ _mixed(seed)
    return value >> _PLACE_BITS, value & ((1 << _PLACE_BITS) - 1)


def _mixed(value: int) -> int:
    value = value * _ODD & _MASK
    value ^= value >> _HALF
    value = value * _ODD & _MASK
    return value ^ value >> _HALF
