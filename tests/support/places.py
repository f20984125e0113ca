"""Where ledgers are: in memory, in a SQLite file, in PostgreSQL. All are held to one contract (tests/store)."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Protocol

from rollout_cli.control.attest import AttestedLedger
from rollout_cli.store.address import address_from_url
from rollout_cli.store.sql_store import open_store, upgrade_store
from tests.support.memory_ledger import MemoryLedger
from tests.support.postgres import Postgres
from tests.support.stores import open_sqlite


class Place(Protocol):
    """Where ledgers are."""

    def ledger(self, rollout: str) -> AttestedLedger: ...

    def rewrite(self, rollout: str, number: int, record: str) -> None:
        """Somebody edits a record past the program."""


class MemoryPlace:
    def __init__(self) -> None:
        self._ledgers: dict[str, MemoryLedger] = {}

    def ledger(self, rollout: str) -> MemoryLedger:
        return self._ledgers.setdefault(rollout, MemoryLedger(rollout))

    def rewrite(self, rollout: str, number: int, record: str) -> None:
        records = self._ledgers[rollout].records
        records[number - 1] = (record, records[number - 1][1])


class SqlitePlace:
    def __init__(self, path: Path) -> None:
        self._path = path
        self._store = open_sqlite(path)

    def ledger(self, rollout: str) -> AttestedLedger:
        return self._store.ledger(rollout)

    def rewrite(self, rollout: str, number: int, record: str) -> None:
        with closing(sqlite3.connect(self._path, isolation_level=None)) as connection:
            where = "rollout = ? AND revision = ?"
            connection.execute(f"UPDATE rollout_revisions SET record = ? WHERE {where}", (record, rollout, number))


class PostgresPlace:
    def __init__(self, server: Postgres) -> None:
        self._server = server
        self._url = server.new_database()
        upgrade_store(address_from_url(self._url))
        self._store = open_store(address_from_url(self._url))

    def ledger(self, rollout: str) -> AttestedLedger:
        return self._store.ledger(rollout)

    def rewrite(self, rollout: str, number: int, record: str) -> None:
        with self._server.connect(self._url) as connection:
            where = "rollout = %s AND revision = %s"
            connection.execute(f"UPDATE rollout_revisions SET record = %s WHERE {where}", (record, rollout, number))
