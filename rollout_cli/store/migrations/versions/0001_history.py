"""History, pointers and attestations."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "rollout_heads",
        sa.Column("rollout", sa.String(64), primary_key=True),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
    )
    op.create_table(
        "rollout_revisions",
        sa.Column("rollout", sa.String(64), primary_key=True),
        sa.Column("revision", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Column("record", sa.Text, nullable=False),
    )
    op.create_table(
        "rollout_attestations",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("rollout", sa.String(64), nullable=False),
        sa.Column("check_id", sa.String(64), nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("at", sa.String(32), nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("expires_at", sa.String(32)),
        sa.Column("plan_digest", sa.String(64), nullable=False),
    )
    op.create_index("rollout_attestations_by_check", "rollout_attestations", ["rollout", "check_id"])
