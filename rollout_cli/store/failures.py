"""A database's errors in our words: what happened, to which store, what to do."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError

from rollout_cli.errors import ConflictError, RolloutError, StoreBusyError, StoreError, UsageError

_RESTORE = "restore a backup; `rollout rollback` writes the kill file when the store cannot be used"
_FULL = ("cannot grow: the disk is full", "free some space and run it again; nothing was changed")
_DAMAGED = ("is damaged", _RESTORE)
_DENIED = ("refuses this user or password", "check both in the URL, and the server's pg_hba.conf")

_SQLITE: dict[int, tuple[str, str]] = {
    sqlite3.SQLITE_READONLY: (
        "is read-only",
        "check the permissions of file and folder, and how the disk is mounted",
    ),
    sqlite3.SQLITE_FULL: _FULL,
    sqlite3.SQLITE_IOERR: (
        "cannot be read or written: input/output error",
        "check the disk, its free space and the limits of this user; nothing was changed",
    ),
    sqlite3.SQLITE_CORRUPT: _DAMAGED,
    sqlite3.SQLITE_NOTADB: ("is not a SQLite database", _RESTORE),
    sqlite3.SQLITE_CANTOPEN: ("cannot be opened", "check the permissions of the file and its folder"),
}
_SQLITE_BUSY = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})

_BUSY_STATES = frozenset({"55P03", "57014"})  # lock_not_available, query_canceled by a timeout
_RETRY_STATES = frozenset({"40001", "40P01"})  # serialization_failure, deadlock_detected
_STATES: dict[str, tuple[str, str]] = {
    "25006": ("is read-only", "it may be a standby: name the primary"),
    "28000": _DENIED,
    "28P01": _DENIED,
    "3D000": ("has no such database", "check the name, or create the database"),
    "42501": ("does not let this user do that", "grant the user what it needs on the rollout tables"),
    "42P01": ("is damaged: a rollout table is missing", _RESTORE),
    "53100": _FULL,
    "53300": ("takes no more connections", "close some, or raise the limit"),
    "XX001": _DAMAGED,
    "XX002": _DAMAGED,
}
_REFUSALS: tuple[tuple[str, tuple[str, str]], ...] = (  # a refused connection has no state, only words
    ("authentication failed", _DENIED),
    ("no password supplied", _DENIED),
    ("pg_hba.conf", _DENIED),
    ('role "', _DENIED),
    ("too many clients", _STATES["53300"]),
    ("invalid connection option", ("knows no such option as its URL has", "check what stands behind the ?")),
)


@contextmanager
def in_our_words(store: str) -> Iterator[None]:
    """Turn what the database layer raises into our errors; `store` is the store's shown name."""
    try:
        yield
    except RolloutError:
        raise
    except IntegrityError as error:
        raise ConflictError("somebody else wrote this revision first", hint="look again and repeat") from error
    except DBAPIError as error:
        raise _translated(store, error.orig) from error
    except sqlite3.Error as error:
        raise _translated(store, error) from error
    except SQLAlchemyError as error:
        raise StoreError(f"the store {store} cannot be used: {type(error).__name__}", hint="check its URL") from error
    except UnicodeEncodeError as error:
        raise UsageError(
            "a name holds bytes that are no text, so nothing in the store can have it", hint="write it in UTF-8"
        ) from error


def _translated(store: str, original: BaseException | None) -> RolloutError:
    if isinstance(original, sqlite3.Error):
        return _from_sqlite(store, original)
    state = getattr(original, "sqlstate", None) or getattr(original, "pgcode", None)
    if state in _BUSY_STATES:
        return _busy(store)
    if state in _RETRY_STATES:
        return ConflictError("somebody else changed the rollout at the same moment", hint="look again and repeat")
    if state in _STATES:
        return _error(store, _STATES[state])
    if state is not None and not state.startswith(("08", "57P")):
        return StoreError(f"the store {store} answered with error {state}", hint="look into the database's log")
    text = str(original).lower()
    refusal = next((words for sign, words in _REFUSALS if sign in text), None)
    if refusal is None and "database " in text and "does not exist" in text:
        refusal = _STATES["3D000"]
    return _unreachable(store) if refusal is None else _error(store, refusal)


def _from_sqlite(store: str, original: sqlite3.Error) -> RolloutError:
    code = getattr(original, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
    if code in _SQLITE_BUSY:
        return _busy(store)
    if code in _SQLITE:
        return _error(store, _SQLITE[code])
    return StoreError(f"the store {store} is damaged: {original}", hint=_RESTORE)


def _error(store: str, words: tuple[str, str]) -> StoreError:
    problem, hint = words
    return StoreError(f"the store {store} {problem}", hint=hint)


def _busy(store: str) -> StoreBusyError:
    return StoreBusyError(
        f"the store {store} is locked by somebody else",
        hint="another command is writing, or hangs: look for it, then run this again; nothing was changed",
    )


def _unreachable(store: str) -> StoreError:
    return StoreError(
        f"the store {store} cannot be reached",
        hint="check that the database runs, and its address; whether a change was made, `rollout status` will tell",
    )
