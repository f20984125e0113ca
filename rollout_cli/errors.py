"""The errors a person can meet, and the exit code each of them means.

Every expected error carries a hint: what to do next. Exit codes are API (see docs/exit-codes.md).
"""

from enum import IntEnum


class ExitCode(IntEnum):
    """What a finished process says to the script that called it."""

    DONE = 0
    CRASH = 1
    USAGE = 2
    FAIL = 3
    NOT_YET = 4
    REFUSED = 5
    CONFLICT = 6
    STORE = 7
    INTERRUPTED = 130
    TERMINATED = 143


class RolloutError(Exception):
    """An expected error: one line that says what is wrong, one that says what to do."""

    exit_code = ExitCode.USAGE

    def __init__(self, message: str, *, hint: str) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(RolloutError):
    """The command line, a file or a value is not usable."""


class RefusedError(RolloutError):
    """The move is not legal from here; no check could make it so."""

    exit_code = ExitCode.REFUSED


class ConflictError(RolloutError):
    """Somebody else changed the rollout in between; nothing was written."""

    exit_code = ExitCode.CONFLICT


class StoreError(RolloutError):
    """The store cannot be used: missing, unreachable, locked, damaged, full or newer than the program."""

    exit_code = ExitCode.STORE


class StoreMissingError(StoreError):
    """There is no store yet at this address."""


class StoreBusyError(StoreError):
    """Somebody holds the store's lock for longer than we wait."""


class StoreFullError(StoreError):
    """There is no room for more: to try again does not help."""
