"""Reading an HTTP answer more strictly than browsers do: one meaning or none, and never more than the limit."""

import http.client
import re
import socket
from typing import BinaryIO, cast

from rollout_cli.checks.verdict import Cause
from rollout_cli.checks.words import Said, say
from rollout_cli.sources.probes.addresses import NoReplyError
from rollout_cli.sources.probes.wire import Wire, cut_short

MOST_BODY = 1_000_000
"""Bytes of a body."""
MOST_HEAD = 64_000
"""Bytes of all heads together, with those of interim answers."""
_MOST_FRAMES = 1_000_000  # what chunks may add to a body
_FIRST_FINAL, _LAST_STATUS = 200, 599
_WITHOUT_BODY = frozenset({204, 304})
_CHUNK = re.compile(rb"([0-9A-Fa-f]{1,8})[ \t]*(?:;[^\r\n]*)?\r?\n")
_LONGEST_CHUNK_LINE = 4_000


def received(wire: Wire, method: str) -> tuple[int, bytes]:
    """The status and the body of an answer.

    Raises:
        NoReplyError: it is none, or not within the limits.
        OutOfTimeError: the leash ended.
    """
    head = _final_head(wire, method)
    wire.budget += MOST_BODY + _MOST_FRAMES
    if method == "HEAD" or head.status in _WITHOUT_BODY:
        return head.status, b""
    return head.status, _body(head, wire.stream)


def _final_head(wire: Wire, method: str) -> http.client.HTTPResponse:
    """The head of the answer that follows the interim ones."""
    while True:
        # all it wants of a socket is `makefile`
        head = http.client.HTTPResponse(cast("socket.socket", wire), method=method)
        try:
            head.begin()
        except (http.client.HTTPException, ValueError):
            raise _bad(say("what answers there does not speak HTTP")) from None
        if wire.has_ended:  # the library takes that for the end of the head
            raise cut_short()
        if head.status >= _FIRST_FINAL:
            break
        if head.status == http.HTTPStatus.SWITCHING_PROTOCOLS:
            raise _bad(say("what answers there does not speak HTTP"))
    if head.status > _LAST_STATUS:
        raise _bad(say("{status} is no HTTP status", status=str(head.status)))
    return head


def _body(head: http.client.HTTPResponse, stream: BinaryIO) -> bytes:
    if _values(head, "content-encoding") - {"identity", ""}:
        raise _bad(say("the answer is compressed, although it was asked for as it is"))
    codings, lengths = _values(head, "transfer-encoding"), _values(head, "content-length")
    if codings:
        if codings != {"chunked"} or len(head.headers.get_all("transfer-encoding", [])) > 1:
            raise _bad(say("the answer is in a transfer coding that nobody asked for"))
        return _chunked(stream)
    if not lengths:
        return _short(stream.read(MOST_BODY + 1))
    length = next(iter(lengths))
    if len(lengths) > 1 or not (length.isascii() and length.isdigit()):
        raise _bad(say("the answer does not know its length"))
    if len(length) > len(str(MOST_BODY)) or int(length) > MOST_BODY:
        raise _too_long()
    return _exactly(stream, int(length))


def _values(head: http.client.HTTPResponse, name: str) -> set[str]:
    """Everything that headers of a name list, small letters."""
    lines = head.headers.get_all(name, [])
    return {value.strip(" \t").lower() for line in lines for value in str(line).split(",")}


def _chunked(stream: BinaryIO) -> bytes:
    """What is in the chunks, up to the empty one; trailers are left unread."""
    body = bytearray()
    while True:
        line = stream.readline(_LONGEST_CHUNK_LINE)
        if not line:
            raise cut_short()
        size = _CHUNK.fullmatch(line)
        if size is None:
            raise _bad(say("the answer's chunks make no sense"))
        length = int(size[1], 16)
        if not length:
            return bytes(body)
        if len(body) + length > MOST_BODY:
            raise _too_long()
        body += _exactly(stream, length)
        if _exactly(stream, 2) != b"\r\n":
            raise _bad(say("the answer's chunks make no sense"))


def _exactly(stream: BinaryIO, length: int) -> bytes:
    data = stream.read(length)
    if len(data) < length:
        raise cut_short()
    return data


def _short(body: bytes) -> bytes:
    if len(body) > MOST_BODY:
        raise _too_long()
    return body


def _too_long() -> NoReplyError:
    message = say("the answer is longer than {limit} MB", limit=str(MOST_BODY // 1_000_000))
    return NoReplyError(Cause.BAD_ANSWER, message, say("ask for less, at a path that is made for checks"))


def _bad(message: Said) -> NoReplyError:
    return NoReplyError(Cause.BAD_ANSWER, message, say("see what listens there, and whether a proxy stands before it"))
