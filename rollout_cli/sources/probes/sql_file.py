"""A SQLite file opened to be read: never created, never changed, and left as it was found."""

import os
import sqlite3
import stat
import urllib.parse
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from rollout_cli.checks.questions import NoAnswer
from rollout_cli.checks.sources_file import OWN_STORE
from rollout_cli.checks.verdict import Cause
from rollout_cli.checks.words import say
from rollout_cli.sources.probes.leash import Leash, OutOfTimeError
from rollout_cli.sources.probes.sql_failures import UnreadableError, damaged, in_our_words, unreachable, writes

SCHEMA_PRAGMAS = frozenset({"table_info", "index_list", "index_info"})
"""The pragmas that only tell of tables and indexes."""

_READING = frozenset({sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_RECURSIVE})
_UNWANTED_FUNCTIONS = frozenset({"load_extension", "readfile", "writefile", "edit", "fts3_tokenizer"})
_LIMITS = {
    sqlite3.SQLITE_LIMIT_LENGTH: 10_000_000,  # bytes of one value
    sqlite3.SQLITE_LIMIT_SQL_LENGTH: 100_000,
    sqlite3.SQLITE_LIMIT_LIKE_PATTERN_LENGTH: 1_000,  # matching cannot be interrupted
    sqlite3.SQLITE_LIMIT_ATTACHED: 0,
    sqlite3.SQLITE_LIMIT_WORKER_THREADS: 0,
}
_STEPS_BETWEEN_LOOKS = 20_000
_HEADER_LENGTH = 100  # bytes; the size of a page is in the 17th and 18th, the kind of journal in the two after them
_WITH_LOG = b"\x02\x02"
_LARGEST_PAGE = 65_536  # is written as 1


@contextmanager
def reading_file(
    path: Path, source: str, leash: Leash, pragmas: frozenset[str] = frozenset()
) -> Iterator[sqlite3.Connection]:
    """Open an existing file.

    Args:
        path: of the file.
        source: its name, for what is said.
        leash: ends what takes too long, a wait for a lock too.
        pragmas: those that may be asked; all others are refused, as is every statement that is not reading.

    Raises:
        UnreadableError: there is no such database, or it does not let itself be read.
        OutOfTimeError: it took too long.
    """
    _require_database(path, source)
    guard = _Guard(pragmas)
    with in_our_words(source, leash), closing(_connect(path, source, leash)) as connection:
        leash.on_cut(connection.interrupt)
        _set_up(connection)
        connection.set_authorizer(guard)
        try:
            yield connection
        except (sqlite3.Error, sqlite3.Warning) as error:
            if guard.has_refused:
                raise UnreadableError(writes(source)) from error
            raise


class _Guard:
    """Says to SQLite what a statement may do, before it runs."""

    def __init__(self, pragmas: frozenset[str]) -> None:
        self._pragmas = pragmas
        self.has_refused = False

    def __call__(self, action: int, first: str | None, second: str | None, *_: str | None) -> int:
        if self._allows(action, first or "", second or ""):
            return sqlite3.SQLITE_OK
        self.has_refused = True
        return sqlite3.SQLITE_DENY

    def _allows(self, action: int, first: str, second: str) -> bool:
        if action == sqlite3.SQLITE_FUNCTION:
            return second.casefold() not in _UNWANTED_FUNCTIONS
        if action == sqlite3.SQLITE_PRAGMA:
            return first.casefold() in self._pragmas
        return action in _READING


def _require_database(path: Path, source: str) -> None:
    """Look before opening: a pipe would hold us up, and an empty file pass for a database without tables."""
    try:
        status = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        raise UnreadableError(_missing(source)) from None
    except (OSError, ValueError):  # a path may hold what no path can
        raise UnreadableError(unreachable(source)) from None
    if not stat.S_ISREG(status.st_mode):
        message = say("what is at the address of {source} is not a file", source=source)
        raise UnreadableError(NoAnswer(Cause.UNREACHABLE, message, say("check its address")))
    if not status.st_size:
        message = say("the file of {source} is empty: there is no database in it yet", source=source)
        raise UnreadableError(NoAnswer(Cause.NO_DATA, message, say("set the database up, or check its address")))


def _missing(source: str) -> NoAnswer:
    if source == OWN_STORE:
        hint = say("the first change creates it; or `rollout init`")
        return NoAnswer(Cause.NO_DATA, say("there is no store yet"), hint)
    message = say("there is no file at the address of {source}", source=source)
    return NoAnswer(Cause.UNREACHABLE, message, say("check its address; a relative path counts from the project"))


def _connect(path: Path, source: str, leash: Leash) -> sqlite3.Connection:
    real = Path(os.path.realpath(path))  # SQLite keeps its -wal and -shm beside the file that a link leads to
    try:
        access = _access(real, source)
    except OSError:
        raise UnreadableError(unreachable(source)) from None
    uri = f"file://{urllib.parse.quote(os.fsencode(real))}?{access}"
    connection = sqlite3.connect(
        uri, uri=True, timeout=leash.left(), isolation_level=None, check_same_thread=False
    )  # fmt: skip
    connection.set_progress_handler(lambda: _is_over(leash), _STEPS_BETWEEN_LOOKS)
    connection.text_factory = _text
    return connection


def _access(real: Path, source: str) -> str:
    """How to open a file so that nothing is changed and nothing stays behind.

    To read a database with a write-ahead log, SQLite needs the log. Where there is one it is only read, or the last to
    leave would write it into the file. Where there is none, whoever may write makes it and takes it away again, and
    whoever may not knows that nobody is writing.
    """
    with real.open("rb") as file:
        header, size = file.read(_HEADER_LENGTH), os.fstat(file.fileno()).st_size
    if any(Path(f"{real}{suffix}").exists() for suffix in ("-wal", "-journal")):
        return "mode=ro"
    if _ends_within_a_page(header, size):
        raise UnreadableError(damaged(source))
    if header[18:20] != _WITH_LOG:
        return "mode=ro"
    may_write = os.access(real, os.W_OK) and os.access(real.parent, os.W_OK)
    return "mode=rw" if may_write else "mode=ro&immutable=1"


def _ends_within_a_page(header: bytes, size: int) -> bool:
    """Whether a file was cut: SQLite would read zeros where its last page ends early."""
    page = int.from_bytes(header[16:18], "big")
    return bool(page) and size % (_LARGEST_PAGE if page == 1 else page) != 0


def _set_up(connection: sqlite3.Connection) -> None:
    for category, limit in _LIMITS.items():
        connection.setlimit(category, limit)
    connection.execute("PRAGMA query_only = ON")
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.execute("PRAGMA cell_size_check = ON")
    # A table-valued function is set up by what looks like writing: so before the guard stands.
    connection.execute("SELECT 1 FROM json_each('[]'), json_tree('[]')").close()


def _is_over(leash: Leash) -> bool:
    try:
        leash.left()
    except OutOfTimeError:
        return True
    return False


def _text(stored: bytes) -> str:
    return stored.decode("utf-8", "replace")
