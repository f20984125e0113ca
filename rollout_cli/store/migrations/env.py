"""Alembic's entry: runs migrations on the connection, and in the transaction, that `schema.upgrade` holds."""

from alembic import context

from rollout_cli.store.schema_versions import VERSION_TABLE
from rollout_cli.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=VERSION_TABLE,
)
context.run_migrations()
