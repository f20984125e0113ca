"""Where a check's database is: a SQLite file, or a server. An address may hold a password, and is never shown."""

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from rollout_cli.checks.questions import NoAnswer
from rollout_cli.checks.sources_file import OWN_STORE
from rollout_cli.checks.verdict import Cause
from rollout_cli.checks.words import Said, say
from rollout_cli.sources.probes.settings import ProbeSettings

_POSTGRES = frozenset({"postgresql", "postgres"})
_POSTGRES_DRIVER = "postgresql+psycopg"  # the one that is told to run a single statement, whatever the address says


@dataclass(frozen=True, slots=True)
class DatabaseFile:
    """A SQLite file, by its absolute path."""

    path: Path


@dataclass(frozen=True, slots=True)
class DatabaseServer:
    """A database that is reached by a URL."""

    url: URL

    @property
    def is_postgres(self) -> bool:
        """Whether it speaks PostgreSQL."""
        return self.url.drivername == _POSTGRES_DRIVER


DatabaseAddress = DatabaseFile | DatabaseServer


def database_address(settings: ProbeSettings, source: str) -> DatabaseAddress | NoAnswer:
    """The address of a source of kind `sql`, or of the rollout's own store; a relative path counts from the project."""
    if source == OWN_STORE:
        return _store_address(settings)
    entry = settings.source(source, "sql")
    if isinstance(entry, NoAnswer):
        return entry
    address = settings.address_of(source, entry)
    if isinstance(address, NoAnswer):
        return address
    try:
        url = make_url(address)
    except (ArgumentError, ValueError):  # a port that is no number is a ValueError
        return _unusable(say("the address of {source} is not a database URL", source=source))
    return _file_address(settings.folder, source, url) if url.get_backend_name() == "sqlite" else _server_address(url)


def _store_address(settings: ProbeSettings) -> DatabaseAddress | NoAnswer:
    if settings.store is None:
        message = say("nobody said where the rollout's store is")
        return NoAnswer(Cause.NOT_SET_UP, message, say("ask this where the store is known"))
    if settings.store.path is not None:
        return DatabaseFile(settings.folder / settings.store.path)
    return _server_address(settings.store.url)


def _server_address(url: URL) -> DatabaseServer:
    return DatabaseServer(url.set(drivername=_POSTGRES_DRIVER) if url.get_backend_name() in _POSTGRES else url)


def _file_address(folder: Path, source: str, url: URL) -> DatabaseFile | NoAnswer:
    if url.host:
        return _unusable(say("the address of {source} has a host, and a SQLite file has none", source=source))
    if not url.database or url.database == ":memory:" or url.database.startswith("file:"):
        return _unusable(say("the address of {source} names no file", source=source))
    if url.query:
        return _unusable(say("the address of {source} has options behind its path", source=source))
    return DatabaseFile(folder / url.database)


def _unusable(message: Said) -> NoAnswer:
    return NoAnswer(
        Cause.NOT_SET_UP, message, say("write it like sqlite:///shop.db or postgresql://user@host/database")
    )
