"""An endpoint that shows every byte it is sent and says every byte it is told to; and a caller of that kind."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@dataclass(frozen=True)
class Heard:
    """A request as it came."""

    head: bytes
    body: bytes

    @property
    def first(self) -> bytes:
        """Method, target and version."""
        return self.head.split(b"\r\n")[0]

    @property
    def headers(self) -> list[tuple[bytes, bytes]]:
        """Names and values, in their order."""
        return headers_of(self.head)


@dataclass
class RawUpstream:
    """Answers each request with the same bytes, after a while where it is told to."""

    answer: bytes = OK
    port: int = 0
    heard: list[Heard] = field(default_factory=list)
    connections: int = 0
    before: Callable[[], Awaitable[object]] | None = None
    keeps: bool = False
    """Whether it stays on the line for another request."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while True:
                self.heard.append(await read_request(reader))
                if self.before is not None:
                    await self.before()
                writer.write(self.answer)
                await writer.drain()
                if not self.keeps:
                    break
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def listening(upstream: RawUpstream) -> AsyncIterator[RawUpstream]:
    """Have it listen."""
    server = await asyncio.start_server(upstream.serve, "127.0.0.1", 0, limit=2**20)
    upstream.port = server.sockets[0].getsockname()[1]
    try:
        yield upstream
    finally:
        server.close()
        await server.wait_closed()


async def read_request(reader: asyncio.StreamReader) -> Heard:
    """One request: its head, and as much of a body as it says."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = re.search(rb"(?mi)^content-length: *(\d+)", head)
    return Heard(head, await reader.readexactly(int(length[1])) if length else b"")


async def call(address: str, data: bytes, *, ends: bool = False) -> bytes:
    """Send bytes, and read until the other end has closed."""
    host, _, port = address.rpartition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(data)
    if ends:
        writer.write_eof()
    answered = await asyncio.wait_for(reader.read(), 20)
    writer.close()
    return answered


def post(body: bytes, *headers: bytes, target: bytes = b"/hook") -> bytes:
    """A request that asks for the connection to be closed behind the answer."""
    lines = [b"POST %s HTTP/1.1" % target, b"Host: shop.example", b"Connection: close", *headers]
    return b"\r\n".join([*lines, b"Content-Length: %d" % len(body), b"", body])


def headers_of(head: bytes) -> list[tuple[bytes, bytes]]:
    """Names and values of a head, in their order."""
    lines = head.partition(b"\r\n\r\n")[0].split(b"\r\n")[1:]
    return [(name, value) for name, _, value in (line.partition(b": ") for line in lines)]
