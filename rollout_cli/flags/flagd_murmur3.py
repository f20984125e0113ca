"""murmur3_x86_32 in JSONLogic, for the few lengths of id for which `flagd_prefix` finds no text.

JSONLogic has no bit operations, but it has remainders: bit i of x is `x % 2^(i+1) >= 2^i`, and a number is the sum of
its bits. No number ever passes 2^49, so that an evaluator that counts in doubles gets it right, too. It takes
milliseconds where a hash by flagd itself takes microseconds.

An expression sees only what it is given, and the one way to give a name to a value is `reduce` over a list of one:
the value is then `current`.
"""

from typing import Any

from rollout_cli.flags.flagd_prefix import ADDED, C1, C2

Logic = Any

CURRENT: Logic = {"var": "current"}
ACCUMULATOR: Logic = {"var": "accumulator"}
_WORD, _HALF = 1 << 32, 1 << 16


def let(value: Logic, body: Logic) -> Logic:
    """An expression in which `current` is a value."""
    return {"reduce": [[value], body]}


def murmur3() -> Logic:
    """The hash of what `current` holds: a list of `Halfway`'s four numbers as one item, then each byte of the id."""
    begun = {"!": [ACCUMULATOR]}
    bytes_folded = {"reduce": [CURRENT, {"if": [begun, CURRENT, _with_byte()]}]}
    return _finished(let(bytes_folded, _with_last_bytes()))


def byte_of_ascii(text: Logic) -> Logic:
    """The code of the first character of a text; of ASCII only, and not of the empty text."""

    def search(low: int, high: int) -> Logic:
        if high - low == 1:
            return low
        middle = (low + high) // 2
        return {"if": [{"<": [text, chr(middle)]}, search(low, middle), search(middle, high)]}

    return search(0, 128)


def _with_byte() -> Logic:
    """One step: `accumulator` is state, pending, weight and total; `current` is the next byte."""
    state, pending, weight, total = ({"var": f"accumulator.{index}"} for index in range(4))
    added = {"+": [pending, {"*": [weight, CURRENT]}]}
    mixed = _xor(state, _scrambled(added), rotate=13)
    next_state = let(mixed, {"%": [{"+": [{"*": [CURRENT, 5]}, ADDED]}, _WORD]})
    return {
        "if": [
            {"<": [weight, 1 << 24]},
            [state, added, {"*": [weight, 256]}, total],
            [next_state, 0, 1, total],
        ]
    }


def _with_last_bytes() -> Logic:
    """The state with the block that was begun and the length; `current` is state, pending, weight and total."""
    return _xor({"var": "current.0"}, _scrambled({"var": "current.1"}), {"var": "current.3"})


def _scrambled(block: Logic) -> Logic:
    first = let(block, _times(C1))
    rotated = let(first, _rotated_left(15))
    return let(rotated, _times(C2))


def _finished(state: Logic) -> Logic:
    for shift, factor in ((16, 0x85EBCA6B), (13, 0xC2B2AE35)):
        state = let(let(state, _xor_shifted(shift)), _times(factor))
    return let(state, _xor_shifted(16))


def _times(factor: int) -> Logic:
    """`current` times a factor, in 32 bits: the lower and the upper half of `current` on their own."""
    lower = {"%": [CURRENT, _HALF]}
    products = [{"*": [lower, factor]}, {"*": [{"-": [CURRENT, lower]}, factor % _HALF]}]
    return {"%": [{"+": products}, _WORD]}


def _rotated_left(count: int) -> Logic:
    unit = 1 << (32 - count)
    lower = {"%": [CURRENT, unit]}
    return {"+": [{"*": [lower, 1 << count]}, {"/": [{"-": [CURRENT, lower]}, unit]}]}


def _xor(*values: Logic, rotate: int = 0) -> Logic:
    """The exclusive or of numbers, then rotated left."""

    def bit(index: int) -> Logic:
        together = _bit("current.0", index)
        for place in range(1, len(values)):
            together = {"!=": [together, _bit(f"current.{place}", index)]}
        return {"*": [1 << (index + rotate) % 32, together]}

    return let(list(values), {"+": [bit(index) for index in range(32)]})


def _xor_shifted(count: int) -> Logic:
    """The exclusive or of `current` and `current` shifted right: its highest bits stay."""
    stays = {"-": [CURRENT, {"%": [CURRENT, 1 << (32 - count)]}]}
    changed = (
        {"*": [1 << index, {"!=": [_bit("current", index), _bit("current", index + count)]}]}
        for index in range(32 - count)
    )
    return {"+": [stays, *changed]}


def _bit(name: str, index: int) -> Logic:
    """Whether the bit is set: true counts 1, false counts 0."""
    return {">=": [{"%": [{"var": name}, 1 << (index + 1)]}, 1 << index]}
