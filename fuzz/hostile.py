"""Values that a body should not have."""

import random
from typing import Any

_SERVERS = ("s.whatsapp.net", "c.us", "lid", "hosted.lid", "hosted", "g.us", "broadcast", "newsletter", "bot", "")
_USERS = (
    "", "5511970000001", "5511970000001:12", "5511970000001_1:90", "5511970000001.0:3", "0", "status", "a:b", "a%3Ab",
    "%", ":", "@", "lid", "١٢٣٤٥", "5511\uff19\uff17\uff10", "120363000000000001", "5511-1600000000", "-1", "é\u0301",
    "\U0001f600", "9" * 40, " 55119 ", "5511970000001\n", "BR.7000000000000001", "BR.ENT.7", "BR.", "null",
    "undefined", "\x00", "²",
)  # fmt: skip

STRINGS = (
    "", " ", "\x00", "\ufeff", "\u2028", "\u202e", "true", "False", "None", "NaN", "{}", "[]", '{"a":[1,{"b":null}]}',
    "[" * 200, "[" * 100_000, '{"0":1,"1":2}', "%", "%25", "%3A", ":", "a:b", "::", "::::", "\\", '"', "\\u0000", "@",
    "@g.us", "@@lid", "x" * 1000, "é" * 5000, "1" * 19, "1" * 20, "1" * 5000, "-1", "+1", "1.5", "1e5", "0x10",
    "١٧٩٣٥٣٠٨٠٠", "²", "1_0", " 1 ", "1793530800", "1793530800000", "1793530800000000", "9999999999999",
    "253402300800", "-62135596801", "0", "00", "2026-11-01", "2026-11-01T12:00:00Z", "2026-11-01T12:00:00",
    "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "20261101T120000Z", "2026-W44-7T12:00Z",
    "2026-11-01T12:00:00.123456789Z", "2026-11-01T12:00:00+00:00:00.5", "DELIVERY_ACK", "READ", "PLAYED", "ERROR",
    "SERVER_ACK", "REVOKE", "MESSAGE_EDIT", "failed", "sent", "FAILED ", "open", "close", "connecting", "add",
    "remove", "promote", "group", "private", "newsletter", "broadcast", "text", "image", "reaction", "edit", "revoke",
    "system", "call", "outbound", "business", "unreadable", "no_id", "🙏", "\U0001f468\u200d\U0001f469", "\ufb01",
    "\u017f", "İ", "K", "toKen", "\ud800", "\udfff", "a\udc00b", "BEGIN:VCARD\nTEL;waid=5511:+55\nEND",
    "TEL" + ";TEL" * 500, "\n".join(["item1.TEL;waid=1:2"] * 300), "TEL:" * 500, "https://u:p@h.example/a?b#c",
    "https://" + "@" * 500, "://", "?", "#", "messages.upsert", "messages.update", "send.message",
    "connection.update", "whatsapp.unknown", "[REDACTED]",
)  # fmt: skip

NUMBERS: tuple[Any, ...] = (
    0, -0.0, 1, -1, 2, 3, 4, 5, 14, 16, 401, 1.5, 1e-320, 1e308, -1e308, 5e-324, 2**31, -(2**31), 2**32, 2**53,
    2**53 + 1, 2**63 - 1, 2**63, -(2**63), -(2**63) - 1, 2**64 - 1, 2**64, -(2**64), 10**30, -(10**30), 10**300,
    10**309, 10**400, 1793530800, 1793530800.9, 1793530800000, 1793530800000000, 253402300799, 253402300800,
    -62135596800, 1e22, float("inf"), float("-inf"), float("nan"), 123456789.123456789, 0.1 + 0.2,
)  # fmt: skip

NAMES = (
    "key", "id", "message", "messages", "data", "event", "instance", "body", "headers", "query", "events", "entry",
    "changes", "value", "field", "statuses", "contacts", "metadata", "message_echoes", "errors", "update", "reaction",
    "receipt", "remoteJid", "remoteJidAlt", "participant", "participantAlt", "senderPn", "senderLid", "fromMe",
    "contextInfo", "stanzaId", "mentionedJid", "messageTimestamp", "timestamp", "date_time", "ts", "messageStubType",
    "messageStubParameters", "editedMessage", "protocolMessage", "ephemeralMessage", "viewOnceMessageV2",
    "deviceSentMessage", "conversation", "extendedTextMessage", "imageMessage", "reactionMessage",
    "pollUpdateMessage", "pollUpdates", "messageContextInfo", "type", "status", "owner", "instanceId", "sender",
    "apikey", "payload", "raw", "cmd", "presences", "participants", "action", "keyId", "messageId", "from", "to",
    "from_user_id", "group_id", "context", "recipient_id", "recipient_type", "system", "text", "kind", "chat", "",
    "low", "high", "unsigned", "0", "1", "255", "__proto__", "constructor", "a:b", "\ud800", "x" * 300, "token",
    "Authorization",
)  # fmt: skip


def jid(at: random.Random) -> str:
    """An id of somebody, or of nobody."""
    return at.choice(_USERS) + at.choice(("@", "@", "@", "", ":", "@@")) + at.choice(_SERVERS)


def bytes_by_index(at: random.Random) -> dict[str, int]:
    """A byte array as most senders write it; often with gaps, and in no order."""
    length = at.choice((0, 1, 3, 32, 255, 256, 257, 300, 2000))
    told = {str(position): at.randrange(256) for position in range(length)}
    for _ in range(at.choice((0, 0, 1, 3))):
        told.pop(str(at.randrange(length + 1)), None)
        told[at.choice((str(length), "01", "-1", "99999999", "x"))] = at.choice((0, 255, 256, 999, -1))
    names = list(told)
    if at.random() < 0.2:
        at.shuffle(names)
    return {name: told[name] for name in names}


def nest(at: random.Random, inner: Any = None) -> Any:
    """Something deep."""
    for _ in range(at.choice((5, 20, 60, 120, 127, 128, 129, 200, 900))):
        shape = at.randrange(4)
        inner = [inner] if shape == 0 else {at.choice(NAMES): inner} if shape == 1 else {"message": inner}
    return inner


def quotes(at: random.Random) -> Any:
    """A message in a message in a message."""
    told: Any = {"conversation": "a"}
    for _ in range(at.choice((2, 6, 30, 40))):
        name = at.choice(
            ("ephemeralMessage", "viewOnceMessage", "editedMessage", "documentWithCaptionMessage", "botInvokeMessage")
        )
        told = {name: {"message": told}} if at.random() < 0.8 else {name: told}
    return told


def value(at: random.Random) -> Any:
    """Any of them."""
    kind = at.randrange(12)
    if kind < 4:
        return at.choice(STRINGS)
    if kind < 6:
        return jid(at)
    if kind < 8:
        return at.choice(NUMBERS)
    return at.choice((
        None, True, False, [], {}, [None], [[]], [{}], {"low": at.choice(NUMBERS), "high": at.choice(NUMBERS)},
        {"type": "Buffer", "data": at.choice(([], [1, 2], [256], [-1], ["a"], "AAE=", None, [1.0], [True]))},
        [at.choice(STRINGS), at.choice(NUMBERS), None], at.choice((bytes_by_index, nest, quotes))(at),
    ))  # fmt: skip
