"""Subscribers of a log in SQL: their positions, and who delivers for them."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, delete, func, or_, select, update

from rollout_cli.pipeline.signals import Lease, LostLeaseError, Signal
from rollout_cli.store.events.fork_gate import GATE
from rollout_cli.store.events.rows import event_of
from rollout_cli.store.events.sql_event_store import SqlEventStore
from rollout_cli.store.events.tables import events, subscribers

SPAN = 20_000
"""Numbers that are looked through in one question for wanted types: a server gives it a few seconds, however rare."""
_NEWEST = select(func.coalesce(func.max(events.c.id), 0))


class SqlOutbox:
    """The outbox of a store of events. Its writes are of subscribers alone: publishers may go on remembering.

    It raises `StoreError` where the store is away, and writes only where there is something to write: a writer holds
    up publishers.
    """

    def __init__(self, store: SqlEventStore) -> None:
        self._store = store

    def enlist(self, name: str, *, from_beginning: bool) -> None:
        """Know a subscriber."""
        if self._row(name) is not None:
            return
        with self._changing() as connection:
            newest = connection.execute(_NEWEST).scalar_one()
            row = {"name": name, "position": 0 if from_beginning else newest}
            connection.execute(self._store.insert(subscribers).on_conflict_do_nothing(), row)

    def dismiss(self, name: str) -> None:
        """Know a subscriber no more."""
        with self._changing() as connection:
            connection.execute(delete(subscribers).where(subscribers.c.name == name))

    def take(self, name: str, holder: str, now: datetime, until: datetime) -> Lease | None:
        """Take the right to deliver. Where another process has it, that takes no lock."""
        known = self._row(name)
        if known is None or not _is_free(known, holder, now):
            return None
        mine = subscribers.c.name == name
        with self._changing() as connection:
            row = connection.execute(select(subscribers).where(mine).with_for_update()).one()
            if not _is_free(row, holder, now):
                return None
            connection.execute(update(subscribers).where(mine).values(holder=holder, held_until=until))
        return Lease(row.position, was_abandoned=row.holder not in (None, holder))

    def renew(self, name: str, holder: str, until: datetime) -> bool:
        """Keep the right for longer."""
        with self._changing() as connection:
            done = connection.execute(update(subscribers).where(_held(name, holder)).values(held_until=until))
        return done.rowcount == 1

    def read(self, after: int, limit: int, types: Sequence[str]) -> tuple[list[Signal], int]:
        """What comes after a number."""
        with self._reading() as connection:
            newest: int = connection.execute(_NEWEST).scalar_one()
            end = max(min(newest, after + SPAN) if types else newest, after)
            query = select(events).where(events.c.id > after, events.c.id <= end).order_by(events.c.id).limit(limit)
            if types:
                query = query.where(or_(*map(_begins_with, types)))
            found = [Signal(row.id, event_of(row)) for row in connection.execute(query)]
        return found, found[-1].number if len(found) == limit else end

    def advance(self, name: str, holder: str, position: int, until: datetime) -> None:
        """Move on."""
        with self._changing() as connection:
            _advance(connection, name, holder, position, until)

    @contextmanager
    def advancing(self, name: str, holder: str, position: int, until: datetime) -> Iterator[Connection]:
        """Move on, in one transaction with what is done in the block."""
        with self._changing() as connection:
            _advance(connection, name, holder, position, until)
            yield connection

    def release(self, name: str, holder: str, *, in_doubt: bool = False) -> None:
        """Give the right back. In doubt, the name of who had it stays, as after a crash."""
        stays = {} if in_doubt else {"holder": None}
        with self._changing() as connection:
            connection.execute(update(subscribers).where(_held(name, holder)).values(held_until=None, **stays))

    def lag(self, name: str) -> int:
        """How many numbers of the log a subscriber has not come to yet."""
        at = select(subscribers.c.position).where(subscribers.c.name == name)
        with self._reading() as connection:
            newest: int = connection.execute(_NEWEST).scalar_one()
            return max(newest - (connection.execute(at).scalar() or 0), 0)

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with GATE, self._store.reading() as connection:
            yield connection

    @contextmanager
    def _changing(self) -> Iterator[Connection]:
        with GATE, self._store.changing() as connection:
            yield connection

    def _row(self, name: str) -> Row[Any] | None:
        with self._reading() as connection:
            return connection.execute(select(subscribers).where(subscribers.c.name == name)).first()


def _is_free(row: Row[Any], holder: str, now: datetime) -> bool:
    return row.holder in (None, holder) or row.held_until is None or row.held_until <= now


def _held(name: str, holder: str) -> ColumnElement[bool]:
    return and_(subscribers.c.name == name, subscribers.c.holder == holder)


def _begins_with(prefix: str) -> ColumnElement[bool]:
    return func.substr(events.c.event_type, 1, len(prefix)) == prefix  # LIKE is not the same everywhere


def _advance(connection: Connection, name: str, holder: str, position: int, until: datetime) -> None:
    """Forward only: a commit whose answer was lost must not count twice."""
    mine = _held(name, holder) & (subscribers.c.position < position)
    done = connection.execute(update(subscribers).where(mine).values(position=position, held_until=until))
    if done.rowcount != 1:
        raise LostLeaseError
