"""The tables of events. Changing one takes a migration (rollout_cli/store/events/migrations).

Times are UTC: `timestamptz` on PostgreSQL, text of one length on SQLite, so that their order is that of time.
"""

from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Dialect,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    text,
)

metadata = MetaData()
_LONG = BigInteger().with_variant(Integer, "sqlite")  # only an INTEGER PRIMARY KEY is SQLite's own row number
_ORPHANS = "thread_key IS NULL AND message_id IS NOT NULL"


@lru_cache(
    maxsize=1024
)  # one delivery's time is asked for with each of its events, and those of one moment share theirs
def moment_text(moment: datetime) -> str:
    """A time as SQLite's rows have it: `2026-01-05T12:00:00.000000Z`."""
    utc = moment if moment.tzinfo is UTC else moment.astimezone(UTC)
    return f"{utc.isoformat(timespec='microseconds')[:26]}Z"


def moment_of(stored: Any) -> datetime | None:
    """A time as a row has it.

    Raises:
        ValueError: it is none.
    """
    if stored is None or isinstance(stored, datetime):
        return stored.astimezone(UTC) if stored is not None else None
    return datetime.fromisoformat(str(stored))


class Moment(TypeDecorator[datetime]):
    """A time in UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        """Text where the database has no such type."""
        return dialect.type_descriptor(String(27) if dialect.name == "sqlite" else DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        """What is stored."""
        return moment_text(value) if value is not None and dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """What was stored."""
        return moment_of(value)


events = Table(
    "whatsapp_events",
    metadata,
    Column("id", _LONG, primary_key=True),
    Column("idempotency_key", Text, nullable=False, unique=True),
    Column("event_id", String(36), nullable=False),
    Column("event_type", Text, nullable=False),
    Column("occurred_at", Moment, nullable=False),
    Column("received_at", Moment, nullable=False),
    Column("provider", Text, nullable=False),
    Column("instance", Text),
    Column("shopper_id", Text),
    Column("skm_id", Text),
    Column("conversation_id", String(36)),
    Column("thread_key", Text),
    Column("message_id", Text),
    Column("payload", Text, nullable=False),
    Column("raw", Text),
    Index("whatsapp_events_thread_key_idx", "thread_key"),
    Index("whatsapp_events_conversation_idx", "conversation_id"),
    Index("whatsapp_events_shopper_occurred_idx", "shopper_id", "occurred_at"),
    Index(
        "whatsapp_events_skm_idx", "skm_id",
        sqlite_where=text("skm_id IS NOT NULL"), postgresql_where=text("skm_id IS NOT NULL"),
    ),
    Index("whatsapp_events_provider_idx", "provider"),
    Index("whatsapp_events_type_idx", "event_type"),
    Index("whatsapp_events_occurred_idx", "occurred_at"),
    Index("whatsapp_events_message_idx", "message_id"),
    Index(
        "whatsapp_events_orphans_idx", "message_id",
        sqlite_where=text(_ORPHANS), postgresql_where=text(_ORPHANS),
    ),
    sqlite_autoincrement=True,  # a number that was given is never given again: subscribers count by them
)  # fmt: skip

conversations = Table(
    "whatsapp_conversations",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("thread_key", Text, nullable=False),
    Column("chat_type", Text, nullable=False),
    Column("shopper_id", Text),
    Column("provider", Text, nullable=False),
    Column("instance", Text),
    Column("contact_id", String(36)),
    Column("skm_id", Text),
    Column("assigned_by", Text),
    Column("assigned_at", Moment),
    Column("opened_at", Moment, nullable=False),
    Column("closed_at", Moment),
    Column("last_event_at", Moment),
    Column("failures", Integer, nullable=False, server_default=text("0")),
    Index("whatsapp_conversations_thread_key_idx", "thread_key", "opened_at"),
    Index(
        "whatsapp_conversations_one_open_idx", "thread_key", unique=True,
        sqlite_where=text("closed_at IS NULL"), postgresql_where=text("closed_at IS NULL"),
    ),
    Index("whatsapp_conversations_shopper_idx", "shopper_id", "opened_at"),
    Index("whatsapp_conversations_skm_idx", "skm_id", "opened_at"),
    Index("whatsapp_conversations_contact_idx", "contact_id"),
)  # fmt: skip

contacts = Table(
    "whatsapp_contacts",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("tenant", Text, nullable=False),
    Column("home", Text, nullable=False),
    Column("display_name", Text),
)

aliases = Table(
    "whatsapp_aliases",
    metadata,
    Column("tenant", Text, primary_key=True),
    Column("alias", Text, primary_key=True),
    Column("contact_id", String(36), nullable=False),
    Index("whatsapp_aliases_contact_idx", "contact_id"),
)

heads = Table(
    "whatsapp_heads",
    metadata,
    Column("tenant", Text, primary_key=True),
    Column("head", Text, primary_key=True),
)
"""What thread keys begin with, by their tenant: whoever looks for a person's threads needs no index of their ends."""

participants = Table(
    "whatsapp_participants",
    metadata,
    Column("conversation_id", String(36), primary_key=True),
    Column("contact_id", String(36), primary_key=True),
    Column("role", Text, nullable=False),
    Column("first_at", Moment, nullable=False),
    Column("last_at", Moment, nullable=False),
    Index("whatsapp_participants_contact_idx", "contact_id"),
)

turns = Table(
    "whatsapp_turns",
    metadata,
    Column("shopper_id", Text, primary_key=True),
    Column("turn", _LONG, nullable=False),
)

observations = Table(
    "whatsapp_observations",
    metadata,
    Column("id", _LONG, primary_key=True),
    Column("at", Moment, nullable=False),
    Column("provider", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("severity", Text, nullable=False),
    Column("path", Text, nullable=False),
    Column("legacy", Text),
    Column("candidate", Text),
    Column("delivery", Text, nullable=False),
    Column("shopper", Text),
    Column("added_ms", Float),
    Column("ignored", Text),
    Index("whatsapp_observations_at_idx", "at"),
)

dead_letters = Table(
    "whatsapp_dead_letters",
    metadata,
    Column("id", _LONG, primary_key=True),
    Column("fingerprint", String(64), nullable=False, unique=True),
    Column("at", Moment, nullable=False),
    Column("provider", Text, nullable=False),
    Column("instance", Text),
    Column("event", Text),
    Column("shopper_id", Text),
    Column("signature_valid", Boolean),
    Column("reason", Text, nullable=False),
    Column("explanation", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("times", Integer, nullable=False, server_default=text("1")),
    Index("whatsapp_dead_letters_at_idx", "at"),
)

subscribers = Table(
    "whatsapp_subscribers",
    metadata,
    Column("name", String(128), primary_key=True),
    Column("position", _LONG, nullable=False),
    Column("holder", String(64)),
    Column("held_until", Moment),
)
"""How far each subscriber has come in the log: the outbox is the log itself."""

writers = Table(
    "whatsapp_writers",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("writer", String(64), nullable=False),
    Column("turn", _LONG, nullable=False),
)
"""One row: who wrote last. A writer that finds itself there may trust what it remembers."""
