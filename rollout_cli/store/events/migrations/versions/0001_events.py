"""Events, conversations, people, comparisons, dead letters, subscribers."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_LONG = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_MOMENT = sa.DateTime(timezone=True).with_variant(sa.String(27), "sqlite")


def upgrade() -> None:
    """Create the tables."""
    _events()
    _conversations()
    _contacts()
    _aliases()
    _heads()
    _participants()
    _turns()
    _observations()
    _dead_letters()
    _subscribers()
    _writers()


def _events() -> None:
    op.create_table(
        "whatsapp_events",
        sa.Column("id", _LONG, primary_key=True),
        sa.Column("idempotency_key", sa.Text, nullable=False, unique=True),
        sa.Column("event_id", sa.String(36), nullable=False),
        sa.Column("event_type", sa.Text, nullable=False),
        sa.Column("occurred_at", _MOMENT, nullable=False),
        sa.Column("received_at", _MOMENT, nullable=False),
        sa.Column("provider", sa.Text, nullable=False),
        sa.Column("instance", sa.Text),
        sa.Column("shopper_id", sa.Text),
        sa.Column("skm_id", sa.Text),
        sa.Column("conversation_id", sa.String(36)),
        sa.Column("thread_key", sa.Text),
        sa.Column("message_id", sa.Text),
        sa.Column("payload", sa.Text, nullable=False),
        sa.Column("raw", sa.Text),
        sqlite_autoincrement=True,
    )
    op.create_index("whatsapp_events_thread_key_idx", "whatsapp_events", ["thread_key"])
    op.create_index("whatsapp_events_conversation_idx", "whatsapp_events", ["conversation_id"])
    op.create_index("whatsapp_events_shopper_occurred_idx", "whatsapp_events", ["shopper_id", "occurred_at"])
    op.create_index(
        "whatsapp_events_skm_idx",
        "whatsapp_events",
        ["skm_id"],
        sqlite_where=sa.text("skm_id IS NOT NULL"),
        postgresql_where=sa.text("skm_id IS NOT NULL"),
    )
    op.create_index("whatsapp_events_provider_idx", "whatsapp_events", ["provider"])
    op.create_index("whatsapp_events_type_idx", "whatsapp_events", ["event_type"])
    op.create_index("whatsapp_events_occurred_idx", "whatsapp_events", ["occurred_at"])
    op.create_index("whatsapp_events_message_idx", "whatsapp_events", ["message_id"])
    op.create_index(
        "whatsapp_events_orphans_idx",
        "whatsapp_events",
        ["message_id"],
        sqlite_where=sa.text("thread_key IS NULL AND message_id IS NOT NULL"),
        postgresql_where=sa.text("thread_key IS NULL AND message_id IS NOT NULL"),
    )


def _conversations() -> None:
    op.create_table(
        "whatsapp_conversations",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("thread_key", sa.Text, nullable=False),
        sa.Column("chat_type", sa.Text, nullable=False),
        sa.Column("shopper_id", sa.Text),
        sa.Column("provider", sa.Text, nullable=False),
        sa.Column("instance", sa.Text),
        sa.Column("contact_id", sa.String(36)),
        sa.Column("skm_id", sa.Text),
        sa.Column("assigned_by", sa.Text),
        sa.Column("assigned_at", _MOMENT),
        sa.Column("opened_at", _MOMENT, nullable=False),
        sa.Column("closed_at", _MOMENT),
        sa.Column("last_event_at", _MOMENT),
        sa.Column("failures", sa.Integer, nullable=False, server_default=sa.text("0")),
    )
    op.create_index("whatsapp_conversations_thread_key_idx", "whatsapp_conversations", ["thread_key", "opened_at"])
    op.create_index(
        "whatsapp_conversations_one_open_idx",
        "whatsapp_conversations",
        ["thread_key"],
        unique=True,
        sqlite_where=sa.text("closed_at IS NULL"),
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.create_index("whatsapp_conversations_shopper_idx", "whatsapp_conversations", ["shopper_id", "opened_at"])
    op.create_index("whatsapp_conversations_skm_idx", "whatsapp_conversations", ["skm_id", "opened_at"])
    op.create_index("whatsapp_conversations_contact_idx", "whatsapp_conversations", ["contact_id"])


def _contacts() -> None:
    op.create_table(
        "whatsapp_contacts",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("tenant", sa.Text, nullable=False),
        sa.Column("home", sa.Text, nullable=False),
        sa.Column("display_name", sa.Text),
    )


def _aliases() -> None:
    op.create_table(
        "whatsapp_aliases",
        sa.Column("tenant", sa.Text, primary_key=True),
        sa.Column("alias", sa.Text, primary_key=True),
        sa.Column("contact_id", sa.String(36), nullable=False),
    )
    op.create_index("whatsapp_aliases_contact_idx", "whatsapp_aliases", ["contact_id"])


def _heads() -> None:
    op.create_table(
        "whatsapp_heads",
        sa.Column("tenant", sa.Text, primary_key=True),
        sa.Column("head", sa.Text, primary_key=True),
    )


def _participants() -> None:
    op.create_table(
        "whatsapp_participants",
        sa.Column("conversation_id", sa.String(36), primary_key=True),
        sa.Column("contact_id", sa.String(36), primary_key=True),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("first_at", _MOMENT, nullable=False),
        sa.Column("last_at", _MOMENT, nullable=False),
    )
    op.create_index("whatsapp_participants_contact_idx", "whatsapp_participants", ["contact_id"])


def _turns() -> None:
    op.create_table(
        "whatsapp_turns",
        sa.Column("shopper_id", sa.Text, primary_key=True),
        sa.Column("turn", _LONG, nullable=False),
    )


def _observations() -> None:
    op.create_table(
        "whatsapp_observations",
        sa.Column("id", _LONG, primary_key=True),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("provider", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("severity", sa.Text, nullable=False),
        sa.Column("path", sa.Text, nullable=False),
        sa.Column("legacy", sa.Text),
        sa.Column("candidate", sa.Text),
        sa.Column("delivery", sa.Text, nullable=False),
        sa.Column("shopper", sa.Text),
        sa.Column("added_ms", sa.Float),
        sa.Column("ignored", sa.Text),
    )
    op.create_index("whatsapp_observations_at_idx", "whatsapp_observations", ["at"])


def _dead_letters() -> None:
    op.create_table(
        "whatsapp_dead_letters",
        sa.Column("id", _LONG, primary_key=True),
        sa.Column("fingerprint", sa.String(64), nullable=False, unique=True),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("provider", sa.Text, nullable=False),
        sa.Column("instance", sa.Text),
        sa.Column("event", sa.Text),
        sa.Column("shopper_id", sa.Text),
        sa.Column("signature_valid", sa.Boolean),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("explanation", sa.Text, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("times", sa.Integer, nullable=False, server_default=sa.text("1")),
    )
    op.create_index("whatsapp_dead_letters_at_idx", "whatsapp_dead_letters", ["at"])


def _subscribers() -> None:
    op.create_table(
        "whatsapp_subscribers",
        sa.Column("name", sa.String(128), primary_key=True),
        sa.Column("position", _LONG, nullable=False),
        sa.Column("holder", sa.String(64)),
        sa.Column("held_until", _MOMENT),
    )


def _writers() -> None:
    op.create_table(
        "whatsapp_writers",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("writer", sa.String(64), nullable=False),
        sa.Column("turn", _LONG, nullable=False),
    )
