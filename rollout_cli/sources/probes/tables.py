"""Looks at a database's schema: tables, indexes, what is unique, and which migrations were applied."""

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any, Protocol

from sqlalchemy import ColumnClause, Connection, column, inspect, select, table, text

from rollout_cli.checks.questions import NoAnswer, TableSeen, TablesQuestion, TablesSeen
from rollout_cli.checks.sources_file import OWN_STORE
from rollout_cli.sources.probes.leash import Leash
from rollout_cli.sources.probes.secrets import kept_in
from rollout_cli.sources.probes.settings import OwnStore, ProbeSettings
from rollout_cli.sources.probes.sql import Reading, SqlReader
from rollout_cli.sources.probes.sql_failures import UnreadableError

_MOST_MIGRATIONS = 20_000
_DJANGO_TABLE = "django_migrations"

# An index whose building was broken off is listed, and serves nobody.
_UNFINISHED = text(
    "SELECT names.relname FROM pg_catalog.pg_index AS indexes"
    " JOIN pg_catalog.pg_class AS names ON names.oid = indexes.indexrelid"
    " JOIN pg_catalog.pg_class AS tables ON tables.oid = indexes.indrelid"
    " WHERE tables.relname = :table AND NOT indexes.indisvalid"
)


class TablesProbe:
    """Answers what is in a database."""

    def __init__(self, settings: ProbeSettings) -> None:
        self._reader = SqlReader(settings)
        self._settings = settings

    def __call__(self, question: TablesQuestion, leash: Leash) -> TablesSeen | NoAnswer:
        """What is there of what is asked for.

        Raises:
            OutOfTimeError: it took too long.
        """
        own = self._settings.store if question.source == OWN_STORE else None
        try:
            with self._reader.schema(question.source, leash) as database:
                return _seen(_catalogue_of(database), question, own, leash)
        except UnreadableError as error:
            return kept_in(error.answer, self._settings.secrets_of(question.source))


class _Catalogue(Protocol):
    """What a database says about itself. A name may have its schema before a dot."""

    def table(self, name: str) -> TableSeen | None:
        """A table or a view; None when there is none."""
        ...

    def rows(self, name: str, *columns: str) -> Sequence[Sequence[Any]] | None:
        """Some columns of a table; None when there is no such table."""
        ...


def _catalogue_of(database: Reading) -> _Catalogue:
    return _FileCatalogue(database) if isinstance(database, sqlite3.Connection) else _ServerCatalogue(database)


def _seen(catalogue: _Catalogue, question: TablesQuestion, own: OwnStore | None, leash: Leash) -> TablesSeen:
    tables = {}
    for name in question.tables:
        leash.left()
        found = catalogue.table(name)
        if found is not None:
            tables[name] = found
    version_table = question.version_table if own is None else own.version_table
    versions = catalogue.rows(version_table, "version_num") if version_table else None
    applied = catalogue.rows(_DJANGO_TABLE, "app", "name") if question.with_django else None
    return TablesSeen(
        tables,
        versions=None if versions is None else frozenset(str(row[0]) for row in versions),
        applied=None if applied is None else frozenset(f"{app}.{name}" for app, name in applied),
        known=None if own is None else own.schema,
    )


class _FileCatalogue:
    """A SQLite file, by its pragmas: they know indexes over expressions, which SQLAlchemy leaves out."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database

    def table(self, name: str) -> TableSeen | None:
        schema, plain = _parted(name)
        columns = self._pragma("table_info", plain) if schema in {"", "main"} else []
        if not columns:
            return None
        keys = [column["name"] for column in columns if column["pk"]]
        indexes = self._pragma("index_list", plain)
        whole = [each["name"] for each in indexes if each["unique"] and not each["partial"]]
        unique = [[part["name"] for part in self._pragma("index_info", index)] for index in whole]
        return TableSeen(frozenset(each["name"] for each in indexes), _unique_sets([keys, *unique]))

    def rows(self, name: str, *columns: str) -> Sequence[Sequence[Any]] | None:
        if self.table(name) is None:
            return None
        # By its table's name a column that is not there is an error; without, SQLite would take it for a string.
        wanted = ", ".join(f"seen.{_quoted(each)}" for each in columns)
        query = f"SELECT {wanted} FROM {_quoted(_parted(name)[1])} AS seen LIMIT {_MOST_MIGRATIONS}"  # noqa: S608 - all quoted
        return self._database.execute(query).fetchall()

    def _pragma(self, pragma: str, name: str) -> list[Mapping[str, Any]]:
        cursor = self._database.execute(f"PRAGMA main.{pragma}({_quoted(name)})")
        names = [each[0] for each in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor]


class _ServerCatalogue:
    """Any other database, as SQLAlchemy inspects it."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._inspector = inspect(connection)

    def table(self, name: str) -> TableSeen | None:
        schema, plain = _parted(name)
        where = schema or None
        if not self._inspector.has_table(plain, schema=where):
            return None
        unfinished = self._unfinished(plain)
        indexes = [each for each in self._inspector.get_indexes(plain, schema=where) if each["name"] not in unfinished]
        unique: list[Sequence[str | None]] = [
            each["column_names"] for each in indexes if each["unique"] and not _is_partial(each)
        ]
        with suppress(NotImplementedError):  # some databases have no such constraints, or do not tell
            unique += [each["column_names"] for each in self._inspector.get_unique_constraints(plain, schema=where)]
        unique.append(self._inspector.get_pk_constraint(plain, schema=where)["constrained_columns"])
        return TableSeen(frozenset(str(each["name"]) for each in indexes), _unique_sets(unique))

    def rows(self, name: str, *columns: str) -> Sequence[Sequence[Any]] | None:
        schema, plain = _parted(name)
        if not self._inspector.has_table(plain, schema=schema or None):
            return None
        wanted: list[ColumnClause[str]] = [column(each) for each in columns]
        source = table(plain, *wanted, schema=schema or None)
        return self._connection.execute(select(*wanted).select_from(source).limit(_MOST_MIGRATIONS)).all()

    def _unfinished(self, plain: str) -> frozenset[str]:
        if self._connection.dialect.name != "postgresql":
            return frozenset()
        return frozenset(self._connection.execute(_UNFINISHED, {"table": plain}).scalars())


def _parted(name: str) -> tuple[str, str]:
    schema, _, plain = name.rpartition(".")
    return schema, plain


def _is_partial(index: Mapping[str, Any]) -> bool:
    """Whether it covers a part of the rows only, so that nothing is unique by it."""
    return any(option.endswith("_where") and value for option, value in index.get("dialect_options", {}).items())


def _unique_sets(found: Iterable[Sequence[str | None]]) -> frozenset[tuple[str, ...]]:
    """Sets of columns, each sorted; an index over an expression has a nameless column, and is none."""
    named = [[name for name in columns if name is not None] for columns in found if columns and None not in columns]
    return frozenset(tuple(sorted(columns)) for columns in named)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
