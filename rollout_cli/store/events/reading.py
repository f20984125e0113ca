"""Reading the log: by provider time for people, by place for programs."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select

from rollout_cli.pipeline.storable import storable
from rollout_cli.store.events.rows import event_of
from rollout_cli.store.events.sql_event_store import SqlEventStore
from rollout_cli.store.events.tables import events
from rollout_cli.whatsapp import CanonicalEvent

_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which events are wanted: those of which all that is said holds."""

    thread: str | None = None
    conversation: str | None = None
    shopper: str | None = None
    skm: str | None = None
    provider: str | None = None
    event_type: str | None = None
    message: str | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Stored:
    """One event of the log."""

    number: int
    received_at: datetime
    event: CanonicalEvent


def stored_events(store: SqlEventStore, wanted: Wanted, *, limit: int | None = None) -> Iterator[Stored]:
    """Events by the provider's time, and of one time in the order in which they came.

    Raises:
        StoreError: the log cannot be read.
    """
    query = _of(wanted).order_by(events.c.occurred_at, events.c.id)
    with store.reading() as connection:
        rows = connection.execute(query.limit(limit).execution_options(yield_per=_AT_ONCE))
        for row in rows:
            yield _stored(row)


def all_events(store: SqlEventStore, after: int = 0) -> Iterator[Stored]:
    """The whole log in its order, some at a time: no view of the database is held for as long as that takes.

    Raises:
        StoreError: the log cannot be read.
    """
    while True:
        with store.reading() as connection:
            query = select(events).where(events.c.id > after).order_by(events.c.id).limit(_AT_ONCE)
            found = [_stored(row) for row in connection.execute(query)]
        yield from found
        if not found:
            return
        after = found[-1].number


def _of(wanted: Wanted) -> Select[Any]:
    columns = events.c
    equal = {
        columns.thread_key: wanted.thread and storable(wanted.thread),
        columns.conversation_id: wanted.conversation,
        columns.shopper_id: wanted.shopper,
        columns.skm_id: wanted.skm,
        columns.provider: wanted.provider,
        columns.message_id: wanted.message and storable(wanted.message),
    }
    query = select(events).where(*(column == value for column, value in equal.items() if value is not None))
    if wanted.event_type is not None:
        query = query.where(columns.event_type.startswith(wanted.event_type, autoescape=True))
    if wanted.since is not None:
        query = query.where(columns.occurred_at >= wanted.since)
    return query if wanted.until is None else query.where(columns.occurred_at < wanted.until)


def _stored(row: Any) -> Stored:
    return Stored(row.id, row.received_at, event_of(row))
