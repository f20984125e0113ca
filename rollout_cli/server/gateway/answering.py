"""The side of whoever calls: a request's body, and the answer as it is written."""

import asyncio
from http import HTTPStatus

from aiohttp import hdrs, web
from aiohttp.http import HttpVersion11
from aiohttp.web_protocol import RequestPayloadError

from rollout_cli.server.gateway.headers import Headers, answer_head, framed, passing, values_of
from rollout_cli.server.gateway.load import Limits, Place, RefusedError

RETRY_AFTER = 5
"""Seconds after which the caller may try again what could not be passed on."""
_RETRIED = (HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.GATEWAY_TIMEOUT)
_BODILESS = (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED)
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class Sent(web.StreamResponse):
    """An answer that has been written already: aiohttp has nothing to add."""

    def __init__(self, *, keep_alive: bool) -> None:
        super().__init__()
        self._stays = keep_alive

    @property
    def keep_alive(self) -> bool:
        """Whether the connection may be used again."""
        return self._stays

    async def prepare(self, request: web.BaseRequest) -> None:
        """It is."""

    async def write_eof(self, data: bytes = b"") -> None:
        """There is no more."""


class Reply:
    """The answer to one request. That the caller has gone, or takes nothing, is no error."""

    def __init__(self, request: web.BaseRequest, *, timeout: float, closes: bool) -> None:
        """Nothing is written yet.

        Args:
            request: what is answered.
            timeout: seconds for the caller to take what is written.
            closes: whether the connection is to end with it, whatever the caller wishes.
        """
        self._request = request
        self._timeout = timeout
        self._head = b""
        self._is_framed = False
        self.has_body = True
        self.keeps_alive = request.keep_alive and not closes
        self.has_begun = False
        self.is_gone = False

    def begin(self, status: int, reason: bytes, headers: Headers) -> None:
        """Make the head of what the upstream says. It is written with the first part of the body."""
        kept = passing(headers)
        self.has_body = self._request.method != hdrs.METH_HEAD and status not in _BODILESS
        if self.has_body and not values_of(kept, b"content-length"):
            self._is_framed = self._request.version >= HttpVersion11
            if self._is_framed:
                kept.append((b"Transfer-Encoding", b"chunked"))
            else:
                self.keeps_alive = False
        self._head = answer_head(status, reason, kept + self._connection())

    async def send(self, part: bytes, *, is_last: bool) -> None:
        """Write a part of the body; what has been made of the head goes first."""
        data = self._head
        self._head = b""
        if not self._is_framed:
            data += part
        else:
            data += (framed(part) if part else b"") + (framed(b"") if is_last else b"")
        await self._write(data)

    async def own(self, status: HTTPStatus, words: bytes, content_type: str = "text/plain; charset=utf-8") -> None:
        """Answer for ourselves."""
        headers = [(b"Content-Type", content_type.encode()), (b"Content-Length", b"%d" % len(words))]
        if status in _RETRIED:
            headers.append((b"Retry-After", b"%d" % RETRY_AFTER))
        head = answer_head(status, status.phrase.encode(), headers + self._connection())
        await self._write(head if self._request.method == hdrs.METH_HEAD else head + words)

    async def refuse(self, refused: RefusedError) -> None:
        """Say why there is no answer of the upstream."""
        await self.own(refused.status, f"rollout gateway: {refused.words}\n".encode())

    def abort(self) -> None:
        """End the connection in a way that nobody can take for the end of an answer."""
        self.keeps_alive = False
        self.is_gone = True
        if self._request.transport is not None:
            self._request.transport.abort()

    async def _write(self, data: bytes) -> None:
        self.has_begun = True
        if self.is_gone or not data:
            return
        try:
            async with asyncio.timeout(self._timeout):
                await self._request.writer.write(data)
        except TimeoutError:
            self.abort()
        except ConnectionError:
            self.is_gone = True

    def _connection(self) -> list[tuple[bytes, bytes]]:
        is_usual = self._request.version >= HttpVersion11
        if self.keeps_alive == is_usual:
            return []
        return [(b"Connection", b"keep-alive" if self.keeps_alive else b"close")]


async def read_body(request: web.BaseRequest, limits: Limits, place: Place) -> bytes:
    """A request's whole body, as it came.

    Raises:
        RefusedError: it is too large, too slow, or none.
        ConnectionError: the caller has gone.
    """
    if (request.content_length or 0) > limits.body:
        raise RefusedError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "the body is too large")
    if not request.can_read_body:
        return b""
    parts: list[bytes] = []
    try:
        async with asyncio.timeout(limits.timeout):
            await _ask_for_it(request)
            while part := await request.content.readany():
                place.grow(len(part))
                parts.append(part)
    except TimeoutError:
        raise RefusedError(HTTPStatus.REQUEST_TIMEOUT, "the body did not come") from None
    except RequestPayloadError:
        raise RefusedError(HTTPStatus.BAD_REQUEST, "the body is none") from None
    return b"".join(parts)


async def _ask_for_it(request: web.BaseRequest) -> None:
    """Some callers send a body only when they are told to."""
    expects = values_of(request.raw_headers, b"expect")
    if request.version >= HttpVersion11 and any(each.lower() == b"100-continue" for each in expects):
        await request.writer.write(_CONTINUE)
