"""SQLite files: created whole and private or not at all, looked at before they are opened, copied while in use."""

import os
import sqlite3
import stat
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from time import monotonic, sleep

from rollout_cli.errors import StoreError, StoreMissingError, UsageError
from rollout_cli.store.engine import sqlite_engine
from rollout_cli.store.failures import in_our_words
from rollout_cli.store.schema import ROLLOUT, Schema, upgrade
from rollout_cli.store.sqlite_connection import WAIT_SECONDS, connect_sqlite

PRIVATE_FILE = 0o600
PRIVATE_FOLDER = 0o700
MAX_PATH = 480
"""Bytes; SQLite's own limit is 512, and a store is set up under a longer name."""


def require_database(path: Path) -> None:
    """Make sure that there is a file at a path that may be a SQLite database. Opens nothing.

    Whether it is one SQLite says. To open and close the file past it would drop the locks that another connection of
    this process has on it, and somebody else, thinking to be alone, would take its log away with what was committed.

    Raises:
        StoreMissingError: there is nothing.
        StoreError: there is something else, or nothing in it.
    """
    if len(os.fsencode(os.path.realpath(path))) > MAX_PATH:
        raise StoreError(
            f"the store's path is longer than SQLite opens ({MAX_PATH} bytes): {path}", hint="use a shorter one"
        )
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise StoreError(f"the store {path} is not a file", hint="name another one with --store")
    except (FileNotFoundError, NotADirectoryError):
        if path.is_symlink():
            raise StoreError(
                f"the store {path} is a symbolic link to nothing", hint="mend the link, or remove it"
            ) from None
        raise StoreMissingError(
            f"there is no store at {path}", hint="check the name, or create it with `rollout init`"
        ) from None
    except OSError as error:
        raise StoreError(f"the store {path} cannot be read: {error.strerror}", hint="check its permissions") from error
    if not os.access(path, os.R_OK):
        raise StoreError(f"the store {path} cannot be read: Permission denied", hint="check its permissions")
    if not status.st_size:
        raise StoreError(f"the store {path} is empty", hint="restore a backup, or set it up with `rollout db upgrade`")


def create_database(path: Path, schema: Schema = ROLLOUT) -> bool:
    """Create a store, whole or not at all: it is set up beside its place and then put there in one step.

    Returns:
        Whether this call created it; False when somebody else was first.

    Raises:
        StoreError: the folder cannot be written.
    """
    try:
        make_private_folder(path.parent)
        with _private_neighbour(path) as temporary:
            _set_up(temporary, str(path), schema)
            os.link(temporary, path)
            _sync_folder(path.parent)
    except FileExistsError:
        return False
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise StoreError(f"cannot create the store {path}: {reason}", hint="check the folder and the disk") from error
    return True


def backup_database(path: Path, target: Path) -> int:
    """Copy a store while it may be in use, by SQLite's backup interface.

    Returns:
        The size of the copy in bytes.

    Raises:
        UsageError: there is already something at the target.
        StoreError: the copy failed or is not sound; nothing is left at the target.
    """
    taken = UsageError(f"{target} is already there", hint="name a file that does not exist yet")
    if os.path.lexists(target):
        raise taken
    try:
        with _private_neighbour(target) as temporary:
            _copy(path, temporary)
            os.link(temporary, target)
            _sync_folder(target.parent)
            return temporary.stat().st_size
    except FileExistsError:
        raise taken from None
    except (OSError, sqlite3.Error) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise StoreError(f"the backup to {target} failed: {reason}", hint="check the folder and the disk") from error


def keep_readers_free(path: Path, *, page_bytes: int | None = None) -> None:
    """Switch a database to write-ahead logging: readers never wait for a writer.

    SQLite itself does not wait for its turn to switch, so we do.

    Args:
        path: the file.
        page_bytes: the size of its pages, where nothing is in it yet.
    """
    patience = monotonic() + WAIT_SECONDS
    with closing(connect_sqlite(path)) as connection:
        if page_bytes is not None:
            connection.execute(f"PRAGMA page_size = {page_bytes:d}")
        while True:
            try:
                connection.execute("PRAGMA journal_mode = WAL")
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or monotonic() > patience:
                    raise
                sleep(0.05)
            else:
                return


def make_private_folder(folder: Path) -> None:
    """Create a folder, and those above it, that only its owner can enter, whatever the umask.

    What exists stays as it is.
    """
    missing = [each for each in (folder, *folder.parents) if not each.exists()]
    for each in reversed(missing):
        try:
            each.mkdir(mode=PRIVATE_FOLDER)
        except FileExistsError:
            continue
        each.chmod(PRIVATE_FOLDER)


@contextmanager
def _private_neighbour(path: Path) -> Iterator[Path]:
    """An empty private file beside `path`, gone afterwards with all that SQLite puts beside it."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".new-", suffix=".db")
    try:
        os.fchmod(descriptor, PRIVATE_FILE)
        os.close(descriptor)
        yield Path(name)
    finally:
        for suffix in ("", "-wal", "-shm", "-journal"):
            Path(name + suffix).unlink(missing_ok=True)


def _set_up(path: Path, name: str, schema: Schema) -> None:
    with in_our_words(name):
        keep_readers_free(path, page_bytes=schema.page_bytes)
    upgrade(sqlite_engine(path), name, schema)


def _copy(path: Path, target: Path) -> None:
    with in_our_words(str(path)):
        source = connect_sqlite(path, wait_seconds=WAIT_SECONDS)
    with closing(source), closing(connect_sqlite(target)) as copy:
        with in_our_words(str(path)):
            source.execute("BEGIN")
            source.execute("SELECT count(*) FROM sqlite_master")  # has patience with a lock; `backup` waits for ever
        source.backup(copy)
        with in_our_words(str(path)):  # what is wrong with the copy is wrong with the store
            answer = str(copy.execute("PRAGMA integrity_check").fetchone()[0])
        if answer != "ok":
            problem = answer.splitlines()[-1]
            raise StoreError(f"the store {path} is damaged: {problem}", hint="keep your older backups; restore one")


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
