"""Keyed pseudonyms: who is meant in a log can be told by whoever has the key, and by nobody else."""

import hashlib

_PERSON = b"rollout-id"  # keeps these apart from whatever else the same key is used for


def pseudonym(key: bytes, identity: str) -> str:
    """A short name for an id: the same for the same key, not to be turned back without it.

    Args:
        key: at least one byte.
        identity: the id, whatever is in it.

    Returns:
        `id-` and 16 hexadecimal digits (64 bits of a keyed BLAKE2b).
    """
    short = key if len(key) <= hashlib.blake2b.MAX_KEY_SIZE else hashlib.blake2b(key).digest()
    data = identity.encode("utf-8", "surrogatepass")
    return f"id-{hashlib.blake2b(data, digest_size=8, key=short, person=_PERSON).hexdigest()}"
