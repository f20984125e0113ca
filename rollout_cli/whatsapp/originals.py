"""What an event was read from: kept as it came, and cleaned of credentials whenever somebody looks."""

from typing import Any, Protocol

import msgspec
from msgspec import Struct

from rollout_cli.whatsapp.credentials import is_free_of_secrets, redacted
from rollout_cli.whatsapp.decoding import value_of

Piece = Any
"""A piece of a body: its JSON as `bytes` or `Raw`, or the value that it was decoded to, which nobody may change."""


class Envelope(Protocol):
    """What stood around the pieces of a body."""

    def around(self, piece: Any, beside: Any) -> Any:
        """A body of its own with that piece alone: normalized again it gives the same event.

        Args:
            piece: the value of the piece.
            beside: what else of the body tells of this piece, as the reader found it.
        """
        ...  # pragma: no cover - a protocol


class Original:
    """A piece of a body. Nothing that can be seen of it, pickled or printed holds a credential.

    Two are equal when they say the same.
    """

    __slots__ = ("_beside", "_data", "_envelope")

    def __init__(self, data: Piece, envelope: Envelope | None = None, beside: Any = None) -> None:
        self._data = data
        self._envelope = envelope
        self._beside = beside

    def value(self) -> Any:
        """What it says, as plain values made anew at each look."""
        return redacted(self._whole())

    @property
    def json(self) -> bytes:
        """The same as JSON, on one line."""
        data = _encode(self._whole())
        return data if is_free_of_secrets(data) else _encode(self.value())

    def _whole(self) -> Any:
        """What it says, with the envelope around it, and credentials."""
        value = _plain(self._data)
        return value if self._envelope is None else self._envelope.around(value, _plain(self._beside))

    def __eq__(self, other: object) -> bool:
        return self.value() == other.value() if isinstance(other, Original) else NotImplemented

    def __hash__(self) -> int:
        return hash(Original)

    def __reduce__(self) -> tuple[Any, ...]:
        return Original, (self.value(),)

    def __repr__(self) -> str:
        return f"Original({len(self.json)} bytes)"


class SafeOriginal(Original):
    """One of typed pieces whose fields are all known, and none of them can hold a credential: nobody has to look."""

    __slots__ = ()

    @property
    def json(self) -> bytes:
        """The same as JSON, on one line: of the pieces as they are."""
        return _encode(self._data if self._envelope is None else self._envelope.around(self._data, self._beside))


def _plain(piece: Any) -> Any:
    """A piece as plain values, whatever it was kept as."""
    if isinstance(piece, Struct):
        return msgspec.to_builtins(piece)
    return msgspec.json.decode(piece) if type(piece) is bytes else value_of(piece)


_encode = msgspec.json.Encoder().encode
