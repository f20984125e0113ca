"""A store of events in SQL: SQLite or PostgreSQL."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from threading import Lock
from typing import Any
from uuid import uuid4
from weakref import WeakSet

from sqlalchemy import Connection, Engine, Table, insert, select

from rollout_cli.pipeline.dual_run.observation import Observation
from rollout_cli.store.engine import WRITING, empty_log
from rollout_cli.store.events.fork_gate import GATE
from rollout_cli.store.events.inserting import dialect_of
from rollout_cli.store.events.publishing import SqlPublication
from rollout_cli.store.events.tables import observations, writers
from rollout_cli.store.failures import in_our_words


class SqlEventStore:
    """An opened store of events. May be shared by threads: they take turns; each forked process is a writer of its own.

    One connection is kept, because a publication is short and they follow each other.
    """

    def __init__(self, engine: Engine, name: str) -> None:
        self._engine = engine
        self.name = name
        self._dialect = dialect_of(engine.dialect.name)
        self._become_a_writer()
        _STORES.add(self)

    def _become_a_writer(self) -> None:
        """Begin with nothing, at first and in the child of a fork: whoever had the turn is not there."""
        self._turn = Lock()
        self._writer = uuid4().hex
        self._connection: Connection | None = None
        self._wrote = 0

    @contextmanager
    def publication(self, *, by_router: bool = True) -> Iterator[SqlPublication]:
        """One transaction: all of it when the block ends well, else nothing. Waits for its turn.

        Args:
            by_router: whether it is the router of this store; what routers remember is void after anybody else's.

        Raises:
            StoreError: nothing was written.
            UsageError: nothing was written, nor ever will be: the database cannot hold one of the values.
        """
        with GATE, self._turn, in_our_words(self.name), self._connected() as connection:
            with connection.begin():
                self._dialect.hold(connection)
                turn, is_undisturbed = self._take_turn(connection, None if by_router else _NO_ROUTER)
                if by_router:
                    self._wrote = 0  # should this one fail, what the router remembers of it is void
                yield SqlPublication(connection, self._dialect, is_undisturbed=is_undisturbed)
            self._wrote = turn if by_router else self._wrote

    def observe(self, found: Sequence[Observation]) -> None:
        """Keep what comparisons have found."""
        rows = [{name: getattr(each, name) for name in _OBSERVED} for each in found]
        if rows:
            with GATE, self._turn, in_our_words(self.name), self._connected() as connection, connection.begin():
                connection.execute(insert(observations), rows)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One consistent view, on a connection of its own."""
        with GATE, in_our_words(self.name), self._engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def changing(self) -> Iterator[Connection]:
        """One transaction on what publishers do not remember, on a connection of its own."""
        with GATE, in_our_words(self.name), self._engine.connect() as connection:
            held = connection.execution_options(**WRITING)
            with held.begin():
                yield held

    def insert(self, table: Table) -> Any:
        """An `INSERT` of this database, which can say what to do `on_conflict`."""
        return self._dialect.insert(table)

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One transaction as the only writer, for what is no publication; what publishers remember is void after it."""
        with GATE, in_our_words(self.name), self._engine.connect() as connection:
            held = connection.execution_options(**WRITING)
            with held.begin():
                self._dialect.hold(held)
                self._take_turn(held, _NO_ROUTER)
                yield held

    def empty_log(self) -> None:
        """Bring what was committed from SQLite's log to the file, so that nothing old is left in it."""
        with GATE, in_our_words(self.name), self._engine.connect() as connection:
            empty_log(connection)

    def close(self) -> None:
        """Let go of all connections."""
        with self._turn:
            if self._connection is not None:
                self._connection.close()
            self._connection = None
            self._engine.dispose()

    @contextmanager
    def _connected(self) -> Iterator[Connection]:
        """The connection; a new one after a failure, and after a fork."""
        if self._connection is None:
            self._connection = self._dialect.prepared(self._engine.connect().execution_options(**WRITING))
        try:
            yield self._connection
        except BaseException:
            broken, self._connection = self._connection, None
            broken.invalidate()
            broken.close()
            raise

    def _take_turn(self, connection: Connection, writer: str | None = None) -> tuple[int, bool]:
        """Write down who writes; whether it was us the last time, too."""
        who = writer or self._writer
        before = connection.execute(_BEFORE).first()
        turn = 1 if before is None else before.turn + 1
        statement = self._dialect.insert(writers).values(id=1, writer=who, turn=turn)
        connection.execute(statement.on_conflict_do_update(index_elements=["id"], set_={"writer": who, "turn": turn}))
        return turn, before is not None and before.writer == who and before.turn == self._wrote


def _begin_anew() -> None:
    for store in list(_STORES):
        _OF_PARENTS.append(store._connection)  # noqa: SLF001 - its own module
        store._become_a_writer()  # noqa: SLF001


_NO_ROUTER = "maintenance"
_OF_PARENTS: list[Connection | None] = []
"""Connections that a child was born with. They are its parent's: to let go of one would close it for both."""
_STORES: "WeakSet[SqlEventStore]" = WeakSet()
os.register_at_fork(after_in_child=_begin_anew)
_OBSERVED = tuple(column.name for column in observations.columns if column.name != "id")
_BEFORE = select(writers.c.writer, writers.c.turn)
