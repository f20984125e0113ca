"""Insert or ignore: the statements that know a database's own words for it."""

import sqlite3
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite

from rollout_cli.errors import UsageError
from rollout_cli.store.events.rows import COLUMNS, columns_of
from rollout_cli.store.events.tables import conversations, events, moment_text


class Dialect(Protocol):
    """What differs between databases."""

    def moment(self, moment: Any) -> Any:
        """A time as a parameter."""
        ...  # pragma: no cover - a protocol

    def prepared(self, connection: Connection) -> Connection:
        """A connection that publications will go through."""
        ...  # pragma: no cover - a protocol

    def hold(self, connection: Connection) -> None:
        """Be the only writer of events until the transaction ends."""
        ...  # pragma: no cover - a protocol

    def insert_events(self, connection: Connection, rows: Sequence[tuple[Any, ...]]) -> list[tuple[int, str]] | range:
        """Insert or ignore.

        Returns:
            Number and key of the new ones; only the numbers where all are new.
        """
        ...  # pragma: no cover - a protocol

    def hear_of(self, connection: Connection, heard: Sequence[tuple[datetime | None, str]]) -> None:
        """Write down the time of the latest event, by conversation."""
        ...  # pragma: no cover - a protocol

    def insert(self, table: Table) -> Any:
        """An `INSERT` that can say what to do `on_conflict`."""
        ...  # pragma: no cover - a protocol


class OnSqlite:
    """SQLite: whoever writes has the whole file."""

    INSERT = (
        f"INSERT INTO {events.name} ({', '.join(COLUMNS)}) VALUES ({', '.join('?' * len(COLUMNS))}) "  # noqa: S608
        "ON CONFLICT (idempotency_key) DO NOTHING"  # OR IGNORE would pass over a row without a provider, too
    )
    _LAST = f"SELECT coalesce(max(id), 0) FROM {events.name}"  # noqa: S608 - names of ours
    _NEW = f"SELECT id, idempotency_key FROM {events.name} WHERE id > ? ORDER BY id"  # noqa: S608

    _HEARD = f"UPDATE {conversations.name} SET last_event_at = ? WHERE id = ?"  # noqa: S608

    moment = staticmethod(moment_text)

    def prepared(self, connection: Connection) -> Connection:
        """With room for the pages of the indexes, and fewer moves of its log to the file."""
        driver = connection.connection.driver_connection
        if isinstance(driver, sqlite3.Connection):
            driver.execute("PRAGMA cache_size = -16384")  # KiB; four times as much gains nothing
            driver.execute("PRAGMA wal_autocheckpoint = 2000")  # pages
        return connection

    def hold(self, connection: Connection) -> None:
        """The transaction began with BEGIN IMMEDIATE."""

    def insert_events(self, connection: Connection, rows: Sequence[tuple[Any, ...]]) -> list[tuple[int, str]] | range:
        """One statement, prepared once; nobody else writes meanwhile, so what has a greater number is new."""
        last = connection.exec_driver_sql(self._LAST).scalar_one()
        done = connection.exec_driver_sql(self.INSERT, list(rows)).rowcount
        if done == len(rows):
            newest = connection.exec_driver_sql(self._LAST).scalar_one()
            return range(newest - done + 1, newest + 1)
        return [(row[0], row[1]) for row in connection.exec_driver_sql(self._NEW, (last,))] if done else []

    def hear_of(self, connection: Connection, heard: Sequence[tuple[datetime | None, str]]) -> None:
        """One statement, prepared once."""
        rows = [(None if at is None else moment_text(at), conversation) for at, conversation in heard]
        connection.exec_driver_sql(self._HEARD, rows)

    def insert(self, table: Table) -> Any:
        """SQLite's INSERT."""
        return sqlite.insert(table)


class OnPostgres:
    """PostgreSQL: an advisory lock makes one writer of many, so that numbers are committed in their order."""

    _LOCK = 7_601_902_133
    _INSERT = (
        f"INSERT INTO {events.name} ({', '.join(COLUMNS)}) "  # noqa: S608 - names of ours
        f"SELECT {', '.join(COLUMNS)} FROM unnest("
        + ", ".join("%b::timestamptz[]" if name.endswith("_at") else "%b::text[]" for name in COLUMNS)
        + f") WITH ORDINALITY AS new ({', '.join(COLUMNS)}, place) ORDER BY place "
        "ON CONFLICT (idempotency_key) DO NOTHING RETURNING id, idempotency_key"
    )

    _HEARD = (
        f"UPDATE {conversations.name} AS old SET last_event_at = new.last_event_at "  # noqa: S608 - names of ours
        "FROM unnest(%b::timestamptz[], %b::text[]) AS new (last_event_at, id) WHERE old.id = new.id"
    )

    def moment(self, moment: Any) -> Any:
        """As it is."""
        return moment

    def prepared(self, connection: Connection) -> Connection:
        """As it is."""
        return connection

    def hold(self, connection: Connection) -> None:
        """Wait for the lock; it goes with the transaction."""
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({self._LOCK})")

    def insert_events(self, connection: Connection, rows: Sequence[tuple[Any, ...]]) -> list[tuple[int, str]] | range:
        """One round trip for all."""
        new = connection.exec_driver_sql(self._INSERT, tuple(columns_of(rows)))
        return [(row[0], row[1]) for row in new]

    def hear_of(self, connection: Connection, heard: Sequence[tuple[datetime | None, str]]) -> None:
        """One round trip for all."""
        connection.exec_driver_sql(self._HEARD, tuple(columns_of(heard)))

    def insert(self, table: Table) -> Any:
        """PostgreSQL's INSERT."""
        return postgresql.insert(table)


def dialect_of(name: str) -> Dialect:
    """What a database needs.

    Raises:
        UsageError: events cannot be kept there.
    """
    if name == "sqlite":
        return OnSqlite()
    if name == "postgresql":
        return OnPostgres()
    raise UsageError(f"events cannot be kept in {name}", hint="name a SQLite file or a PostgreSQL database")
