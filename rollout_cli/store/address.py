"""Where a store is: a SQLite file, or a database server. Never shown with its password."""

import os
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from rollout_cli.errors import UsageError
from rollout_cli.store.default_place import default_path


@dataclass(frozen=True, slots=True)
class StoreAddress:
    """A store's address.

    Attributes:
        url: as SQLAlchemy has it.
        path: of the file, when it is a SQLite database.
        is_default: nobody named it: it is the project's own, and a first writing command may create it.
    """

    url: URL
    path: Path | None
    is_default: bool

    @property
    def name(self) -> str:
        """The address as it may be shown."""
        if self.path is not None:
            return str(self.path)
        harmless = {key: value for key, value in self.url.query.items() if key in {"host", "port"}}
        return self.url.set(query=harmless).render_as_string()


def default_address(project: Path) -> StoreAddress:
    """The project's own store."""
    return StoreAddress(URL.create("sqlite"), default_path(project), is_default=True)


def address_from_url(text: str) -> StoreAddress:
    """Read a store's URL.

    Raises:
        UsageError: it is not a URL, names a database that ends with the process, or would be shown with the end of a
            password that was taken for a host.
    """
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):  # a port that is no number is a ValueError
        raise UsageError(
            "the store is not a database URL",
            hint="write it like sqlite:///rollout.db or postgresql://user@host/database",
        ) from None
    if "@" in (url.host or ""):
        raise UsageError("the store's URL has an @ too many", hint="write the @ of a name or a password as %40")
    if url.get_backend_name() != "sqlite":
        return StoreAddress(url, None, is_default=False)
    return _sqlite_address(url, text)


def _sqlite_address(url: URL, text: str) -> StoreAddress:
    if url.host:
        raise UsageError("a SQLite store has no host", hint="write three slashes, like sqlite:///rollout.db")
    if not url.database or url.database == ":memory:" or url.database.startswith("file:"):
        raise UsageError("a store in memory ends with its process", hint="name a file, like sqlite:///rollout.db")
    if "?" in text or "\0" in url.database:
        raise UsageError(
            "a SQLite store's URL ends with its path",
            hint="it takes no ?options; write a question mark in the path as %3F, a percent sign as %25",
        )
    return StoreAddress(url, Path(os.path.abspath(url.database)), is_default=False)  # noqa: PTH100 - resolves no link
