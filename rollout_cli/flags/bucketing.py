"""Buckets: where in 0 to 99.999 % an id falls, for each pinned generation.

A generation is never changed in place: a new one gets a new name, because a changed bucket moves shoppers.
`flagd-v3` and `flagd-v2` are the fractional operator of flagd's current and previous evaluators,
`md5-mod-100` is the unsalted cohort of the Django module that this program replaces.
"""

import hashlib
from collections.abc import Callable
from enum import StrEnum
from functools import lru_cache

import mmh3

from rollout_cli.flags.percent import EVERYBODY

BUCKETS = int(EVERYBODY)
"""Buckets are counted in thousandths of a percent: 0 to 99_999."""

LimitOf = Callable[[str, int], int]
"""The limit of a key, or the second argument where it has none of its own."""

_SURROGATES = "surrogatepass"  # an id is whatever the application sends; a lone surrogate must not raise


class Generation(StrEnum):
    """The pinned ways to find an id's bucket."""

    FLAGD_V3 = "flagd-v3"
    FLAGD_V2 = "flagd-v2"
    MD5_MOD_100 = "md5-mod-100"


def cbor_text(data: bytes) -> bytes:
    """UTF-8 bytes as a CBOR text string in its shortest form (RFC 8949, section 3)."""
    return _cbor_text_head(len(data)) + data


def _cbor_text_head(length: int) -> bytes:
    if length < 24:  # noqa: PLR2004 - CBOR packs lengths below 24 into the first byte
        return bytes((0x60 + length,))
    for lead, width in ((0x78, 1), (0x79, 2), (0x7A, 4)):
        if length < 1 << (8 * width):
            return bytes((lead,)) + length.to_bytes(width, "big")
    return b"\x7b" + length.to_bytes(8, "big")


def hash_v3(salt: str, key: str) -> int:
    """murmur3_x86_32, seed 0, unsigned, over the CBOR of the array [salt, key]."""
    return _v3(salt)(key)


def hash_v2(salt: str, key: str) -> int:
    """murmur3_x86_32, seed 0, unsigned, over the UTF-8 of salt and key joined."""
    return _v2(salt)(key)


def hasher(generation: Generation, salt: str) -> Callable[[str], int]:
    """The hash of one generation and salt, ready to be asked many times.

    Returns:
        A function from key to an unsigned 32-bit number whose order is the order of the buckets.
    """
    return _HASHERS[generation](salt)


def below(
    generation: Generation, salt: str, limit_of: LimitOf, others: int, *, without_key: bool
) -> Callable[[str | None], bool]:
    """Whether a key's hash is below its limit: `limit_of(key, others)`.

    The same as comparing with `hasher`, and for the usual generation one call cheaper: this is what an application
    asks for every message.
    """
    if generation is Generation.FLAGD_V3:
        return _v3_below(salt, limit_of, others, without_key=without_key)
    hashed = hasher(generation, salt)
    return lambda key: without_key if key is None else hashed(key) < limit_of(key, others)


def bucket(generation: Generation, salt: str, key: str) -> int:
    """The bucket of a key, in thousandths of a percent (0 to 99_999)."""
    return bucket_of_hash(hasher(generation, salt)(key))


def bucket_of_hash(hashed: int) -> int:
    """The bucket, in thousandths of a percent, that a hash falls into."""
    return (hashed * BUCKETS) >> 32


def hash_limit(percent: int) -> int:
    """The smallest hash that is outside `percent`: `bucket < percent` says the same as `hash < limit`."""
    return -(-(percent << 32) // BUCKETS)


@lru_cache(maxsize=64)
def _heads_v3(salt: str) -> tuple[bytes, ...]:
    """What stands before a key in the array, for each length that takes one byte or two: 0 to 255 bytes."""
    head = b"\x82" + cbor_text(salt.encode("utf-8", _SURROGATES))
    return tuple(head + _cbor_text_head(length) for length in range(256))


def _long_v3(salt: str, key: str) -> int:
    """The same for any key."""
    texts = (cbor_text(text.encode("utf-8", _SURROGATES)) for text in (salt, key))
    return mmh3.mmh3_32_uintdigest(b"\x82" + b"".join(texts))


def _v3(salt: str) -> Callable[[str], int]:
    heads = _heads_v3(salt)

    def hashed(key: str, digest: Callable[[bytes], int] = mmh3.mmh3_32_uintdigest) -> int:
        try:
            data = key.encode()
            return digest(heads[len(data)] + data)
        except (UnicodeEncodeError, IndexError):
            return _long_v3(salt, key)

    return hashed


def _v3_below(salt: str, limit_of: LimitOf, others: int, *, without_key: bool) -> Callable[[str | None], bool]:
    heads = _heads_v3(salt)

    def is_below(key: str | None, digest: Callable[[bytes], int] = mmh3.mmh3_32_uintdigest) -> bool:
        if key is None:
            return without_key
        try:
            data = key.encode()
            return digest(heads[len(data)] + data) < limit_of(key, others)
        except (UnicodeEncodeError, IndexError):
            return _long_v3(salt, key) < limit_of(key, others)

    return is_below


def _v2(salt: str) -> Callable[[str], int]:
    head = salt.encode("utf-8", _SURROGATES)

    def hashed(key: str, digest: Callable[[bytes], int] = mmh3.mmh3_32_uintdigest) -> int:
        return digest(head + key.encode("utf-8", _SURROGATES))

    return hashed


def _md5(_salt: str) -> Callable[[str], int]:
    # One of 100 whole percents, placed on the 32-bit scale so that all generations compare alike.
    starts = tuple(hash_limit(percent * 1000) for percent in range(100))

    def hashed(key: str) -> int:
        digest = hashlib.md5(key.encode("utf-8", _SURROGATES), usedforsecurity=False)
        return starts[int(digest.hexdigest(), 16) % 100]

    return hashed


_HASHERS: dict[Generation, Callable[[str], Callable[[str], int]]] = {
    Generation.FLAGD_V3: _v3,
    Generation.FLAGD_V2: _v2,
    Generation.MD5_MOD_100: _md5,
}
