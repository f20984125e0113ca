"""What each event's data is, and who reads it."""

from collections.abc import Callable, Mapping
from typing import Any

from msgspec.structs import replace

from rollout_cli.whatsapp.delivery import Origin
from rollout_cli.whatsapp.events import CanonicalEvent
from rollout_cli.whatsapp.moments import moment
from rollout_cli.whatsapp.originals import Piece
from rollout_cli.whatsapp.web_message import connections, messages, others, protocol, stubs, updates
from rollout_cli.whatsapp.web_message.told import Told
from rollout_cli.whatsapp.web_message.whereabouts import whereabouts
from rollout_cli.whatsapp.wire import EMPTY, mapping, objects, text

Data = Mapping[str, Any]
ItemReader = Callable[[Origin, Any, Piece], list[CanonicalEvent]]


def whose(value: Data) -> tuple[str | None, str | None]:
    """The instance's UUID (version 2) and name (version 1) that an item tells, or the first of the messages in it."""
    if "messages" in value and "key" not in value:
        value = next(iter(objects(value["messages"])), EMPTY)
    return text(value.get("instanceId")), text(value.get("owner")) if "key" in value or "keyId" in value else None


def read_item(origin: Origin, name: str, value: Any, raw: Piece) -> list[CanonicalEvent]:
    """The events of one item of the data."""
    read = EVENTS.get(name)
    return [origin.unknown(raw)] if read is None else read(origin, value, raw)


def read_message(origin: Origin, value: Any, raw: Piece) -> list[CanonicalEvent]:
    """A message. Some senders wrap it in `messages`, some send an update under the same name."""
    data = mapping(value)
    wrapped = objects(data.get("messages"))
    if wrapped and "key" not in data:
        return [event for each in wrapped for event in messages.read_message(origin, each, {"messages": [each]})]
    if "message" not in data and "messageStubType" not in data and ("keyId" in data or "update" in data):
        return read_update(origin, value, raw)
    return messages.read_message(origin, data, raw)


_NO_STATUS = frozenset({"deleted", "sent"})
"""What the server writes where an update tells something else than a status."""


def read_update(origin: Origin, value: Any, raw: Piece) -> list[CanonicalEvent]:
    """What became of a message. Its id has four spellings; `messageId` is never one: it is the database's."""
    data = mapping(value)
    key = mapping(data.get("key"))
    if type(data.get("update")) is dict and key:
        return updates.read_update(origin, data, raw)
    state = updates.state_of(data.get("status") or mapping(data.get("update")).get("status"))
    where = whereabouts({**data, **key, "id": _message_id(data, key)})
    told = Told(origin, data, where, origin.now, raw)
    events = updates.votes(told, data.get("pollUpdates"))
    if state is None or state in _NO_STATUS:
        events += _said_in_update(told, key)
    if state is not None and not (events and state in _NO_STATUS):
        when = moment(data.get("datetime"), origin.received_at) if "datetime" in data else origin.now
        member = where.participant.wa_id or text(data.get("participant")) or text(key.get("participant"))
        events.append(updates.status_event(origin, where, state, when, raw, member=member))
    return events or [origin.unknown(raw)]


def _said_in_update(told: Told, key: Data) -> list[CanonicalEvent]:
    """What a message reads now: it was edited, or nobody could read it before."""
    content = told.message.get("message")
    if type(content) is not dict or not content:
        return []
    edit = content.get("editedMessage")
    if type(edit) is dict:
        return [protocol.edited(told, told.where.message_id, edit.get("message"), told.message.get("timestampMs"))]
    own = key or {**{name: told.message.get(name) for name in ("remoteJid", "fromMe", "participant")},
                  "id": told.where.message_id}  # fmt: skip
    return messages.read_message(told.origin, {**told.message, "key": own}, told.raw)


def _message_id(data: Data, key: Data) -> str | None:
    return text(key.get("id")) or text(data.get("keyId")) or (None if "keyId" in data else text(data.get("id")))


def read_edit(origin: Origin, value: Any, raw: Piece) -> list[CanonicalEvent]:
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
    if "secretEncryptedMessage" in data:
        about = mapping(mapping(data["secretEncryptedMessage"]).get("targetMessageKey"))
        nowhere = replace(whereabouts(EMPTY), is_own=None)
        return [stubs.undecryptable(Told(origin, EMPTY, nowhere, origin.now, raw), text(about.get("id")))]
    if type(data.get("message")) is dict and key:
        return [_edited(origin, data, key, raw)]
    if where.chat_type != "group":
        where = whereabouts(EMPTY)
    when = moment(told_in.get("timestampMs"), origin.received_at) if "timestampMs" in told_in else origin.now
    where = replace(where, message_id=text(key.get("id")), is_own=None)
    told = Told(origin, EMPTY, where, when, raw)
    return protocol.read_protocol(told, told_in)


def _edited(origin: Origin, data: Data, key: Data, raw: Piece) -> CanonicalEvent:
    """What a message reads now, under its own id."""
    when = moment(data.get("messageTimestamp"), origin.received_at) if "messageTimestamp" in data else origin.now
    told = Told(origin, data, whereabouts(key, data.get("participant")), when, raw)
    return protocol.edited(told, told.where.message_id, data["message"], data.get("timestampMs"))


def read_own_edit(origin: Origin, value: Any, raw: Piece) -> list[CanonicalEvent]:
    """An edit over the API: the message that holds it, or a bare protocol message."""
    is_bare = "message" not in mapping(value) and "editedMessage" in mapping(value)
    return read_edit(origin, value, raw) if is_bare else read_message(origin, value, raw)


def read_delete(origin: Origin, value: Any, raw: Piece) -> list[CanonicalEvent]:
    """A message that was taken back; `data.id` is WhatsApp's only where there is no key."""
    data = mapping(value)
    key = mapping(data.get("key"))
    original = _message_id(data, key)
    if original is None:
        return [origin.unknown(raw)]
    told = Told(origin, EMPTY, whereabouts({**(key or data), "id": original}), origin.now, raw)
    return [protocol.revoked(told, original)]


def read_leaving(origin: Origin, _value: Any, raw: Piece) -> list[CanonicalEvent]:
    """The instance was logged out, or taken away."""
    state = origin.field or ""
    return [connections.instance_event(origin, "whatsapp.instance.disconnected", raw, state=state)]


def read_status(origin: Origin, value: Any, raw: Piece) -> list[CanonicalEvent]:
    """That the instance was closed for good is told beside its connection; anything else is of the account."""
    data = mapping(value)
    if text(data.get("status")) not in connections.CONNECTIONS:
        return others.read_notice(origin, value, raw)
    return connections.read_connection(origin, {**data, "statusReason": data.get("disconnectionReasonCode")}, raw)


def read_call(origin: Origin, value: Any, raw: Piece) -> list[CanonicalEvent]:
    """A call as Baileys tells it, or the packet that it is read from: what happened is the name of its content."""
    packet = mapping(mapping(value).get("packet"))
    if not packet:
        return others.read_call(origin, value, raw)
    around = mapping(packet.get("attrs"))
    inner = next(iter(objects(packet.get("content"))), EMPTY)
    about = mapping(inner.get("attrs"))
    told = {
        "id": about.get("call-id") or around.get("id"),
        "from": around.get("from"),
        "callerPn": about.get("caller_pn"),
        "status": inner.get("tag") or mapping(value).get("event"),
        "date": around.get("t"),
    }
    return others.read_call(origin, told, raw)


_HASH = frozenset({"hash"})


def read_created(origin: Origin, value: Any, raw: Piece) -> list[CanonicalEvent]:
    """The instance was made; its `hash` is the key to it."""
    if type(mapping(value).get("hash")) is str:
        raw = value = connections.without(_HASH, value)
    return others.read_notice(origin, value, raw)


EVENTS: Mapping[str, ItemReader] = {
    "messages.upsert": read_message,
    "messages.set": read_message,
    "send.message": read_message,
    "send.message.update": read_own_edit,
    "messages.update": read_update,
    "messages.edited": read_edit,
    "messages.delete": read_delete,
    "connection.update": connections.read_connection,
    "qrcode.updated": connections.read_qr,
    "logout.instance": read_leaving,
    "remove.instance": read_leaving,
    "instance.delete": read_leaving,
    "instance.create": read_created,
    "status.instance": read_status,
    "application.startup": others.read_notice,
    "contacts.set": others.read_contact,
    "contacts.upsert": others.read_contact,
    "contacts.update": others.read_contact,
    "chats.set": others.read_chat,
    "chats.upsert": others.read_chat,
    "chats.update": others.read_chat,
    "chats.delete": others.read_chat,
    "groups.upsert": others.read_new_group,
    "groups.update": others.read_group,
    "group.update": others.read_group,
    "group.participants.update": others.read_members,
    "presence.update": others.read_presence,
    "messaging.history.set": others.read_notice,
    "creds.update": others.read_credentials,
    "call": read_call,
    "labels.edit": others.read_notice,
    "labels.association": others.read_chat,
    "typebot.start": others.read_chat,
    "typebot.change.status": others.read_chat,
}
"""Who reads the data of which event; any other event is unknown."""
