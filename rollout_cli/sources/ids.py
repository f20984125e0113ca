"""Streams of ids: one a line; a line that begins with `"` is a JSON string."""

import json
import sys
from codecs import BOM_UTF8
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedIOBase
from pathlib import Path
from typing import cast

from rollout_cli.errors import UsageError

STDIN = "-"
_MAX_LINE = 64 * 1024
_MAX_RAW = _MAX_LINE + len(b"\r")
_BLOCK = 64 * 1024


def read_ids(stream: BufferedIOBase, name: str) -> Iterator[str]:
    """Every id of a stream, in order; empty lines are passed over, and so is a byte order mark at the beginning.

    Raises:
        UsageError: a line is not UTF-8, not the JSON string it promises to be, or longer than 64 KiB.
    """
    number = 1
    for lines in _line_blocks(stream):
        if number == 1:
            lines[0] = lines[0].removeprefix(BOM_UTF8)
        yield from _plain_ids(lines) or _ids_one_by_one(lines, number, name)
        number += len(lines)


def _line_blocks(stream: BufferedIOBase) -> Iterator[list[bytes]]:
    """The lines of a stream as they come, many at once. A line is cut short where it is longer than any id."""
    rest = b""
    while block := stream.read1(_BLOCK):
        first, *more = block.split(b"\n")
        if more:
            yield [rest + first, *more[:-1]]
            rest = more[-1]
        else:
            rest += first
        if len(rest) > _MAX_RAW:
            break
    if rest:
        yield [rest]


def _plain_ids(lines: list[bytes]) -> list[str] | None:
    """The ids of lines that need no second look, in a few steps for all of them; None when one does."""
    block = b"\n".join(lines)
    if b'"' in block or b"\r" in block or len(max(lines, key=len)) > _MAX_LINE:
        return None
    try:
        return list(filter(None, block.decode().split("\n")))
    except ValueError:
        return None


def _ids_one_by_one(lines: list[bytes], start: int, name: str) -> Iterator[str]:
    for number, raw in enumerate(lines, start):
        line = raw.rstrip(b"\r")
        if not line:
            continue
        if len(line) > _MAX_LINE or len(raw) > _MAX_RAW:
            raise UsageError(f"{name}:{number}: a line is longer than {_MAX_LINE:,} bytes", hint="one id a line")
        try:
            yield _json_string(line) if line.startswith(b'"') else line.decode()
        except ValueError:
            what = "a JSON string" if line.startswith(b'"') else "UTF-8"
            raise UsageError(f"{name}:{number}: this line is not {what}", hint="mend the line; one id a line") from None


@contextmanager
def open_ids(name: str) -> Iterator[Iterator[str]]:
    """The ids of a file, or of standard input for `-`.

    Raises:
        UsageError: the file cannot be read.
    """
    if name == STDIN:
        yield read_ids(cast("BufferedIOBase", sys.stdin.buffer), "standard input")
        return
    try:
        file = Path(name).open("rb")  # noqa: SIM115 - closed below
    except OSError as error:
        raise UsageError(
            f"cannot read {name}: {error.strerror}", hint="name a file with one id a line, or -"
        ) from error
    with file:
        yield read_ids(file, name)


def _json_string(line: bytes) -> str:
    value = json.loads(line)
    if not isinstance(value, str):
        raise ValueError("not a string")  # noqa: TRY004 - one error for all that is wrong with a line
    return value
