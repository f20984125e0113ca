"""Messages and echoes: whose they are, which chat they belong to, and what they say."""

from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from rollout_cli.whatsapp.cloud_api.contents import ABOUT_ANOTHER, CONTENTS, PLACEHOLDER, UNSUPPORTED, type_of
from rollout_cli.whatsapp.cloud_api.directory import Directory, aliases, met
from rollout_cli.whatsapp.content import UNKNOWN, Content, Fields
from rollout_cli.whatsapp.credentials import redacted
from rollout_cli.whatsapp.decoding import decode
from rollout_cli.whatsapp.delivery import NO_ID, Origin
from rollout_cli.whatsapp.events import Actor, CanonicalEvent, Context, Message, Reaction, Routing
from rollout_cli.whatsapp.identity import NO_ONE, Person, cloud_person
from rollout_cli.whatsapp.moments import moment
from rollout_cli.whatsapp.originals import Piece
from rollout_cli.whatsapp.vocabulary import Direction, EventType, MessageType
from rollout_cli.whatsapp.wire import mapping, objects, scalar, strings, text, truth

_EVENTS: Mapping[Direction, EventType] = {
    "inbound": "whatsapp.message.inbound",
    "outbound": "whatsapp.message.outbound",
}
IDENTITY_CHANGES = frozenset({
    "user_changed_number", "customer_changed_number", "user_changed_user_id", "customer_identity_changed",
})  # fmt: skip
"""The system messages that say that somebody is now known by another id."""


def read_message(
    origin: Origin, directory: Directory, raw: Piece, chat: str | None = None, user_id: str | None = None
) -> list[CanonicalEvent]:  # fmt: skip
    """A message from a customer, or from a member of a group.

    `chat` and `user_id` are those of its thread, where it has one that tells them.
    """
    message = raw if type(raw) is dict else decode(raw)
    if type(message) is not dict:
        return [origin.unknown(raw)]
    sender = directory.sender(origin, scalar(message.get("from")), text(message.get("from_user_id")) or user_id)
    group = message.get("group_id")
    if type(group) is str and group:
        actor = replace(sender.actor, role="participant")
        routing, context = origin.thread(group), Context("group", group, group, None, False)  # noqa: FBT003 - a field
        return [_event(origin, raw, message, "inbound", actor, routing, context, sender.contact)]
    routing, context = sender.routing, sender.context
    if chat is not None and chat != sender.actor.wa_id:  # another spelling: the thread is one all the same
        routing, context = origin.thread(cloud_person(chat).best), replace(context, chat_id=chat)
    return [_event(origin, raw, message, "inbound", sender.actor, routing, context, sender.contact)]


def read_echo(origin: Origin, directory: Directory, raw: Piece) -> list[CanonicalEvent]:
    """A message that the business wrote itself, in its app."""
    message = decode(raw)
    if type(message) is not dict:
        return [origin.unknown(raw)]
    written, user_id = scalar(message.get("to")), text(message.get("to_user_id"))
    contact = directory.find(written, user_id) if written or user_id else {}
    counterpart = met(written, user_id, contact) if written or user_id else NO_ONE
    return [outbound(origin, raw, message, counterpart, contact)]


def outbound(
    origin: Origin, raw: Piece, message: Mapping[str, Any], counterpart: Person, contact: Mapping[str, Any]
) -> CanonicalEvent:
    """A message of the business's own, and who it was written to."""
    sender = cloud_person(scalar(message.get("from")))
    actor = Actor("business", sender.wa_id, sender.phone, None, sender.bsuid)
    group = text(message.get("group_id"))
    context = (
        Context("group", group, group, None, False)  # noqa: FBT003 - a field
        if group
        else Context("private", counterpart.wa_id, None, None, False, (), aliases(counterpart))  # noqa: FBT003
    )
    return _event(origin, raw, message, "outbound", actor, origin.thread(group or counterpart.best), context, contact)


def _event(
    origin: Origin, raw: Piece, message: Mapping[str, Any], direction: Direction, actor: Actor, routing: Routing,
    context: Context, contact: Mapping[str, Any],
) -> CanonicalEvent:  # fmt: skip
    """The event of a message; a plain text, which most are, is read without a detour."""
    told, kind = message.get("id"), message.get("type")
    message_id = told if type(told) is str and told else scalar(told)
    quoted = message.get("context")
    if quoted is not None and kind != "reaction":  # a reaction is about a message; it does not quote it
        context = _quoting(context, quoted)
    if kind == "text" and quoted is None and not ("referral" in message or "errors" in message):
        body = message.get("text")
        written = body.get("body") if type(body) is dict else None
        made = Message(message_id, direction, "text", written if type(written) is str and written else None)
        event_type, key, about = _EVENTS[direction], origin.id_key("msg", message_id, raw), message_id
    else:
        event_type, key, about, made = _reading(origin, raw, message, message_id, direction, type_of(message))
    when = moment(message.get("timestamp"), origin.received_at)
    flags = () if message_id else (NO_ID,)
    details = _ids_in(message) if event_type == "whatsapp.identity.changed" else None
    return origin.event(
        event_type, key, when, raw, about, routing, actor, context, made, details=details, flags=flags,
        beside=contact,
    )  # fmt: skip


def _ids_in(message: Mapping[str, Any]) -> dict[str, Any]:
    """What somebody was known by, and is now: `from` is still the old id."""
    system = mapping(message.get("system"))
    user_id = text(system.get("user_id"))
    number = scalar(system.get("wa_id")) or scalar(system.get("new_wa_id"))
    if number is None and user_id:
        previous = text(message.get("from_user_id")) or scalar(message.get("from"))
        return {"previous": previous, "current": user_id, "user_id": user_id}
    return {"previous": scalar(message.get("from")), "current": number, "user_id": user_id}


def _quoting(context: Context, quoted: Any) -> Context:
    if type(quoted) is not dict:
        return context
    return replace(
        context,
        reply_to=text(quoted.get("id")),
        forwarded=truth(quoted.get("forwarded")) or truth(quoted.get("frequently_forwarded")),
        mentions=strings(quoted.get("mentions")),
    )


def _reading(
    origin: Origin, raw: Piece, message: Mapping[str, Any], message_id: str | None, direction: Direction, kind: str
) -> tuple[EventType, str, str | None, Message]:
    """What it is: event type, key, the id of the message that it is about, and what it says."""
    if kind in ABOUT_ANOTHER:
        return _about_another(origin, raw, message, message_id, direction, kind)
    if kind == PLACEHOLDER:  # its content comes later, under the same id
        made = Message(message_id, direction, "unknown", errors=redacted(message.get("errors")))
        return "whatsapp.message.undecryptable", origin.id_key("stub", message_id, raw), message_id, made
    content = CONTENTS.get(kind, UNSUPPORTED if objects(message.get("errors")) else UNKNOWN)
    made = said(message, content, message_id, direction)
    key = origin.id_key("msg", message_id, raw)
    if content is UNKNOWN:
        return "whatsapp.unknown", key, message_id, made
    if kind == "system" and text(mapping(message.get("system")).get("type")) in IDENTITY_CHANGES:
        return "whatsapp.identity.changed", key, message_id, made
    return _EVENTS[direction], key, message_id, made


def said(message: Mapping[str, Any], content: Content, message_id: str | None, direction: Direction) -> Message:
    """The canonical message."""
    fields = content.read(message)
    made: MessageType | None = fields.pop("type", content.type)
    if "referral" in message or "errors" in message:
        fields["referral"], fields["errors"] = redacted(message.get("referral")), redacted(message.get("errors"))
    return Message(message_id, direction, made, **fields)


def _about_another(
    origin: Origin, raw: Piece, message: Mapping[str, Any], message_id: str | None, direction: Direction, kind: str
) -> tuple[EventType, str, str | None, Message]:
    inner = mapping(message.get(kind))
    if kind == "reaction":
        target, emoji = scalar(inner.get("message_id")), text(inner.get("emoji"))
        made = Message(message_id, direction, reaction=Reaction(target, emoji, emoji is None))
        return "whatsapp.message.reaction", origin.id_key("reaction", message_id, raw), target, made
    original = scalar(inner.get("original_message_id"))
    if kind == "revoke":
        made = Message(message_id, direction, original_message_id=original)
        return "whatsapp.message.revoked", origin.id_key("revoke", original or message_id, raw), original, made
    return (
        "whatsapp.message.edited",
        origin.id_key("edit", message_id, raw),
        original,
        _edited(inner, message_id, direction, original),
    )


def _edited(edit: Mapping[str, Any], message_id: str | None, direction: Direction, original: str | None) -> Message:
    """What the edited message reads now."""
    now = mapping(edit.get("message"))
    content = CONTENTS.get(type_of(now), UNKNOWN)
    fields: Fields = content.read(now)
    made: MessageType | None = fields.pop("type", content.type)
    return Message(message_id, direction, made, original_message_id=original, **fields)
