"""A connection on a leash: no wait on it outlasts the leash, and it hands over no more than it was allowed."""

import functools
import io
import socket
import ssl
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from rollout_cli.checks.redaction import redacted
from rollout_cli.checks.verdict import Cause
from rollout_cli.checks.words import said, say
from rollout_cli.sources.probes.addresses import Endpoint, NoReplyError, Place
from rollout_cli.sources.probes.leash import Leash, OutOfTimeError

Trust = Callable[[], ssl.SSLContext]
"""Whose certificates are believed."""


@functools.cache
def trust_of_the_system() -> ssl.SSLContext:
    """What this machine believes; host names are compared."""
    return ssl.create_default_context()


class Wire(io.RawIOBase):
    """The receiving end is a raw stream, for whoever buffers it; sending is a method.

    Attributes:
        budget: how many bytes may still be received.
        received: how many were.
        has_ended: whether the other side has closed, and somebody wanted more.
    """

    def __init__(self, connected: socket.socket, leash: Leash, budget: int) -> None:
        self._socket = connected
        self._leash = leash
        self.budget = budget
        self.received = 0
        self.has_ended = False
        self.stream = _Lasting(self)

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Receive what there is, waiting for it when there is nothing.

        Raises:
            NoReplyError: the budget is spent, or the other side broke off.
            OutOfTimeError: the leash ended.
        """
        if self.budget <= 0:
            raise NoReplyError(Cause.BAD_ANSWER, say("the answer does not end"), say("see what listens there"))
        count = self._received(buffer, min(len(buffer), self.budget))
        self.budget -= count
        self.received += count
        self.has_ended = not count
        return count

    def _received(self, buffer: Any, most: int) -> int:
        self._socket.settimeout(self._leash.left())
        try:
            count = self._socket.recv_into(buffer, most)
        except TimeoutError:
            raise OutOfTimeError from None
        except OSError:
            count = 0
            self._leash.left()
            if self.received:
                raise cut_short() from None
        if not count:
            self._leash.left()  # a leash that is cut ends the stream like this, too
        if not count and not self.received:
            message = say("it hung up without a word")
            raise NoReplyError(Cause.UNREACHABLE, message, say("see whether the service behind it runs"))
        return count

    def send(self, data: bytes) -> None:
        """Send all of it; the other side may close before, and still have answered.

        Raises:
            OutOfTimeError: the leash ended.
        """
        self._socket.settimeout(self._leash.left())
        try:
            self._socket.sendall(data)
        except TimeoutError:
            raise OutOfTimeError from None
        except OSError:
            self._leash.left()

    def makefile(self, mode: str) -> io.BufferedReader:  # noqa: ARG002 - there is one way to read it
        """The buffered stream: always the same one, so that nothing it holds back is lost between two heads."""
        return self.stream

    def close(self) -> None:
        """Hang up."""
        self._socket.close()
        super().close()


class _Lasting(io.BufferedReader):
    """A stream that whoever has read one head cannot close; the wire closes itself."""

    def close(self) -> None:
        """Nothing."""


def cut_short() -> NoReplyError:
    """The other side broke off in the middle of its answer."""
    message = say("the answer is cut short")
    return NoReplyError(Cause.BAD_ANSWER, message, say("see whether the service, or a proxy before it, breaks off"))


def connected(place: Place, endpoints: Sequence[Endpoint], leash: Leash, trust: Trust) -> socket.socket:
    """A connection to the first endpoint that takes one, with TLS where the place asks for it.

    Raises:
        NoReplyError: none does, or there is no trust between us.
        OutOfTimeError: the leash ended.
    """
    failure: OSError | None = None
    for tried, endpoint in enumerate(endpoints):
        try:
            plain = _connected(endpoint, leash, share=1 / (len(endpoints) - tried))
        except OSError as error:
            leash.left()
            failure = error
            continue
        return plain if place.scheme == "http" else _secured(plain, place, leash, trust)
    if isinstance(failure, TimeoutError):
        raise OutOfTimeError
    raise _unreachable(place, failure)


def _connected(endpoint: Endpoint, leash: Leash, share: float) -> socket.socket:
    """Connect within a share of the time that is left, so that one silent address leaves time for the next."""
    plain = socket.socket(endpoint.family, socket.SOCK_STREAM)
    try:
        leash.on_cut(functools.partial(_end, plain))
        plain.settimeout(leash.left() * share)
        plain.connect(endpoint.name)
    except BaseException:
        plain.close()
        raise
    return plain


def _secured(plain: socket.socket, place: Place, leash: Leash, trust: Trust) -> ssl.SSLSocket:
    try:
        secure = trust().wrap_socket(plain, server_hostname=place.bare_host, do_handshake_on_connect=False)
    except BaseException:
        plain.close()
        raise
    try:
        leash.on_cut(functools.partial(_end, secure))
        secure.settimeout(leash.left())
        secure.do_handshake()
    except BaseException as error:
        secure.close()
        if isinstance(error, TimeoutError):
            raise OutOfTimeError from None
        if not isinstance(error, OSError):
            raise
        leash.left()
        raise _untrusted(place, error) from None
    return secure


def _end(open_socket: socket.socket) -> None:
    """Wake whoever waits. Not by the method of a TLS socket: it would have the rest read as if it were plain text."""
    with suppress(OSError):
        socket.socket.shutdown(open_socket, socket.SHUT_RDWR)


def _unreachable(place: Place, failure: OSError | None) -> NoReplyError:
    hint = say("see whether the service runs, and whether it is reached from here")
    if isinstance(failure, ConnectionRefusedError):
        message = say("{host} refuses connections on port {port}", host=place.host, port=str(place.port))
    else:
        error = said(redacted((failure.strerror if failure else None) or type(failure).__name__))
        message = say(
            "{host} cannot be reached on port {port}: {error}", host=place.host, port=str(place.port), error=error
        )
    return NoReplyError(Cause.UNREACHABLE, message, hint)


def _untrusted(place: Place, error: OSError) -> NoReplyError:
    if isinstance(error, ssl.SSLCertVerificationError):
        reason = said(redacted(error.verify_message))
        message = say("the certificate of {host} is not trusted: {reason}", host=place.host, reason=reason)
        hint = say("have it certified for that very name, by somebody whom this machine trusts")
    else:
        reason = said(redacted(getattr(error, "reason", None) or type(error).__name__))
        message = say("{host} does not agree on TLS: {reason}", host=place.host, reason=reason)
        hint = say("see whether it speaks https on port {port}", port=str(place.port))
    return NoReplyError(Cause.UNREACHABLE, message, hint)
