"""One fact, told in every way that a server or gateway tells it."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from hypothesis import strategies as st

from rollout_cli.whatsapp import CanonicalEvent, normalize

RECEIVED_AT = datetime(2026, 11, 1, 12, tzinfo=UTC)
GROUP = "120363400000000001@g.us"
OWN = "5511955550100@s.whatsapp.net"
PHONE, LID = "5511955550123@s.whatsapp.net", "201100000000123@lid"
MEMBER, MEMBER_LID = "5521955550177@s.whatsapp.net", "201100000000177@lid"

PRIVATE_KEYS: tuple[dict[str, Any], ...] = (
    {"remoteJid": PHONE},
    {"remoteJid": LID},
    {"remoteJid": LID, "remoteJidAlt": PHONE, "participant": "", "addressingMode": "lid"},
    {"remoteJid": PHONE, "remoteJidAlt": LID, "participant": "", "addressingMode": "pn"},
    {"remoteJid": PHONE, "remoteJidAlt": PHONE, "participant": "", "addressingMode": "lid"},
    {"remoteJid": PHONE, "senderLid": LID},
    {"remoteJid": LID, "senderPn": PHONE},
    {"remoteJid": PHONE, "previousRemoteJid": LID},
    {"remoteJid": PHONE.replace("@", ":90@")},
    {"remoteJid": LID.replace("@", ":4@"), "remoteJidAlt": PHONE.replace("@", "_1:7@")},
)
"""The chat of a private message, as any delivery may write it."""
GROUP_KEYS: tuple[dict[str, Any], ...] = (
    {"remoteJid": GROUP, "participant": MEMBER_LID},
    {"remoteJid": GROUP, "participant": MEMBER, "participantAlt": MEMBER_LID, "addressingMode": "pn"},
    {"remoteJid": GROUP, "participant": MEMBER_LID.replace("@", ":3@"), "participantPn": MEMBER},
)


@dataclass(frozen=True)
class Fact:
    """What happened.

    Attributes:
        kind: message, stub, reaction, edit, revoke, vote or status.
        id: of the message; of an edit, a revoke or a status, of the message that it is about.
        own_id: of the reaction, edit, revoke or vote itself.
        second: when, since 1970.
        state: of a status.
        member: of a status in a group.
    """

    kind: str
    id: str
    own_id: str = "3EB0OWN"
    second: int = 1793530800
    state: str = "READ"
    member: str | None = None
    is_own: bool = False
    instance: str = "loja"
    tenant: str = "ana"

    @property
    def identity(self) -> tuple[object, ...]:
        """What tells it from every other fact of one provider."""
        name = self.own_id if self.kind == "reaction" else self.id
        beside: tuple[object, ...] = (self.second,) if self.kind == "edit" else ()
        if self.kind == "status":
            beside = (self.state, self.member)
        kind = "message" if self.kind == "vote" else self.kind  # a vote is a message, with an id of its own
        return (self.tenant, self.instance, kind, self.own_id if self.kind == "vote" else name, *beside)


def long_of(number: int) -> dict[str, Any]:
    """A Long, its low half signed."""
    low = number & 0xFFFFFFFF
    return {"low": low - (1 << 32) if low >> 31 else low, "high": number >> 32, "unsigned": False}


TIMES: tuple[Callable[[int], Any], ...] = (int, str, long_of)
BODIES: dict[str, tuple[str, Any]] = {
    "message": ("conversation", "oi"),
    "reaction": ("reactionMessage", {"text": "👍"}),
    "edit": ("protocolMessage", {"type": "MESSAGE_EDIT", "editedMessage": {"conversation": "olá"}}),
    "revoke": ("protocolMessage", {"type": "REVOKE"}),
    "vote": ("pollUpdateMessage", {"vote": {"encPayload": "AAEC", "encIv": "AAEC"}}),
}
INSIDE = {"reaction": "key", "edit": "key", "revoke": "key", "vote": "pollCreationMessageKey"}


@dataclass(frozen=True)
class Telling:
    """How a fact is told: the key's JIDs, the type of its times, what stands beside."""

    key: dict[str, Any]
    time: Callable[[int], Any] = int
    beside: Callable[[dict[str, Any]], dict[str, Any]] = dict

    def web_message(self, fact: Fact) -> dict[str, Any]:
        """The fact as WhatsApp Web's message."""
        own_id = fact.id if fact.kind in ("message", "stub") else fact.own_id
        key = {**self.key, "fromMe": fact.is_own, "id": own_id}
        message = {"key": key, "messageTimestamp": self.time(fact.second), "pushName": "Ana"}
        if fact.kind == "stub":
            return self.beside({**message, "messageStubType": 2, "messageStubParameters": ["Invalid PreKey ID"]})
        name, node = BODIES[fact.kind]
        if fact.kind != "message":  # the key inside is the sender's, and the other way round
            node = {**node, INSIDE[fact.kind]: {"remoteJid": OWN, "fromMe": not fact.is_own, "id": fact.id}}
        if fact.kind == "edit":
            node |= {"timestampMs": self.time(fact.second * 1000 + 250)}
        content = {
            "messageContextInfo": {"deviceListMetadataVersion": 2},
            name: self.beside(node) if fact.kind != "message" else node,
        }
        return self.beside({**message, "message": self.beside(content)})


def tellings(keys: tuple[dict[str, Any], ...] = PRIVATE_KEYS) -> st.SearchStrategy[Telling]:
    """Every way to tell."""
    return st.builds(
        Telling, st.sampled_from(keys), st.sampled_from(TIMES), st.sampled_from((dict, reversed_fields, more))
    )


def reversed_fields(told: dict[str, Any]) -> dict[str, Any]:
    """The same fields, the last first."""
    return dict(reversed(told.items()))


def more(told: dict[str, Any]) -> dict[str, Any]:
    """The same fields and one that nobody knows; around a content it stands last."""
    return {**told, "x-novo": {"a": [1, None]}} if "messageContextInfo" not in told else dict(told)


def facts(*kinds: str) -> st.SearchStrategy[Fact]:
    """Facts that are easily taken for each other."""
    ids = st.sampled_from(("A", "B", "A:B", "A%3AB", "A:", ":A", "READ", "é"))
    return st.builds(
        Fact,
        st.sampled_from(kinds),
        ids,
        ids,
        st.integers(1793530800, 1793530803),
        st.sampled_from(("READ", "PLAYED", "DELIVERY_ACK")),
        st.none(),
        st.booleans(),
        st.sampled_from(("loja", "loja:A", "A")),
        st.sampled_from(("ana", "ana:baileys", "")),
    )


def events_of(provider: str, body: Any, fact: Fact, event: str | None = None) -> list[CanonicalEvent]:
    """What becomes of a body that came for the fact's instance and tenant."""
    return normalize(
        provider,
        json.dumps(body).encode(),
        event=event,
        instance=fact.instance,
        received_at=RECEIVED_AT,
        tenant=fact.tenant,
    )


def key_of(provider: str, body: Any, fact: Fact, event: str | None = None) -> str:
    """The key of the one fact that a body tells, of whatever it tells beside."""
    beside = ("whatsapp.chat.updated", "whatsapp.contact.updated")
    keys = {
        each.trace.idempotency_key for each in events_of(provider, body, fact, event) if each.event_type not in beside
    }
    assert len(keys) == 1, keys
    return keys.pop()
