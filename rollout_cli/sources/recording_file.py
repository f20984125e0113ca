"""Writing a recording: every line at once, in constant memory, and whole in its place only when it is all there."""

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, TypeVar

from rollout_cli.errors import RolloutError, UsageError
from rollout_cli.sources.compression import GZIP, ZSTD, Compressed, require_zstd, writing

SUFFIXES = (".ndjson", f".ndjson{GZIP}", f".ndjson{ZSTD}")
_FLUSH_BYTES = 1_000_000
"""After so many bytes what was written is brought to the file: what a killed run leaves can be read that far."""

T = TypeVar("T")


class RecordingError(RolloutError):
    """A recording cannot be written any further."""


class Recorder:
    """Writes lines into a file that is being recorded."""

    def __init__(self, out: Compressed, name: str) -> None:
        self._out = out
        self._name = name
        self._held = 0

    def write(self, line: bytes) -> None:
        """Write a line.

        Raises:
            RecordingError: it cannot be written.
        """
        try:
            self._out.write(line)
            self._held += len(line)
            if self._held >= _FLUSH_BYTES:
                self._out.flush()
                self._held = 0
        except OSError as error:
            raise _unwritable(self._name, error) from error

    def through(self, flow: Iterable[T], line_of: Callable[[T], bytes]) -> Iterator[T]:
        """Each of a flow, once it is written."""
        for each in flow:
            self.write(line_of(each))
            yield each


def require_place(path: Path) -> None:
    """See that a recording can be put at a place, before anything runs.

    Raises:
        UsageError: its name does not say what it is, its folder is not there, or zstd is not.
    """
    if not path.name.endswith(SUFFIXES):
        raise UsageError(f"{path} has no name of a recording", hint=f"a name that ends with {' or '.join(SUFFIXES)}")
    if not path.absolute().parent.is_dir():
        raise UsageError(f"there is no folder {path.absolute().parent}", hint="make it first")
    if path.is_dir() or not os.access(path.absolute().parent, os.W_OK):
        raise UsageError(f"{path} cannot be written", hint="name a file that may be written")
    if path.suffix == ZSTD:
        require_zstd()


def partial(path: Path) -> Path:
    """Where a recording is while it is not whole."""
    return path.with_name(f"{path.name}.partial")


@contextmanager
def recording(path: Path) -> Iterator[Recorder]:
    """A recording that is written now, private to its owner; it comes to its place when all is well.

    What is cut off stays beside its place, ends as it should, and can be replayed as far as it goes.

    Raises:
        RecordingError: it cannot be written.
    """
    require_place(path)
    beside = partial(path)
    try:
        beside.unlink(missing_ok=True)
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise _unwritable(str(beside), error) from error
    file = os.fdopen(descriptor, "wb")
    out = writing(file, path)
    try:
        yield Recorder(out, str(beside))
    finally:
        _end(out, file, str(beside))
    beside.replace(path)


def _end(out: Compressed, file: BinaryIO, name: str) -> None:
    """Bring everything to the file. On a full disk closing fails as well: what was held back is written only then."""
    try:
        with file:
            out.close()
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise _unwritable(name, error) from error


def _unwritable(name: str, error: OSError) -> RecordingError:
    return RecordingError(
        f"the recording {name} cannot be written: {error.strerror}",
        hint="see whether there is room, and may be written",
    )
