"""The store that a run keeps its events in, and what is found there afterwards."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import uuid4

from rollout_cli.errors import StoreFullError
from rollout_cli.pipeline.courier import Courier
from rollout_cli.pipeline.signals import Signal, Subscription
from rollout_cli.simulate.ledger import Ledger
from rollout_cli.simulation.temporary import own_folder, told_where

if TYPE_CHECKING:
    from rollout_cli.simulate.evidence import Mark
    from rollout_cli.store.events.auditing import StoredEvidence
    from rollout_cli.store.events.sql_event_store import SqlEventStore

_AT_ONCE = 500


@contextmanager
def store_of_run(url: str | None) -> "Iterator[SqlEventStore]":
    """Open a store of events.

    Args:
        url: of one that is there; None for one of the run's own, gone when it is over.

    Raises:
        StoreError: it cannot be opened.
        StoreFullError: there is no room left, for it or for what the block stores.
    """
    from rollout_cli.store.address import address_from_url  # noqa: PLC0415 - an order alone needs no SQLAlchemy
    from rollout_cli.store.events.opening import open_event_store, upgrade_event_store  # noqa: PLC0415

    with ExitStack() as stack:
        if url is None:
            folder = stack.enter_context(own_folder())
            stack.enter_context(told_where(folder))
            url = f"sqlite:///{folder}/events.db"
            upgrade_event_store(address_from_url(url))
        else:
            stack.enter_context(_told_what_stays())
        store = open_event_store(address_from_url(url))
        stack.callback(store.close)
        yield store


@contextmanager
def evidence_of_run(
    store: "SqlEventStore",
    owns: Callable[[str | None], bool],
    counts: Callable[[], bool] | None,
    since: "Mark | None" = None,
) -> "Iterator[StoredEvidence]":
    """What a run leaves in a store; with a subscriber that is there from the beginning, and gone at the end.

    Args:
        store: whose rows are read.
        owns: whose of them are the run's.
        counts: asked at the end whether signals are counted: all of them are read for that; None for no subscriber.
        since: where a replay that goes on began.
    """
    from rollout_cli.store.events.auditing import StoredEvidence  # noqa: PLC0415 - as above
    from rollout_cli.store.events.outbox import SqlOutbox  # noqa: PLC0415

    if counts is None:
        yield StoredEvidence(store, owns=owns, since=since)
        return
    name, outbox, heard = f"rollout-simulate-{uuid4()}", SqlOutbox(store), Ledger()

    def hear(told: list[Signal]) -> None:
        heard.add(each.event for each in told if owns(each.event.routing.shopper_id))

    courier = Courier(outbox, Subscription(name, hear, batch=_AT_ONCE), name)
    courier.enlist()

    def count() -> Ledger:
        if not counts():
            return Ledger()
        with suppress(ValueError):  # an event that cannot be read is told to nobody
            while courier.step(datetime.now(UTC)):
                pass
        return heard

    try:
        yield StoredEvidence(store, count, owns)
    finally:
        outbox.dismiss(name)


@contextmanager
def _told_what_stays() -> Iterator[None]:
    """Say of a store that was named what has become of it, should there be no room left."""
    try:
        yield
    except StoreFullError as error:
        hint = "make room there, or name another store; what was sent until then stays in it"
        raise StoreFullError(error.message, hint=hint) from error
