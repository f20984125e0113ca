"""Engines whose transactions are what they say: explicit BEGIN on SQLite, time limits on PostgreSQL."""

import logging
import sqlite3
from contextlib import suppress
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.pool import NullPool

from rollout_cli.store.address import StoreAddress
from rollout_cli.store.sqlite_connection import WAIT_SECONDS, connect_sqlite

_PATIENCE_MS = 100
_LIBPQ_DRIVERS = frozenset({"psycopg", "psycopg2"})
_LIBPQ: dict[str, object] = {
    "application_name": "rollout",
    "connect_timeout": WAIT_SECONDS,
    "keepalives_idle": WAIT_SECONDS,  # a server that vanished in the middle is noticed within twenty seconds
    "keepalives_interval": WAIT_SECONDS,
    "keepalives_count": 3,
    "tcp_user_timeout": 4000 * WAIT_SECONDS,
}


def _is_failure(record: logging.LogRecord) -> bool:
    """Whether a pool tells of a failure, and not of a process that is asked to end while a connection is closed."""
    return not (record.exc_info and isinstance(record.exc_info[1], SystemExit | KeyboardInterrupt))


logging.getLogger(f"{NullPool.__module__}.{NullPool.__name__}").addFilter(_is_failure)

WRITING = {"rollout_writing": True}
"""The execution option that makes a transaction take the write lock at its beginning."""


def open_engine(address: StoreAddress) -> Engine:
    """An engine for a store that exists. Opens no connection yet."""
    if address.path is not None:
        return sqlite_engine(address.path)
    arguments = dict(_LIBPQ) if _speaks_libpq(address) else {}
    engine = create_engine(address.url, poolclass=NullPool, connect_args=arguments)
    if engine.dialect.name == "postgresql":
        event.listen(engine, "begin", _begin_postgresql)
    return engine


def polling_engine(address: StoreAddress) -> Engine:
    """An engine for one small question asked again and again on one connection, each with no transaction around it."""
    arguments: dict[str, object] = {}
    if _speaks_libpq(address):
        own = " ".join(address.url.normalized_query.get("options", ()))  # a search_path, say
        arguments = {**_LIBPQ, "options": f"{own} -c statement_timeout={WAIT_SECONDS}s".strip()}
    return create_engine(address.url, poolclass=NullPool, connect_args=arguments, isolation_level="AUTOCOMMIT")


def sqlite_engine(path: Path) -> Engine:
    """An engine for an existing SQLite file; a file that is not there is an error, never created."""
    engine = create_engine(
        "sqlite://", creator=lambda: connect_sqlite(path, wait_seconds=WAIT_SECONDS), poolclass=NullPool
    )
    event.listen(engine, "begin", _begin_sqlite)
    _say_hints(engine)
    return engine


def _say_hints(engine: Engine) -> None:
    """Let `with_hint` name an index: SQLAlchemy has no words for that on SQLite, and leaves the hint out in silence."""

    class Compiler(engine.dialect.statement_compiler):  # type: ignore[name-defined,misc]
        def get_from_hint_text(self, _table: object, hint: str) -> str:
            return hint

    engine.dialect.statement_compiler = Compiler


def empty_log(connection: Connection) -> None:
    """Bring what was committed from SQLite's log to the file, if nobody reads just now.

    SQLite does so when the last connection closes, and applications keep theirs open for days. A backup copied over
    the file meanwhile would have the log played over it.
    """
    driver = connection.connection.driver_connection  # past SQLAlchemy, which would begin a transaction
    if isinstance(driver, sqlite3.Connection):
        with suppress(sqlite3.Error):  # what was committed is committed; this can be left to the next one
            driver.execute(f"PRAGMA busy_timeout = {_PATIENCE_MS}")
            driver.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _speaks_libpq(address: StoreAddress) -> bool:
    return address.url.get_backend_name() == "postgresql" and address.url.get_driver_name() in _LIBPQ_DRIVERS


def _begin_sqlite(connection: Connection) -> None:
    writing = connection.get_execution_options().get("rollout_writing", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")


def _begin_postgresql(connection: Connection) -> None:
    writing = connection.get_execution_options().get("rollout_writing", False)
    isolation = "READ COMMITTED" if writing else "REPEATABLE READ"
    connection.exec_driver_sql(f"SET TRANSACTION ISOLATION LEVEL {isolation}")
    connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{WAIT_SECONDS}s'")
    connection.exec_driver_sql(f"SET LOCAL statement_timeout = '{4 * WAIT_SECONDS}s'")
