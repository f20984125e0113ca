"""A database server, connected to be read: one read-only transaction, rolled back, and a line that can be cut."""

import math
import os
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.pool import NullPool

from rollout_cli.sources.probes.leash import Leash
from rollout_cli.sources.probes.sql_addresses import DatabaseServer
from rollout_cli.sources.probes.sql_failures import in_our_words

_READ_ONLY_STATEMENTS = {
    "mysql": "SET SESSION TRANSACTION READ ONLY",
    "mariadb": "SET SESSION TRANSACTION READ ONLY",
}


@contextmanager
def reading_server(address: DatabaseServer, source: str, leash: Leash) -> Iterator[Connection]:
    """Connect to a server. On PostgreSQL every transaction is read-only, and no statement outlives the leash.

    Other databases are asked to read only where we know how; what they did is rolled back, and a leash that is cut
    leaves their thread behind.

    Raises:
        UnreadableError: the server does not let itself be read.
        OutOfTimeError: it took too long.
    """
    with in_our_words(source, leash), ExitStack() as lines:
        engine = _postgres_engine(address.url, leash, lines) if address.is_postgres else _other_engine(address.url)
        with engine.connect() as connection:
            leash.left()
            yield connection


def _postgres_engine(url: URL, leash: Leash, lines: ExitStack) -> Engine:
    import psycopg  # noqa: PLC0415 - an extra: who asks no PostgreSQL does without

    _, options = url.get_dialect()().create_connect_args(url)

    def connect() -> Any:
        connection = psycopg.connect(**{**options, **_reading_options(url, leash)}, prepare_threshold=None)
        lines.enter_context(_cut_by(leash, connection.fileno()))
        connection.read_only = True
        return connection

    # Nothing is left to the pool: a line that was cut cannot be rolled back, and the server does it by itself.
    return create_engine(
        url, creator=connect, poolclass=NullPool, pool_reset_on_return=None, use_native_hstore=False
    )  # fmt: skip


def _reading_options(url: URL, leash: Leash) -> dict[str, Any]:
    """What a session begins with: ours behind what the address says, for the last one counts."""
    theirs = url.query.get("options", "")
    said = theirs if isinstance(theirs, str) else " ".join(theirs)
    seconds = leash.left()
    ours = f"-c default_transaction_read_only=on -c statement_timeout={max(math.ceil(seconds * 1000), 1)}"
    return {
        "application_name": "rollout check",
        "connect_timeout": max(math.ceil(seconds), 2),  # the driver's least
        "options": f"{said} {ours}".strip(),
    }


@contextmanager
def _cut_by(leash: Leash, line: int) -> Iterator[None]:
    """Let the leash shut a connection's line from another thread; whoever waits at it wakes, and cleans up himself."""
    with socket.socket(fileno=os.dup(line)) as shared:
        leash.on_cut(lambda: shared.shutdown(socket.SHUT_RDWR))
        yield


def _other_engine(url: URL) -> Engine:
    engine = create_engine(url, poolclass=NullPool)
    statement = _READ_ONLY_STATEMENTS.get(engine.dialect.name)
    if statement is not None:
        event.listen(engine, "connect", lambda raw, _record: _run(raw, statement))
    return engine


def _run(raw: Any, statement: str) -> None:
    cursor = raw.cursor()
    cursor.execute(statement)
    cursor.close()
