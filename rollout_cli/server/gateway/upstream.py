"""Asks the upstream: one request, once, with exactly the bytes it is to get.

aiohttp connects, encrypts and reads. What it would write of a head is put aside for the one that came: it knows headers
as text alone, puts Host first, and would lose a header's bytes that are no UTF-8.
"""

import asyncio
import io
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp
from aiohttp.client_reqrep import ClientRequest, ClientResponse
from aiohttp.connector import Connection
from yarl import URL

from rollout_cli.server.gateway.headers import Headers

LONGEST_LINE = 256 * 1024
"""Bytes of a line in a head; and how many lines. Whatever the two ends say to each other is not ours to refuse."""
MOST_HEADERS = 1000
_END = b"\r\n\r\n"
_LONGEST_CONNECT = 10.0
_SWITCHED = 101


class UnreachableError(Exception):
    """There is no connection to the upstream: it has seen nothing."""


class BrokenError(Exception):
    """The upstream went away, or said what is no HTTP. It may have seen the request."""


class LateError(Exception):
    """The upstream took too long."""


class Answer:
    """What the upstream says. Its body is read as it comes."""

    def __init__(self, response: ClientResponse) -> None:
        self._response = response
        self.status = response.status
        self.reason = (response.reason or "").encode("utf-8", "surrogateescape")
        self.headers: Headers = response.raw_headers

    @property
    def is_whole(self) -> bool:
        """Whether nothing more will come."""
        return self._response.content.at_eof()

    def ready(self) -> bytes:
        """What has come of the body by now.

        Raises:
            BrokenError: the upstream has gone away.
        """
        with _in_our_words():
            return self._response.content.read_nowait(-1)

    async def more(self) -> bytes:
        """What comes next of the body; nothing at its end.

        Raises:
            BrokenError: it ended too early.
            LateError: nothing came for too long.
        """
        with _in_our_words():
            return await self._response.content.readany()


class Upstream:
    """The endpoint that is live today. For use within one event loop."""

    def __init__(self, url: str, *, timeout: float, keep_alive: float = 0) -> None:
        """Connect to nothing yet.

        Args:
            url: scheme, host and port; a path is put before that of each request.
            timeout: seconds for the head of an answer, and for each part of its body.
            keep_alive: seconds for which a connection is kept for the next request. An upstream may close it just when
                it is used again; then nobody knows whether it has seen the request, and the provider gets a 502.
        """
        parsed = URL(url)
        self._origin = parsed.origin()
        self._prefix = parsed.raw_path.rstrip("/").encode()
        self._timeout = timeout
        self.host = (parsed.host_port_subcomponent or "").encode()
        self.closes = not keep_alive
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, force_close=True)
            if self.closes
            else aiohttp.TCPConnector(limit=0, keepalive_timeout=keep_alive),
            request_class=_AsGiven,
            auto_decompress=False,
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=min(timeout, _LONGEST_CONNECT), sock_read=timeout),
            max_line_size=LONGEST_LINE,
            max_field_size=LONGEST_LINE,
            max_headers=MOST_HEADERS,
        )

    def target(self, asked: bytes) -> bytes:
        """Path and query as the upstream is to get them."""
        return self._prefix + asked

    @asynccontextmanager
    async def ask(self, method: str, head: bytes, body: bytes) -> AsyncIterator[Answer]:
        """Send a request, and wait for the head of the answer.

        Args:
            method: as it stands in the head.
            head: all of it, with the empty line behind it.
            body: of the length that the head says.

        Raises:
            UnreachableError: nothing was sent.
            BrokenError: it went away.
            LateError: it took too long.
        """
        with _in_our_words():
            async with asyncio.timeout(self._timeout):
                response = await self._session.request(
                    method, self._origin, data=_Given(head, body), allow_redirects=False
                )
        try:
            if response.status == _SWITCHED:  # nobody has asked for that, and what follows is no HTTP
                raise BrokenError from aiohttp.ServerDisconnectedError("another protocol")
            yield Answer(response)
        finally:
            if response.content.at_eof():
                response.release()
            else:
                response.close()

    async def close(self) -> None:
        """Let go of all connections."""
        await self._session.close()


@dataclass(frozen=True, slots=True)
class _Given:
    """A request as it is to be sent."""

    head: bytes
    body: bytes


class _AsGiven(ClientRequest):
    """A request that is written as it was given."""

    _head = b""

    def update_body_from_data(self, body: Any, _stacklevel: int = 3) -> None:
        """Have the body written by aiohttp, in parts where it is large."""
        if isinstance(body, _Given):
            self._head = body.head
            body = io.BytesIO(body.body) if body.body else None
        super().update_body_from_data(body, _stacklevel)

    async def send(self, conn: Connection) -> ClientResponse:
        """Send it."""
        protocol = conn.protocol
        if protocol is not None and protocol.transport is not None:
            protocol.transport = _OtherHead(protocol, self._head)  # type: ignore[assignment]
        return await super().send(conn)


class _OtherHead:
    """A transport for one write, that of a head: it writes another one, and is no more."""

    def __init__(self, protocol: Any, head: bytes) -> None:
        self._protocol = protocol
        self._transport: asyncio.Transport = protocol.transport
        self._head = head

    def write(self, data: bytes) -> None:
        """Write the head that was given, and what comes behind the other one."""
        self._protocol.transport = self._transport
        self._transport.write(self._head + data.partition(_END)[2])

    def writelines(self, parts: Iterable[bytes]) -> None:
        """Write several parts, the first of which begins with the head."""
        self.write(b"".join(parts))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


@contextmanager
def _in_our_words() -> Iterator[None]:
    try:
        yield
    except TimeoutError as error:
        raise LateError from error
    except aiohttp.ClientConnectorError as error:
        raise UnreachableError from error
    except (aiohttp.ClientError, OSError) as error:
        raise BrokenError from error
