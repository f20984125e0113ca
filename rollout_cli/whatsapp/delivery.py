"""One delivery, one origin, one event: what is the same for all events of a body is put together once."""

from collections.abc import Callable, Iterable
from copy import copy
from datetime import UTC, datetime
from typing import Any

import msgspec
from msgspec import Raw, Struct

from rollout_cli.whatsapp.credentials import redacted
from rollout_cli.whatsapp.decoding import decode
from rollout_cli.whatsapp.events import (
    NO_CONTEXT,
    NOBODY,
    NOWHERE,
    UNCHECKED,
    Actor,
    CanonicalEvent,
    Context,
    Message,
    Routing,
    Security,
    Source,
    Status,
    Trace,
)
from rollout_cli.whatsapp.failure import NormalizeError
from rollout_cli.whatsapp.keys import fingerprint, part
from rollout_cli.whatsapp.moments import Moment, minute
from rollout_cli.whatsapp.originals import Envelope, Original, Piece
from rollout_cli.whatsapp.repeated import short_name
from rollout_cli.whatsapp.vocabulary import EventType, Provider

_MINUTE = len("2026-01-01T00:00")
UNREADABLE = "unreadable"
NO_ID = "no_id"


class Delivery(Struct, frozen=True, gc=False):
    """What the receiver knows of a body.

    Attributes:
        tenant: whose it is; the first part of every key.
        instance: which instance it came for, where the body itself does not say.
        event: the provider's event name, where it stands in the address and not in the body.
        received_at: aware, UTC.
        signature_valid: what a check of the signature found; None where nobody has looked.
        correlation_id: of the request.
    """

    provider: Provider
    received_at: datetime
    tenant: str = ""
    instance: str | None = None
    event: str | None = None
    signature_valid: bool | None = None
    correlation_id: str | None = None


class Origin:
    """Where the events of a body, or of a part of it, come from; makes them.

    Attributes:
        scope: what stands for the instance in keys.
        field: the event as the provider names it.
        own: the instance's own JID, where it is told.
        told_at: when the body was sent, as written: it tells two deliveries of what has no id apart, and is no time.
    """

    __slots__ = (
        "_correlation_id",
        "_head",
        "_thread_head",
        "account_id",
        "delivery",
        "envelope",
        "field",
        "instance",
        "own",
        "provider",
        "received_at",
        "scope",
        "security",
        "told_at",
    )  # fmt: skip

    def __init__(
        self,
        delivery: Delivery,
        instance: str | None,
        scope: str | None = None,
        account_id: str | None = None,
        webhook_event: str | None = None,
        *,
        own: str | None = None,
        told_at: str | None = None,
        envelope: Envelope | None = None,
    ) -> None:
        self.delivery = delivery
        self.provider = delivery.provider
        self.received_at = delivery.received_at
        self._correlation_id = delivery.correlation_id
        tenant, valid = delivery.tenant, delivery.signature_valid
        self.instance = instance = short_name(instance)
        self.account_id = short_name(account_id)
        self.field = short_name(webhook_event)
        self.own = short_name(own)
        self.told_at = short_name(told_at)
        self.envelope = envelope
        self.scope = scope = part(short_name(scope or instance) or "")
        if tenant:
            tenant = part(tenant)
        self._head = f"{tenant}:{delivery.provider}:"
        self._thread_head = f"{tenant}:{part(instance) if instance else scope}:"  # each event tells it; not each its id
        self.security = UNCHECKED if valid is None else Security(valid)

    def inside(self, envelope: Envelope | None) -> "Origin":
        """The same origin, within another envelope."""
        other = copy(self)
        other.envelope = envelope
        return other

    def by_name(self) -> "Origin":
        """The same origin with the instance's name in keys: for what only some bodies tell with its UUID beside it."""
        if self.instance is None:
            return self
        other = copy(self)
        other.scope = part(self.instance)
        return other

    @property
    def now(self) -> Moment:
        """The time of what is told without one: that of receipt."""
        return self.received_at, ()

    def moment_key(self, kind: str, *parts: str) -> str:
        """The key of a state. It holds the delivery's own time: the state may come again, the delivery stays one."""
        return self.key(kind, *parts, self.told_at or self.received_at.isoformat())

    def minute_key(self, kind: str, *parts: str) -> str:
        """The key of what several instances tell within moments of each other, without an id."""
        return self.key(kind, *parts, self.told_at[:_MINUTE] if self.told_at else minute(self.received_at))

    def key(self, kind: str, *parts: str) -> str:
        """A key of this instance: `tenant:provider:kind:instance:part…`."""
        return ":".join((f"{self._head}{kind}:{self.scope}", *map(part, parts)))

    def id_key(self, kind: str, provider_id: str | None, raw: Piece) -> str:
        """The key of what has an id of its own; without one, what it says stands for it."""
        if provider_id:
            return f"{self._head}{kind}:{self.scope}:{part(provider_id)}"
        return self.key("anonymous", kind, fingerprint(raw))

    def id_head(self, kind: str) -> str:
        """What the keys of a kind begin with; the escaped id follows."""
        return f"{self._head}{kind}:{self.scope}:"

    def thread(self, chat: str | None) -> Routing:
        """The thread of a chat: its counterpart, or the group."""
        return Routing(thread_key=self._thread_head + part(chat)) if chat else NOWHERE

    def event(
        self,
        event_type: EventType,
        key: str,
        when: Moment,
        raw: Piece,
        about: str | None = None,
        routing: Routing = NOWHERE,
        actor: Actor = NOBODY,
        context: Context = NO_CONTEXT,
        message: Message | None = None,
        *,
        status: Status | None = None,
        details: dict[str, Any] | None = None,
        flags: tuple[str, ...] = (),
        beside: Any = None,
    ) -> CanonicalEvent:
        """One event.

        `about` is the id of the message that it is about, `flags` what is wrong beside its time, `beside` what else of
        the body tells of it: it is kept with the original.
        """
        at, time_flags = when
        risks = time_flags + flags if flags else time_flags
        return CanonicalEvent(
            event_type,
            at,
            Source(self.provider, self.instance, self.account_id, about, self.field),
            routing,
            actor,
            context,
            message,
            status,
            None if details is None else redacted(details),
            Trace(key, self._correlation_id),
            Security(self.security.signature_valid, risks) if risks else self.security,
            Original(raw, self.envelope, beside),
        )

    def unknown(
        self, raw: Piece, *, when: Moment | None = None, details: dict[str, Any] | None = None,
        flags: tuple[str, ...] = (),
    ) -> CanonicalEvent:  # fmt: skip
        """What nobody here knows, with everything that it says.

        Raises:
            msgspec.DecodeError: it is no JSON that every program reads.
        """
        if type(raw) in (bytes, Raw):
            decode(raw)
        key = self.key("unknown", self.field or "", fingerprint(raw), self.told_at or "")
        return self.event("whatsapp.unknown", key, when or self.now, raw, details=details, flags=flags)


def guarded(
    reader: Callable[..., list[CanonicalEvent]], origin: Origin, parts: Iterable[Piece], *more: object
) -> list[CanonicalEvent]:
    """What a reader makes of some elements. A mistake in the reader is ours: no element must be lost by it.

    The reader is given the origin, `more`, and the element.

    Raises:
        NormalizeError: an element is refused.
        msgspec.DecodeError: an element is no JSON.
    """
    events: list[CanonicalEvent] = []
    for each in parts:
        try:
            events += reader(origin, *more, each)
        except (NormalizeError, msgspec.DecodeError, UnicodeDecodeError):
            raise
        except Exception:  # noqa: BLE001 - whatever it is, a delivery is not lost by it
            events.append(origin.unknown(each, flags=(UNREADABLE,)))
    return events


def utc(received_at: datetime) -> datetime:
    """The time of receipt in UTC.

    Raises:
        ValueError: it has no offset, so nobody knows when it was.
    """
    if received_at.tzinfo is None:
        raise ValueError("received_at has no offset from UTC: give an aware datetime, such as datetime.now(UTC)")
    return received_at if received_at.tzinfo is UTC else received_at.astimezone(UTC)
