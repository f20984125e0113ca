"""A person may also say that no yes given before counts any more."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Mark attestations that revoke; none of those there are does."""
    mark = sa.Column("is_revocation", sa.Integer, nullable=False, server_default=sa.text("0"))
    op.add_column("rollout_attestations", mark)
