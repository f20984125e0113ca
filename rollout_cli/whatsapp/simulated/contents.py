"""What was said, and what became of it: `message` and `status` of the canonical event, as they are told."""

from collections.abc import Mapping
from typing import Any

import msgspec

from rollout_cli.whatsapp.events import Message, Status
from rollout_cli.whatsapp.simulated.kinds import CONTENTS, STATES
from rollout_cli.whatsapp.simulated.people import is_outbound
from rollout_cli.whatsapp.vocabulary import EventType
from rollout_cli.whatsapp.wire import mapping, scalar, text

_ABOUT_AN_ORIGINAL = frozenset({"whatsapp.message.edited", "whatsapp.message.revoked"})

Told = Mapping[str, Any]


def message_of(kind: EventType, event: Told) -> Message | None:
    """The message, with the id and the direction of the event; None for what is none.

    Raises:
        msgspec.ValidationError: it has not the form of a canonical message.
    """
    told = {name: value for name, value in mapping(event.get("message")).items() if value is not None}
    if kind in STATES or not (told or kind.startswith("whatsapp.message.")):
        return None
    given: dict[str, Any] = {
        "message_id": scalar(event.get("id")),
        "direction": "outbound" if is_outbound(kind, event) else "inbound",
    }
    about = scalar(event.get("about"))
    if kind in CONTENTS or (kind == "whatsapp.message.edited" and told):
        given["type"] = told.get("type") or ("text" if "text" in told else "unknown")
    if about and kind in _ABOUT_AN_ORIGINAL:
        given["original_message_id"] = about
    if kind == "whatsapp.message.reaction" and "reaction" not in told:
        emoji = text(event.get("emoji"))
        given["reaction"] = {"message_id": about, "emoji": emoji, "removed": emoji is None}
    return msgspec.convert({**told, **given}, Message)


def status_of(kind: EventType, event: Told, recipient: str | None) -> Status | None:
    """The status; None for what is none. Where it does not say who it was sent to, that is the `recipient`."""
    if kind not in STATES:
        return None
    told = mapping(event.get("status"))
    return Status(
        STATES[kind],
        scalar(told.get("message_id")) or scalar(event.get("about")),
        scalar(told.get("recipient_id")) or recipient,
        scalar(told.get("participant_id")),
        told.get("errors"),
        told.get("pricing"),
        told.get("conversation"),
        text(told.get("callback_data")),
    )


def original_of(event: Told, message: Message | None, status: Status | None) -> str | None:
    """The id of the message that an event is about."""
    told = scalar(event.get("about")) or (status.message_id if status else None)
    if told or message is None:
        return told
    reacted_to = message.reaction.message_id if message.reaction else None
    return message.original_message_id or reacted_to or message.message_id
