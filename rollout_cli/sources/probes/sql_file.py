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
    connection = sqlite3.connect(
        _uri(real, _access(real, source)), uri=True, timeout=leash.left(), isolation_level=None, check_same_thread=False
    )  # fmt: skip
    connection.set_progress_handler(lambda: _is_over(leash), _STEPS_BETWEEN_LOOKS)
    connection.text_factory = _text
    return connection


def _access(real: Path, source: str) -> str:
    """How to open a file so that nothing is changed and nothing stays behind.

    To read a database with a write-ahead log, SQLite needs the log. Where there is one it is only read, or the last to
    leave would write it into the file. Where there is none, whoever may write makes it and takes it away again, and
    whoever may not knows that nobody is writing.

    SQLite itself is asked what kind of file it is: this process may have it open elsewhere, and would lose its locks
    there if the file were opened and closed past SQLite.
    """
    if any(Path(f"{real}{suffix}").exists() for suffix in ("-wal", "-journal")):
        return "mode=ro"
    if _ends_within_a_page(real):
        raise UnreadableError(damaged(source))
    if not _has_a_log(real):
        return "mode=ro"
    may_write = os.access(real, os.W_OK) and os.access(real.parent, os.W_OK)
    return "mode=rw" if may_write else "mode=ro&immutable=1"


def _ends_within_a_page(real: Path) -> bool:
    """Whether a file was cut: SQLite would read zeros where its last page ends early."""
    try:
        with closing(sqlite3.connect(_uri(real, "mode=ro&immutable=1"), uri=True)) as connection:
            connection.execute("PRAGMA schema_version").close()  # only then it has looked into the file
            page: int = connection.execute("PRAGMA page_size").fetchone()[0]
        return real.stat().st_size % page != 0
    except (sqlite3.Error, OSError):
        return False  # whatever is wrong with it, it is said when it is read


def _has_a_log(real: Path) -> bool:
    """Whether a database is written by way of a log: without locks SQLite opens none, and says so."""
    try:
        with closing(sqlite3.connect(_uri(real, "mode=ro&nolock=1"), uri=True)) as connection:
            connection.execute("PRAGMA schema_version").close()
    except sqlite3.Error as error:
        return getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_CANTOPEN
    return False


def _uri(real: Path, access: str) -> str:
    return f"file://{urllib.parse.quote(os.fsencode(real))}?{access}"


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
