"""Which content a message has: wrappers are taken off, and what is no content is passed over."""

from collections.abc import Mapping
from typing import Any

from rollout_cli.whatsapp.content import UNKNOWN, Fields
from rollout_cli.whatsapp.web_message.contents import CONTENTS, UNDECRYPTABLE
from rollout_cli.whatsapp.wire import EMPTY, mapping, text

MAX_WRAPPERS = 5
WRAPPERS = frozenset({
    "ephemeralMessage", "viewOnceMessage", "viewOnceMessageV2", "viewOnceMessageV2Extension",
    "documentWithCaptionMessage", "editedMessage", "associatedChildMessage", "groupStatusMessage",
    "groupStatusMessageV2", "botInvokeMessage", "lottieStickerMessage", "deviceSentMessage", "pollCreationMessageV4",
    "groupMentionedMessage", "statusMentionMessage", "eventCoverImage", "pollCreationOptionImageMessage",
    "groupStatusMentionMessage", "statusAddYours", "limitSharingMessage", "botTaskMessage", "botForwardedMessage",
    "questionMessage", "questionReplyMessage", "spoilerMessage", "commentMessage",
})  # fmt: skip
"""Contents that hold a whole message, as `message`. One that nobody knows and that holds what is known is one, too."""

VIEW_ONCE = frozenset({"viewOnceMessage", "viewOnceMessageV2", "viewOnceMessageV2Extension"})
"""Wrappers around what may be looked at once."""

ABOUT_ANOTHER = frozenset({"protocolMessage", "reactionMessage", "encReactionMessage"})
"""Contents about another message."""

BESIDE = frozenset({
    "messageContextInfo", "senderKeyDistributionMessage", "fastRatchetKeySenderKeyDistributionMessage", "base64",
    "mediaUrl", "speechToText",
})  # fmt: skip
"""What stands beside a content, often before it."""

READ = frozenset(CONTENTS) | ABOUT_ANOTHER | UNDECRYPTABLE
"""Every content that somebody reads."""
_KNOWN = READ | WRAPPERS

Found = tuple[str, Any, frozenset[str]]
"""The name of a content, the content, and the wrappers around it; no name where there is none."""


_NOTHING: frozenset[str] = frozenset()


def content_of(message: Mapping[str, Any]) -> Found:
    """The content of a message, out of at most five wrappers."""
    name = _first(message)
    if name in READ:
        return name, message[name], _NOTHING
    around: list[str] = []
    while len(around) <= MAX_WRAPPERS:
        name = _first(message)
        node = message.get(name)
        inner = EMPTY if name in READ else mapping(mapping(node).get("message"))
        if not inner or (name not in WRAPPERS and _first(inner) not in _KNOWN):
            return name, node, frozenset(around)
        around.append(name)
        message = inner
    return around[-1], message, frozenset(around)


def _first(message: Mapping[str, Any]) -> str:
    """The name of the content: one that is known before one that is not."""
    other = ""
    for name, node in message.items():
        if name in _KNOWN:
            if node is not None:
                return name
        elif name not in BESIDE and not other and node is not None:
            other = name
    return other


def said_in(content: Any) -> Fields:
    """The fields of what an edited message reads now."""
    name, node, _ = content_of(mapping(content))
    if name == "protocolMessage":  # the edit itself, once more
        name, node, _ = content_of(mapping(mapping(node).get("editedMessage")))
    reader = CONTENTS.get(name, UNKNOWN)
    fields = reader.read({"text": text(node)} if type(node) is str and reader is not UNKNOWN else mapping(node))
    return {"type": reader.type, **fields}
