"""What passes between a process and the one that its candidate runs in.

Each message is its length (4 bytes, little-endian) and MessagePack. There: deliveries. Back: one answer for each batch,
and one before the first, when the candidate is there.
"""

import json
import socket
import struct
from collections.abc import Sequence
from contextlib import suppress
from time import monotonic
from typing import Any

import msgspec

from rollout_cli.pipeline.delivery import Delivery, LegacyOutcome
from rollout_cli.pipeline.spool.framing import delivery_of, header_of

_LENGTH = struct.Struct("<I")
_MOST_ANSWERED = 64 * 1024


class GoneError(Exception):
    """The other end has closed, or says what cannot be understood."""


class Answer(msgspec.Struct, array_like=True):
    """What became of a batch.

    Attributes:
        error: the name of the type that the candidate raised; None where it raised nothing.
        may_be_given_again: nothing was taken, and the same may be given again: a StoreError.
    """

    error: str | None = None
    may_be_given_again: bool = False


class _Legacy(msgspec.Struct, array_like=True):
    """What the legacy path did; the response as JSON, where it has one."""

    response: bytes | None
    error: str | None
    seconds: float


class _Sent(msgspec.Struct, array_like=True):
    header: bytes
    body: bytes
    legacy: _Legacy | None


_of_deliveries = msgspec.msgpack.Decoder(list[_Sent])
_of_an_answer = msgspec.msgpack.Decoder(Answer)


def packed(deliveries: Sequence[Delivery]) -> bytes:
    """Deliveries, as one message. Of a response that is no JSON nothing is left."""
    return _message([_Sent(header_of(each), each.body, _legacy(each.legacy)) for each in deliveries])


def unpacked(message: bytes) -> list[Delivery]:
    """The deliveries of a message."""
    return [_delivery(each) for each in _of_deliveries.decode(message)]


def packed_answer(answer: Answer) -> bytes:
    """An answer, as one message."""
    return _message(answer)


def send(connection: socket.socket, message: bytes, end: float) -> None:
    """Send a message.

    Args:
        connection: where to.
        message: what.
        end: until when, on the monotonic clock.

    Raises:
        TimeoutError: the time is over.
        GoneError: nobody is there.
    """
    try:
        connection.settimeout(_left(end))
        connection.sendall(message)
    except TimeoutError:
        raise
    except OSError:
        raise GoneError from None


def receive_answer(connection: socket.socket, end: float) -> Answer:
    """Wait for an answer.

    Raises:
        TimeoutError: the time is over.
        GoneError: there will be none.
    """
    (size,) = _LENGTH.unpack(_receive(connection, _LENGTH.size, end))
    if size > _MOST_ANSWERED:
        raise GoneError
    try:
        return _of_an_answer.decode(_receive(connection, size, end))
    except msgspec.DecodeError:
        raise GoneError from None


def receive_deliveries(connection: socket.socket) -> list[Delivery]:
    """Wait for deliveries, for ever.

    Raises:
        GoneError: nobody will send any.
    """
    (size,) = _LENGTH.unpack(_receive(connection, _LENGTH.size, None))
    return unpacked(_receive(connection, size, None))


def _receive(connection: socket.socket, size: int, end: float | None) -> bytes:
    """So many bytes."""
    received = bytearray(size)
    view = memoryview(received)
    while view:
        try:
            connection.settimeout(None if end is None else _left(end))
            count = connection.recv_into(view)
        except TimeoutError:
            raise
        except OSError:
            raise GoneError from None
        if not count:
            raise GoneError
        view = view[count:]
    return bytes(received)


def _left(end: float) -> float:
    seconds = end - monotonic()
    if seconds <= 0:
        raise TimeoutError
    return seconds


def _message(what: Any) -> bytes:
    content = msgspec.msgpack.encode(what)
    return _LENGTH.pack(len(content)) + content


def _legacy(outcome: LegacyOutcome | None) -> _Legacy | None:
    if outcome is None:
        return None
    response = None
    with suppress(Exception):  # whatever an application returns; it may even change meanwhile
        response = json.dumps(outcome.response).encode()
    return _Legacy(response, outcome.error, outcome.seconds)


def _delivery(sent: _Sent) -> Delivery:
    delivery = delivery_of(sent.header, sent.body)
    if sent.legacy is None:
        return delivery
    response = None if sent.legacy.response is None else json.loads(sent.legacy.response)
    legacy = LegacyOutcome(response, sent.legacy.error, sent.legacy.seconds)
    return Delivery(
        delivery.provider, delivery.body, delivery.received_at, delivery.instance, delivery.event, delivery.headers,
        delivery.shopper_id, delivery.signature_valid, legacy,
    )  # fmt: skip
