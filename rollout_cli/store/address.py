"""Where a store is: a SQLite file, or a database server. Never shown with its password."""

import os
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from rollout_cli.errors import UsageError


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
        return str(self.path) if self.path is not None else self.url.set(query={}).render_as_string()


def default_address(project: Path) -> StoreAddress:
    """The project's own store."""
    return StoreAddress(URL.create("sqlite"), project / ".rollout" / "rollout.db", is_default=True)


def address_from_url(text: str) -> StoreAddress:
    """Read a store's URL.

    Raises:
        UsageError: it is not a URL, or names a database that ends with the process.
    """
    try:
        url = make_url(text)
    except ArgumentError:
        raise UsageError(
            "the store is not a database URL",
            hint="write it like sqlite:///rollout.db or postgresql://user@host/database",
        ) from None
    if url.get_backend_name() != "sqlite":
        return StoreAddress(url, None, is_default=False)
    if not url.database or url.database == ":memory:" or url.database.startswith("file:"):
        raise UsageError("a store in memory ends with the command", hint="name a file, like sqlite:///rollout.db")
    return StoreAddress(url, Path(os.path.abspath(url.database)), is_default=False)  # noqa: PTH100 - resolves no link
