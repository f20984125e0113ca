"""Bytes to values, within limits: what is not JSON that every other program reads alike is refused here.

Only the outside of a body is taken apart at first; what lies inside stays the bytes that it is until it is read.
"""

import re
from base64 import b64encode
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Iterator
from typing import Any

import msgspec
from msgspec import Raw

from rollout_cli.whatsapp.failure import NormalizeError, Reason

MAX_BYTES = 32 * 1024 * 1024
"""The longest body: a video of 16 MB in base64 fits."""
MAX_DEPTH = 128
"""The deepest nesting of a body; quotes of quotes stay far below it."""
FORM_DEPTH = MAX_DEPTH + 16
"""That of an event's JSON form: what it was read from stands inside of its envelope, and that inside of the form."""

SMALL = 64 * 1024
"""Bytes up to which a body is decoded at once; of a longer one each item is by itself, so that memory stays small."""

_LONG_ARRAY = b'"255"'
"""A key that only a byte array has which is long enough to be worth its shorter form."""
_SHORT = 1024
_BYTES = re.compile(
    rb'\{\s*+"0"\s*+:\s*+(?:0|[1-9][0-9]{0,2})\s*+'
    rb'(?:,\s*+"[1-9][0-9]{0,7}"\s*+:\s*+(?:0|[1-9][0-9]{0,2})\s*+){255,}+\}'
)
_BYTE = re.compile(rb'"([0-9]{1,8})"\s*+:\s*+([0-9]{1,3})')
_UTF16_MARKS = (BOM_UTF16_LE, BOM_UTF16_BE)
_BRACES = bytes.maketrans(b"[]", b"{}")
_NO_BRACKETS_NOR_QUOTES = bytes(each for each in range(256) if each not in b'[]{}"')
_LARGEST_BYTE = 255

decode = msgspec.json.Decoder().decode
"""The value of some JSON of a body that was checked.

Raises:
    msgspec.DecodeError: it is none; `normalize` tells it as a `NormalizeError`.
"""
_decode_fields = msgspec.json.Decoder(dict[str, Raw]).decode
_decode_elements = msgspec.json.Decoder(list[Raw]).decode
encode = msgspec.json.Encoder().encode


def checked(body: bytes) -> bytes:
    """The bytes of a body, within the limits, with long byte arrays in their shorter form.

    Raises:
        NormalizeError: too large, too deep, empty, or not UTF-8.
    """
    if len(body) > MAX_BYTES:
        raise NormalizeError(
            Reason.TOO_LARGE,
            f"the body is {len(body)} bytes long; {MAX_BYTES} are the most",
            hint="turn off media in webhooks (webhookBase64), and fetch media by its id",
        )
    if body[:1] != b"{" or body[1:2] == b"\0":
        _check_beginning(body)
    if not body.isascii():
        _check_utf8(body)
    data = _BYTES.sub(_in_base64, body) if len(body) > _SHORT and _LONG_ARRAY in body else body
    check_depth(data)
    return data


def value_of(piece: Any) -> Any:
    """The value of what may be decoded already.

    Raises:
        msgspec.DecodeError: it is no JSON.
    """
    return decode(piece) if type(piece) is Raw else piece


def decode_text(written: str) -> Any:
    """The value of JSON that stands in a string of a body; the string itself where it is none."""
    try:
        data = written.encode()
        check_depth(data)
        return decode(data)
    except (ValueError, RecursionError):
        return written


def fields(data: bytes | Raw) -> dict[str, Raw] | None:
    """The fields of an object, each as it is; None where it is something else.

    Raises:
        msgspec.DecodeError: it is no JSON.
    """
    try:
        return _decode_fields(data)
    except msgspec.ValidationError:
        return None


def elements(data: bytes | Raw) -> list[Raw] | None:
    """The elements of an array, each as it is; None where it is something else.

    Raises:
        msgspec.DecodeError: it is no JSON.
    """
    try:
        return _decode_elements(data)
    except msgspec.ValidationError:
        return None


def listed(value: Raw) -> list[Raw] | None:
    """The elements of a list; of the object that stands in its place, that alone; None where it is something else."""
    parts = elements(value)
    return [value] if parts is None and fields(value) is not None else parts


def refusal(error: Exception) -> NormalizeError:
    """What a decoder's complaint means, in words that hold nothing of the body."""
    if isinstance(error, RecursionError):
        return too_deep()
    if isinstance(error, msgspec.ValidationError) and "out of range" in str(error):
        return NormalizeError(
            Reason.NUMBER_OUT_OF_RANGE,
            "the body has a number that no double holds",
            hint="send the body as the provider sent it",
        )
    where = str(error).removeprefix("JSON is malformed: ") if isinstance(error, msgspec.DecodeError) else "bad text"
    return NormalizeError(
        Reason.NOT_JSON, f"the body is not JSON: {where}", hint="send the raw bytes of the request, unchanged"
    )


def too_deep() -> NormalizeError:
    """What is said of a body that is nested too deeply."""
    return NormalizeError(
        Reason.TOO_DEEP,
        f"the body is nested deeper than {MAX_DEPTH} levels",
        hint="no provider sends such a body; look at who does",
    )


def check_depth(data: bytes, limit: int = MAX_DEPTH) -> None:
    """Refuse what is nested too deeply, whatever the interpreter's own limit is.

    Raises:
        NormalizeError: it is.
    """
    if data.count(b"{") + data.count(b"[") > limit and _depth(data, limit) > limit:
        raise too_deep()


def _depth(data: bytes, limit: int) -> int:
    """How deep it is nested, or one more than the limit: pair by pair is taken away from the inside.

    Where it is no JSON any number may come out: it is refused for that.
    """
    if b"\\" in data:
        data = data.replace(b"\\\\", b"").replace(b'\\"', b"")
    marks = data.translate(_BRACES, _NO_BRACKETS_NOR_QUOTES).replace(b'""', b"")
    marks = b"".join(marks.split(b'"')[::2])  # what stands in a string is no bracket
    depth, before = 0, -1
    while marks and len(marks) != before and depth <= limit:
        before, depth = len(marks), depth + 1
        marks = marks.replace(b"{}", b"")
    return depth + marks.count(b"{")


def _check_beginning(body: bytes) -> None:
    """Name what would be no more than a wrong byte to a decoder.

    Raises:
        NormalizeError: it is.
    """
    if not body or body.isspace():
        raise NormalizeError(Reason.NOT_JSON, "the body is empty", hint="send the raw bytes of the request, unchanged")
    if body[:2] in _UTF16_MARKS or b"\0" in body[:2]:
        reason = Reason.NOT_UTF8 if body[:2] in _UTF16_MARKS else Reason.NOT_JSON  # NULs are UTF-8, and no JSON
        hint = "write it as UTF-8, like iconv -f UTF-16 -t UTF-8"
        raise NormalizeError(reason, "the body is UTF-16; JSON is sent as UTF-8", hint=hint)


def _check_utf8(body: bytes) -> None:
    try:
        body.decode()
    except UnicodeDecodeError as error:
        raise NormalizeError(
            Reason.NOT_UTF8,
            f"the body is not UTF-8: byte {error.start} begins no character",
            hint="send the raw bytes of the request, unchanged",
        ) from None


def _in_base64(match: re.Match[bytes]) -> bytes:
    """A byte array that was written as `{"0":…,"1":…}`, as most senders write it: in base64. It is a tenth as long."""
    try:
        return b'"' + b64encode(bytes(_bytes_in_order(match[0]))) + b'"'
    except ValueError:
        return match[0]


def _bytes_in_order(written: bytes) -> Iterator[int]:
    for position, each in enumerate(_BYTE.finditer(written)):
        if int(each[1]) != position or int(each[2]) > _LARGEST_BYTE:
            raise ValueError
        yield int(each[2])
