"""What a telling says besides its type, its message and its words: what only who wrote it knows."""

from msgspec import Struct

from rollout_cli.simulate.traffic.happening import SPEAKING, STATES, Happening

_TYPES = {
    **{kind: kind for kind in (*SPEAKING, "system", "poll_vote")}, "edit": "text", "stub": "unknown"
}  # fmt: skip
IN_CHATS = frozenset({*SPEAKING, *STATES, "system", "poll_vote", "reaction", "edit", "revoke"})
"""Kinds that are told of a chat, by every provider."""


class Who(Struct, frozen=True, gc=False):
    """Who did it, as far as a telling names them.

    Attributes:
        role: customer, participant, or business.
        phone: digits alone.
        lid: as it is told, with its server or without.
    """

    role: str
    phone: str | None = None
    lid: str | None = None
    bsuid: str | None = None


class File(Struct, frozen=True, gc=False):
    """A file of a message.

    Attributes:
        address: what its address has in it; empty where it has none.
        caption: as the inside of a JSON string; empty where there is none.
        is_read: whether the caption is the message's text as well.
    """

    mime_type: str
    id: str | None = None
    name: str | None = None
    address: str = ""
    caption: str = ""
    is_read: bool = True


class Told(Struct, frozen=True, gc=False):
    """What a telling says.

    Attributes:
        type: of the message; None where there is none, or it has no type.
        at: milliseconds since 1970; None where it tells no time of its own.
        who: None where it does not say who did it for itself; then nobody else may be named.
        file: None where there is none.
        has_chat: whether it names the chat.
        calls: whether it mentions the shopper's SKM, and does not only pass on what somebody said elsewhere.
    """

    type: str | None
    at: int | None
    who: Who | None = None
    file: File | None = None
    has_chat: bool = False
    calls: bool = False


def message_type(kind: str) -> str | None:
    """What type of message a kind is; None where it is none, or its message has no type."""
    return _TYPES.get(kind)


def member_or_customer(it: Happening) -> str:
    """The role of whoever writes to the business."""
    return "customer" if it.thread.is_private else "participant"
