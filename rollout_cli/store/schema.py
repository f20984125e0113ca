"""Which schema a store has, and how it gets the one this program knows. Reading only looks; `upgrade` changes."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock

from sqlalchemy import Column, Connection, Engine, MetaData, String, Table, inspect, select

from rollout_cli.errors import StoreError
from rollout_cli.store.engine import WRITING
from rollout_cli.store.failures import in_our_words
from rollout_cli.store.schema_versions import HISTORY_SCHEMAS, KNOWN_SCHEMAS, SCHEMA_HEAD, VERSION_TABLE
from rollout_cli.store.tables import metadata

_version = Table(VERSION_TABLE, MetaData(), Column("version_num", String(32)))
_ALEMBIC = Lock()  # it keeps its context in a module: one migration at a time in a process
_LOCK = 7_601_902_131  # the advisory lock of our migrations on PostgreSQL


def require_schema(engine: Engine, store: str, *, history_only: bool = False) -> None:
    """Make sure that a store has exactly the schema this program knows.

    Args:
        engine: the store.
        store: its shown name.
        history_only: an older one will do when its history is the same.

    Raises:
        StoreError: it has none, an older one, or one from a newer program.
    """
    with in_our_words(store), engine.connect() as connection:
        version = schema_version(connection)
        tables = set(inspect(connection).get_table_names()) if version is None else set()
    if version == SCHEMA_HEAD or (history_only and version in HISTORY_SCHEMAS):
        return
    if version is None and tables & set(metadata.tables):
        raise StoreError(
            f"the store {store} is damaged: it has rollout tables, and does not say of which schema",
            hint="restore a backup",
        )
    if version is None:
        problem = "is somebody else's database: it has no rollout tables" if tables else "is empty"
        raise StoreError(f"the store {store} {problem}", hint="check the name, or set it up with `rollout db upgrade`")
    if version in KNOWN_SCHEMAS:
        raise StoreError(
            f"the store {store} has the older schema {version}",
            hint=f"make a backup, then bring it to {SCHEMA_HEAD} with `rollout db upgrade`",
        )
    raise StoreError(
        f"the store {store} is newer than this program: schema {version}, known is {SCHEMA_HEAD}",
        hint="use a newer rollout; nothing was touched",
    )


def schema_version(connection: Connection) -> str | None:
    """The migration that a database is at; None when it has no rollout tables."""
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    version: str | None = connection.execute(select(_version.c.version_num)).scalar()
    return version


def upgrade(engine: Engine, store: str) -> tuple[str | None, str]:
    """Bring a database to this program's schema, in one transaction, alone.

    Returns:
        The version before and after.

    Raises:
        StoreError: the database is newer than the program, or cannot be written.
    """
    with in_our_words(store), engine.connect() as connection, _alone(connection) as held:
        before = schema_version(held)
        if before is not None and before not in KNOWN_SCHEMAS:
            raise StoreError(
                f"the store {store} is newer than this program: schema {before}, known is {SCHEMA_HEAD}",
                hint="use a newer rollout; nothing was touched",
            )
        if before != SCHEMA_HEAD:
            _run_migrations(held)
    return before, SCHEMA_HEAD


@contextmanager
def _alone(connection: Connection) -> Iterator[Connection]:
    held = connection.execution_options(**WRITING)
    with held.begin():
        if held.dialect.name == "postgresql":
            held.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
        yield held


def _run_migrations(connection: Connection) -> None:
    # Alembic costs a third of a second to import: only the commands that migrate pay for it.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.attributes["connection"] = connection
    with _ALEMBIC:
        command.upgrade(config, "head")
