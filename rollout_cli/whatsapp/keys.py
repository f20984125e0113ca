"""Keys: the same fact gives the same key, whoever tells it and how often; different facts never do.

A key is `tenant:provider:kind:instance:part…`. A colon or percent sign inside of a part is escaped, so that two keys
are equal only when all of their parts are.
"""

from hashlib import sha1, sha256
from typing import Any

import msgspec
from msgspec import Raw

from rollout_cli.whatsapp.credentials import redacted

_NAMESPACE = bytes.fromhex("9fd3b94ab1f0539e8a4f0dcb4a2f6c11")
"""Of the UUIDs of events; a constant of this format."""
_VARIANT = dict(zip("0123456789abcdef", "89ab" * 4, strict=True))


def part(value: str) -> str:
    """One part of a key, with what would end it escaped."""
    if ":" in value or "%" in value:
        return value.replace("%", "%25").replace(":", "%3A")
    return value


def joined(*parts: str) -> str:
    """The parts of a key, escaped and joined."""
    return ":".join(map(part, parts))


def digest(data: bytes) -> str:
    """A short hash of what has no id of its own (32 hex digits)."""
    return sha256(data).hexdigest()[:32]


def event_id(key: str) -> str:
    """The UUIDv5 of an idempotency key (RFC 9562, section 5.5)."""
    name = sha1(_NAMESPACE + key.encode(), usedforsecurity=False).hexdigest()
    return f"{name[:8]}-{name[8:12]}-5{name[13:16]}-{_VARIANT[name[16]]}{name[17:20]}-{name[20:32]}"


def fingerprint(piece: Any) -> str:
    """A short hash of what a piece of JSON says, however it is spaced, escaped and ordered; credentials say nothing.

    Args:
        piece: bytes or `Raw` of JSON, or a value.

    Raises:
        msgspec.DecodeError: the bytes are none.
    """
    value = _decode(piece) if type(piece) in (bytes, Raw) else piece
    return digest(_in_order(redacted(value)))


_decode = msgspec.json.Decoder().decode
_in_order = msgspec.json.Encoder(order="deterministic").encode
