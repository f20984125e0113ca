"""Asks a database for one number, with one statement that can only read."""

import math
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection

from rollout_cli.checks.questions import NoAnswer, Number, NumberQuestion
from rollout_cli.checks.verdict import Cause
from rollout_cli.checks.words import say
from rollout_cli.sources.probes.leash import Leash
from rollout_cli.sources.probes.settings import ProbeSettings
from rollout_cli.sources.probes.sql_addresses import DatabaseFile, database_address
from rollout_cli.sources.probes.sql_failures import UnreadableError
from rollout_cli.sources.probes.sql_file import SCHEMA_PRAGMAS, reading_file
from rollout_cli.sources.probes.sql_server import reading_server
from rollout_cli.sources.probes.sql_statement import refused_statement

_ENOUGH_ROWS = 2  # to know that there are several
_NO_PRAGMAS: frozenset[str] = frozenset()

Reading = sqlite3.Connection | Connection
"""A database that is open to be read: a SQLite file by its driver, a server by SQLAlchemy."""


@dataclass(frozen=True, slots=True)
class _Rows:
    """The beginning of an answer: how many columns it has, and at most two rows."""

    columns: int
    rows: Sequence[Sequence[Any]]


class SqlReader:
    """Reads databases: the sources of kind `sql`, and the rollout's own store."""

    def __init__(self, settings: ProbeSettings) -> None:
        self._settings = settings

    def number(self, question: NumberQuestion, leash: Leash) -> Number | NoAnswer:
        """The number that a statement answers with: one row of one column.

        Raises:
            OutOfTimeError: it took too long.
        """
        refused = refused_statement(question)
        if refused is not None:
            return refused
        try:
            with self._reading(question.source, leash, _NO_PRAGMAS) as database:
                answer = _first_rows(database, question.query)
        except UnreadableError as error:
            return error.answer
        return _number_in(answer, question.source)

    @contextmanager
    def schema(self, source: str, leash: Leash) -> Iterator[Reading]:
        """A database opened to be read, in which also tables and indexes may be looked at.

        Raises:
            UnreadableError: it does not let itself be read.
            OutOfTimeError: it took too long.
        """
        with self._reading(source, leash, SCHEMA_PRAGMAS) as database:
            yield database

    @contextmanager
    def _reading(self, source: str, leash: Leash, pragmas: frozenset[str]) -> Iterator[Reading]:
        address = database_address(self._settings, source)
        if isinstance(address, NoAnswer):
            raise UnreadableError(address)
        if isinstance(address, DatabaseFile):
            with reading_file(address.path, source, leash, pragmas) as file:
                yield file
        else:
            with reading_server(address, source, leash) as server:
                yield server


def _first_rows(database: Reading, query: str) -> _Rows:
    """Run a statement as it is written: nothing in it stands for a parameter."""
    if isinstance(database, sqlite3.Connection):
        with closing(database.execute(query)) as cursor:
            return _rows_of(cursor)
    if database.dialect.name == "postgresql":
        return _first_rows_of_postgres(database.connection.driver_connection, query)
    result = database.execution_options(stream_results=True, no_parameters=True).exec_driver_sql(query)
    with closing(result):
        return _Rows(len(result.keys()), result.fetchmany(_ENOUGH_ROWS)) if result.returns_rows else _Rows(0, [])


def _first_rows_of_postgres(connection: Any, query: str) -> _Rows:
    """By a cursor on the server, which sends no more than is asked of it and takes no statement that writes.

    Asking for a binary answer makes the driver use the protocol that runs a single statement.
    """
    with connection.cursor() as cursor:
        cursor.execute(f"DECLARE rollout_answer NO SCROLL CURSOR FOR {query}", binary=True)
        cursor.execute(f"FETCH FORWARD {_ENOUGH_ROWS} FROM rollout_answer")
        answer = _rows_of(cursor)
    connection.rollback()
    return answer


def _rows_of(cursor: Any) -> _Rows:
    return _Rows(len(cursor.description or ()), cursor.fetchmany(_ENOUGH_ROWS))


def _number_in(answer: _Rows, source: str) -> Number | NoAnswer:
    if answer.columns != 1 or len(answer.rows) != 1:
        return _not_one(answer, source)
    value = answer.rows[0][0]
    if value is None:
        message = say("the query of {source} answers with NULL", source=source)
        return NoAnswer(Cause.NO_DATA, message, say("where nothing means zero, say coalesce(…, 0)"))
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        message = say("the query of {source} answers with something that is no number", source=source)
        return NoAnswer(Cause.BAD_ANSWER, message, say("let it count or measure, or cast what it selects"))
    number = _as_float(value)
    if not math.isfinite(number):
        message = say("the query of {source} answers with a number that cannot be counted with", source=source)
        return NoAnswer(Cause.NOT_A_NUMBER, message, say("see what makes it infinite, or no number"))
    return Number(number)


def _as_float(value: float | Decimal) -> float:
    try:
        return float(value)
    except (OverflowError, ValueError):  # larger than a float can be; a signalling NaN
        return math.nan


def _not_one(answer: _Rows, source: str) -> NoAnswer:
    if not answer.columns:
        message = say("the query of {source} answers with no column", source=source)
        return NoAnswer(Cause.BAD_ANSWER, message, say("select one number"))
    if answer.columns > 1:
        message = say("the query of {source} answers with {count} columns", source=source, count=answer.columns)
        return NoAnswer(Cause.SEVERAL_SERIES, message, say("select one column"))
    if answer.rows:
        message = say("the query of {source} answers with several rows", source=source)
        return NoAnswer(Cause.SEVERAL_SERIES, message, say("add them up with sum(…), or count them with count(*)"))
    message = say("the query of {source} answers with no row", source=source)
    return NoAnswer(Cause.NO_DATA, message, say("where nothing means zero, let it count: count(*) always answers"))
