"""What each event's data is, and who reads it."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from msgspec import Raw
from msgspec.structs import replace

from rollout_cli.whatsapp.delivery import Origin
from rollout_cli.whatsapp.events import CanonicalEvent
from rollout_cli.whatsapp.moments import moment
from rollout_cli.whatsapp.web_message import connections, messages, others, protocol, updates
from rollout_cli.whatsapp.web_message.whereabouts import whereabouts
from rollout_cli.whatsapp.wire import EMPTY, mapping, objects, text

Data = Mapping[str, Any]
ItemReader = Callable[[Origin, Any, Raw], list[CanonicalEvent]]


class Event(NamedTuple):
    """One event of Evolution's.

    Attributes:
        says: what its data is, in a few words, for the table.
        read: from one item of the data to events.
    """

    says: str
    read: ItemReader


def whose(value: Data) -> tuple[str | None, str | None]:
    """The instance's UUID (version 2) and name (version 1) that an item tells."""
    return text(value.get("instanceId")), text(value.get("owner")) if "key" in value or "keyId" in value else None


def read_item(origin: Origin, name: str, value: Any, raw: Raw) -> list[CanonicalEvent]:
    """The events of one item of the data."""
    event = EVENTS.get(name)
    if event is None:
        return [origin.unknown(raw)]
    return event.read(origin, value, raw)


def read_message(origin: Origin, value: Any, raw: Raw) -> list[CanonicalEvent]:
    """A message. Some senders wrap it in `messages`, some send an update under the same name."""
    data = mapping(value)
    wrapped = objects(data.get("messages"))
    if wrapped and "key" not in data:
        return [event for each in wrapped for event in messages.read_message(origin, each, raw)]
    if "message" not in data and "messageStubType" not in data and ("keyId" in data or "update" in data):
        return read_update(origin, value, raw)
    return messages.read_message(origin, data, raw)


def read_update(origin: Origin, value: Any, raw: Raw) -> list[CanonicalEvent]:
    """What became of a message. Its id has four spellings; `messageId` is never one: it is the database's."""
    data = mapping(value)
    key = mapping(data.get("key"))
    if type(data.get("update")) is dict and key:
        return updates.read_update(origin, data, raw)
    state = updates.state_of(data.get("status") or mapping(data.get("update")).get("status"))
    where = whereabouts({**data, **key, "id": _message_id(data, key)})
    told = messages.Told(origin, data, where, origin.now, raw)
    events = updates.votes(told, data.get("pollUpdates"))
    if state is not None and not (events and state == "deleted"):  # the server's word for an update without a status
        when = moment(data.get("datetime"), origin.received_at) if "datetime" in data else origin.now
        member = text(data.get("participant")) or text(key.get("participant"))
        events.append(updates.status_event(origin, where, state, when, raw, member=member))
    if not events and type(data.get("message")) is dict:
        return messages.read_message(origin, data, raw)
    return events or [origin.unknown(raw)]


def _message_id(data: Data, key: Data) -> str | None:
    return text(key.get("id")) or text(data.get("keyId")) or (None if "keyId" in data else text(data.get("id")))


def read_edit(origin: Origin, value: Any, raw: Raw) -> list[CanonicalEvent]:
    """A bare protocol message: an edit or a revoke. Its key is the sender's, so only a group in it can be trusted.

    Whose it is cannot be told from it, either: every sender calls it their own.
    """
    data = mapping(value)
    inner = mapping(data.get("protocolMessage")) or mapping(mapping(data.get("message")).get("protocolMessage"))
    told_in = inner or data
    key = mapping(told_in.get("key"))
    where = whereabouts({"remoteJid": key.get("remoteJid"), "participant": key.get("participant")})
    if inner and data.get("key"):  # a whole message stands around it
        return messages.read_message(origin, data, raw)
    if where.chat_type != "group":
        where = whereabouts(EMPTY)
    when = moment(told_in.get("timestampMs"), origin.received_at) if "timestampMs" in told_in else origin.now
    where = replace(where, message_id=text(key.get("id")), is_own=None)
    told = messages.Told(origin, EMPTY, where, when, raw)
    return protocol.read_protocol(told, told_in)


def read_own_edit(origin: Origin, value: Any, raw: Raw) -> list[CanonicalEvent]:
    """An edit over the API: the message that holds it, or a bare protocol message."""
    is_bare = "message" not in mapping(value) and "editedMessage" in mapping(value)
    return read_edit(origin, value, raw) if is_bare else read_message(origin, value, raw)


def read_delete(origin: Origin, value: Any, raw: Raw) -> list[CanonicalEvent]:
    """A message that was taken back; `data.id` is WhatsApp's only where there is no key."""
    data = mapping(value)
    key = mapping(data.get("key"))
    original = _message_id(data, key)
    if original is None:
        return [origin.unknown(raw)]
    told = messages.Told(origin, EMPTY, whereabouts({**(key or data), "id": original}), origin.now, raw)
    return [protocol.revoked(told, original)]


def read_qr(origin: Origin, value: Any, raw: Raw) -> list[CanonicalEvent]:
    """A code to pair with, or that there will be no more."""
    return [connections.qr_updated(origin, raw, status=mapping(value).get("statusCode"))]


def read_leaving(origin: Origin, _value: Any, raw: Raw) -> list[CanonicalEvent]:
    """The instance was logged out, or taken away."""
    state = origin.field or ""
    return [connections.instance_event(origin, "whatsapp.instance.disconnected", raw, state=state)]


EVENTS: Mapping[str, Event] = {
    "messages.upsert": Event("a message", read_message),
    "messages.set": Event("messages of the history", read_message),
    "send.message": Event("a message that was sent over the API", read_message),
    "send.message.update": Event("a message that was edited over the API", read_own_edit),
    "messages.update": Event("what became of a message", read_update),
    "messages.edited": Event("an edit or a revoke", read_edit),
    "messages.delete": Event("a message that was taken back", read_delete),
    "connection.update": Event("the connection", connections.read_connection),
    "qrcode.updated": Event("a code to pair with", read_qr),
    "logout.instance": Event("the instance was logged out", read_leaving),
    "remove.instance": Event("the instance was taken away", read_leaving),
    "instance.delete": Event("the instance was taken away", read_leaving),
    "instance.create": Event("the instance was made", others.read_notice),
    "status.instance": Event("the instance's state", others.read_notice),
    "application.startup": Event("the server has started", others.read_notice),
    "contacts.set": Event("contacts", others.read_contact),
    "contacts.upsert": Event("contacts", others.read_contact),
    "contacts.update": Event("contacts", others.read_contact),
    "chats.set": Event("chats", others.read_chat),
    "chats.upsert": Event("chats", others.read_chat),
    "chats.update": Event("chats", others.read_chat),
    "chats.delete": Event("chats", others.read_chat),
    "groups.upsert": Event("a group that is there now", others.read_new_group),
    "groups.update": Event("a group that has changed", others.read_group),
    "group.update": Event("a group that has changed", others.read_group),
    "group.participants.update": Event("members of a group", others.read_members),
    "presence.update": Event("who is writing", others.read_presence),
    "call": Event("a call", others.read_call),
    "labels.edit": Event("a label", others.read_notice),
    "labels.association": Event("a label on a chat", others.read_chat),
    "typebot.start": Event("a bot in a chat", others.read_chat),
    "typebot.change.status": Event("a bot in a chat", others.read_chat),
}
"""Who reads the data of which event; any other event is unknown."""
