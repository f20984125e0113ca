"""Letting go of what is old: raw bodies first, then events, letters and observations."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, delete, func, select, update

from rollout_cli.pipeline.reports import PruneReport
from rollout_cli.store.events.sql_event_store import SqlEventStore
from rollout_cli.store.events.tables import dead_letters, events, observations, subscribers

_AT_ONCE = 2_000


def prune(
    store: SqlEventStore,
    *,
    raw: datetime | None = None,
    old_events: datetime | None = None,
    letters: datetime | None = None,
    observed: datetime | None = None,
    is_dry_run: bool = False,
) -> PruneReport:
    """Let go of what came before these times, some rows in each transaction; publishers take their turns between.

    Events that a subscriber has not had yet stay.

    Raises:
        StoreError: what was let go before stays so.
    """
    had = _had_by_all(store)
    is_old = None if old_events is None else events.c.received_at < old_events
    had_it = events.c.id <= had
    has_raw = None if raw is None else (events.c.received_at < raw) & events.c.raw.is_not(None)
    counts = {
        "raw": _each(store, events, has_raw, is_dry_run=is_dry_run, keeps_row=True),
        "events": _each(store, events, None if is_old is None else is_old & had_it, is_dry_run=is_dry_run),
        "dead_letters": _each(store, dead_letters, _before(dead_letters, letters), is_dry_run=is_dry_run),
        "observations": _each(store, observations, _before(observations, observed), is_dry_run=is_dry_run),
    }
    with store.reading() as connection:
        kept = 0 if is_old is None else _count(connection, events, is_old & (events.c.id > had))
    return PruneReport(store.name, not is_dry_run, kept_for_subscribers=kept, **counts)


def _had_by_all(store: SqlEventStore) -> int:
    """The number that every subscriber has come to; that of the last event where there is none."""
    with store.reading() as connection:
        slowest: int | None = connection.execute(select(func.min(subscribers.c.position))).scalar()
        newest: int = connection.execute(select(func.coalesce(func.max(events.c.id), 0))).scalar_one()
    return newest if slowest is None else slowest


def _each(store: SqlEventStore, table: Table, which: Any, *, is_dry_run: bool, keeps_row: bool = False) -> int:
    if which is None:
        return 0
    if is_dry_run:
        with store.reading() as connection:
            return _count(connection, table, which)
    action: Any = update(table).values(raw=None) if keeps_row else delete(table)
    with store.reading() as connection:
        first, last = connection.execute(select(func.min(table.c.id), func.max(table.c.id))).one()
    done = 0
    for start in range(first or 0, (last or -1) + 1, _AT_ONCE):  # by number: no index has the time of receipt
        with store.changing() as connection:
            some = table.c.id.between(start, start + _AT_ONCE - 1)
            done += connection.execute(action.where(some & which)).rowcount
    return done


def _before(table: Table, at: datetime | None) -> Any:
    return None if at is None else table.c.at < at


def _count(connection: Connection, table: Table, which: Any) -> int:
    count: int = connection.execute(select(func.count()).select_from(table).where(which)).scalar_one()
    return count
