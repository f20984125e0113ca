"""The words of the envelope: which event types, message types, providers, roles and states there are."""

from typing import Literal, get_args

Provider = Literal["cloud_api", "evolution", "baileys", "simulated"]

EventType = Literal[
    "whatsapp.message.inbound",
    "whatsapp.message.outbound",
    "whatsapp.message.status.pending",
    "whatsapp.message.status.sent",
    "whatsapp.message.status.delivered",
    "whatsapp.message.status.read",
    "whatsapp.message.status.played",
    "whatsapp.message.status.failed",
    "whatsapp.message.status.deleted",
    "whatsapp.message.reaction",
    "whatsapp.message.edited",
    "whatsapp.message.revoked",
    "whatsapp.message.undecryptable",
    "whatsapp.group.created",
    "whatsapp.group.updated",
    "whatsapp.group.joined",
    "whatsapp.group.left",
    "whatsapp.group.deleted",
    "whatsapp.instance.connected",
    "whatsapp.instance.connecting",
    "whatsapp.instance.disconnected",
    "whatsapp.instance.qr_updated",
    "whatsapp.call",
    "whatsapp.presence",
    "whatsapp.contact.updated",
    "whatsapp.chat.updated",
    "whatsapp.identity.changed",
    "whatsapp.account.updated",
    "whatsapp.thread.assigned",
    "whatsapp.conversation.opened",
    "whatsapp.conversation.closed",
    "whatsapp.unknown",
]

MessageType = Literal[
    "text", "image", "video", "audio", "voice", "document", "sticker", "location", "live_location", "contacts",
    "button_reply", "list_reply", "flow_reply", "interactive", "template", "order", "product", "poll", "poll_vote",
    "event", "group_invite", "system", "unsupported", "unknown",
]  # fmt: skip

ChatType = Literal["private", "group", "broadcast", "newsletter"]
Direction = Literal["inbound", "outbound"]
Role = Literal["customer", "business", "participant", "system"]
State = Literal["pending", "sent", "delivered", "read", "played", "failed", "deleted"]

PROVIDERS: tuple[Provider, ...] = get_args(Provider)
EVENT_TYPES: tuple[EventType, ...] = get_args(EventType)
MESSAGE_TYPES: tuple[MessageType, ...] = get_args(MessageType)

STATUS_EVENTS: dict[State, EventType] = {
    "pending": "whatsapp.message.status.pending",
    "sent": "whatsapp.message.status.sent",
    "delivered": "whatsapp.message.status.delivered",
    "read": "whatsapp.message.status.read",
    "played": "whatsapp.message.status.played",
    "failed": "whatsapp.message.status.failed",
    "deleted": "whatsapp.message.status.deleted",
}
"""The event type of each state of a message."""


def provider_called(word: str) -> Provider | None:
    """The provider that a word names, also with - for _; None where it names none."""
    return next((each for each in PROVIDERS if each == word.replace("-", "_")), None)
