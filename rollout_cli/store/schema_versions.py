"""Which schemas there are. Apart from the tables, because whoever only wants to know need not import SQLAlchemy."""

SCHEMA_HEAD = "0002"
"""The migration that this program expects."""

KNOWN_SCHEMAS = ("0001", "0002")
"""Every migration that this program knows, oldest first."""

HISTORY_SCHEMAS = frozenset({"0001", "0002"})
"""Those in which heads and revisions are as they are now: whoever needs nothing else can work with them."""

VERSION_TABLE = "rollout_schema"
"""Where Alembic keeps the version: a name of our own, so that a database may be shared."""
