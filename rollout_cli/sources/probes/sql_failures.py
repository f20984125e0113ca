"""A database's errors in our words. Its own are repeated only where they speak of the query, never of the data."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy.exc import DBAPIError, NoSuchModuleError, SQLAlchemyError

from rollout_cli.checks.questions import NoAnswer
from rollout_cli.checks.redaction import redacted
from rollout_cli.checks.verdict import Cause
from rollout_cli.checks.words import say
from rollout_cli.sources.probes.leash import Leash, OutOfTimeError

_TIME_OVER = frozenset({"57014", "55P03"})  # query_canceled by its limit, lock_not_available
_DAMAGED = frozenset({"XX001", "XX002"})
_AWAY = ("08", "28", "3D", "40", "53", "57P", "58")  # connection, user, database, standby, full, going down, disk
_ABOUT_THE_QUERY = ("42", "0A", "21", "08P01")  # a state of another class quotes what stands in the tables
_READ_ONLY = "25"  # the class; its states say that a transaction would have to do more
_WRITING_WORD = re.compile(r'"(?:INSERT|UPDATE|DELETE|MERGE)"|\bINTO\b|DECLARE CURSOR', re.IGNORECASE)
_NOT_GRANTED = "42501"
_MYSQL_READ_ONLY = 1792

_SQLITE_OVER = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_INTERRUPT})
_SQLITE_DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_SQLITE_AWAY = frozenset({sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_PERM, sqlite3.SQLITE_NOLFS})


class UnreadableError(Exception):
    """A database did not let itself be read; `answer` says why."""

    def __init__(self, answer: NoAnswer) -> None:
        super().__init__(str(answer.message))
        self.answer = answer


@contextmanager
def in_our_words(source: str, leash: Leash) -> Iterator[None]:
    """Turn what a database and its driver raise into answers.

    Raises:
        UnreadableError: the database could not be read.
        OutOfTimeError: it took too long, or somebody held a lock for too long.
    """
    try:
        yield
    except (UnreadableError, OutOfTimeError):
        raise
    except Exception as error:
        leash.left()  # what breaks because its line was cut is out of time
        answer = _answer_for(error, source)
        if answer is None:
            raise
        raise UnreadableError(answer) from error


def writes(source: str) -> NoAnswer:
    """The query would do more than read."""
    message = say("the query of {source} does more than read", source=source)
    return NoAnswer(Cause.FORBIDDEN, message, say("ask with one SELECT; checks change nothing"))


def several_statements(source: str) -> NoAnswer:
    """The query is not one statement."""
    message = say("the query of {source} is more than one statement", source=source)
    return NoAnswer(Cause.FORBIDDEN, message, say("ask with one SELECT"))


def damaged(source: str) -> NoAnswer:
    """What is there cannot be read as a database."""
    message = say("the database {source} is damaged, or none at all", source=source)
    return NoAnswer(Cause.UNREACHABLE, message, say("check its address, or restore a backup"))


def unreachable(source: str) -> NoAnswer:
    """Nobody answers there."""
    message = say("the database {source} cannot be reached", source=source)
    return NoAnswer(Cause.UNREACHABLE, message, say("see that it runs, and check its address and permissions"))


def _answer_for(error: Exception, source: str) -> NoAnswer | None:
    """The answer; None for what no database raises."""
    if isinstance(error, (ImportError, NoSuchModuleError)):
        return _no_driver(source)
    original = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(original, (sqlite3.Error, sqlite3.Warning)):
        return _of_sqlite(original, source)
    if hasattr(original, "sqlstate") and hasattr(original, "diag"):
        return _of_postgres(original, source)
    if isinstance(error, DBAPIError):
        return _of_another(error, source)
    return _unusable(source, error) if isinstance(error, SQLAlchemyError) else None


def _of_sqlite(error: sqlite3.Error | sqlite3.Warning, source: str) -> NoAnswer:
    whole = getattr(error, "sqlite_errorcode", None) or 0
    code = whole & 0xFF
    if code in _SQLITE_OVER:
        raise OutOfTimeError
    if whole == sqlite3.SQLITE_READONLY:
        return writes(source)
    if code in _SQLITE_DAMAGED:
        return damaged(source)
    if code in _SQLITE_AWAY or code == sqlite3.SQLITE_READONLY:  # a journal that only a writer may roll back
        return unreachable(source)
    if "one statement at a time" in str(error):
        return several_statements(source)
    return _bad_query(source, str(error))


def _of_postgres(error: Any, source: str) -> NoAnswer:
    state, words = error.sqlstate or "", str(error.diag.message_primary or "")
    if state in _TIME_OVER:
        raise OutOfTimeError
    refused = _refusal(state, words, source)
    if refused is not None:
        return refused
    if state in _DAMAGED:
        return damaged(source)
    if state.startswith(_ABOUT_THE_QUERY):
        return _bad_query(source, words)
    name = type(error).__name__
    if (state and not state.startswith(_AWAY)) or name == "DataError":
        return _bad_query(source, name)
    return _not_let_in(error, source)


def _refusal(state: str, words: str, source: str) -> NoAnswer | None:
    # A cursor takes nothing that writes, and calls it unsupported or wrong.
    if state.startswith(_READ_ONLY) or (state.startswith(_ABOUT_THE_QUERY) and _WRITING_WORD.search(words)):
        return writes(source)
    if "multiple commands" in words:
        return several_statements(source)
    if state != _NOT_GRANTED:
        return None
    message = say("{source} does not let its user read that", source=source)
    return NoAnswer(Cause.FORBIDDEN, message, say("grant the user SELECT on what the query reads"))


def _not_let_in(error: Any, source: str) -> NoAnswer:
    """A connection that was refused has no state, only words; ours are said, for theirs name users and hosts."""
    text = str(error).lower()
    if "invalid connection option" in text:
        return _unusable(source, error)
    if "unsupported startup parameter" in text:
        message = say("the pooler before {source} refuses to read only", source=source)
        hint = say("name the database itself, or let the pooler ignore the parameter `options`")
    elif any(sign in text for sign in ("authentication failed", "no password supplied", "pg_hba.conf", 'role "')):
        message = say("{source} refuses this user or password", source=source)
        hint = say("check both in its address, and the server's pg_hba.conf")
    elif 'database "' in text and "does not exist" in text:
        message = say("there is no such database where {source} points", source=source)
        hint = say("check the name at the end of its address")
    else:
        return unreachable(source)
    return NoAnswer(Cause.UNREACHABLE, message, hint)


def _of_another(error: DBAPIError, source: str) -> NoAnswer:
    if next(iter(getattr(error.orig, "args", ())), None) == _MYSQL_READ_ONLY:
        return writes(source)
    name = type(error).__name__
    if name == "InterfaceError" or error.connection_invalidated or error.statement is None:  # while it connected
        return unreachable(source)
    return _bad_query(source, str(error.orig) if name == "ProgrammingError" else name)


def _bad_query(source: str, words: str) -> NoAnswer:
    first = next(iter(words.strip().splitlines()), "")
    message = say("{source} cannot answer the query: {error}", source=source, error=redacted(first))
    return NoAnswer(Cause.BAD_ANSWER, message, say("mend the query, or apply the migrations it needs"))


def _no_driver(source: str) -> NoAnswer:
    message = say("there is no driver here for the database {source}", source=source)
    hint = say("for PostgreSQL: pip install 'psycopg[binary]'; for others, the driver that SQLAlchemy names")
    return NoAnswer(Cause.NOT_SET_UP, message, hint)


def _unusable(source: str, error: Exception) -> NoAnswer:
    message = say("the address of {source} cannot be used: {error}", source=source, error=type(error).__name__)
    return NoAnswer(Cause.NOT_SET_UP, message, say("check its parts, and the options behind the question mark"))
