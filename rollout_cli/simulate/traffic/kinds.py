"""The kinds of things that happen, how often, and what each needs."""

from collections.abc import Mapping

USUAL: Mapping[str, float] = {
    "text": 48, "image": 9, "voice": 7, "video": 2, "audio": 1, "document": 3, "sticker": 2, "location": 1.5,
    "live_location": 0.2, "contacts": 1, "button_reply": 3, "list_reply": 2, "flow_reply": 0.5, "template": 0.5,
    "order": 1, "product": 0.3, "poll": 0.3, "poll_vote": 0.3, "event": 0.1, "group_invite": 0.2, "unsupported": 0.6,
    "system": 0.1, "reaction": 5, "edit": 0.8, "revoke": 0.8, "stub": 0.6, "call": 0.6, "presence": 3, "contact": 1.5,
    "chat": 1.5, "connection_open": 0.2, "connection_close": 0.2, "connecting": 0.2, "qr": 0.1, "account": 0.2,
    "identity": 0.1, "group_created": 0.1, "group_updated": 0.2, "group_joined": 0.3, "group_left": 0.2,
    "group_deleted": 0.05, "unknown": 0.2,
}  # fmt: skip
"""How often each kind happens, of a hundred or so; statuses follow messages and are not counted here."""

ABOUT_A_MESSAGE = frozenset({"reaction", "edit", "revoke", "poll_vote"})
"""Kinds that need a message before them."""
IN_GROUPS = frozenset({"group_created", "group_updated", "group_joined", "group_left", "group_deleted"})
"""Kinds that only groups have."""
OF_INSTANCES = frozenset({"connection_open", "connection_close", "connecting", "qr", "account", "unknown"})
"""Kinds that belong to no thread."""
OURS = frozenset({"template"})
"""Kinds that only the business sends."""
THEIRS = frozenset({
    "button_reply", "list_reply", "flow_reply", "order", "unsupported", "system", "stub", "call", "presence", "contact",
    "chat", "identity", "poll_vote", *IN_GROUPS, *OF_INSTANCES,
})  # fmt: skip
"""Kinds that are never told of as the business's own."""
TO_MANY: Mapping[str, frozenset[str]] = {
    "status": frozenset({"text", "image", "video", "voice", "revoke"}),
    "newsletter": frozenset({"text", "image", "video", "document", "sticker", "poll"}),
    "list": frozenset({"text", "image", "video", "voice", "document", "revoke"}),
}
"""For each sort of what is said to many at once, the kinds that there are of it."""
KNOWN_BY_ITS_BODY = frozenset({"unknown"})
"""Kinds that only all of what they say tells apart: in another body they may be another thing."""
