"""Engines whose transactions are what they say: explicit BEGIN on SQLite, time limits on PostgreSQL."""

import os
import sqlite3
import urllib.parse
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.pool import NullPool

from rollout_cli.store.address import StoreAddress

WAIT_SECONDS = 5
"""How long to wait for somebody else's lock, and for a server to answer."""

_LIBPQ_DRIVERS = frozenset({"psycopg", "psycopg2"})
_LIBPQ = {
    "application_name": "rollout",
    "connect_timeout": WAIT_SECONDS,
    "keepalives_idle": WAIT_SECONDS,  # a server that vanished in the middle is noticed within twenty seconds
    "keepalives_interval": WAIT_SECONDS,
    "keepalives_count": 3,
    "tcp_user_timeout": 4000 * WAIT_SECONDS,
}

WRITING = {"rollout_writing": True}
"""The execution option that makes a transaction take the write lock at its beginning."""


def open_engine(address: StoreAddress) -> Engine:
    """An engine for a store that exists. Opens no connection yet."""
    if address.path is not None:
        return sqlite_engine(address.path)
    known = address.url.get_backend_name() == "postgresql" and address.url.get_driver_name() in _LIBPQ_DRIVERS
    engine = create_engine(address.url, poolclass=NullPool, connect_args=dict(_LIBPQ) if known else {})
    if engine.dialect.name == "postgresql":
        event.listen(engine, "begin", _begin_postgresql)
    return engine


def sqlite_engine(path: Path) -> Engine:
    """An engine for an existing SQLite file; a file that is not there is an error, never created."""
    engine = create_engine("sqlite://", creator=lambda: connect_sqlite(path), poolclass=NullPool)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def connect_sqlite(path: Path) -> sqlite3.Connection:
    """Open an existing SQLite file, whatever characters its path has.

    The driver's own transaction handling is off: it would begin transactions late, and so lose updates between
    a read and the write that depends on it.
    """
    real = Path(os.path.realpath(path))  # SQLite puts its -wal and -shm beside the file that a link leads to
    uri = f"file://{urllib.parse.quote(os.fsencode(real))}?{_access(real)}"
    connection = sqlite3.connect(uri, uri=True, timeout=WAIT_SECONDS, isolation_level=None, check_same_thread=False)
    connection.text_factory = _text
    try:
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA synchronous = FULL")  # a rollback that was reported must survive a power cut
    except BaseException:
        connection.close()
        raise
    return connection


def _access(real: Path) -> str:
    """How to open a file: so that looking at it leaves nothing behind.

    A reader that may write removes its -wal and -shm when it is the last to leave; one that may not cannot. Where it
    may not and nobody has the file open, none are needed.
    """
    if os.access(real, os.W_OK) and os.access(real.parent, os.W_OK):
        return "mode=rw"
    return "mode=ro" if Path(f"{real}-wal").exists() else "mode=ro&immutable=1"


def _text(stored: bytes) -> str:
    """Text as it is stored; a damaged one is for its hash to find, and must not hide the others."""
    return stored.decode("utf-8", "surrogateescape")


def _begin_sqlite(connection: Connection) -> None:
    writing = connection.get_execution_options().get("rollout_writing", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")


def _begin_postgresql(connection: Connection) -> None:
    writing = connection.get_execution_options().get("rollout_writing", False)
    isolation = "READ COMMITTED" if writing else "REPEATABLE READ"
    connection.exec_driver_sql(f"SET TRANSACTION ISOLATION LEVEL {isolation}")
    connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{WAIT_SECONDS}s'")
    connection.exec_driver_sql(f"SET LOCAL statement_timeout = '{4 * WAIT_SECONDS}s'")
