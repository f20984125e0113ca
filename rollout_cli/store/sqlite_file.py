"""SQLite files: created whole and private or not at all, looked at before they are opened, copied while in use."""

import os
import sqlite3
import stat
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from rollout_cli.errors import StoreError, StoreMissingError, UsageError
from rollout_cli.store.engine import connect_sqlite, sqlite_engine
from rollout_cli.store.schema import upgrade

_MAGIC = b"SQLite format 3\x00"
PRIVATE_FILE = 0o600
PRIVATE_FOLDER = 0o700


def require_database(path: Path) -> None:
    """Make sure that there is a SQLite database at a path. Touches nothing.

    Raises:
        StoreMissingError: there is nothing.
        StoreError: there is something else, or nothing in it.
    """
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise StoreError(f"the store {path} is not a file", hint="name another one with --store")
        with path.open("rb") as file:
            magic = file.read(len(_MAGIC))
    except (FileNotFoundError, NotADirectoryError):
        raise StoreMissingError(
            f"there is no store at {path}", hint="check the name, or create it with `rollout init`"
        ) from None
    except OSError as error:
        raise StoreError(f"the store {path} cannot be read: {error.strerror}", hint="check its permissions") from error
    if not magic:
        raise StoreError(f"the store {path} is empty", hint="restore a backup, or set it up with `rollout db upgrade`")
    if magic != _MAGIC:
        raise StoreError(f"the store {path} is not a SQLite database", hint="check the name, or restore a backup")


def create_database(path: Path) -> bool:
    """Create a store, whole or not at all: it is set up beside its place and then put there in one step.

    Returns:
        Whether this call created it; False when somebody else was first.

    Raises:
        StoreError: the folder cannot be written.
    """
    try:
        with _private_neighbour(path) as temporary:
            _set_up(temporary)
            os.link(temporary, path)
    except FileExistsError:
        return False
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise StoreError(f"cannot create the store {path}: {reason}", hint="check the folder's permissions") from error
    _sync_folder(path.parent)
    return True


def backup_database(path: Path, target: Path) -> int:
    """Copy a store while it may be in use, by SQLite's backup interface.

    Returns:
        The size of the copy in bytes.

    Raises:
        UsageError: there is already something at the target.
        StoreError: the copy failed or is not sound; nothing is left at the target.
    """
    if os.path.lexists(target):
        raise UsageError(f"{target} is already there", hint="name a file that does not exist yet")
    try:
        with _private_neighbour(target) as temporary:
            _copy(path, temporary)
            os.link(temporary, target)
            return target.stat().st_size
    except (OSError, sqlite3.Error) as error:
        raise StoreError(f"the backup to {target} failed: {error}", hint="check the folder and the disk") from error


def keep_readers_free(path: Path) -> None:
    """Switch a database to write-ahead logging: readers never wait for a writer."""
    with closing(connect_sqlite(path)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")


def make_private_folder(folder: Path) -> None:
    """Create a folder that only its owner can enter, whatever the umask; an existing one stays as it is."""
    try:
        folder.mkdir(mode=PRIVATE_FOLDER, parents=True)
    except FileExistsError:
        return
    folder.chmod(PRIVATE_FOLDER)


@contextmanager
def _private_neighbour(path: Path) -> Iterator[Path]:
    """An empty private file beside `path`, gone afterwards with all that SQLite puts beside it."""
    make_private_folder(path.parent)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".new-", suffix=".db")
    try:
        os.fchmod(descriptor, PRIVATE_FILE)
        os.close(descriptor)
        yield Path(name)
    finally:
        for suffix in ("", "-wal", "-shm", "-journal"):
            Path(name + suffix).unlink(missing_ok=True)


def _set_up(path: Path) -> None:
    keep_readers_free(path)
    engine = sqlite_engine(path)
    upgrade(engine, str(path))
    engine.dispose()


def _copy(path: Path, target: Path) -> None:
    with closing(connect_sqlite(path, writable=False)) as source, closing(connect_sqlite(target)) as copy:
        source.backup(copy)
        answer = copy.execute("PRAGMA integrity_check").fetchone()[0]
        if answer != "ok":
            raise sqlite3.DatabaseError(f"the copy is not sound: {answer}")


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
