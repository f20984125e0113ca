"""Protocol messages: two of them, a revoke and an edit, are about the chat; the others are phones among themselves.

The key inside is written from the sender's side, so of it nothing but the id is used.
"""

from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from rollout_cli.whatsapp.events import CanonicalEvent, Message
from rollout_cli.whatsapp.keys import fingerprint
from rollout_cli.whatsapp.moments import milliseconds
from rollout_cli.whatsapp.vocabulary import EventType
from rollout_cli.whatsapp.web_message.told import Told
from rollout_cli.whatsapp.web_message.unwrapping import said_in
from rollout_cli.whatsapp.wire import mapping, text, whole

PROTOCOLS: Mapping[int, tuple[str, EventType]] = {
    0: ("REVOKE", "whatsapp.message.revoked"),
    3: ("EPHEMERAL_SETTING", "whatsapp.chat.updated"),
    11: ("SHARE_PHONE_NUMBER", "whatsapp.identity.changed"),
    14: ("MESSAGE_EDIT", "whatsapp.message.edited"),
    27: ("LIMIT_SHARING", "whatsapp.chat.updated"),
}
"""What each type is; any other is unknown."""
_BY_NAME = {name: number for number, (name, _) in PROTOCOLS.items()}
_REVOKE, _EDIT = 0, 14


def kind_of(protocol: Mapping[str, Any]) -> int | None:
    """The type as a number; it comes as a name, too. No type at all is that of a revoke, whose number is 0."""
    told = protocol.get("type")
    if type(told) is str and told in _BY_NAME:
        return _BY_NAME[told]
    if told is not None:
        return whole(told)
    return _EDIT if protocol.get("editedMessage") else _REVOKE if protocol.get("key") else None


def read_protocol(told: Told, protocol: Mapping[str, Any]) -> list[CanonicalEvent]:
    """The event of a protocol message that came as a message."""
    kind = kind_of(protocol)
    original = text(mapping(protocol.get("key")).get("id"))
    if kind == _REVOKE:
        return [revoked(told, original)]
    if kind == _EDIT:
        return [edited(told, original, protocol.get("editedMessage"), protocol.get("timestampMs"))]
    known = None if kind is None else PROTOCOLS.get(kind)
    details = {"protocol": protocol.get("type"), "ephemeral_seconds": protocol.get("ephemeralExpiration")}
    event_type = known[1] if known else "whatsapp.unknown"
    about, is_said = told.where.message_id, known is not None
    return [told.event(event_type, told.id_key("control"), about, details=details, is_said=is_said)]


def revoked(told: Told, original: str | None, own: str | None = None) -> CanonicalEvent:
    """A message was taken back: that happens once, so the original's id is the key.

    Evolution tells edits and revokes in several shapes, and the instance's UUID in some of them only; its name in all.
    """
    told = replace(told, origin=told.origin.by_name())
    own = own or _own_id(told, original)
    message = Message(own, told.where.direction, original_message_id=original)
    return told.event("whatsapp.message.revoked", told.id_key("revoke", original or own), original, message)


def edited(told: Told, original: str | None, content: Any, moment: Any) -> CanonicalEvent:
    """A message reads otherwise now. The same edit comes in two shapes: both know the original and the moment."""
    told = replace(told, origin=told.origin.by_name())
    fields = said_in(content)
    made = fields.pop("type", None)
    message = Message(
        _own_id(told, original), told.where.direction, made, original_message_id=original, **fields
    )  # fmt: skip
    return told.event("whatsapp.message.edited", _edit_key(told, original, content, moment), original, message)


def _own_id(told: Told, original: str | None) -> str | None:
    return told.where.message_id if told.where.message_id != original else None


def _edit_key(told: Told, original: str | None, content: Any, moment: Any) -> str:
    """The original and the moment: Baileys' second shape has it in seconds, Evolution's shapes in milliseconds.

    Where an edit has no moment, Evolution's bare shape has none at all, so that what it reads now stands for it.
    """
    if original is None:
        return told.id_key("edit")
    is_exact = told.origin.delivery.provider == "evolution"
    at = milliseconds(moment)
    if at is None and not is_exact:
        at = milliseconds(told.message.get("messageTimestamp"))
    if at is None:
        return told.origin.key("edit", original, fingerprint(content))
    return told.origin.key("edit", original, str(at if is_exact else at // 1000))
