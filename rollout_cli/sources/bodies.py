"""Bodies of requests, kept in files: one a file, or one a line."""

import json
import re
import sys
from codecs import BOM_UTF8
from collections.abc import Iterator, Sequence
from io import BufferedIOBase, BytesIO
from itertools import islice
from pathlib import Path
from typing import NamedTuple, cast

from rollout_cli.errors import UsageError

STDIN = "-"

_ARRAY_OF_OBJECTS = re.compile(rb"\s*+\[\s*+\{")
_JSON_BEGINS = re.compile(rb"[{\[](?!\0)")  # with a NUL it is UTF-16


class Body(NamedTuple):
    """One body.

    Attributes:
        file: its name, as it was given.
        line: counted from 1; None where the file is the body.
        data: the bytes; of what is longer than was agreed, one byte more than that.
    """

    file: str
    line: int | None
    data: bytes

    @property
    def place(self) -> str:
        """Where it stands, for people."""
        return self.file if self.line is None else f"{self.file}:{self.line}"

    @property
    def is_array(self) -> bool:
        """Whether the file may be an array of bodies."""
        return self.line is None and _ARRAY_OF_OBJECTS.match(self.data) is not None

    @property
    def is_of_lines(self) -> bool:
        """Whether the file has several lines that are JSON each, as far as its first two show."""
        if self.line is not None:
            return False
        lines = list(islice(filter(bytes.strip, BytesIO(self.data)), 2))
        return len(lines) > 1 and all(map(_is_json, lines))

    @property
    def is_begin_of_file(self) -> bool:
        """Whether it is the first line of a file that may be one body: it begins as JSON does."""
        return self.line == 1 and _JSON_BEGINS.match(self.data) is not None


def require_files(names: Sequence[str]) -> None:
    """See that every file is there, before the first of them is read.

    Raises:
        UsageError: one is a folder, or is not there; or standard input is named twice.
    """
    if names.count(STDIN) > 1:
        raise UsageError("standard input is named twice", hint="it can be read once; give - once")
    for name in names:
        if name != STDIN and _is_folder(name):
            raise UsageError(f"{name} is a folder, not a file", hint=f"name the files in it: {Path(name) / '*.json'}")


def read_bodies(names: Sequence[str], *, by_line: bool, limit: int) -> Iterator[Body]:
    """The bodies of all files, in their order; no more than one of them is in memory.

    Args:
        names: of files; `-` is standard input.
        by_line: every line is a body; empty ones are passed over.
        limit: the longest body, in bytes.

    Raises:
        UsageError: a file cannot be read.
    """
    for name in names:
        shown = "standard input" if name == STDIN else name
        try:
            if name == STDIN:
                yield from bodies_in(cast("BufferedIOBase", sys.stdin.buffer), shown, by_line=by_line, limit=limit)
            else:
                with Path(name).open("rb") as file:
                    yield from bodies_in(file, shown, by_line=by_line, limit=limit)
        except (OSError, ValueError) as error:
            raise _unreadable(shown, error) from error


def bodies_in(stream: BufferedIOBase, name: str, *, by_line: bool, limit: int) -> Iterator[Body]:
    """The bodies of one stream; no more than one of them is in memory.

    Args:
        stream: where they are read from; it stays open.
        name: of the file, for people.
        by_line: every line is a body; empty ones are passed over.
        limit: the longest body, in bytes.
    """
    if not by_line:
        yield Body(name, None, stream.read(limit + 1 + len(BOM_UTF8)).removeprefix(BOM_UTF8)[: limit + 1])
        return
    number, line = 1, stream.readline(limit + 1).removeprefix(BOM_UTF8)
    while line:
        if body := line.strip():
            yield Body(name, number, body if line.endswith(b"\n") else line)
        while line and not line.endswith(b"\n"):  # the rest of what is too long
            line = stream.readline(limit)
        number, line = number + 1, stream.readline(limit + 1)


def _is_json(line: bytes) -> bool:
    try:
        json.loads(line)
    except (ValueError, RecursionError):
        return False
    return True


def _is_folder(name: str) -> bool:
    """Whether a name is a folder's.

    Raises:
        UsageError: there is nothing of that name.
    """
    try:
        Path(name).stat()
    except (OSError, ValueError) as error:
        raise _unreadable(name, error) from error
    return Path(name).is_dir()


def _unreadable(name: str, error: Exception) -> UsageError:
    problem = getattr(error, "strerror", None) or "there can be no such file"
    return UsageError(f"cannot read {name}: {problem}", hint="name files with bodies, or - for standard input")
