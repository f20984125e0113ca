"""The new path on Debian's PostgreSQL, where there is one."""

from collections.abc import Callable, Sequence
from time import perf_counter

from rollout_cli.pipeline.delivery import Delivery
from rollout_cli.pipeline.event_store import EventStore
from rollout_cli.pipeline.new_path import NewPath
from rollout_cli.store.address import address_from_url
from rollout_cli.store.events.opening import open_event_store, upgrade_event_store


def events_a_second(
    make: Callable[[EventStore], NewPath],
    take: Callable[[NewPath, Sequence[Delivery]], None],
    deliveries: Callable[[int, int], list[Delivery]],
    count: int,
) -> float | None:
    """How many events a second go through, with the server on the same machine; None where there is no server."""
    try:
        from tests.support.postgres import programs_folder, running_postgres  # noqa: PLC0415 - psycopg may be missing
    except ModuleNotFoundError:
        return None
    if programs_folder() is None:
        return None
    with running_postgres(fsync=True) as server:
        address = address_from_url(server.new_database())
        upgrade_event_store(address)
        path = make(open_event_store(address))
        take(path, deliveries(0, 2_000))  # the customers write for the first time
        work = deliveries(2_000, count)
        begun = perf_counter()
        take(path, work)
        return count / (perf_counter() - begun)
