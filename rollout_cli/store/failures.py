"""A database's errors in our words: what happened, to which store, what to do."""

import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, SQLAlchemyError

from rollout_cli.ending import asked_for_behind
from rollout_cli.errors import ConflictError, RolloutError, StoreError, UsageError
from rollout_cli.store.sqlite_failures import DAMAGED, FULL, RESTORE, busy, failure, sqlite_failure

_DENIED = ("refuses this user or password", "check both in the URL, and the server's pg_hba.conf")

_BUSY_STATES = frozenset({"55P03", "57014"})  # lock_not_available, query_canceled by a timeout
_RETRY_STATES = frozenset({"40001", "40P01"})  # serialization_failure, deadlock_detected
_REFUSED_VALUES = ("22", "54")
"""PostgreSQL's classes of what no second try mends: data that are none, and limits of the program."""
_STATES: dict[str, tuple[str, str]] = {
    "25006": ("is read-only", "it may be a standby: name the primary"),
    "28000": _DENIED,
    "28P01": _DENIED,
    "3D000": ("has no such database", "check the name, or create the database"),
    "42501": ("does not let this user do that", "grant the user what it needs on the rollout tables"),
    "42P01": ("is damaged: a rollout table is missing", RESTORE),
    "53100": FULL,
    "53300": ("takes no more connections", "close some, or raise the limit"),
    "XX001": DAMAGED,
    "XX002": DAMAGED,
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
    """Turn what the database layer raises into our errors; `store` is the store's shown name.

    It makes an error of its own of whatever an application's handler of signals raises within it: that comes through.
    """
    before = sys.exception()
    try:
        yield
    except RolloutError:
        raise
    except (SQLAlchemyError, sqlite3.Error, UnicodeEncodeError) as error:
        asked = asked_for_behind(error, before)
        if asked is not None:
            raise asked from None
        raise _told(store, error) from error


def _told(store: str, error: Exception) -> RolloutError:
    match error:
        case IntegrityError():
            return ConflictError("somebody else wrote this revision first", hint="look again and repeat")
        case DataError():
            return _unfit()
        case DBAPIError():
            return _translated(store, error.orig)
        case sqlite3.Error():
            return _translated(store, error)
        case SQLAlchemyError():
            return StoreError(f"the store {store} cannot be used: {type(error).__name__}", hint="check its URL")
    return UsageError(
        "a name holds bytes that are no text, so nothing in the store can have it", hint="write it in UTF-8"
    )


def _translated(store: str, original: BaseException | None) -> RolloutError:
    if isinstance(original, sqlite3.Error):
        return sqlite_failure(store, original)
    state = getattr(original, "sqlstate", None) or getattr(original, "pgcode", None)
    told = None if state is None else _by_state(store, state)
    if told is not None:
        return told
    text = str(original).lower()
    refusal = next((words for sign, words in _REFUSALS if sign in text), None)
    if refusal is None and "database " in text and "does not exist" in text:
        refusal = _STATES["3D000"]
    return _unreachable(store) if refusal is None else failure(store, refusal)


def _by_state(store: str, state: str) -> RolloutError | None:
    """What a server's code means; None where it is the connection's, which words tell better."""
    if state in _BUSY_STATES:
        return busy(store)
    if state in _RETRY_STATES:
        return ConflictError("somebody else changed the rollout at the same moment", hint="look again and repeat")
    if state in _STATES:
        return failure(store, _STATES[state])
    if state.startswith(_REFUSED_VALUES):
        return _unfit()
    if state.startswith(("08", "57P")):
        return None
    return StoreError(f"the store {store} answered with error {state}", hint="look into the database's log")


def _unfit() -> UsageError:
    """It is the value's failure, not the store's: to wait and try again would not help."""
    return UsageError(
        "the database cannot hold one of the values",
        hint="NUL is no text for PostgreSQL, and a value in an index takes 2,700 bytes at most",
    )


def _unreachable(store: str) -> StoreError:
    return StoreError(
        f"the store {store} cannot be reached",
        hint="check that the database runs, and its address; whether a change was made, `rollout status` will tell",
    )
