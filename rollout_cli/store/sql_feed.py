"""What a running application hears of a store in a database server: one small query tells whether anything changed."""

from contextlib import suppress
from pathlib import Path

from sqlalchemy import Connection, func, select
from sqlalchemy.exc import SQLAlchemyError

from rollout_cli.control.latest import latest_revision
from rollout_cli.control.record import Revision
from rollout_cli.store.address import StoreAddress
from rollout_cli.store.engine import polling_engine
from rollout_cli.store.failures import in_our_words
from rollout_cli.store.named_connections import name_of_process
from rollout_cli.store.only_rollout import only_rollout
from rollout_cli.store.sql_store import engine_of, open_store
from rollout_cli.store.tables import heads

_left_behind: list[Connection] = []
"""Connections of a parent process: to close one would end the parent's session, so they are kept and never touched."""

Heads = tuple[tuple[str, int, str], ...]


class SqlFeed:
    """The latest revision of one rollout, over one connection that is kept."""

    def __init__(self, address: StoreAddress, rollout: str | None) -> None:
        self.name = address.name
        self._address = address
        self.path: Path | None = None
        self._rollout = rollout or None
        self._known: str | None = None
        self._connection: Connection | None = None
        self._seen: Heads | None = None
        self._told: tuple[str, int] | None = None
        self._engine = engine_of(address, polling_engine)

    def changed(self) -> bool:
        """Whether there may be something new since the last reading. Costs one round trip when there is not.

        Raises:
            StoreError: the store cannot be used.
        """
        try:
            with in_our_words(self.name):
                found = self._heads()
        except BaseException:
            self.close()
            raise
        if found == self._seen:
            return False
        self._seen = found
        return True

    def read(self) -> Revision | None:
        """The latest revision; None before the first.

        Raises:
            StoreError: the store cannot be used, or its latest record is damaged.
        """
        try:
            store = open_store(self._address, history_only=True)
            rollout = self._rollout or only_rollout(store.rollouts(), self.name, known=self._known)
            with store.ledger(rollout or "").reading() as reading:
                latest = latest_revision(reading)
            self._known = rollout
        except BaseException:
            self._seen = None  # asked again next time, whatever it is then
            raise
        if not self._was_announced(rollout, latest):
            self._seen = None
        return latest

    def close(self) -> None:
        """Let go of the connection; the next question makes a new one."""
        connection, self._connection, self._seen = self._connection, None, None
        self._told = None
        if connection is not None:
            with suppress(SQLAlchemyError):
                connection.close()

    def tell(self, revision: int) -> None:
        """Say which revision this process has heard of, in the name of its connection, where the server has such."""
        told = self._rollout or self._known or "", revision
        if self._connection is None or told == self._told or self._engine.dialect.name != "postgresql":
            return
        self._told, name = told, name_of_process(*told)
        with suppress(SQLAlchemyError):  # a connection that is no more is noticed at the next question
            self._connection.execute(select(func.set_config("application_name", name, False)))  # noqa: FBT003 - SQL's own

    def leave(self) -> None:
        """Let go of the connection for good, and of its name with it."""
        self.close()

    def abandon(self) -> None:
        """Forget the connection without closing it: after a fork it is the parent's."""
        if self._connection is not None:
            _left_behind.append(self._connection)
            self._connection = None

    def _was_announced(self, rollout: str | None, latest: Revision | None) -> bool:
        """Whether it is what the question saw. Another connection read it: of a standby that is behind, perhaps."""
        if self._seen is None or latest is None:
            return self._seen == ()
        return (rollout, latest.number, latest.hash) in self._seen

    def _heads(self) -> Heads:
        if self._connection is None:
            self._connection = self._engine.connect()
        query = select(heads.c.rollout, heads.c.revision, heads.c.hash).order_by(heads.c.rollout)
        if self._rollout is not None:
            query = query.where(heads.c.rollout == self._rollout)
        return tuple((row.rollout, row.revision, row.hash) for row in self._connection.execute(query))
