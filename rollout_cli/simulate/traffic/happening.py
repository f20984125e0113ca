"""What happens: a value that says it all, before any provider puts it into words."""

from msgspec import Struct

from rollout_cli.simulate.traffic.people import Person, Thread

SPEAKING = frozenset({
    "text", "image", "video", "audio", "voice", "document", "sticker", "location", "live_location", "contacts",
    "button_reply", "list_reply", "flow_reply", "template", "order", "product", "poll", "group_invite", "event",
    "unsupported", "stub",
})  # fmt: skip
"""Kinds in which somebody says something: they open conversations."""
WRITTEN = frozenset({"text", "edit"})
"""Kinds whose words every provider tells as they are; of others they are captions, or nothing."""
STATES = ("sent", "delivered", "read", "played", "failed")


class Happening(Struct, frozen=True, gc=False):
    """One thing that happens.

    Attributes:
        kind: a name of `rollout_cli.simulate.traffic.kinds`.
        actor: who did it: the thread's person, a member of the group; of an outbound one whom it is for.
        place: within the thread.
        id: sixteen hex digits: of the message itself, or of the event where it has an id of its own.
        about: the same of the message that a reaction, an edit, a revoke or a status is about; empty where there is
            none.
        about_outbound: whether that message came from the business.
        at: milliseconds since 1970, the provider's time.
        outbound: whether the business did it.
        words: what is said, as the inside of a JSON string.
        spelling: how it is told: 0 as usual; 1 under another id of the person; 2 by another event of the provider.
        is_forwarded: whether it comes from elsewhere.
    """

    kind: str
    thread: Thread
    actor: Person
    place: int
    id: str
    at: int
    about: str = ""
    about_outbound: bool = False
    outbound: bool = False
    words: str = ""
    spelling: int = 0
    is_forwarded: bool = False
