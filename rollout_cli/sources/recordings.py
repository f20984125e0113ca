"""Recordings: deliveries kept in files, compressed or not, one a line; or folders of bodies, one a file."""

import io
import os
import sys
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from rollout_cli.errors import UsageError
from rollout_cli.simulate.replay import Piece
from rollout_cli.sources.bodies import STDIN, bodies_in
from rollout_cli.sources.compression import GZIP, ZSTD, reading, require_zstd, zstd_errors
from rollout_cli.whatsapp import PROVIDERS
from rollout_cli.whatsapp.decoding import MAX_BYTES

MAX_LINE = 2 * MAX_BYTES + 65_536
"""Bytes: of the longest body, as a string in JSON."""
_PACKED = frozenset({GZIP, ZSTD})
_LINES = frozenset({".ndjson", ".jsonl"})


def require_recordings(names: Sequence[str]) -> None:
    """See that all there is to replay is there and can be read, before the first of it is.

    Raises:
        UsageError: it is not; or standard input is named twice.
    """
    if names.count(STDIN) > 1:
        raise UsageError("standard input is named twice", hint="it can be read once; give - once")
    for name in names:
        if name == STDIN:
            continue
        try:
            is_there = Path(name).is_dir() or os.access(name, os.R_OK)
            Path(name).stat()
        except (OSError, ValueError) as error:
            raise _unreadable(name, error) from error
        if not is_there:
            raise _unreadable(name, PermissionError(0, "Permission denied"))
        if Path(name).suffix == ZSTD:
            require_zstd()


def pieces(names: Sequence[str], limit: int = MAX_LINE) -> Iterator[Piece]:
    """The lines and files of recordings, in their order; no more than one of them is in memory.

    What cannot be read is told in its place, and what comes after it goes on.

    Args:
        names: of files and folders; `-` is standard input.
        limit: the longest line or file, in bytes.
    """
    for name in names:
        if name == STDIN:
            yield from _read(_standard_input(), "standard input", None, limit, by_line=True)
        else:
            yield from _path(Path(name), _provider(Path(name).absolute()), limit)


def _standard_input() -> io.BufferedReader:
    stream: Any = sys.stdin.buffer
    return stream if isinstance(stream, io.BufferedReader) else io.BufferedReader(stream)


def _path(path: Path, provider: str | None, limit: int) -> Iterator[Piece]:
    try:
        if path.is_dir():
            for each in _listed(path):
                own = _provider(each) if each.is_dir() else None
                yield from _path(each, own or provider, limit)
            return
        with path.open("rb") as file:
            yield from _read(file, str(path), provider, limit, by_line=_plain_suffix(path) != ".json")
    except OSError as error:
        yield Piece(str(path), b"", problem=f"it cannot be read: {error.strerror or type(error).__name__}")


def _listed(folder: Path) -> list[Path]:
    """What a folder holds of recordings, in the order of names; folders that are links lead nowhere."""
    with os.scandir(folder) as entries:
        names = [
            each.name
            for each in entries
            if not each.name.startswith(".") and (each.is_dir(follow_symlinks=False) or _is_recording(Path(each.name)))
        ]
    return [folder / each for each in sorted(names)]


def _is_recording(path: Path) -> bool:
    return _plain_suffix(path) in {".json", *_LINES}


def _plain_suffix(path: Path) -> str:
    """How a name ends before what says how it is compressed."""
    return path.with_suffix("").suffix if path.suffix in _PACKED else path.suffix


def _provider(path: Path) -> str | None:
    """The provider that a folder is named like, if it is a folder and one."""
    name = path.name.replace("-", "_")
    return name if name in PROVIDERS and path.is_dir() else None


def _read(file: io.BufferedReader, name: str, provider: str | None, limit: int, *, by_line: bool) -> Iterator[Piece]:
    place = name
    try:
        for body in bodies_in(reading(file), name, by_line=by_line, limit=limit):
            place = body.place
            if len(body.data) > limit:
                yield Piece(place, b"", provider, f"it is longer than {limit:,} bytes")
            else:
                yield Piece(place, body.data, provider)
    except EOFError:
        yield Piece(place, b"", provider, "after it the file is cut off")
    except Exception as error:
        if not isinstance(error, (OSError, zlib.error, *zstd_errors())):
            raise
        problem = getattr(error, "strerror", None) or f"the file is damaged ({type(error).__name__})"
        yield Piece(place, b"", provider, f"after it nothing can be read: {problem}")


def _unreadable(name: str, error: Exception) -> UsageError:
    problem = getattr(error, "strerror", None) or "there can be no such file"
    hint = "name recordings (NDJSON, gzip and zstd too), folders of bodies, or - for standard input"
    return UsageError(f"cannot read {name}: {problem}", hint=hint)
