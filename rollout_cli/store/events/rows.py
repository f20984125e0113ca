"""How an event becomes a row of the log, and a row an event."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct

from rollout_cli.pipeline.event_store import Entry
from rollout_cli.pipeline.storable import storable
from rollout_cli.whatsapp import CanonicalEvent
from rollout_cli.whatsapp.events import Routing

COLUMNS = (
    "idempotency_key", "event_id", "event_type", "occurred_at", "received_at", "provider", "instance", "shopper_id",
    "skm_id", "conversation_id", "thread_key", "message_id", "payload", "raw",
)  # fmt: skip
"""What `row_of` fills, in its order."""


class Payload(Struct, frozen=True, gc=False):
    """The JSON form of an event without `raw`, which is a column of its own: it is the first to be let go."""

    event_id: str
    event_type: str
    event_version: str
    occurred_at: datetime
    source: Any
    routing: Any
    actor: Any
    context: Any
    message: Any
    status: Any
    details: Any
    trace: Any
    security: Any


def row_of(entry: Entry, moment: Any) -> tuple[Any, ...]:
    """The row of an entry; `moment` turns a time into what the database has for it."""
    event = entry.event
    source, event_id = event.source, event.event_id
    instance, message = source.instance, source.provider_message_id
    return (
        entry.key, event_id, event.event_type, moment(event.occurred_at), moment(entry.received_at), source.provider,
        instance and storable(instance), entry.shopper_id, entry.skm_id, entry.conversation_id, entry.thread_key,
        message and storable(message), payload_of(event, event_id), event.original.json.decode(),
    )  # fmt: skip


def payload_of(event: CanonicalEvent, event_id: str) -> str:
    """An event as JSON, without `raw`; its id costs a hash, and whoever asks has it."""
    payload = Payload(
        event_id, event.event_type, event.event_version, event.occurred_at, event.source, event.routing,
        event.actor, event.context, event.message, event.status, event.details, event.trace, event.security,
    )  # fmt: skip
    return _encode(payload).decode()


def event_of(row: Any) -> CanonicalEvent:
    """The event of a row. Where it belongs is what the columns say: that may have changed since it was written.

    Raises:
        ValueError: the payload is none.
    """
    event = CanonicalEvent.from_json(f'{row.payload[:-1]},"raw":{row.raw or "null"}}}')
    return msgspec.structs.replace(
        event, routing=Routing(row.shopper_id, row.skm_id, row.conversation_id, row.thread_key)
    )


def entry_of(row: Any) -> Entry:
    """The entry that became a row.

    Raises:
        ValueError: the payload is none.
    """
    entry = Entry(
        event_of(row), row.received_at, row.shopper_id,
        thread_key=row.thread_key, conversation_id=row.conversation_id, skm_id=row.skm_id,
    )  # fmt: skip
    entry.id = row.id
    return entry


def columns_of(rows: Sequence[tuple[Any, ...]]) -> list[list[Any]]:
    """The rows as columns, for databases that take arrays."""
    return [list(column) for column in zip(*rows, strict=True)]


_encode = msgspec.json.Encoder().encode
