"""A database's errors in our words: what happened, to which store, what to do."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, IntegrityError, NoSuchModuleError, SQLAlchemyError

from rollout_cli.errors import ConflictError, RolloutError, StoreBusyError, StoreError, UsageError

_RESTORE = "restore a backup; `rollout rollback` writes the kill file when the store cannot be used"
_SQLITE: tuple[tuple[str, str, str], ...] = (
    (
        "readonly",
        "is read-only",
        "check the permissions of file and folder, and how the disk is mounted",
    ),
    ("disk is full", "cannot grow: the disk is full", "free some space and run it again; nothing was changed"),
    ("disk i/o", "cannot be read or written: input/output error", "check the disk; nothing was changed"),
    ("malformed", "is damaged", _RESTORE),
    ("not a database", "is not a SQLite database", _RESTORE),
    ("unable to open", "cannot be opened", "check the permissions of the file and its folder"),
    ("no such table", "has no rollout tables", "run `rollout db upgrade`"),
)
_BUSY_STATES = frozenset({"55P03", "57014"})  # lock_not_available, query_canceled by a timeout
_RETRY_STATES = frozenset({"40001", "40P01"})  # serialization_failure, deadlock_detected


@contextmanager
def in_our_words(store: str) -> Iterator[None]:
    """Turn what the database layer raises into our errors; `store` is the store's shown name."""
    try:
        yield
    except RolloutError:
        raise
    except (NoSuchModuleError, ModuleNotFoundError) as error:
        raise UsageError(
            f"there is no driver for the store {store}",
            hint="for PostgreSQL: pip install 'rollout-cli[postgres]'",
        ) from error
    except IntegrityError as error:
        raise ConflictError("somebody else wrote this revision first", hint="look again and repeat") from error
    except DBAPIError as error:
        raise _translated(store, error.orig, invalid=error.connection_invalidated) from error
    except sqlite3.Error as error:
        raise _translated(store, error) from error
    except SQLAlchemyError as error:
        raise StoreError(f"the store {store} cannot be used: {type(error).__name__}", hint="check its URL") from error


def _translated(store: str, original: BaseException | None, *, invalid: bool = False) -> RolloutError:
    text = str(original).lower()
    state = getattr(original, "sqlstate", None)
    if "locked" in text or state in _BUSY_STATES:
        return StoreBusyError(
            f"the store {store} is locked by somebody else",
            hint="another command is writing, or hangs: look for it, then run this again; nothing was changed",
        )
    if state in _RETRY_STATES:
        return ConflictError("somebody else changed the rollout at the same moment", hint="look again and repeat")
    for word, problem, hint in _SQLITE:
        if word in text:
            return StoreError(f"the store {store} {problem}", hint=hint)
    if invalid or state is None:
        return StoreError(
            f"the store {store} cannot be reached",
            hint="check that the database runs, and its address; whether a change was made, `rollout status` will tell",
        )
    return StoreError(f"the store {store} answered with error {state}", hint="look into the database's log")
