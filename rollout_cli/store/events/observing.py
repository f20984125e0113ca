"""Reading what comparisons have found."""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import select

from rollout_cli.pipeline.dual_run.observation import Kind, Observation, Severity
from rollout_cli.store.events.sql_event_store import SqlEventStore
from rollout_cli.store.events.tables import observations

_AT_ONCE = 500


def stored_observations(store: SqlEventStore, since: datetime) -> Iterator[Observation]:
    """Observations, oldest first.

    Raises:
        StoreError: they cannot be read.
    """
    query = select(observations).where(observations.c.at >= since).order_by(observations.c.at, observations.c.id)
    with store.reading() as connection:
        for row in connection.execute(query.execution_options(yield_per=_AT_ONCE)):
            yield Observation(
                row.at, row.provider, Kind(row.kind), Severity(row.severity), row.path, row.legacy, row.candidate,
                row.delivery, row.shopper, row.added_ms, row.ignored,
            )  # fmt: skip
