"""The schema of the tables of events: a version of its own, so that they may live beside others' tables."""

from pathlib import Path

from rollout_cli.store.events.tables import metadata
from rollout_cli.store.schema import Schema

EVENTS = Schema(
    what="event",
    head="0001",
    known=("0001",),
    version_table="whatsapp_events_schema",
    metadata=metadata,
    folder=Path(__file__).parent / "migrations",
    lock=7_601_902_132,
    command="rollout events upgrade",
    page_bytes=8_192,  # a row is 2 kB: four in a page instead of one, and half the pages in each commit
)
