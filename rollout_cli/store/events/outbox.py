"""Subscribers of a log in SQL: their positions, and who delivers for them."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

from sqlalchemy import Connection, func, or_, select, update

from rollout_cli.pipeline.signals import Lease, LostLeaseError, Signal
from rollout_cli.store.events.rows import event_of
from rollout_cli.store.events.sql_event_store import SqlEventStore
from rollout_cli.store.events.tables import events, subscribers


class SqlOutbox:
    """The outbox of a store of events. Its writes are of subscribers alone: publishers may go on remembering."""

    def __init__(self, store: SqlEventStore) -> None:
        self._store = store

    def enlist(self, name: str, *, from_beginning: bool) -> None:
        """Know a subscriber."""
        with self._store.changing() as connection:
            newest = connection.execute(select(func.coalesce(func.max(events.c.id), 0))).scalar_one()
            row = {"name": name, "position": 0 if from_beginning else newest}
            connection.execute(self._store.insert(subscribers).on_conflict_do_nothing(), row)

    def take(self, name: str, holder: str, now: datetime, until: datetime) -> Lease | None:
        """Take the right to deliver."""
        mine = subscribers.c.name == name
        with self._store.changing() as connection:
            row = connection.execute(select(subscribers).where(mine).with_for_update()).one()
            if row.holder not in (None, holder) and row.held_until > now:
                return None
            connection.execute(update(subscribers).where(mine).values(holder=holder, held_until=until))
        return Lease(row.position, was_abandoned=row.holder not in (None, holder))

    def read(self, after: int, limit: int, types: Sequence[str]) -> tuple[list[Signal], int]:
        """What comes after a number."""
        query = select(events).where(events.c.id > after).order_by(events.c.id).limit(limit)
        if types:
            query = query.where(or_(*(events.c.event_type.startswith(each, autoescape=True) for each in types)))
        with self._store.reading() as connection:
            newest = connection.execute(select(func.coalesce(func.max(events.c.id), 0))).scalar_one()
            found = [Signal(row.id, event_of(row)) for row in connection.execute(query)]
        return found, found[-1].number if found else max(newest, after)

    def advance(self, name: str, holder: str, position: int, until: datetime) -> None:
        """Move on."""
        with self._store.changing() as connection:
            _advance(connection, name, holder, position, until)

    @contextmanager
    def advancing(self, name: str, holder: str, position: int, until: datetime) -> Iterator[Connection]:
        """Move on, in one transaction with what is done in the block."""
        with self._store.changing() as connection:
            _advance(connection, name, holder, position, until)
            yield connection

    def release(self, name: str, holder: str) -> None:
        """Give the right back."""
        mine = (subscribers.c.name == name) & (subscribers.c.holder == holder)
        with self._store.changing() as connection:
            connection.execute(update(subscribers).where(mine).values(holder=None, held_until=None))

    def lag(self, name: str) -> int:
        """How many numbers of the log a subscriber has not come to yet."""
        with self._store.reading() as connection:
            newest: int = connection.execute(select(func.coalesce(func.max(events.c.id), 0))).scalar_one()
            at = connection.execute(select(subscribers.c.position).where(subscribers.c.name == name)).scalar()
        return max(newest - (0 if at is None else at), 0)


def _advance(connection: Connection, name: str, holder: str, position: int, until: datetime) -> None:
    mine = (subscribers.c.name == name) & (subscribers.c.holder == holder)
    done = connection.execute(update(subscribers).where(mine).values(position=position, held_until=until))
    if done.rowcount != 1:
        raise LostLeaseError
