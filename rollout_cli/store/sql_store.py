"""A store: where the histories of one or several rollouts are."""

from collections.abc import Callable, Sequence
from pathlib import Path

from sqlalchemy import Engine, select, union
from sqlalchemy.exc import NoSuchModuleError, SQLAlchemyError

from rollout_cli.control.views import ProcessView
from rollout_cli.errors import StoreError, StoreMissingError, UsageError
from rollout_cli.store.address import StoreAddress
from rollout_cli.store.engine import open_engine
from rollout_cli.store.failures import in_our_words
from rollout_cli.store.schema import require_schema, schema_version, upgrade
from rollout_cli.store.sql_ledger import Clock, SqlLedger, system_clock
from rollout_cli.store.sqlite_file import (
    PRIVATE_FILE,
    backup_database,
    create_database,
    keep_readers_free,
    make_private_folder,
    require_database,
)
from rollout_cli.store.tables import heads, revisions

_IGNORE_ALL = "*\n"


class SqlStore:
    """An opened store with the schema that this program knows, or one whose history is the same."""

    def __init__(self, engine: Engine, name: str, clock: Clock = system_clock) -> None:
        self._engine = engine
        self.name = name
        self._clock = clock

    def ledger(self, rollout: str) -> SqlLedger:
        """One rollout's history."""
        return SqlLedger(self._engine, self.name, rollout, self._clock)

    def rollouts(self) -> list[str]:
        """The names of all rollouts that have a history here."""
        with in_our_words(self.name), self._engine.connect() as connection:
            named = union(select(heads.c.rollout), select(revisions.c.rollout))
            return sorted(connection.execute(named).scalars())

    def processes(self, rollout: str) -> Sequence[ProcessView]:
        """The application processes that hear of a rollout; none where the server has no names for connections."""
        if self._engine.dialect.name != "postgresql":
            return ()
        from rollout_cli.store.named_connections import processes_in  # noqa: PLC0415 - for one command

        with in_our_words(self.name), self._engine.connect() as connection:
            return processes_in(connection, rollout)

    def close(self) -> None:
        """Let go of all connections."""
        self._engine.dispose()


def open_store(address: StoreAddress, *, history_only: bool = False, clock: Clock = system_clock) -> SqlStore:
    """Open a store as it is: nothing is created, migrated or mended.

    Args:
        address: where it is.
        history_only: only its history will be read and written, so an older schema does when that is the same there.
        clock: the time, where the store has none of its own.

    Raises:
        StoreMissingError: there is none.
        StoreError: it is empty, damaged, unreachable, or has another schema.
    """
    if address.path is not None:
        require_database(address.path)
    engine = engine_of(address)
    require_schema(engine, address.name, history_only=history_only)
    return SqlStore(engine, address.name, clock)


def create_store(address: StoreAddress) -> bool:
    """Create a store where there is none, or the tables in a server's database that has none.

    Returns:
        Whether anything was created.
    """
    if address.path is None:
        before, after = upgrade_store(address)
        return before != after
    try:
        require_database(address.path)
    except StoreMissingError:
        if address.is_default:
            _make_state_folder(address.path.parent)
        return create_database(address.path)
    return False


def upgrade_store(address: StoreAddress) -> tuple[str | None, str]:
    """Bring an existing store to this program's schema; an empty file counts as one.

    Returns:
        The schema version before and after.
    """
    if address.path is not None and not (address.path.is_file() and address.path.stat().st_size == 0):
        require_database(address.path)
    result = upgrade(engine_of(address), address.name)
    if address.path is not None:
        with in_our_words(address.name):
            keep_readers_free(address.path)
    return result


def version_of(address: StoreAddress) -> str | None:
    """The schema version of a store, whatever it is."""
    if address.path is not None:
        require_database(address.path)
    with in_our_words(address.name), engine_of(address).connect() as connection:
        return schema_version(connection)


def backup_store(address: StoreAddress, target: Path) -> int:
    """Copy a SQLite store.

    Returns:
        The size of the copy in bytes.

    Raises:
        UsageError: the store is not a file.
    """
    if address.path is None:
        raise UsageError(
            f"{address.name} is not a SQLite file", hint="use the database's own tool, for PostgreSQL pg_dump"
        )
    require_database(address.path)
    return backup_database(address.path, target)


def engine_of(address: StoreAddress, create: Callable[[StoreAddress], Engine] = open_engine) -> Engine:
    """An engine for a store's address; no connection is made yet.

    Raises:
        UsageError: its driver is not installed, or its options are none.
    """
    try:
        return create(address)
    except (NoSuchModuleError, ModuleNotFoundError) as error:
        raise UsageError(
            f"there is no driver for the store {address.name}",
            hint="write postgresql://… and pip install 'psycopg[binary]'; for others, the driver that SQLAlchemy names",
        ) from error
    except SQLAlchemyError as error:
        raise UsageError(f"the store's URL cannot be used: {address.name}", hint="check its options") from error


def _make_state_folder(folder: Path) -> None:
    """The project's `.rollout`: private, and kept out of git."""
    ignore = folder / ".gitignore"
    try:
        make_private_folder(folder)
        if not ignore.exists() or ignore.stat().st_size == 0:
            ignore.write_text(_IGNORE_ALL, encoding="utf-8")
            ignore.chmod(PRIVATE_FILE)
    except OSError as error:
        reason = f"cannot create the store's folder {folder}: {error.strerror}"
        raise StoreError(reason, hint="check the folder's permissions and the disk") from error
