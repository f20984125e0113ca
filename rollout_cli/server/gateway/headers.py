"""The heads of requests and answers as bytes: what came, less what concerned one connection alone."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

Headers = Sequence[tuple[bytes, bytes]]
"""Names and values as they came, in their order."""

_ONE_CONNECTION = frozenset(
    (
        b"connection", b"keep-alive", b"proxy-authenticate", b"proxy-authorization", b"proxy-connection", b"te",
        b"trailer", b"transfer-encoding", b"upgrade",
    )
)  # fmt: skip
_NEVER_NAMED = frozenset((b"content-length", b"host"))
_FOR, _PROTO, _HOST = b"x-forwarded-for", b"x-forwarded-proto", b"x-forwarded-host"


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, as far as the connection shows.

    Attributes:
        address: its IP; empty where there is none.
        scheme: http or https.
    """

    address: str
    scheme: str = "http"


def passing(headers: Headers) -> list[tuple[bytes, bytes]]:
    """The headers that are for the other end: without those of the connection, and those that it names as such."""
    named = {name.strip().lower() for value in values_of(headers, b"connection") for name in value.split(b",")}
    dropped = _ONE_CONNECTION | (named - _NEVER_NAMED)
    return [(name, value) for name, value in headers if name.lower() not in dropped]


def values_of(headers: Headers, wanted: bytes) -> list[bytes]:
    """All values of a header; its name in lower case."""
    return [value for name, value in headers if name.lower() == wanted]


def request_head(
    method: bytes,
    target: bytes,
    headers: Headers,
    *,
    length: int,
    caller: Caller,
    host: bytes,
    replaces_host: bool = False,
    closes: bool = True,
) -> bytes:
    """A request's head for the upstream.

    Args:
        method: as it came.
        target: path and query as they came.
        headers: as they came.
        length: of the body, in bytes.
        caller: who asks.
        host: the upstream's own name; where the request has none, or is to be given another one.
        replaces_host: whether it is to be given another one.
        closes: whether the upstream is to close the connection behind its answer.
    """
    kept = [(name, value) for name, value in passing(headers) if name.lower() != b"expect"]  # the body is here
    asked = next(iter(values_of(kept, b"host")), None)
    if asked is None:
        kept.insert(0, (b"Host", host))
    elif replaces_host:
        kept = [(name, host if name.lower() == b"host" else value) for name, value in kept]
    if not values_of(kept, b"content-length") and (length or values_of(headers, b"transfer-encoding")):
        kept.append((b"Content-Length", b"%d" % length))
    kept = _forwarded(kept, caller, asked)
    if closes:
        kept.append((b"Connection", b"close"))
    return _head(b"%s %s HTTP/1.1" % (method, target), kept)


def answer_head(status: int, reason: bytes, headers: Headers) -> bytes:
    """An answer's head."""
    return _head(b"HTTP/1.1 %d %s" % (status, reason), headers)


def framed(part: bytes) -> bytes:
    """A part of a body of unknown length; an empty one ends it."""
    return b"%x\r\n%s\r\n" % (len(part), part)


def _forwarded(headers: list[tuple[bytes, bytes]], caller: Caller, host: bytes | None) -> list[tuple[bytes, bytes]]:
    """With whom it is from; what another proxy before us has said stays."""
    told = list(headers)
    if caller.address:
        last = max((index for index, (name, _) in enumerate(told) if name.lower() == _FOR), default=None)
        address = caller.address.encode("latin-1", "replace")
        if last is None:
            told.append((b"X-Forwarded-For", address))
        else:
            told[last] = (told[last][0], told[last][1] + b", " + address)
    if not values_of(told, _PROTO):
        told.append((b"X-Forwarded-Proto", caller.scheme.encode()))
    if host and not values_of(told, _HOST):
        told.append((b"X-Forwarded-Host", host))
    return told


def _head(first: bytes, headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    return b"\r\n".join([first, *(name + b": " + value for name, value in headers), b"\r\n"])
