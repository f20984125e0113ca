"""Alembic's entry: runs migrations on the connection, and in the transaction, that `schema.upgrade` holds."""

from alembic import context

from rollout_cli.store.events.schema import EVENTS

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=EVENTS.metadata,
    version_table=EVENTS.version_table,
)
context.run_migrations()
