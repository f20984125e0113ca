"""The tables. Changing one takes a migration (rollout_cli/store/migrations)."""

from sqlalchemy import Column, Index, Integer, MetaData, String, Table, Text, text

metadata = MetaData()

heads = Table(
    "rollout_heads",
    metadata,
    Column("rollout", String(64), primary_key=True),
    Column("revision", Integer, nullable=False),
    Column("hash", String(64), nullable=False),
)

revisions = Table(
    "rollout_revisions",
    metadata,
    Column("rollout", String(64), primary_key=True),
    Column("revision", Integer, primary_key=True, autoincrement=False),
    Column("hash", String(64), nullable=False),
    Column("record", Text, nullable=False),
)

attestations = Table(
    "rollout_attestations",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("rollout", String(64), nullable=False),
    Column("check_id", String(64), nullable=False),
    Column("actor", Text, nullable=False),
    Column("at", String(32), nullable=False),
    Column("note", Text, nullable=False),
    Column("expires_at", String(32)),
    Column("plan_digest", String(64), nullable=False),
    Column("is_revocation", Integer, nullable=False, server_default=text("0")),
    Index("rollout_attestations_by_check", "rollout", "check_id"),
)
