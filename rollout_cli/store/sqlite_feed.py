"""What a running application hears of a SQLite store: whether anything changed, for microseconds, and what it is now.

SQLite counts the commits of others for each connection (`PRAGMA data_version`), so one connection is kept. It says
nothing about a file that is deleted, replaced or cut while it is open: for that the file itself is looked at, too. Nor
does it say that the log beside it was taken away by somebody who thought to be the last: then it counts for ever what
nobody writes to any more. That happens when this process opens and closes the file past SQLite, which drops the locks
it has on it; so that is not done here, and looked for all the same.
"""

import os
import sqlite3
from contextlib import suppress
from pathlib import Path

from rollout_cli.control.latest import latest_revision
from rollout_cli.control.record import Revision
from rollout_cli.errors import RolloutError, StoreError, StoreMissingError
from rollout_cli.store.only_rollout import only_rollout
from rollout_cli.store.presence import Presence
from rollout_cli.store.sqlite_connection import connect_sqlite, is_writable
from rollout_cli.store.sqlite_failures import sqlite_failure
from rollout_cli.store.sqlite_reading import SqliteReading, require_history, rollouts_in

_WAIT_SECONDS = 0.25
"""Readers of a store wait for nobody; where one has to all the same, the next look comes soon enough."""

_left_behind: list[sqlite3.Connection] = []
"""Connections of a parent process: to close one would harm the parent's, so they are kept and never touched."""


Look = tuple[int, int, int, int]
"""What the file system says about a store's file: device, inode, bytes, time of change."""


class SqliteFeed:
    """The latest revision of one rollout in a SQLite file."""

    def __init__(self, path: Path, rollout: str | None) -> None:
        self.name = str(path)
        self.path = path
        self._rollout = rollout
        self._known: str | None = None
        self._connection: sqlite3.Connection | None = None
        self._seen: Look | None = None
        self._log = ""
        self._seen_log = 0
        self._version: int | None = None
        self._presence = Presence(path)

    def changed(self) -> bool:
        """Whether there may be something new since the last reading. Costs microseconds when there is not.

        Raises:
            StoreError: the store is not there, or cannot be used.
        """
        look = self._look()
        if self._connection is None or self._is_another(look):
            self._open(look)
            return True
        version = self._data_version(self._connection)
        if version != self._version:
            self._version, self._seen = version, look
            return True
        if look != self._seen:  # perhaps written past SQLite, which would go on with the pages it remembers
            self._open(look)
            return True
        return False

    def read(self) -> Revision | None:
        """The latest revision; None before the first.

        Raises:
            StoreError: the store cannot be used, or its latest record is damaged.
        """
        connection = self._connection or self._open(self._look())
        try:
            connection.execute("BEGIN")
            require_history(connection, self.name)
            rollout = self._rollout or only_rollout(rollouts_in(connection), self.name, known=self._known)
            latest = latest_revision(SqliteReading(connection, rollout or ""))
            self._known = rollout
            return latest  # noqa: TRY300 - what is known is known once it was read
        except sqlite3.Error as error:
            self.close()
            raise sqlite_failure(self.name, error) from error
        except RolloutError:
            self.close()  # looked at anew next time, whatever it is then
            raise
        finally:
            with suppress(sqlite3.Error):
                connection.rollback()

    def close(self) -> None:
        """Let go of the file; the next question opens it again."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(sqlite3.Error):
                connection.close()

    def tell(self, revision: int) -> None:
        """Say which revision this process has heard of, in a file beside the store."""
        self._presence.tell(self._rollout or self._known or "", revision)

    def leave(self) -> None:
        """Let go of the file for good."""
        self.close()
        self._presence.leave()

    def abandon(self) -> None:
        """Forget the connection without closing it: after a fork it is the parent's."""
        self._presence.abandon()
        if self._connection is not None:
            _left_behind.append(self._connection)
            self._connection = None

    def _open(self, look: Look) -> sqlite3.Connection:
        self.close()
        if not look[2]:
            raise StoreError(f"the store {self.name} is empty", hint="restore a backup")
        self._log = f"{os.path.realpath(self.path)}-wal"
        self._seen_log = self._look_at_log()
        try:
            connection = connect_sqlite(self.path, wait_seconds=_WAIT_SECONDS)
        except sqlite3.Error as error:
            raise sqlite_failure(self.name, error) from error
        self._connection, self._seen = connection, look
        self._version = self._data_version(connection)
        if is_writable(Path(os.path.realpath(self.path))):  # the first reading of who may write creates the log
            self._seen_log = self._look_at_log()
        return connection

    def _is_another(self, look: Look) -> bool:
        """Whether what has been opened is not what is there; a store does not shrink."""
        seen = self._seen
        return seen is None or look[:2] != seen[:2] or look[2] < seen[2] or self._look_at_log() != self._seen_log

    def _data_version(self, connection: sqlite3.Connection) -> int:
        try:
            version: int = connection.execute("PRAGMA data_version").fetchone()[0]
        except sqlite3.Error as error:
            self.close()
            raise sqlite_failure(self.name, error) from error
        return version

    def _look(self) -> Look:
        try:
            status = os.stat(self.name)  # noqa: PTH116 - half the time, and many times a second
        except OSError as error:
            self.close()
            if isinstance(error, FileNotFoundError | NotADirectoryError):
                raise StoreMissingError(f"there is no store at {self.name}", hint="restore it") from None
            raise StoreError(f"the store {self.name} cannot be read: {error.strerror}", hint="check it") from error
        return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns

    def _look_at_log(self) -> int:
        """Which log there is, 0 for none. Who may not write the store reads it without one until there is one."""
        try:
            return os.stat(self._log).st_ino  # noqa: PTH116
        except OSError:
            return 0
