"""Bounded reading of regular files: never a pipe, a device, or more than was agreed."""

import os
import stat
from pathlib import Path


class UnreadableFileError(Exception):
    """The file cannot be read; `rule` says in which way."""

    def __init__(self, rule: str, message: str, hint: str) -> None:
        super().__init__(message)
        self.rule = rule
        self.message = message
        self.hint = hint


def read_regular_file(path: Path, *, limit: int) -> bytes:
    """The bytes of a regular file of at most `limit` bytes.

    Raises:
        FileNotFoundError: there is nothing at the path.
        UnreadableFileError: it is something else than a file, too large, or not ours to read.
    """
    try:
        # O_NONBLOCK: opening a pipe that nobody writes to must not wait.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise UnreadableFileError(
            "unreadable-file", error.strerror or "cannot be opened", "check its permissions"
        ) from error
    with os.fdopen(descriptor, "rb") as file:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise UnreadableFileError("not-a-file", "this is not a regular file", "put a plain file there")
        data = file.read(limit + 1) if status.st_size <= limit else b""
        if status.st_size > limit or len(data) > limit:
            raise UnreadableFileError("file-too-large", f"the file is larger than {limit:,} bytes", "make it smaller")
        return data
