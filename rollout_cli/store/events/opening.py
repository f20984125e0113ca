"""How a store of events comes to be, and is opened."""

import sqlite3
from pathlib import Path

from sqlalchemy import Engine, event

from rollout_cli.errors import StoreMissingError
from rollout_cli.store.address import StoreAddress
from rollout_cli.store.engine import sqlite_engine
from rollout_cli.store.events.inserting import dialect_of
from rollout_cli.store.events.schema import EVENTS
from rollout_cli.store.events.sql_event_store import SqlEventStore
from rollout_cli.store.failures import in_our_words
from rollout_cli.store.schema import require_schema, upgrade
from rollout_cli.store.sql_store import engine_of
from rollout_cli.store.sqlite_file import create_database, keep_readers_free, require_database


def open_event_store(address: StoreAddress) -> SqlEventStore:
    """Open a store of events as it is: nothing is created, migrated or mended.

    Raises:
        StoreMissingError: there is none.
        StoreError: it is empty, damaged, unreachable, or has another schema.
        UsageError: it is no SQLite file and no PostgreSQL database.
    """
    dialect_of(address.url.get_backend_name())
    if address.path is not None:
        _require_events(address)
    engine = engine_of(address) if address.path is None else _overwriting(sqlite_engine(address.path))
    require_schema(engine, address.name, schema=EVENTS)
    return SqlEventStore(engine, address.name)


def _overwriting(engine: Engine) -> Engine:
    """An engine that leaves nothing in the file of what is deleted or changed, whatever the system's SQLite does."""

    @event.listens_for(engine, "connect")
    def overwrite(connection: sqlite3.Connection, _: object) -> None:
        connection.execute("PRAGMA secure_delete = ON")

    return engine


def upgrade_event_store(address: StoreAddress) -> tuple[str | None, str]:
    """Create the tables of events, or bring them to this program's schema. A SQLite file is created as well.

    Returns:
        The schema version before and after.
    """
    dialect_of(address.url.get_backend_name())
    if address.path is not None:
        try:
            require_database(address.path)
        except StoreMissingError:
            if create_database(address.path, EVENTS):
                return None, EVENTS.head
    result = upgrade(engine_of(address), address.name, EVENTS)
    if address.path is not None:
        with in_our_words(address.name):
            keep_readers_free(address.path)
    return result


def _require_events(address: StoreAddress) -> None:
    """Make sure that there is a file.

    Raises:
        StoreMissingError: there is none.
    """
    try:
        require_database(address.path or Path())
    except StoreMissingError:
        raise StoreMissingError(
            f"there is no store of events at {address.name}",
            hint="check the name, or create it with `rollout events upgrade`",
        ) from None
