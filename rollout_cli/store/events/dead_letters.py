"""Dead letters: which there are, and taking away those that are none any more."""

from collections.abc import Collection, Iterator, Sequence

from sqlalchemy import delete, func, select

from rollout_cli.pipeline.event_store import DeadLetter
from rollout_cli.store.events.sql_event_store import SqlEventStore
from rollout_cli.store.events.tables import dead_letters

_AT_ONCE = 100


def letters(
    store: SqlEventStore, ids: Collection[int] | None = None, *, limit: int | None = None, after: int = 0
) -> Sequence[tuple[DeadLetter, int]]:
    """Dead letters by number, each with how often it came.

    Raises:
        StoreError: they cannot be read.
    """
    query = select(dead_letters).where(dead_letters.c.id > after).order_by(dead_letters.c.id)
    if ids is not None:
        query = query.where(dead_letters.c.id.in_(list(ids)))
    with store.reading() as connection:
        return [
            (
                DeadLetter(
                    row.at, row.provider, row.reason, row.explanation, bytes(row.body), row.instance, row.event,
                    row.shopper_id, row.signature_valid, row.id,
                ),
                row.times,
            )
            for row in connection.execute(query.limit(limit))
        ]  # fmt: skip


def batches(store: SqlEventStore, ids: Collection[int] | None = None) -> Iterator[list[DeadLetter]]:
    """All letters, or those of some numbers, some at a time and each once.

    Raises:
        StoreError: they cannot be read.
    """
    after = 0
    while some := letters(store, ids, limit=_AT_ONCE, after=after):
        batch = [each for each, _ in some]
        after = batch[-1].id or 0
        yield batch


def count_letters(store: SqlEventStore) -> int:
    """How many there are."""
    with store.reading() as connection:
        count: int = connection.execute(select(func.count()).select_from(dead_letters)).scalar_one()
    return count


def unbury(store: SqlEventStore, ids: Collection[int]) -> None:
    """Take letters away: their events are in the log.

    Raises:
        StoreError: none was taken away.
    """
    if ids:
        with store.changing() as connection:
            connection.execute(delete(dead_letters).where(dead_letters.c.id.in_(list(ids))))
