"""Which schema a store has, and how it gets the one this program knows. Reading only looks; `upgrade` changes."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from sqlalchemy import Column, Connection, Engine, MetaData, String, Table, inspect, select

from rollout_cli.errors import StoreError
from rollout_cli.store.engine import WRITING
from rollout_cli.store.failures import in_our_words
from rollout_cli.store.schema_versions import HISTORY_SCHEMAS, KNOWN_SCHEMAS, SCHEMA_HEAD, VERSION_TABLE
from rollout_cli.store.tables import metadata

_ALEMBIC = Lock()  # it keeps its context in a module: one migration at a time in a process


@dataclass(frozen=True)
class Schema:
    """One set of tables, and its migrations. A database may hold several, each with a version of its own.

    Attributes:
        what: whose tables they are, for messages.
        head: the migration that this program expects.
        known: every migration that this program knows, oldest first.
        version_table: where Alembic keeps the version.
        metadata: the tables.
        folder: the migrations.
        lock: the advisory lock of its migrations on PostgreSQL.
        command: what brings a database to the head.
        good_enough: older ones that do for some purposes.
        page_bytes: the size of pages in a new SQLite file; None for SQLite's own choice.
    """

    what: str
    head: str
    known: tuple[str, ...]
    version_table: str
    metadata: MetaData
    folder: Path
    lock: int
    command: str
    good_enough: frozenset[str] = frozenset()
    page_bytes: int | None = None

    @property
    def version(self) -> Table:
        """The table with the version."""
        return Table(self.version_table, MetaData(), Column("version_num", String(32)))


ROLLOUT = Schema(
    what="rollout",
    head=SCHEMA_HEAD,
    known=KNOWN_SCHEMAS,
    version_table=VERSION_TABLE,
    metadata=metadata,
    folder=Path(__file__).parent / "migrations",
    lock=7_601_902_131,
    command="rollout db upgrade",
    good_enough=HISTORY_SCHEMAS,
)


def require_schema(engine: Engine, store: str, *, history_only: bool = False, schema: Schema = ROLLOUT) -> None:
    """Make sure that a store has exactly the schema this program knows.

    Args:
        engine: the store.
        store: its shown name.
        history_only: an older one will do when its history is the same.
        schema: which tables are meant.

    Raises:
        StoreError: it has none, an older one, or one from a newer program.
    """
    with in_our_words(store), engine.connect() as connection:
        version = schema_version(connection, schema)
        tables = set(inspect(connection).get_table_names()) if version is None else set()
    if version == schema.head or (history_only and version in schema.good_enough):
        return
    if version is None and tables & set(schema.metadata.tables):
        raise StoreError(
            f"the store {store} is damaged: it has {schema.what} tables, and does not say of which schema",
            hint="restore a backup",
        )
    if version is None:
        problem = f"is somebody else's database: it has no {schema.what} tables" if tables else "is empty"
        raise StoreError(f"the store {store} {problem}", hint=f"check the name, or set it up with `{schema.command}`")
    if version in schema.known:
        raise StoreError(
            f"the store {store} has the older schema {version}",
            hint=f"make a backup, then bring it to {schema.head} with `{schema.command}`",
        )
    raise StoreError(
        f"the store {store} is newer than this program: schema {version}, known is {schema.head}",
        hint="use a newer rollout; nothing was touched",
    )


def schema_version(connection: Connection, schema: Schema = ROLLOUT) -> str | None:
    """The migration that a database is at; None when it has none of the tables."""
    if not inspect(connection).has_table(schema.version_table):
        return None
    version: str | None = connection.execute(select(schema.version.c.version_num)).scalar()
    return version


def upgrade(engine: Engine, store: str, schema: Schema = ROLLOUT) -> tuple[str | None, str]:
    """Bring a database to this program's schema, in one transaction, alone.

    Returns:
        The version before and after.

    Raises:
        StoreError: the database is newer than the program, or cannot be written.
    """
    with in_our_words(store), engine.connect() as connection, _alone(connection, schema) as held:
        before = schema_version(held, schema)
        if before is not None and before not in schema.known:
            raise StoreError(
                f"the store {store} is newer than this program: schema {before}, known is {schema.head}",
                hint="use a newer rollout; nothing was touched",
            )
        if before != schema.head:
            _run_migrations(held, schema)
    return before, schema.head


@contextmanager
def _alone(connection: Connection, schema: Schema) -> Iterator[Connection]:
    held = connection.execution_options(**WRITING)
    with held.begin():
        if held.dialect.name == "postgresql":
            held.exec_driver_sql(f"SELECT pg_advisory_xact_lock({schema.lock})")
        yield held


def _run_migrations(connection: Connection, schema: Schema) -> None:
    # Alembic costs a third of a second to import: only the commands that migrate pay for it.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(schema.folder).replace("%", "%%"))
    config.attributes["connection"] = connection
    with _ALEMBIC:
        command.upgrade(config, "head")
