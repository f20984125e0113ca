"""Stubs: a place where a message is, or a line that the app writes itself. A stub never takes a message's identity."""

from typing import Any

from rollout_cli.whatsapp.decoding import decode_text
from rollout_cli.whatsapp.events import CanonicalEvent, Message
from rollout_cli.whatsapp.identity import bare
from rollout_cli.whatsapp.moments import minute
from rollout_cli.whatsapp.vocabulary import EventType
from rollout_cli.whatsapp.web_message import protocol
from rollout_cli.whatsapp.web_message.others import MEMBER_ACTIONS, aliases_of, ids_of, members_part
from rollout_cli.whatsapp.web_message.stub_types import NOTICES, STUBS
from rollout_cli.whatsapp.web_message.told import Told
from rollout_cli.whatsapp.wire import scalar, text, whole

_BY_NAME = {name: number for number, (name, _, _) in STUBS.items()} | {name: number for number, name in NOTICES.items()}
REVOKES = frozenset({1, 132})


def read_stub(told: Told, stub: Any) -> list[CanonicalEvent]:
    """The event of a stub."""
    number = number_of(stub)
    if number in REVOKES:
        return [protocol.revoked(told, told.where.message_id)]
    if number is not None and number in NOTICES:
        return [_event(told, "whatsapp.chat.updated", _stub_key(told, NOTICES[number]), NOTICES[number])]
    if number is None or number not in STUBS:
        return [_event(told, "whatsapp.unknown", _stub_key(told, scalar(stub) or ""), scalar(stub) or "")]
    name, event_type, action = STUBS[number]
    if event_type == "whatsapp.message.undecryptable":
        return [undecryptable(told)]
    key = _group_key(told, action) if action and told.where.group else _stub_key(told, name)
    return [_event(told, event_type, key, name, action)]


def number_of(stub: Any) -> int | None:
    """The number of a stub, which comes as its name, too."""
    return _BY_NAME[stub] if type(stub) is str and stub in _BY_NAME else whole(stub)


def undecryptable(told: Told, original: str | None = None) -> CanonicalEvent:
    """There is a message, and nobody here can read it: its content may still come under the same id.

    `original` is the message that it is about: an edit may be encrypted.
    """
    reasons = told.message.get("messageStubParameters")
    return told.event(
        "whatsapp.message.undecryptable",
        told.id_key("stub"),
        told.where.message_id,
        Message(told.where.message_id, told.where.direction, "unknown", original_message_id=original),
        details={"reasons": reasons} if isinstance(reasons, list) else None,
    )


def _event(told: Told, event_type: EventType, key: str, name: str, action: str | None = None) -> CanonicalEvent:
    details: dict[str, Any] = {"stub": name, "parameters": told.message.get("messageStubParameters")}
    if action:
        details["action"] = action
    if action in MEMBER_ACTIONS:  # of a new subject, the parameter is the subject
        members = _members(told)
        details["participants"] = [bare(ids[0]) for ids in members]
        details["aliases"] = aliases_of(members)
    return told.event(event_type, key, told.where.message_id, details=details)


def _stub_key(told: Told, name: str) -> str:
    message_id = told.where.message_id
    return told.origin.key("stub", message_id, name) if message_id else told.id_key("stub")


def _group_key(told: Told, action: str) -> str:
    """The key of the group's own event, where Baileys tells the same. Evolution has its own time there, and no UUID."""
    members = members_part(_members(told))
    return told.origin.key("grp", told.where.group or "", action, members, minute(told.when[0]))


def _members(told: Told) -> list[tuple[str, ...]]:
    """The members that a stub names, each by all ids that are told: as JIDs, or as objects in strings."""
    parameters = told.message.get("messageStubParameters")
    written = filter(None, map(text, parameters if isinstance(parameters, list) else ()))
    return [_member(each) for each in written]


def _member(written: str) -> tuple[str, ...]:
    return (ids_of(decode_text(written)) if written.startswith("{") else ()) or (written,)
