"""Which event a payload is of, where nobody says: by the fields that only that event has."""

from collections.abc import Mapping
from typing import Any

from msgspec import Raw

from rollout_cli.whatsapp.decoding import elements, fields

SHAPES: tuple[tuple[frozenset[str], str], ...] = (
    (frozenset({"key", "message"}), "messages.upsert"),
    (frozenset({"messages", "chats"}), "messaging.history.set"),
    (frozenset({"messages", "contacts"}), "messaging.history.set"),
    (frozenset({"key", "update"}), "messages.update"),
    (frozenset({"key", "reaction"}), "messages.reaction"),
    (frozenset({"key", "receipt"}), "message.receipt.update"),
    (frozenset({"key", "message"}), "messages.upsert"),
    (frozenset({"key", "messageStubType"}), "messages.upsert"),
    (frozenset({"key", "messageTimestamp"}), "messages.upsert"),
    (frozenset({"id", "presences"}), "presence.update"),
    (frozenset({"chatId", "userId", "status"}), "presence.update"),
    (frozenset({"id", "participants", "action"}), "group.participants.update"),
    (frozenset({"id", "participants", "subject"}), "groups.upsert"),
    (frozenset({"chatId", "from", "status"}), "call"),
    (frozenset({"from", "id", "status"}), "call"),
    (frozenset({"lid", "pn"}), "lid.mapping.update"),
    (frozenset({"id", "conversationTimestamp"}), "chats.update"),
    (frozenset({"id", "messages"}), "chats.update"),
    (frozenset({"id", "unreadCount"}), "chats.update"),
    (frozenset({"messages"}), "messages.upsert"),
    (frozenset({"connection"}), "connection.update"),
    (frozenset({"qr"}), "connection.update"),
    (frozenset({"id", "notify"}), "contacts.update"),
    (frozenset({"id", "imgUrl"}), "contacts.update"),
)
"""The first set of fields that a payload has all of names its event."""


def event_of(payload: Raw) -> str | None:
    """The event of a payload; of a list, that of the first element that has one."""
    told = fields(payload)
    if told is not None:
        return named(told)
    items = (fields(each) for each in elements(payload) or ())
    return next(filter(None, (named(each) for each in items if each)), None)


_BESIDE_A_KEY = frozenset({"key", "participant", "pushName", "broadcast", "category"})


def named(told: Mapping[str, Any]) -> str | None:
    """The event of a payload with these fields; of what may be looked at once, some get the key and nothing else."""
    found = next((name for shape, name in SHAPES if shape <= told.keys()), None)
    return "messages.upsert" if found is None and "key" in told and told.keys() <= _BESIDE_A_KEY else found
