"""Engines whose transactions are what they say: explicit BEGIN on SQLite, time limits on PostgreSQL."""

import os
import sqlite3
import urllib.parse
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.pool import NullPool

from rollout_cli.store.address import StoreAddress

WAIT_SECONDS = 5
"""How long to wait for somebody else's lock, and for a server to answer."""

WRITING = {"rollout_writing": True}
"""The execution option that makes a transaction take the write lock at its beginning."""


def open_engine(address: StoreAddress) -> Engine:
    """An engine for a store that exists. Opens no connection yet."""
    if address.path is not None:
        return sqlite_engine(address.path)
    options: dict[str, Any] = {}
    if address.url.get_backend_name() == "postgresql":
        options = {"connect_timeout": WAIT_SECONDS, "application_name": "rollout"}
    engine = create_engine(address.url, poolclass=NullPool, connect_args=options)
    if engine.dialect.name == "postgresql":
        event.listen(engine, "begin", _begin_postgresql)
    return engine


def sqlite_engine(path: Path) -> Engine:
    """An engine for an existing SQLite file; a file that is not there is an error, never created."""
    engine = create_engine("sqlite://", creator=lambda: connect_sqlite(path), poolclass=NullPool)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def connect_sqlite(path: Path, *, writable: bool = True) -> sqlite3.Connection:
    """Open an existing SQLite file, whatever characters its path has.

    The driver's own transaction handling is off: it would begin transactions late, and so lose updates between
    a read and the write that depends on it.
    """
    mode = "rw" if writable and os.access(path, os.W_OK) and os.access(path.parent, os.W_OK) else "ro"
    if mode == "ro" and not os.access(path.parent, os.W_OK) and not Path(f"{path}-wal").exists():
        mode = "ro&immutable=1"  # a WAL database in a folder that nobody can write needs no shared memory
    uri = f"file:{urllib.parse.quote(os.fsencode(path))}?mode={mode}"
    connection = sqlite3.connect(uri, uri=True, timeout=WAIT_SECONDS, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA synchronous = FULL")  # a rollback that was reported must survive a power cut
    return connection


def _begin_sqlite(connection: Connection) -> None:
    writing = connection.get_execution_options().get("rollout_writing", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")


def _begin_postgresql(connection: Connection) -> None:
    writing = connection.get_execution_options().get("rollout_writing", False)
    isolation = "READ COMMITTED" if writing else "REPEATABLE READ"
    connection.exec_driver_sql(f"SET TRANSACTION ISOLATION LEVEL {isolation}")
    connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{WAIT_SECONDS}s'")
    connection.exec_driver_sql(f"SET LOCAL statement_timeout = '{4 * WAIT_SECONDS}s'")
