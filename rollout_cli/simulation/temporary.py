"""Folders for what runs store: each gone with its run; what a run that was killed has left, the next one takes away.

A lock says that a folder is in use: the system gives it back however a process ends. Only folders of ours, of this
user, with a lock that nobody holds are taken away; those of several workers lie within the one of who began them.
"""

import fcntl
import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from shutil import rmtree

from rollout_cli.errors import StoreError, StoreFullError

_PREFIX = "rollout-simulate-"
_LOCK = "in-use"
_UNSEEN = ".new"
_ELSEWHERE = "make room there, or name another place: TMPDIR=FOLDER, or a store of events with --events-store"


@contextmanager
def own_folder() -> Iterator[Path]:
    """A folder of one's own, until the block ends.

    Raises:
        StoreError: none can be made.
    """
    _sweep(tempfile.gettempdir())
    with ExitStack() as stack:
        try:
            folder = Path(tempfile.mkdtemp(prefix=_PREFIX))
            stack.callback(_remove, folder)
            stack.enter_context(_held(folder))
        except OSError as error:
            raise StoreError(
                f"no folder for a temporary store can be made in {tempfile.gettempdir()}: {error.strerror}",
                hint=_ELSEWHERE,
            ) from error
        yield folder


@contextmanager
def told_where(folder: Path) -> Iterator[None]:
    """Say of a store in such a folder where that is, should there be no room left, and how to choose another place.

    Raises:
        StoreFullError: there is none.
    """
    try:
        yield
    except StoreFullError as error:
        place = folder.parent.parent if folder.parent.name.startswith(_PREFIX) else folder.parent
        raise StoreFullError(f"there is no room left for the temporary store, in {place}", hint=_ELSEWHERE) from error


@contextmanager
def _held(folder: Path) -> Iterator[None]:
    """Hold a folder's lock, from before anybody sees it."""
    descriptor = os.open(folder / _UNSEEN, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        (folder / _UNSEEN).rename(folder / _LOCK)
        yield
    finally:
        os.close(descriptor)


def _remove(folder: Path) -> None:
    """Take a folder away, its lock last: should this be cut off, the next one goes on."""
    with suppress(OSError):
        for each in folder.iterdir():
            if each.name != _LOCK:
                rmtree(each, ignore_errors=True) if each.is_dir() else each.unlink(missing_ok=True)
    rmtree(folder, ignore_errors=True)


def _sweep(place: str) -> None:
    """Take away what runs have left that are no more."""
    with suppress(OSError):
        with os.scandir(place) as found:
            left = [each.path for each in found if each.name.startswith(_PREFIX) and _is_mine(each)]
        for each in left:
            with suppress(OSError), ExitStack() as stack:
                folder = Path(each)
                for lock in (folder / _LOCK, *folder.glob(f"{_PREFIX}*/{_LOCK}")):
                    stack.enter_context(_taken(lock))
                _remove(folder)


def _is_mine(entry: "os.DirEntry[str]") -> bool:
    with suppress(OSError):  # it went away meanwhile
        found = entry.stat(follow_symlinks=False)
        return stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid()
    return False


@contextmanager
def _taken(lock: Path) -> Iterator[None]:
    """Take a lock that nobody holds.

    Raises:
        OSError: somebody does, or there is none.
    """
    descriptor = os.open(lock, os.O_RDWR | os.O_NOFOLLOW)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(descriptor)
