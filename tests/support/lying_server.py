"""A server that tells lies, or tells the truth badly; and one that is honest, to compare."""

import contextlib
import re
import socket
import ssl
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

Behaviour = Callable[[socket.socket, bytes], None]
"""What the server does on a connection, once it has read a request."""


def says(answer: bytes) -> Behaviour:
    """Sends these bytes and hangs up."""

    def behave(connection: socket.socket, _request: bytes) -> None:
        connection.sendall(answer)

    return behave


def replies(body: bytes, status: int = 200, *headers: str) -> Behaviour:
    """A proper answer."""
    return says(head(status, f"Content-Length: {len(body)}", *headers) + body)


def head(status: int, *headers: str) -> bytes:
    """The head of an answer."""
    return "".join(f"{line}\r\n" for line in (f"HTTP/1.1 {status} Whatever", *headers, "")).encode()


def hangs(after: bytes = b"") -> Behaviour:
    """Sends these bytes, then nothing, and does not hang up."""

    def behave(connection: socket.socket, _request: bytes) -> None:
        connection.sendall(after)
        while connection.recv(4_096):
            pass

    return behave


def drips(before: bytes, drop: bytes, every: float = 0.02) -> Behaviour:
    """Sends these bytes, then a drop again and again, for as long as somebody listens."""

    def behave(connection: socket.socket, _request: bytes) -> None:
        connection.sendall(before)
        while True:
            time.sleep(every)
            connection.sendall(drop)

    return behave


def floods(before: bytes, wave: bytes, times: int) -> Behaviour:
    """Sends these bytes, then a wave so many times, as fast as it goes."""

    def behave(connection: socket.socket, _request: bytes) -> None:
        connection.sendall(before)
        for _ in range(times):
            connection.sendall(wave)

    return behave


class LyingServer:
    """Listens on 127.0.0.1 from `with` to the end of it, each connection in a thread.

    Args:
        behaviour: what it does with each request.
        tls: with whose certificate it speaks TLS; else it speaks none.
        greeting: what it says before it has read anything.

    Attributes:
        requests: every request, whole, in the order they came.
    """

    def __init__(self, behaviour: Behaviour, *, tls: ssl.SSLContext | None = None, greeting: bytes = b"") -> None:
        self._behaviour = behaviour
        self._tls = tls
        self._greeting = greeting
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._port: int = self._listener.getsockname()[1]
        self._connections: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._acceptor = threading.Thread(target=self._accept, daemon=True)
        self.requests: list[bytes] = []

    @property
    def port(self) -> int:
        """Where it listens."""
        return self._port

    @property
    def url(self) -> str:
        """The address of it."""
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._acceptor.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # wakes whoever accepts
        self._acceptor.join(5)
        self._listener.close()
        for connection in self._connections:
            with contextlib.suppress(OSError):
                socket.socket.shutdown(connection, socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(5)
        assert not any(thread.is_alive() for thread in (self._acceptor, *self._threads))

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self._connections.append(connection)
                thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
                self._threads.append(thread)
                thread.start()

    def _serve(self, plain: socket.socket) -> None:
        with contextlib.suppress(OSError), self._secured(plain) as connection:
            connection.sendall(self._greeting)
            request = _request(connection)
            self.requests.append(request)
            self._behaviour(connection, request)
            connection.shutdown(socket.SHUT_WR)
            while connection.recv(65_536):  # closing with something unread would reset what was sent
                pass

    def _secured(self, plain: socket.socket) -> socket.socket:
        if self._tls is None:
            return plain
        try:
            secure = self._tls.wrap_socket(plain, server_side=True)
        except OSError:
            plain.close()
            raise
        self._connections.append(secure)
        return secure


def _request(connection: socket.socket) -> bytes:
    """A whole request; raises OSError when there is none."""
    request = b""
    while True:
        before, end, body = request.partition(b"\r\n\r\n")
        length = re.search(rb"(?i)\ncontent-length: (\d+)", before)
        if end and len(body) >= int(length[1] if length else 0):
            return request
        received = connection.recv(65_536)
        if not received:
            raise ConnectionAbortedError
        request += received


@contextlib.contextmanager
def closed_port() -> Iterator[int]:
    """A port where nobody listens, and nobody else can begin to."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


def server_tls() -> ssl.SSLContext:
    """TLS for `localhost` and 127.0.0.1, certified by nobody but itself."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "key-and-certificate.pem")
        path.write_text(KEY + CERTIFICATE)
        context.load_cert_chain(path)
    return context


def trust_in_the_server() -> ssl.SSLContext:
    """What a client believes that knows this certificate."""
    return ssl.create_default_context(cadata=CERTIFICATE)


KEY = """\
-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgn9HqQy2jzUnoDH1x
3ULTsJfqPfCTAhiL7DbO026Z+MWhRANCAASqnjgicZZtlXouSdeMmhP4D9x972tt
1WbHlFQFfW34/D5KPwxYAOLqFEquLkwYLAUr10DUqFszp5f51TC6lRMY
-----END PRIVATE KEY-----
"""
"""Of no use anywhere: it certifies localhost, and only these tests believe it."""

CERTIFICATE = """\
-----BEGIN CERTIFICATE-----
MIIBZjCCAQ2gAwIBAgIBATAKBggqhkjOPQQDAjAUMRIwEAYDVQQDDAlsb2NhbGhv
c3QwIBcNMjAwMTAxMDAwMDAwWhgPMjEyMDAxMDEwMDAwMDBaMBQxEjAQBgNVBAMM
CWxvY2FsaG9zdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABKqeOCJxlm2Vei5J
14yaE/gP3H3va23VZseUVAV9bfj8Pko/DFgA4uoUSq4uTBgsBSvXQNSoWzOnl/nV
MLqVExijTjBMMBoGA1UdEQQTMBGCCWxvY2FsaG9zdIcEfwAAATAPBgNVHRMBAf8E
BTADAQH/MB0GA1UdDgQWBBRYzoKnhVNN8OM0ca05gfd2DgFUDDAKBggqhkjOPQQD
AgNHADBEAiBK1sjFDiB0iollfSmmsMCQOAXjmnlcGU+53t7hf4rt0QIgc1hkzV5d
e2XZMooaPSIEzmFawjEkvXJWy6+huJ15JiI=
-----END CERTIFICATE-----
"""
