"""Reading a whole store of events for a judge: narrow rows, in the order of their keys."""

from collections.abc import Callable, Collection, Iterator

from sqlalchemy import func, select

from rollout_cli.simulate.evidence import OF_THE_ROUTER, Held, Mark, Row
from rollout_cli.simulate.ledger import Ledger
from rollout_cli.store.events.sql_event_store import SqlEventStore
from rollout_cli.store.events.tables import conversations, dead_letters, events

_AT_ONCE = 2_000
_IN_A_QUESTION = 400
"""Values in one question."""


class StoredEvidence:
    """What has come into a store since a moment, of the shoppers whom it is asked about."""

    def __init__(
        self,
        store: SqlEventStore,
        signals: Callable[[], Ledger] = Ledger,
        owns: Callable[[str | None], bool] = lambda _: True,
        since: Mark | None = None,
    ) -> None:
        """Remember what is there already; that is nobody's evidence.

        Args:
            store: of events.
            signals: those of them that a subscriber was told of.
            owns: whether a shopper's events are asked about; others may write to the same store.
            since: the moment; None for now. Of an earlier one, nobody asks about conversations.

        Raises:
            StoreError: the store cannot be read.
        """
        self._store = store
        self._owns = owns
        self.signals = signals
        self.since = since or self.now()
        self._event, self._letter = self.since
        self._conversations: set[str] = set()
        if since is None:
            with store.reading() as connection:
                self._conversations.update(connection.scalars(select(conversations.c.id)))

    def now(self) -> Mark:
        """How far the store is now."""
        with self._store.reading() as connection:
            event = connection.scalar(select(func.max(events.c.id))) or 0
            return Mark(event, connection.scalar(select(func.max(dead_letters.c.id))) or 0)

    def told_since(self, mark: Mark) -> Ledger:
        """The events that were stored since a moment, without those of the router."""
        found, columns = Ledger(), events.c
        query = select(columns.event_type, columns.idempotency_key)
        query = query.where(columns.id > mark.event, columns.event_type.not_in(OF_THE_ROUTER))
        with self._store.reading() as connection:
            for event_type, key in connection.execute(query.execution_options(yield_per=_AT_ONCE)):
                found.enter(event_type, key)
        return found

    def rows(self) -> Iterator[Row]:
        """The events that came since, in the order of their keys."""
        columns = events.c
        wanted = (
            columns.idempotency_key, columns.event_type, columns.shopper_id, columns.thread_key,
            columns.conversation_id, columns.message_id,
        )  # fmt: skip
        query = select(*wanted).where(columns.id > self._event).order_by(columns.idempotency_key)
        with self._store.reading() as connection:
            for row in connection.execute(query.execution_options(yield_per=_AT_ONCE)):
                if self._owns(row.shopper_id):
                    yield Row(*row)

    def conversations(self) -> Iterator[Held]:
        """The conversations that came since."""
        columns = conversations.c
        query = select(columns.id, columns.thread_key, columns.chat_type, columns.shopper_id, columns.skm_id)
        with self._store.reading() as connection:
            for row in connection.execute(query.execution_options(yield_per=_AT_ONCE)):
                if row.id not in self._conversations and self._owns(row.shopper_id):
                    yield Held(*row)

    def letters(self) -> Iterator[str | None]:
        """The dead letters that came since: of each, whose it is."""
        query = select(dead_letters.c.shopper_id).where(dead_letters.c.id > self._letter)
        with self._store.reading() as connection:
            yield from filter(self._owns, connection.scalars(query.execution_options(yield_per=_AT_ONCE)))


def knows_any(store: SqlEventStore, keys: Collection[str], channels: Collection[tuple[str, str]]) -> bool:
    """Whether a store has an event of one of these keys, or a conversation over one of these channels.

    Args:
        store: of events.
        keys: of idempotency.
        channels: shoppers, each with an instance.

    Raises:
        StoreError: it cannot be read.
    """
    channel = conversations.c.shopper_id, conversations.c.instance
    shoppers = {shopper for shopper, _ in channels}
    with store.reading() as connection:
        for some in _parts(keys):
            if connection.scalar(select(events.c.id).where(events.c.idempotency_key.in_(some)).limit(1)) is not None:
                return True
        for some in _parts(shoppers):
            known = connection.execute(select(*channel).where(channel[0].in_(some)).distinct())
            if any((row.shopper_id, row.instance) in channels for row in known):
                return True
    return False


def _parts(values: Collection[str]) -> Iterator[list[str]]:
    every = sorted(values)
    for at in range(0, len(every), _IN_A_QUESTION):
        yield every[at : at + _IN_A_QUESTION]
