"""Stubs: a place where a message is, or a line that the app writes itself. A stub never takes a message's identity."""

from collections.abc import Mapping
from typing import Any

from rollout_cli.whatsapp.decoding import decode_text
from rollout_cli.whatsapp.events import CanonicalEvent, Message
from rollout_cli.whatsapp.identity import bare
from rollout_cli.whatsapp.moments import minute
from rollout_cli.whatsapp.vocabulary import EventType
from rollout_cli.whatsapp.web_message import protocol
from rollout_cli.whatsapp.web_message.others import MEMBER_ACTIONS, ids_of, members_part
from rollout_cli.whatsapp.web_message.told import Told
from rollout_cli.whatsapp.wire import scalar, text, whole

Stub = tuple[str, EventType, str | None]
"""Its name, its event, and what happened to the group's members."""

STUBS: Mapping[int, Stub] = {
    1: ("REVOKE", "whatsapp.message.revoked", None),
    2: ("CIPHERTEXT", "whatsapp.message.undecryptable", None),
    3: ("FUTUREPROOF", "whatsapp.message.undecryptable", None),
    20: ("GROUP_CREATE", "whatsapp.group.created", "create"),
    21: ("GROUP_CHANGE_SUBJECT", "whatsapp.group.updated", "subject"),
    22: ("GROUP_CHANGE_ICON", "whatsapp.group.updated", "icon"),
    23: ("GROUP_CHANGE_INVITE_LINK", "whatsapp.group.updated", "invite_link"),
    24: ("GROUP_CHANGE_DESCRIPTION", "whatsapp.group.updated", "description"),
    25: ("GROUP_CHANGE_RESTRICT", "whatsapp.group.updated", "restrict"),
    26: ("GROUP_CHANGE_ANNOUNCE", "whatsapp.group.updated", "announce"),
    27: ("GROUP_PARTICIPANT_ADD", "whatsapp.group.joined", "add"),
    28: ("GROUP_PARTICIPANT_REMOVE", "whatsapp.group.left", "remove"),
    29: ("GROUP_PARTICIPANT_PROMOTE", "whatsapp.group.updated", "promote"),
    30: ("GROUP_PARTICIPANT_DEMOTE", "whatsapp.group.updated", "demote"),
    31: ("GROUP_PARTICIPANT_INVITE", "whatsapp.group.joined", "add"),
    32: ("GROUP_PARTICIPANT_LEAVE", "whatsapp.group.left", "remove"),
    33: ("GROUP_PARTICIPANT_CHANGE_NUMBER", "whatsapp.identity.changed", None),
    38: ("E2E_IDENTITY_CHANGED", "whatsapp.identity.changed", None),
    40: ("CALL_MISSED_VOICE", "whatsapp.call", None),
    41: ("CALL_MISSED_VIDEO", "whatsapp.call", None),
    42: ("INDIVIDUAL_CHANGE_NUMBER", "whatsapp.identity.changed", None),
    43: ("GROUP_DELETE", "whatsapp.group.deleted", "delete"),
    45: ("CALL_MISSED_GROUP_VOICE", "whatsapp.call", None),
    46: ("CALL_MISSED_GROUP_VIDEO", "whatsapp.call", None),
    68: ("OVERSIZED", "whatsapp.message.undecryptable", None),
    71: ("GROUP_PARTICIPANT_ADD_REQUEST_JOIN", "whatsapp.group.joined", "add"),
    72: ("CHANGE_EPHEMERAL_SETTING", "whatsapp.chat.updated", None),
    132: ("ADMIN_REVOKE", "whatsapp.message.revoked", None),
    140: ("GROUP_PARTICIPANT_ACCEPT", "whatsapp.group.joined", "add"),
    141: ("GROUP_PARTICIPANT_LINKED_GROUP_JOIN", "whatsapp.group.joined", "add"),
    144: ("GROUP_MEMBERSHIP_JOIN_APPROVAL_REQUEST", "whatsapp.group.updated", "join_request"),
    145: ("GROUP_MEMBERSHIP_JOIN_APPROVAL_MODE", "whatsapp.group.updated", "join_approval_mode"),
    171: ("GROUP_MEMBER_ADD_MODE", "whatsapp.group.updated", "member_add_mode"),
    172: ("GROUP_MEMBERSHIP_JOIN_APPROVAL_REQUEST_NON_ADMIN_ADD", "whatsapp.group.updated", "join_request"),
    177: ("PINNED_MESSAGE_IN_CHAT", "whatsapp.chat.updated", None),
}
"""What each stub is; any other is unknown."""
_BY_NAME = {name: number for number, (name, _, _) in STUBS.items()}
REVOKES = frozenset({1, 132})


def read_stub(told: Told, stub: Any) -> list[CanonicalEvent]:
    """The event of a stub."""
    number = number_of(stub)
    if number in REVOKES:
        return [protocol.revoked(told, told.where.message_id)]
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
        details["participants"] = [bare(ids[0]) for ids in _members(told)]
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
