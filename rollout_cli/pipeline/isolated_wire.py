"""What passes between a process and the one that its candidate runs in.

Each message is its length (4 bytes, little-endian) and MessagePack. There: deliveries. Back: one answer for each batch,
and one before the first, when the candidate is there.
"""

import socket
import struct
from collections.abc import Sequence
from dataclasses import replace
from time import monotonic
from typing import Any

import msgspec

from rollout_cli.pipeline.delivery import Delivery
from rollout_cli.pipeline.outcomes import outcome_of, sent
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


class _Sent(msgspec.Struct, array_like=True):
    header: bytes
    body: bytes
    legacy: bytes | None


_of_deliveries = msgspec.msgpack.Decoder(list[_Sent])
_of_an_answer = msgspec.msgpack.Decoder(Answer)


def packed(deliveries: Sequence[Delivery]) -> bytes:
    """Deliveries, as one message. Of a response that is no JSON nothing is left."""
    return _message([_sent(each) for each in deliveries])


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


def _sent(delivery: Delivery) -> _Sent:
    legacy = None if delivery.legacy is None else sent(delivery.legacy)
    return _Sent(header_of(replace(delivery, legacy=None)), delivery.body, legacy)


def _delivery(received: _Sent) -> Delivery:
    delivery = delivery_of(received.header, received.body)
    return delivery if received.legacy is None else replace(delivery, legacy=outcome_of(received.legacy))
