"""A message: content, reaction, edit, revoke, stub, or nothing that can be read."""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from rollout_cli.whatsapp.delivery import NO_ID, Origin
from rollout_cli.whatsapp.events import CanonicalEvent, Message, Reaction
from rollout_cli.whatsapp.moments import Moment, moment
from rollout_cli.whatsapp.originals import Piece
from rollout_cli.whatsapp.vocabulary import EventType, MessageType
from rollout_cli.whatsapp.web_message import protocol, stubs
from rollout_cli.whatsapp.web_message.contents import CONTENTS, UNDECRYPTABLE, UNKNOWN, Content, Fields
from rollout_cli.whatsapp.web_message.unwrapping import content_of
from rollout_cli.whatsapp.web_message.whereabouts import Whereabouts, whereabouts
from rollout_cli.whatsapp.wire import EMPTY, mapping, text

REVOKE_STUB = 1


class Told(Struct, frozen=True):
    """One message as told, with what is known of it before its content is looked at."""

    origin: Origin
    message: Mapping[str, Any]
    where: Whereabouts
    when: Moment
    raw: Piece

    @property
    def name(self) -> str | None:
        """What the writer calls themselves."""
        return text(self.message.get("pushName")) or text(self.message.get("verifiedBizName"))

    @property
    def flags(self) -> tuple[str, ...]:
        """What is wrong with it."""
        return () if self.where.message_id else (NO_ID,)


def read_message(origin: Origin, value: Any, raw: Piece) -> list[CanonicalEvent]:
    """The events of one message."""
    message = mapping(value)
    key = mapping(message.get("key"))
    if not key:
        return [origin.unknown(raw)]
    where = whereabouts(key, message.get("participant"))
    told = Told(origin, message, where, moment(message.get("messageTimestamp"), origin.received_at), raw)
    content = message.get("message")
    if type(content) is dict and content:
        name, node, around = content_of(content)
        if name:
            return _read_content(told, name, node, around)
    stub = message.get("messageStubType")
    if stub and (type(stub) is not int or stub > 0):
        return stubs.read_stub(told, stub)
    return [stubs.undecryptable(told)] if not content else [_control(told)]


def _read_content(told: Told, name: str, node: Any, around: frozenset[str]) -> list[CanonicalEvent]:
    if name == "protocolMessage":
        return protocol.read_protocol(told, mapping(node))
    if name in ("reactionMessage", "encReactionMessage"):
        return [_reaction(told, name, mapping(node))]
    if name in UNDECRYPTABLE:
        return [stubs.undecryptable(told)]
    return [_said(told, name, node, around)]


def _control(told: Told) -> CanonicalEvent:
    """What the phones say to each other: it has an id, and is no message."""
    return told.origin.event(
        "whatsapp.unknown", told.origin.id_key("control", told.where.message_id, told.raw), told.when, told.raw,
        about=told.where.message_id, context=told.where.context(), flags=told.flags,
    )  # fmt: skip


def _said(told: Told, name: str, node: Any, around: frozenset[str]) -> CanonicalEvent:
    origin, where = told.origin, told.where
    content = CONTENTS.get(name, UNKNOWN)
    inner = mapping(node)
    quoting = _quoting(told.message, inner)
    event_type: EventType = "whatsapp.message.outbound" if where.is_own else "whatsapp.message.inbound"
    if type(node) is str:
        made = Message(where.message_id, where.direction, content.type, text(node))
    else:
        made = _message(told, content, inner, around)
    return origin.event(
        "whatsapp.unknown" if content is UNKNOWN else event_type,
        origin.id_key("msg", where.message_id, told.raw),
        told.when,
        told.raw,
        about=where.message_id,
        routing=where.routing(origin),
        actor=where.actor(origin, told.name),
        context=where.quoting(quoting) if quoting else where.context(forwarded=False),
        message=made,
        flags=told.flags,
    )


def _message(told: Told, content: Content, node: Mapping[str, Any], around: frozenset[str]) -> Message:
    fields = content.read(node)
    made: MessageType | None = fields.pop("type", content.type)
    if "lottieStickerMessage" in around:
        made = "sticker"
    return Message(told.where.message_id, told.where.direction, made, **fields)


def said_in(content: Any) -> Fields:
    """The fields of what an edited message reads now."""
    name, node, _ = content_of(mapping(content))
    reader = CONTENTS.get(name, UNKNOWN)
    fields = reader.read({"text": text(node)} if type(node) is str else mapping(node))
    return {"type": reader.type, **fields}


def _quoting(message: Mapping[str, Any], node: Mapping[str, Any]) -> Mapping[str, Any]:
    """The quote stands beside the message or inside of its content; the one that says something counts."""
    inside = node.get("contextInfo")
    beside = message.get("contextInfo")
    if type(beside) is not dict:
        return inside if type(inside) is dict else EMPTY
    if type(inside) is not dict or beside.get("stanzaId") or beside.get("mentionedJid"):
        return beside
    return inside


def _reaction(told: Told, name: str, node: Mapping[str, Any]) -> CanonicalEvent:
    target = text(mapping(node.get("key") or node.get("targetMessageKey")).get("id"))
    return reaction(told, target, text(node.get("text")), is_encrypted=name == "encReactionMessage")


def reaction(told: Told, target: str | None, emoji: str | None, *, is_encrypted: bool = False) -> CanonicalEvent:
    """A reaction: its own id is the key, never that of the message it is about."""
    origin, where = told.origin, told.where
    return origin.event(
        "whatsapp.message.reaction",
        origin.id_key("reaction", where.message_id, told.raw),
        told.when,
        told.raw,
        about=target,
        routing=where.routing(origin),
        actor=where.actor(origin, told.name),
        context=where.context(),
        message=Message(
            where.message_id, where.direction, reaction=Reaction(target, emoji, emoji is None and not is_encrypted)
        ),
        flags=told.flags,
    )
