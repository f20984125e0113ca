"""Who hears of a SQLite store: each process keeps a small file beside it, and the file's lock for as long as it lives.

Nothing beats, so it costs nothing while nothing happens: the lock is the system's, and ends with the process, however
that ends. The file is written when the process has heard of another revision, by the thread that hears of them.
Whoever may not write there is not known of; nothing else comes of that.
"""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

WIDTH = 1024
"""Bytes; what is written is always as long, so that nobody ever reads half of it."""
_MOST = 10_000
_UNSEEN = "."
"""How the name of a file begins until it is locked."""


class Presence:
    """One process's file. Of one thread at a time; never raises."""

    def __init__(self, store: Path) -> None:
        """Leave no file yet.

        Args:
            store: the store's file, which may be a link to it.
        """
        self._store = store
        self._told: tuple[str, int] | None = None
        self._place: Path | None = None
        self._descriptor: int | None = None

    def tell(self, rollout: str, revision: int) -> None:
        """Say which revision this process has heard of. Costs nothing where that was said before."""
        if self._told == (rollout, revision):
            return
        self._told = rollout, revision
        with suppress(OSError):
            if self._descriptor is None:
                self._enter(rollout, revision)
            else:
                _write(self._descriptor, rollout, revision)

    def leave(self) -> None:
        """This process hears of it no more."""
        self._told = None
        if self._place is not None and self._descriptor is not None:
            with suppress(OSError):
                self._place.unlink()
        self.abandon()

    def abandon(self) -> None:
        """In the child of a fork: the file is the parent's, and so is the lock."""
        self._told = None
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            with suppress(OSError):
                os.close(descriptor)

    def _enter(self, rollout: str, revision: int) -> None:
        """Make a file, and hold its lock before anybody sees it; those of processes that are no more are taken away."""
        folder = folder_of(self._store)
        folder.mkdir(mode=0o700, exist_ok=True)
        _clear(folder)
        name = f"{os.getpid()}-{os.urandom(4).hex()}"
        unseen = folder / f"{_UNSEEN}{name}"
        descriptor = os.open(unseen, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            _write(descriptor, rollout, revision)
            unseen.rename(folder / name)
        except OSError:
            os.close(descriptor)
            raise
        self._place, self._descriptor = folder / name, descriptor


def _write(descriptor: int, rollout: str, revision: int) -> None:
    told = {
        "host": os.uname().nodename, "pid": os.getpid(), "rollout": rollout, "revision": revision,
        "since": datetime.now(UTC).isoformat(),
    }  # fmt: skip
    os.pwrite(descriptor, json.dumps(told).encode().ljust(WIDTH), 0)


def folder_of(store: Path) -> Path:
    """Where the files of a store's processes are; hidden, so that `rollout.db*` means what SQLite keeps alone."""
    real = Path(os.path.realpath(store))
    return real.with_name(f".{real.name}-processes")


def names_in(folder: Path) -> list[str]:
    """The names of all files that are locked, or were.

    Raises:
        OSError: there is no such folder.
    """
    return sorted(each.name for each in folder.iterdir() if not each.name.startswith(_UNSEEN))[:_MOST]


@contextmanager
def opened(place: Path) -> Iterator[int]:
    """A descriptor of a file, to look at it; it never waits.

    Raises:
        OSError: there is none.
    """
    descriptor = os.open(place, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def is_left(descriptor: int) -> bool:
    """Whether the process that made a file is no more: its lock is to be had. It is given back when this is closed."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _clear(folder: Path) -> None:
    """Take away the files of processes that are no more."""
    for name in names_in(folder):
        with suppress(OSError), opened(folder / name) as descriptor:
            if is_left(descriptor):
                (folder / name).unlink()
