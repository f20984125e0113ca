"""What an event was read from: kept as the bytes it came as, and cleaned of credentials whenever somebody looks."""

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Raw

from rollout_cli.whatsapp.credentials import cleaned, is_secret_name

_encode = msgspec.json.Encoder().encode


Piece = Any
"""A piece of a body: its JSON as `bytes` or `Raw`, or the value of it."""


class Original:
    """A piece of a body. Nothing that can be seen of it, pickled or printed holds a credential.

    Two are equal when they say the same, however it is spaced and escaped.
    """

    __slots__ = ("_around", "_data")

    def __init__(self, data: Piece, around: Mapping[str, Any] | None = None) -> None:
        """Keep a piece.

        Args:
            data: the JSON of it, or the value that it was decoded to, which nobody may change.
            around: the fields of the envelope that it stood in as `data`.
        """
        self._data = data
        self._around = around

    @property
    def json(self) -> bytes:
        """The JSON, without credentials."""
        if self._around is not None:
            around = {name: told for name, told in self._around.items() if not is_secret_name(name)}
            return cleaned(_encode({**around, "data": self._json()}))
        return cleaned(bytes(self._json()))

    def _json(self) -> Raw:
        data = self._data
        if type(data) not in (bytes, Raw):
            return Raw(_encode(data))
        raw = bytes(data)
        return Raw(msgspec.json.format(raw, indent=-1) if b"\n" in raw or b"\r" in raw else raw)

    def value(self) -> Any:
        """The same as plain values, decoded anew."""
        return msgspec.json.decode(self.json)

    def __eq__(self, other: object) -> bool:
        return self.value() == other.value() if isinstance(other, Original) else NotImplemented

    def __hash__(self) -> int:
        return hash(type(self))

    def __reduce__(self) -> tuple[Any, ...]:
        return Original, (self.json,)

    def __repr__(self) -> str:
        return f"Original({len(self.json)} bytes)"
