"""A message: content, reaction, edit, revoke, stub, or nothing that can be read."""

from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from rollout_cli.whatsapp.content import UNKNOWN, Content
from rollout_cli.whatsapp.credentials import redacted
from rollout_cli.whatsapp.delivery import Origin
from rollout_cli.whatsapp.events import CanonicalEvent, Message, Reaction
from rollout_cli.whatsapp.moments import moment
from rollout_cli.whatsapp.originals import Piece
from rollout_cli.whatsapp.vocabulary import EventType, MessageType
from rollout_cli.whatsapp.web_message import protocol, stubs
from rollout_cli.whatsapp.web_message.contents import CONTENTS, UNDECRYPTABLE
from rollout_cli.whatsapp.web_message.told import Told
from rollout_cli.whatsapp.web_message.unwrapping import READ, VIEW_ONCE, content_of
from rollout_cli.whatsapp.web_message.whereabouts import QUOTING, whereabouts
from rollout_cli.whatsapp.wire import mapping, text

_FLAT = (
    "imageMessage", "videoMessage", "audioMessage", "documentMessage", "stickerMessage", "listMessage",
    "interactiveMessage",
)  # fmt: skip
"""Contents whose fields stand in the message itself, where Evolution's own channel sends them; of what was filled in
over its business channel nothing but this name is told."""


def read_message(origin: Origin, value: Any, raw: Piece) -> list[CanonicalEvent]:
    """The events of one message."""
    message = mapping(value)
    key = mapping(message.get("key"))
    if not key:
        return [origin.unknown(raw)]
    where = whereabouts(key, message.get("participant"))
    told = Told(origin, message, where, moment(message.get("messageTimestamp"), origin.received_at), raw)
    content = message.get("message")
    if type(content) is dict and (content or message.get("messageType") == "interactiveMessage"):
        name, node, around = content_of(content)
        if name not in READ and not around and message.get("messageType") in _FLAT:
            name, node = message["messageType"], content
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
        return [stubs.undecryptable(told, text(mapping(mapping(node).get("targetMessageKey")).get("id")))]
    return [_said(told, name, node, around)]


def _control(told: Told) -> CanonicalEvent:
    """What the phones say to each other: it has an id, and is no message."""
    return told.event("whatsapp.unknown", told.id_key("control"), told.where.message_id, is_said=False)


def _said(told: Told, name: str, node: Any, around: frozenset[str]) -> CanonicalEvent:
    where = told.where
    content = CONTENTS.get(name, UNKNOWN)
    inner = mapping(node)
    quoting = _quoting(told.message, inner)
    event_type: EventType = "whatsapp.message.outbound" if where.is_own else "whatsapp.message.inbound"
    referral = _referral(told.message, inner)
    if type(node) is str and content is not UNKNOWN:
        made = Message(where.message_id, where.direction, content.type, text(node), referral=referral)
    else:
        made = _message(told, content, inner, around, referral)
    return told.event(
        "whatsapp.unknown" if content is UNKNOWN else event_type,
        told.id_key("msg"),
        where.message_id,
        made,
        context=where.quoting(quoting) if quoting else where.context(forwarded=False),
    )


def _message(
    told: Told, content: Content, node: Mapping[str, Any], around: frozenset[str], referral: Any
) -> Message:  # fmt: skip
    fields = content.read(node)
    made: MessageType | None = fields.pop("type", content.type)
    if "lottieStickerMessage" in around:
        made = "sticker"
    if "media" in fields and around & VIEW_ONCE:
        fields["media"] = replace(fields["media"], view_once=True)
    return Message(told.where.message_id, told.where.direction, made, referral=referral, **fields)


_OF_AN_AD = frozenset({"ctwaClid", "sourceId", "sourceType"})
"""What an ad's preview tells; a bot's link has a preview of the same name, without any of them."""
_CAME_BY = (
    "conversionSource", "entryPointConversionSource", "entryPointConversionApp", "entryPointConversionDelaySeconds",
)  # fmt: skip


def _referral(message: Mapping[str, Any], node: Mapping[str, Any]) -> Any:
    """The ad or post that led here, with how somebody came by it; the picture in it stays in the original."""
    for info in (node.get("contextInfo"), message.get("contextInfo")):
        if type(info) is dict and type(ad := info.get("externalAdReply")) is dict and not _OF_AN_AD.isdisjoint(ad):
            told = {name: each for name, each in ad.items() if name != "thumbnail"}
            return redacted(told | {name: info[name] for name in _CAME_BY if name in info})
    return None


def _quoting(message: Mapping[str, Any], node: Mapping[str, Any]) -> Mapping[str, Any]:
    """The quote stands beside the message, inside of its content, or a part of it here and a part there.

    Evolution's business channel has it between the two, beside the content.
    """
    inside = node.get("contextInfo")
    beside = message.get("contextInfo")
    if type(beside) is not dict:
        return inside if type(inside) is dict else mapping(mapping(message.get("message")).get("contextInfo"))
    if type(inside) is not dict:
        return beside
    return {name: beside.get(name) or inside.get(name) for name in QUOTING}


def _reaction(told: Told, name: str, node: Mapping[str, Any]) -> CanonicalEvent:
    target = text(mapping(node.get("key") or node.get("targetMessageKey")).get("id"))
    return reaction(told, target, text(node.get("text")), is_encrypted=name == "encReactionMessage")


def reaction(told: Told, target: str | None, emoji: str | None, *, is_encrypted: bool = False) -> CanonicalEvent:
    """A reaction: its own id is the key, never that of the message it is about."""
    made = Reaction(target, emoji, emoji is None and not is_encrypted)
    message = Message(told.where.message_id, told.where.direction, reaction=made)
    return told.event("whatsapp.message.reaction", told.id_key("reaction"), target, message)
