"""Reading a whole store of events for a judge: narrow rows, in the order of their keys."""

from collections.abc import Callable, Iterator

from sqlalchemy import func, select

from rollout_cli.simulate.evidence import Held, Row
from rollout_cli.store.events.sql_event_store import SqlEventStore
from rollout_cli.store.events.tables import conversations, dead_letters, events

_AT_ONCE = 2_000


class StoredEvidence:
    """What has come into a store since a moment, of the shoppers whom it is asked about."""

    def __init__(
        self,
        store: SqlEventStore,
        signals: Callable[[], int] = lambda: 0,
        owns: Callable[[str | None], bool] = lambda _: True,
    ) -> None:
        """Remember what is there already; that is nobody's evidence.

        Args:
            store: of events.
            signals: how many of them a subscriber was told of.
            owns: whether a shopper's events are asked about; others may write to the same store.

        Raises:
            StoreError: the store cannot be read.
        """
        self._store = store
        self._owns = owns
        self.signals = signals
        with store.reading() as connection:
            self._event = connection.scalar(select(func.max(events.c.id))) or 0
            self._letter = connection.scalar(select(func.max(dead_letters.c.id))) or 0
            self._conversations = set(connection.scalars(select(conversations.c.id)))

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

    def letters(self) -> int:
        """How many dead letters came since."""
        with self._store.reading() as connection:
            shoppers = connection.scalars(select(dead_letters.c.shopper_id).where(dead_letters.c.id > self._letter))
            return sum(map(self._owns, shoppers))
