"""What SQLite leaves behind in its file: pages that were split keep copies of rows that are elsewhere by now."""

import sqlite3
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from sqlalchemy import Connection

from rollout_cli.store.events.sql_event_store import SqlEventStore
from rollout_cli.store.events.traces import Traces
from rollout_cli.store.failures import in_our_words
from rollout_cli.store.sqlite_connection import connect_sqlite

_BLOCK, _OVERLAP = 1 << 20, 1 << 10


def sweep(store: SqlEventStore, traces: Traces) -> bool:
    """Look for a person in the file itself; where copies are left, write the file anew, which publishers wait for.

    Returns:
        Whether copies are left even so, because somebody reads or writes just now. A server's files are its own.
    """
    store.empty_log()
    with store.reading() as connection:
        file = _file(connection)
    if file is None or not _is_in(file, traces):
        return False
    with in_our_words(store.name), suppress(sqlite3.OperationalError):
        _vacuum(file)
    store.empty_log()
    return _is_in(file, traces)


def _file(connection: Connection) -> Path | None:
    if connection.dialect.name != "sqlite":
        return None
    return Path(connection.exec_driver_sql("PRAGMA database_list").one()[2])


def _vacuum(file: Path) -> None:
    connection = connect_sqlite(file)
    try:
        connection.execute("VACUUM")
    finally:
        connection.close()


def _is_in(file: Path, traces: Traces) -> bool:
    log = file.with_name(f"{file.name}-wal")
    return any(traces.are_in_bytes(block) for each in (file, log) for block in _blocks(each))


def _blocks(file: Path) -> Iterator[bytes]:
    """A file in pieces that overlap, so that no id is cut in all of them."""
    with suppress(FileNotFoundError), file.open("rb") as opened:
        tail = b""
        while block := opened.read(_BLOCK):
            yield tail + block
            tail = block[-_OVERLAP:]
