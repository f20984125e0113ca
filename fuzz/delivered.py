"""A body as it is delivered, with all that `normalize` is given beside it; can be written to a file and read again."""

import json
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Self

from rollout_cli.whatsapp import PROVIDERS, CanonicalEvent, normalize

RECEIVED_AT = datetime(2026, 11, 1, 12, tzinfo=UTC)

EVENTS: tuple[str | None, ...] = (
    None, None, None, None, "messages.upsert", "messages.update", "MESSAGES_UPSERT", "messages-delete", "chats.update",
    "chats.delete", "messages.reaction", "message-receipt.update", "messaging-history.set", "presence.update",
    "group-participants.update", "groups.upsert", "contacts.upsert", "call", "connection.update", "qrcode.updated",
    "send.message", "messages.edited", "labels.association", "lid-mapping.update", "creds.update", "groups.update",
    "message.inbound", "whatsapp.message.status.failed", "group.joined", "", ".", "of:to%morrow\udce9",
)  # fmt: skip
"""What may stand beside a body as its event; often nothing does."""
INSTANCES = (None, None, "store-1", "a:b%c", "", "loja\udce9")
TENANTS = ("", "", "acme", "a:b%3Ac")
_CHOICES = 256


@dataclass(frozen=True, slots=True)
class Delivered:
    """One delivery.

    Attributes:
        planted: a credential that stands in the body, in a field whose name says so; it must not leave the room.
    """

    provider: str
    body: bytes
    event: str | None = None
    instance: str | None = None
    tenant: str = ""
    planted: str | None = None

    def read(self, body: bytes | None = None) -> list[CanonicalEvent]:
        """The events of the body, or of another one that is delivered in the same way.

        Raises:
            NormalizeError: it is refused.
        """
        return normalize(
            self.provider,
            self.body if body is None else body,
            event=self.event,
            instance=self.instance,
            received_at=RECEIVED_AT,
            tenant=self.tenant,
        )

    def with_body(self, body: bytes) -> "Delivered":
        """The same delivery of another body."""
        return replace(self, body=body)

    def to_json(self) -> str:
        """The form that a file holds: the body as text, or in base64 where it is none."""
        written = _written(self.body)
        told = {"provider": self.provider, "event": self.event, "instance": self.instance, "tenant": self.tenant}
        return json.dumps({**told, "planted": self.planted, **written}, indent=1)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """The delivery that a file holds."""
        told: Mapping[str, Any] = json.loads(text)
        body = told["body"].encode() if "body" in told else b64decode(told["base64"])
        return cls(
            told["provider"],
            body,
            told.get("event"),
            told.get("instance"),
            told.get("tenant") or "",
            told.get("planted"),
        )

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """A fuzzer's input: the first byte chooses the provider, the second what stands beside the body."""
        first, second = (*data[:2], 0, 0)[:2]
        return cls(
            PROVIDERS[first % len(PROVIDERS)],
            data[2:],
            EVENTS[second % len(EVENTS)],
            INSTANCES[(first // len(PROVIDERS)) % len(INSTANCES)],
            TENANTS[(second // len(EVENTS)) % len(TENANTS)],
        )

    def to_bytes(self) -> bytes:
        """The opposite of `from_bytes`, as far as two bytes can tell it."""
        instance = INSTANCES.index(self.instance) if self.instance in INSTANCES else 0
        tenant = TENANTS.index(self.tenant) if self.tenant in TENANTS else 0
        event = EVENTS.index(self.event) if self.event in EVENTS else 0
        first = (PROVIDERS.index(self.provider) + len(PROVIDERS) * instance) % _CHOICES
        return bytes([first, (event + len(EVENTS) * tenant) % _CHOICES]) + self.body


def _written(body: bytes) -> dict[str, str]:
    try:
        return {"body": body.decode()}
    except UnicodeDecodeError:
        return {"base64": b64encode(body).decode()}
