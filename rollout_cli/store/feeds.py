"""Which feed a store's address takes, with nothing imported that it does not need."""

import os
import urllib.parse
from pathlib import Path
from typing import Protocol

from rollout_cli.control.record import Revision
from rollout_cli.store.sqlite_feed import SqliteFeed

_SQLITE = "sqlite:///"


class Feed(Protocol):
    """The latest revision of one rollout, asked for again and again by one thread at a time."""

    @property
    def name(self) -> str:
        """The store's name as it may be shown."""
        ...

    @property
    def path(self) -> Path | None:
        """The store's file; None for a server, which may take its time to answer."""
        ...

    def changed(self) -> bool:
        """Whether there may be something new since the last reading.

        Raises:
            StoreError: the store is not there, or cannot be used.
        """
        ...

    def read(self) -> Revision | None:
        """The latest revision; None before the first.

        Raises:
            StoreError: the store cannot be used, or its latest record is damaged.
        """
        ...

    def close(self) -> None:
        """Let go of what is open; the next question opens it again."""
        ...

    def tell(self, revision: int) -> None:
        """Say which revision this process has heard of, to whoever asks how the rollout stands. Never raises."""
        ...

    def leave(self) -> None:
        """Let go of what is open for good: this process hears of nothing any more."""
        ...

    def abandon(self) -> None:
        """Forget what is open without closing it: after a fork it is the parent's."""
        ...


def open_feed(url: str, rollout: str | None) -> Feed:
    """The feed of a store; nothing is opened yet.

    Args:
        url: the store's address.
        rollout: which one is meant, or the only one in the store.

    Raises:
        UsageError: the address is none, or its driver is not installed.
    """
    path = _plain_sqlite_path(url)
    if path is None:
        from rollout_cli.store.address import address_from_url  # noqa: PLC0415 - SQLAlchemy: 160 ms to import

        address = address_from_url(url)
        if address.path is None:
            from rollout_cli.store.sql_feed import SqlFeed  # noqa: PLC0415 - the same

            return SqlFeed(address, rollout)
        path = address.path
    return SqliteFeed(path, rollout)


def _plain_sqlite_path(url: str) -> Path | None:
    """The path in a SQLite URL that needs no second look; `address_from_url` knows them all, and what is wrong."""
    if not url.startswith(_SQLITE) or "?" in url:
        return None
    database = urllib.parse.unquote(url[len(_SQLITE) :])
    if not database or database == ":memory:" or database.startswith("file:") or "\0" in database:
        return None
    return Path(os.path.abspath(database))  # noqa: PTH100 - resolves no link
