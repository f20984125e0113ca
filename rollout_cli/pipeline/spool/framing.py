"""How deliveries stand in a file: one frame after the other, each of which shows whether it is whole.

A frame is a marker (8 bytes), the lengths of header and body (4 bytes each, little-endian), a CRC-32 of all that but
the marker, the header (JSON) and the raw body. Each file has a marker of its own, made of its name, part of which is
random: behind damage, the next good frame is found by it, and none that somebody sent us inside of a body.
"""

import hashlib
import json
import os
import struct
from base64 import b64decode, b64encode
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from zlib import crc32

import msgspec

from rollout_cli.pipeline.delivery import Delivery, LegacyOutcome
from rollout_cli.pipeline.outcomes import kept, outcome_of

_LENGTHS = struct.Struct("<II")
_CRC = struct.Struct("<I")
_MARKER = 8
_WINDOW = 4 * 1024 * 1024
_HEAD = _MARKER + _LENGTHS.size + _CRC.size
MOST_AT_ONCE = 100
"""Deliveries of one transaction: each is stored when all are, so that more of them would make each of them late."""


class _Header(msgspec.Struct, array_like=True):
    """A delivery without its body. New fields come last and have a default: older and newer programs read it, too."""

    provider: str
    received_at: datetime
    instance: str | None = None
    event: str | None = None
    headers: Mapping[str, str] | None = None
    shopper_id: str | None = None
    signature_valid: bool | None = None
    legacy: str | None = None


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame, found whole.

    Attributes:
        end: the offset behind it.
    """

    header: bytes
    body: bytes
    end: int


@dataclass(frozen=True, slots=True)
class Stretch:
    """What was read of a file.

    Attributes:
        frames: the good ones, in order.
        end: the offset behind them, or of the end where there is no good one any more.
        skipped: how many bytes before the first one were none of a good frame.
    """

    frames: list[Frame]
    end: int
    skipped: int = 0


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(_Header)


def header_of(delivery: Delivery) -> bytes:
    """The header of a delivery. Of what the legacy path did, an error comes along, and what it answered over HTTP."""
    legacy = None if delivery.legacy is None else kept(delivery.legacy)
    header = _Header(
        delivery.provider, delivery.received_at, delivery.instance, delivery.event, delivery.headers,
        delivery.shopper_id, delivery.signature_valid, None if legacy is None else b64encode(legacy).decode(),
    )  # fmt: skip
    try:
        return _encoder.encode(header)
    except (UnicodeEncodeError, TypeError):  # half a surrogate pair; a header that is no text
        return json.dumps(msgspec.structs.astuple(header), default=_spelled).encode()


def delivery_of(header: bytes, body: bytes) -> Delivery:
    """The delivery.

    Raises:
        ValueError: this is no header of one, or another program's.
    """
    try:
        read = _decoder.decode(header)
    except (msgspec.DecodeError, RecursionError):
        read = msgspec.convert(_loaded(header), _Header)
    return Delivery(
        read.provider, body, read.received_at, read.instance, read.event, read.headers, read.shopper_id,
        read.signature_valid, None if read.legacy is None else _legacy(read.legacy),
    )  # fmt: skip


def _legacy(written: str) -> LegacyOutcome | None:
    """What the legacy path did; None where another program wrote it, which is no reason to refuse the delivery."""
    with suppress(ValueError):
        return outcome_of(b64decode(written))
    return None


def marker_of(name: str) -> bytes:
    """The marker of a file, by its name without the ending."""
    return hashlib.blake2b(name.encode("utf-8", "surrogateescape"), digest_size=_MARKER).digest()


def framed(marker: bytes, header: bytes, body: bytes) -> tuple[bytes, bytes, bytes]:
    """A frame, in parts that belong one behind the other."""
    lengths = _LENGTHS.pack(len(header), len(body))
    return marker + lengths + _CRC.pack(_sum(lengths, header, body)), header, body


def read_frames(
    descriptor: int, marker: bytes, start: int, end: int, *, most: int = MOST_AT_ONCE, most_bytes: int = 1_000_000
) -> Stretch:
    """Read the next good frames of a file.

    Args:
        descriptor: of the file.
        marker: of the file.
        start: the offset to begin at.
        end: the offset to end at.
        most: how many frames.
        most_bytes: how many bytes; a larger frame is read alone.

    Raises:
        OSError: the file cannot be read.
    """
    data = os.pread(descriptor, min(most_bytes, end - start), start)
    frames: list[Frame] = []
    at = 0
    while len(frames) < most and (frame := _frame_in(data, at, marker, start)) is not None:
        frames.append(frame)
        at = frame.end - start
    if frames or start >= end:
        return Stretch(frames, start + at)
    return _next_good(descriptor, marker, start, end)


def _next_good(descriptor: int, marker: bytes, start: int, end: int) -> Stretch:
    """The first good frame, wherever it is and however large."""
    at = start
    while at < end:
        window = os.pread(descriptor, min(_WINDOW, end - at), at)
        if not window:
            break  # somebody has cut the file meanwhile
        found = window.find(marker)
        if found < 0:
            at += max(1, len(window) - _MARKER + 1)  # half a marker may be at its end
            continue
        at += found
        frame = _frame_at(descriptor, marker, at, end)
        if frame is not None:
            return Stretch([frame], frame.end, at - start)
        at += 1
    return Stretch([], end)


def _frame_at(descriptor: int, marker: bytes, at: int, end: int) -> Frame | None:
    """The frame at an offset of a file."""
    head = os.pread(descriptor, _HEAD, at)
    if len(head) < _HEAD:
        return None
    size = _HEAD + sum(_LENGTHS.unpack_from(head, _MARKER))
    return None if at + size > end else _frame_in(os.pread(descriptor, size, at), 0, marker, at)


def _frame_in(data: bytes, at: int, marker: bytes, start: int) -> Frame | None:
    """The frame at an offset of what was read from `start` on; None where there is no whole and good one."""
    if not data.startswith(marker, at) or len(data) < at + _HEAD:
        return None
    at += _MARKER
    lengths = data[at : at + _LENGTHS.size]
    of_header, of_body = _LENGTHS.unpack(lengths)
    (expected,) = _CRC.unpack_from(data, at + _LENGTHS.size)
    middle = at + _LENGTHS.size + _CRC.size + of_header
    end = middle + of_body
    if end > len(data):
        return None
    header, body = data[middle - of_header : middle], data[middle:end]
    if _sum(lengths, header, body) != expected:
        return None
    return Frame(header, body, start + end)


def _sum(lengths: bytes, header: bytes, body: bytes) -> int:
    return crc32(body, crc32(header, crc32(lengths)))


def _loaded(header: bytes) -> object:
    try:
        return json.loads(header)
    except RecursionError:
        raise ValueError("nothing nests so deep") from None


def _spelled(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
