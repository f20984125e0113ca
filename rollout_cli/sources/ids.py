"""Streams of ids: one a line; a line that begins with `"` is a JSON string."""

import json
import sys
from codecs import BOM_UTF8
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from rollout_cli.errors import UsageError

STDIN = "-"
_MAX_LINE = 64 * 1024


def read_ids(stream: BinaryIO, name: str) -> Iterator[str]:
    """Every id of a stream, in order; empty lines are passed over, and so is a byte order mark at the beginning.

    Raises:
        UsageError: a line is not UTF-8, not the JSON string it promises to be, or longer than 64 KiB.
    """
    for number, raw in enumerate(iter(lambda: stream.readline(_MAX_LINE + 1), b""), start=1):
        line = (raw.removeprefix(BOM_UTF8) if number == 1 else raw).rstrip(b"\r\n")
        if not line:
            continue
        if len(line) > _MAX_LINE:
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
        yield read_ids(sys.stdin.buffer, "standard input")
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
