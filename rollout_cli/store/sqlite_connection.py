"""Connections to SQLite files as a store needs them, with the standard library alone."""

import os
import sqlite3
import urllib.parse
from pathlib import Path

WAIT_SECONDS = 5
"""How long to wait for somebody else's lock, and for a server to answer."""


def connect_sqlite(path: Path, *, wait_seconds: float = WAIT_SECONDS) -> sqlite3.Connection:
    """Open an existing SQLite file, whatever characters its path has.

    The driver's own transaction handling is off: it would begin transactions late, and so lose updates between
    a read and the write that depends on it.
    """
    real = Path(os.path.realpath(path))  # SQLite puts its -wal and -shm beside the file that a link leads to
    uri = f"file://{urllib.parse.quote(os.fsencode(real))}?{_access(real)}"
    connection = sqlite3.connect(uri, uri=True, timeout=wait_seconds, isolation_level=None, check_same_thread=False)
    connection.text_factory = _text
    try:
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA synchronous = FULL")  # a rollback that was reported must survive a power cut
    except BaseException:
        connection.close()
        raise
    return connection


def is_writable(real: Path) -> bool:
    """Whether this process may write a database and what SQLite puts beside it."""
    return os.access(real, os.W_OK) and os.access(real.parent, os.W_OK)


def _access(real: Path) -> str:
    """How to open a file: so that looking at it leaves nothing behind.

    A reader that may write removes its -wal and -shm when it is the last to leave; one that may not cannot. Where it
    may not and nobody has the file open, none are needed.
    """
    if is_writable(real):
        return "mode=rw"
    return "mode=ro" if Path(f"{real}-wal").exists() else "mode=ro&immutable=1"


def _text(stored: bytes) -> str:
    """Text as it is stored; a damaged one is for its hash to find, and must not hide the others."""
    return stored.decode("utf-8", "surrogateescape")
