"""One rollout's history read from a SQLite file with the standard library alone, for whoever only looks."""

import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime

from rollout_cli.control.ledger import Head
from rollout_cli.control.record import DamagedRecordError, Revision, unseal
from rollout_cli.errors import StoreError
from rollout_cli.store.schema_versions import HISTORY_SCHEMAS, SCHEMA_HEAD, VERSION_TABLE

_REVISIONS = "SELECT revision, hash, record FROM rollout_revisions WHERE rollout = ? AND typeof(revision) = 'integer'"


class SqliteReading:
    """A consistent view of one rollout, for as long as the connection's transaction is open."""

    def __init__(self, connection: sqlite3.Connection, rollout: str) -> None:
        self._connection = connection
        self._rollout = rollout

    def now(self) -> datetime:
        """The machine's time: a file has none of its own."""
        return datetime.now(UTC)

    def pointer(self) -> Head | None:
        """Which revision is the latest; None before the first."""
        query = "SELECT revision, hash FROM rollout_heads WHERE rollout = ?"
        row = self._connection.execute(query, (self._rollout,)).fetchone()
        return None if row is None else Head(row[0] if isinstance(row[0], int) else 0, str(row[1]))

    def revisions(self, *, newest_first: bool = True) -> Iterator[Revision | DamagedRecordError]:
        """The history, read one by one; a record that cannot be read comes as the error that says why."""
        order = "DESC" if newest_first else "ASC"
        for number, digest, record in self._connection.execute(
            f"{_REVISIONS} ORDER BY revision {order}", (self._rollout,)
        ):
            try:
                yield unseal(record, digest, rollout=self._rollout, number=number)
            except DamagedRecordError as error:
                yield error


def require_history(connection: sqlite3.Connection, store: str) -> None:
    """Make sure that a file holds a history as this program knows it.

    Raises:
        StoreError: it does not, or it comes from a newer program.
    """
    known = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?"
    if connection.execute(known, (VERSION_TABLE,)).fetchone() is None:
        raise StoreError(f"the store {store} has no rollout tables", hint="check the name")
    row = connection.execute(f"SELECT version_num FROM {VERSION_TABLE}").fetchone()  # noqa: S608 - a constant
    version = None if row is None else str(row[0])
    if version not in HISTORY_SCHEMAS:
        raise StoreError(
            f"the store {store} has the schema {version}, and this program knows {SCHEMA_HEAD}",
            hint="use the rollout that wrote it; nothing was touched",
        )


def rollouts_in(connection: sqlite3.Connection) -> list[str]:
    """The names of all rollouts that have a history in a file."""
    rows = connection.execute("SELECT rollout FROM rollout_heads UNION SELECT rollout FROM rollout_revisions")
    return sorted(str(name) for (name,) in rows)
