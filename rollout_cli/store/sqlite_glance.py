"""How a rollout stands in a sound SQLite file, with the standard library alone: for commands that want nothing else."""

import sqlite3
from contextlib import closing
from pathlib import Path

from rollout_cli.control.standing import Standing, read_standing
from rollout_cli.errors import StoreError
from rollout_cli.store.schema_versions import SCHEMA_HEAD, VERSION_TABLE
from rollout_cli.store.sqlite_connection import connect_sqlite
from rollout_cli.store.sqlite_reading import SqliteReading


def standing_at_a_glance(path: Path, rollout: str) -> Standing | None:
    """How a rollout stands; None where anything is not as it should be.

    It judges nothing: whoever then opens the store as a whole finds out what is wrong, waits for whoever holds it, and
    says it in the usual words.
    """
    try:
        if not path.is_file():
            return None
        with closing(connect_sqlite(path, wait_seconds=0)) as connection:
            connection.execute("BEGIN")
            version = connection.execute(f"SELECT version_num FROM {VERSION_TABLE}").fetchone()  # noqa: S608
            return read_standing(SqliteReading(connection, rollout)) if version == (SCHEMA_HEAD,) else None
    except (sqlite3.Error, StoreError, OSError, ValueError):
        return None
