"""Bounded reading of regular files: never a pipe, a device, or more than was agreed."""

import os
import stat
from pathlib import Path

from rollout_cli.plan.reading_rules import ReadingRule

_CHUNK = 1 << 20
_MEND = "put a plain file there that you may read"


class UnreadableFileError(Exception):
    """The file cannot be read; `rule` says in which way."""

    def __init__(self, rule: ReadingRule, message: str, hint: str) -> None:
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
        # Looked at before it is opened, because opening a device can set it going.
        _require_regular(path.stat(), limit)
        return _read(path, limit)
    except FileNotFoundError:
        if os.path.islink(path):  # noqa: PTH114 - nothing else of the path is looked at again
            message = "this link leads nowhere"
            raise UnreadableFileError(ReadingRule.UNREADABLE_FILE, message, _MEND) from None
        raise
    except OSError as error:
        message = error.strerror or "cannot be read"
        raise UnreadableFileError(ReadingRule.UNREADABLE_FILE, message, _MEND) from error


def _read(path: Path, limit: int) -> bytes:
    # O_NONBLOCK: should it have become a pipe since, opening it does not wait for a writer.
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    try:
        _require_regular(os.fstat(descriptor), limit)
        data = b""
        while len(data) <= limit and (more := os.read(descriptor, min(_CHUNK, limit + 1 - len(data)))):
            data += more
    finally:
        os.close(descriptor)
    if len(data) > limit:
        raise _too_large(limit)
    return data


def _require_regular(status: os.stat_result, limit: int) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise UnreadableFileError(ReadingRule.NOT_A_FILE, "this is not a regular file", "put a plain file there")
    if status.st_size > limit:
        raise _too_large(limit)


def _too_large(limit: int) -> UnreadableFileError:
    return UnreadableFileError(
        ReadingRule.FILE_TOO_LARGE, f"the file is larger than {limit:,} bytes", "make it smaller"
    )
