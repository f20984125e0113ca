"""Texts that murmur3 cannot tell apart from a salt: the arithmetic behind the export for flagd's third generation.

Our bucket is murmur3 over the CBOR array [salt, id]. flagd builds such an array only from the name of the flag that
is evaluated; any other bucketing value that a definition can give is hashed as one CBOR text. So for an id of m bytes
a text P is looked for with

    murmur3(CBOR text of P + id) == murmur3(CBOR array of [salt, id])      for every id of m bytes.

murmur3_x86_32 folds its input into a 32-bit state, four bytes (a block) at a time, and every step can be undone. The
two inputs end alike when these three things are equal:

- their length, which enters at the end: this fixes the length of P;
- the bytes between the last whole block before the id and the id itself: these are copied;
- the state after that block: the last block of P is computed so that it is. The bytes of P before it are free, and
  are varied until the computed block is text.

Where there is no such P (no CBOR text has the length, or the salt is too short to leave a block) `equivalent_prefix`
returns None, and `halfway` gives what is needed to go on from the salt's state by arithmetic.
"""

from dataclasses import dataclass
from itertools import product

from rollout_cli.flags.bucketing import cbor_text

BLOCK = 4
MASK = 0xFFFFFFFF
C1, C2, ADDED = 0xCC9E2D51, 0x1B873593, 0xE6546B64
_C1_INVERSE, _C2_INVERSE, _5_INVERSE = (pow(factor, -1, 1 << 32) for factor in (C1, C2, 5))

_PRINTABLE = frozenset(range(0x20, 0x7F)) - frozenset(b'"\\')
_CHANGING = 3
"""How many of the free bytes are varied: three of 93 characters are far more tries than are ever needed."""


@dataclass(frozen=True, slots=True)
class Halfway:
    """murmur3 just before the first byte of the id.

    Attributes:
        state: after the whole blocks.
        pending: the begun block, as the number its bytes make so far.
        weight: of the next byte in that number: 1, 256, 65536 or 16777216.
        total: the length of the whole input, id included.
    """

    state: int
    pending: int
    weight: int
    total: int


def rotate_left(value: int, count: int) -> int:
    """Rotate 32 bits."""
    return ((value << count) | (value >> (32 - count))) & MASK


def absorb(state: int, data: bytes) -> int:
    """The state of murmur3 after more whole blocks."""
    for start in range(0, len(data), BLOCK):
        block = int.from_bytes(data[start : start + BLOCK], "little")
        mixed = state ^ rotate_left(block * C1 & MASK, 15) * C2 & MASK
        state = (rotate_left(mixed, 13) * 5 + ADDED) & MASK
    return state


def block_between(before: int, after: int) -> bytes:
    """The one block that takes murmur3 from one state to another: `absorb` of one block, solved for the block."""
    mixed = rotate_left((after - ADDED) * _5_INVERSE & MASK, 32 - 13) ^ before
    block = rotate_left(mixed * _C2_INVERSE & MASK, 32 - 15) * _C1_INVERSE & MASK
    return block.to_bytes(BLOCK, "little")


def halfway(salt: bytes, length: int) -> Halfway:
    """Where murmur3 stands before the id when it hashes our array of this salt and an id of `length` bytes."""
    before = _before_the_id(salt, length)
    whole = _whole_blocks(before)
    rest = before[whole:]
    return Halfway(
        absorb(0, before[:whole]), int.from_bytes(rest, "little"), 1 << (8 * len(rest)), len(before) + length
    )


def equivalent_prefix(salt: bytes, length: int) -> str | None:
    """The text that stands for this salt before every id of `length` bytes; None when there is none.

    Always the same answer for the same question, and of the same form for neighbouring lengths: filling, a few
    characters that were searched for, then the bytes of the array that are not a whole block.
    """
    before = _before_the_id(salt, length)
    whole = _whole_blocks(before)
    head = _text_head(len(before) + length)
    if head is None or (free := whole - BLOCK - len(head)) < 0:
        return None
    wanted, rest = absorb(0, before[:whole]), before[whole:]
    changing = min(free, _CHANGING)
    filling = b"." * (free - changing)
    settled = _whole_blocks(head + filling)
    state, begun = absorb(0, (head + filling)[:settled]), (head + filling)[settled:]
    for tried in product(sorted(_PRINTABLE - {0x20}), repeat=changing):
        varied = bytes(tried)
        block = block_between(absorb(state, begun + varied), wanted)
        text = _as_text(filling + varied, block, rest)
        if text is not None:
            return text
    return None


def _before_the_id(salt: bytes, length: int) -> bytes:
    """The bytes of our CBOR array before those of the id: the array's head, the salt, the head of the id."""
    return b"\x82" + cbor_text(salt) + _head(length)


def _head(length: int) -> bytes:
    """The CBOR head of a text of so many bytes."""
    return cbor_text(bytes(length))[: -length or None]


def _text_head(total: int) -> bytes | None:
    """The head of the CBOR text that is `total` bytes long with its head; None where there is no such text.

    A text of 23 bytes makes 24, one of 24 bytes makes 26: nothing is 25 bytes long.
    """
    for width in (1, 2, 3, 5):
        if total > width and len(_head(total - width)) == width:
            return _head(total - width)
    return None


def _whole_blocks(data: bytes) -> int:
    """How many of the bytes make whole blocks."""
    return len(data) // BLOCK * BLOCK


def _as_text(filling: bytes, block: bytes, rest: bytes) -> str | None:
    """The bytes as text, when the computed block is printable ASCII.

    Where the rest begins in the middle of one of the salt's characters, the block's last byte must begin another
    character of that length.
    """
    cut = bool(rest) and rest[0] & 0xC0 == 0x80  # noqa: PLR2004 - a continuation byte of UTF-8
    if not _PRINTABLE.issuperset(block[:-1] if cut else block):
        return None
    try:
        return (filling + block + rest).decode("utf-8")
    except UnicodeDecodeError:
        return None
