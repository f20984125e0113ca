"""SQLite's errors in our words, with the standard library alone."""

import sqlite3

from rollout_cli.errors import StoreBusyError, StoreError, StoreFullError

RESTORE = "restore a backup; `rollout rollback` writes the kill file when the store cannot be used"
FULL = ("cannot grow: the disk is full", "free some space and run it again; nothing was changed")
DAMAGED = ("is damaged", RESTORE)

_PROBLEMS: dict[int, tuple[str, str]] = {
    sqlite3.SQLITE_READONLY: (
        "is read-only",
        "check the permissions of file and folder, and how the disk is mounted",
    ),
    sqlite3.SQLITE_FULL: FULL,
    sqlite3.SQLITE_IOERR: (
        "cannot be read or written: input/output error",
        "check the disk, its free space and the limits of this user; nothing was changed",
    ),
    sqlite3.SQLITE_CORRUPT: DAMAGED,
    sqlite3.SQLITE_NOTADB: ("is not a SQLite database", f"check the name, or {RESTORE}"),
    sqlite3.SQLITE_CANTOPEN: ("cannot be opened", "check the permissions of the file and its folder"),
}
_BUSY = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})


def sqlite_failure(store: str, original: sqlite3.Error) -> StoreError:
    """The error to raise; `store` is the store's shown name."""
    exact = getattr(original, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
    code = sqlite3.SQLITE_FULL if exact == sqlite3.SQLITE_IOERR_SHMSIZE else exact & 0xFF
    if code in _BUSY:
        return busy(store)
    if code in _PROBLEMS:
        return failure(store, _PROBLEMS[code])
    return StoreError(f"the store {store} is damaged: {original}", hint=RESTORE)


def failure(store: str, words: tuple[str, str]) -> StoreError:
    """A problem of a store, and what to do about it."""
    problem, hint = words
    kind = StoreFullError if words is FULL else StoreError
    return kind(f"the store {store} {problem}", hint=hint)


def busy(store: str) -> StoreBusyError:
    """Somebody holds the lock for longer than we wait."""
    return StoreBusyError(
        f"the store {store} is locked by somebody else",
        hint="another command is writing, or hangs: look for it, then run this again; nothing was changed",
    )
