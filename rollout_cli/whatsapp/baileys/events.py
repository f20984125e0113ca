"""What each event's payload is, and who reads it."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from msgspec import Raw, Struct
from msgspec.structs import asdict, replace

from rollout_cli.whatsapp.decoding import decode, elements, fields, listed
from rollout_cli.whatsapp.delivery import Origin, guarded
from rollout_cli.whatsapp.events import CanonicalEvent
from rollout_cli.whatsapp.web_message import connections, messages, others, updates
from rollout_cli.whatsapp.web_message.whereabouts import whereabouts
from rollout_cli.whatsapp.wire import mapping, objects

ItemReader = Callable[[Origin, Any, Raw], list[CanonicalEvent]]


class EventEnvelope(Struct, frozen=True, gc=False):
    """What stood around a payload, in the one form that it is kept in."""

    event: str | None
    instance: str | None = None
    sender: str | None = None
    ts: str | None = None

    def around(self, piece: Any, _beside: Any) -> Any:
        """A body with that item alone; a message needs nothing around it to be known as one."""
        told = {name: each for name, each in asdict(self).items() if each is not None}
        is_known = told == {"event": "messages.upsert"} and type(piece) is dict and "key" in piece
        return piece if is_known else {**told, "data": piece}


def _own(origin: Origin) -> EventEnvelope:
    envelope = origin.envelope
    return envelope if isinstance(envelope, EventEnvelope) else EventEnvelope(origin.field)


class Event(NamedTuple):
    """One event of Baileys'.

    Attributes:
        read: from one item of the payload to events.
        inside: the fields whose lists hold the items, where the payload is no list itself.
    """

    read: ItemReader
    inside: tuple[str, ...] = ()


def read_payload(origin: Origin, name: str, payload: Raw, *, is_one: bool) -> list[CanonicalEvent]:
    """The events of a payload: of each item of its list, or of itself."""
    event = EVENTS[name]
    if is_one:
        return guarded(_read_item, origin, [payload], event.read)
    if name == "messaging.history.set":
        return _read_history(origin, payload)
    return guarded(_read_item, origin, _items(payload, event.inside), event.read)


def _read_item(origin: Origin, read: ItemReader, item: Raw) -> list[CanonicalEvent]:
    return read(origin, decode(item), item)


def _items(payload: Raw, inside: tuple[str, ...]) -> list[Raw]:
    """The items of a payload; some gateways send a list of payloads."""
    parts = elements(payload)
    if parts is None:
        items = _inside(payload, inside)
        return [payload] if items is None else items
    return [each for part in parts for each in _parts(part, inside) or [part]]


def _parts(part: Raw, inside: tuple[str, ...]) -> list[Raw] | None:
    items = elements(part)
    if items is None:
        return _inside(part, inside)
    return items if all(fields(each) is not None for each in items) else None


def _inside(payload: Raw, inside: tuple[str, ...]) -> list[Raw] | None:
    """The items of the lists in a payload; None where it has none of them, or is an item itself."""
    told = fields(payload) if inside else None
    if told is None or "key" in told:
        return None
    lists = [items for name in inside if name in told and (items := listed(told[name])) is not None]
    return [each for items in lists for each in items] if lists else None


def _read_history(origin: Origin, payload: Raw) -> list[CanonicalEvent]:
    told = fields(payload) or {}
    events: list[CanonicalEvent] = []
    known = 0
    for name, read in HISTORY.items():
        parts = listed(told[name]) if name in told else None
        if parts is None:
            continue
        known += 1
        alone = origin.inside(replace(_own(origin), event=HISTORY_EVENTS[name]))
        events += guarded(_read_item, alone, parts, read)
    return events if known else [origin.unknown(payload)]


def read_deleted(origin: Origin, value: Any, raw: Raw) -> list[CanonicalEvent]:
    """Messages that the account's own phone put away: they are still there for everybody else."""
    told = mapping(value)
    if "jid" in told:
        return others.read_chat(origin, told, raw)
    where = whereabouts(told)
    if where.message_id is None:
        return [origin.unknown(raw)]
    return [updates.status_event(origin, where, "deleted", origin.now, raw)]


def read_chat(origin: Origin, value: Any, raw: Raw) -> list[CanonicalEvent]:
    """A chat's settings and counters, and the messages that ride along: the same as come by themselves."""
    told = mapping(value)
    carried = [mapping(each.get("message")) if "key" not in each else each for each in objects(told.get("messages"))]
    alone = origin.inside(replace(_own(origin), event="messages.upsert")) if carried else origin
    events = [event for each in carried if each for event in messages.read_message(alone, each, each)]
    return events + others.read_chat(origin, value, raw)


HISTORY: Mapping[str, ItemReader] = {
    "contacts": others.read_contact,
    "lidPnMappings": others.read_lid_mapping,
    "chats": others.read_chat,
    "messages": messages.read_message,
}
"""The lists of a piece of history, in the order in which they are told: people before what they said."""

HISTORY_EVENTS: Mapping[str, str] = {
    "contacts": "contacts.upsert",
    "lidPnMappings": "lid.mapping.update",
    "chats": "chats.upsert",
    "messages": "messages.upsert",
}
"""The event that tells the same of one item."""

EVENTS: Mapping[str, Event] = {
    "messages.upsert": Event(messages.read_message, ("messages",)),
    "messages.update": Event(updates.read_update),
    "messages.reaction": Event(updates.read_reaction),
    "message.receipt.update": Event(updates.read_receipt),
    "messages.delete": Event(read_deleted, ("keys",)),
    "messaging.history.set": Event(messages.read_message, tuple(HISTORY)),
    "chats.set": Event(read_chat, ("chats",)),
    "chats.upsert": Event(read_chat),
    "chats.update": Event(read_chat),
    "chats.delete": Event(read_chat),
    "chats.lock": Event(read_chat),
    "contacts.set": Event(others.read_contact, ("contacts",)),
    "contacts.upsert": Event(others.read_contact),
    "contacts.update": Event(others.read_contact),
    "groups.upsert": Event(others.read_new_group),
    "groups.update": Event(others.read_group),
    "group.participants.update": Event(others.read_members),
    "group.join.request": Event(others.read_group),
    "group.member.tag.update": Event(others.read_group),
    "presence.update": Event(others.read_presence),
    "call": Event(others.read_call),
    "connection.update": Event(connections.read_connection),
    "lid.mapping.update": Event(others.read_lid_mapping),
    "chats.phonenumbershare": Event(others.read_lid_mapping),
    "creds.update": Event(others.read_credentials),
    "blocklist.set": Event(others.read_notice),
    "blocklist.update": Event(others.read_notice),
    "labels.edit": Event(others.read_notice),
    "labels.association": Event(others.read_label),
    "settings.update": Event(others.read_notice),
    "messaging.history.status": Event(others.read_notice),
    "message.capping.update": Event(others.read_notice),
    "newsletter.reaction": Event(others.read_chat),
    "newsletter.view": Event(others.read_chat),
    "newsletter.participants.update": Event(others.read_chat),
    "newsletter.settings.update": Event(others.read_chat),
}
"""Who reads the payload of which event; any other event is unknown."""
