"""A body holds one event, or `{"events": […]}` with as many as it likes, also the same one twice or in any order.

```json
{"kind": "message.inbound", "id": "m-1", "at": "2026-01-31T12:00:00Z", "instance": "store-1",
 "chat": {"type": "private", "id": "5541999990000"}, "from": {"phone": "5541999990000", "name": "Ana"},
 "message": {"type": "text", "text": "hello"}, "reply_to": null, "forwarded": false, "mentions": []}
```
Every field but `kind` may be left out; what nobody here reads is in the event's `raw`.

| field | meaning |
|---|---|
| `kind` | an event type, with or without `whatsapp.`; every one there is |
| `id` | the event's own id, of a message also the message's: the same id is the same event, however often it is told |
| `at` | when it happened: ISO 8601 with an offset, or seconds since 1970; it says nothing about the order of delivery |
| `instance`, `account` | which instance it came for; beside `events` they stand for all of them |
| `direction` | `outbound` for what the business did, where the kind does not say |
| `chat` | `type` (`private`, `group`, `broadcast`, `newsletter`) and `id`, `phone`, `lid`, `bsuid` of the other side |
| `from` | who did it: `id`, `phone`, `lid`, `bsuid`, `name`, `role`; left out in a private chat it is the other side |
| `message` | as in a canonical event, with every content that one can have; without a `type` it is a text |
| `reply_to`, `forwarded`, `mentions` | as in a canonical event's context |
| `about` | the message that an edit, a revoke, a reaction or a status is about |
| `emoji` | of a reaction; without it the reaction was taken back |
| `status` | as in a canonical event, without its `state`: the kind tells that |
| `details` | an object, of any kind of event |

The shape of older simulators is read, too: `{"from", "to", "text", "message_id", "timestamp"}`.
"""

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Raw, Struct

from rollout_cli.whatsapp.credentials import redacted
from rollout_cli.whatsapp.decoding import decode, elements, fields
from rollout_cli.whatsapp.delivery import NO_ID, Delivery, Origin, guarded
from rollout_cli.whatsapp.events import Actor, CanonicalEvent, Context, Message
from rollout_cli.whatsapp.identity import cloud_person
from rollout_cli.whatsapp.moments import moment
from rollout_cli.whatsapp.proxies import unwrapped
from rollout_cli.whatsapp.repeated import short_name
from rollout_cli.whatsapp.simulated.contents import message_of, original_of, status_of
from rollout_cli.whatsapp.simulated.kinds import KEYS, KINDS, PREFIX, Ids, key_of
from rollout_cli.whatsapp.simulated.people import place_of
from rollout_cli.whatsapp.vocabulary import EventType
from rollout_cli.whatsapp.wire import mapping, scalar, text

__all__ = ["KEYS", "KINDS", "read"]

_SHARED = frozenset({"instance", "account"})
"""What may stand once, beside the events."""


def read(delivery: Delivery, body: bytes) -> list[CanonicalEvent]:
    """The events of a body.

    Raises:
        msgspec.DecodeError: it is no JSON.
    """
    top = fields(body)
    inner = unwrapped(top) if top else None
    if inner is not None:
        return read(delivery, inner)
    parts = elements(top["events"]) if top and "events" in top else None
    told_once = {name: decode(value) for name, value in top.items() if name in _SHARED} if top and parts else {}
    shared = {name: short_name(scalar(value)) for name, value in told_once.items()}
    events: list[CanonicalEvent] = []
    for each in [Raw(body)] if parts is None else parts:
        told = mapping(redacted(decode(each)))
        kind = _kind_of(delivery, told)
        events += guarded(_read_event, _origin(delivery, shared, told, kind), (each,), kind, told)
    return events


def _origin(delivery: Delivery, shared: Mapping[str, Any], told: Mapping[str, Any], kind: str | None) -> Origin:
    return Origin(
        delivery,
        instance=scalar(told.get("instance")) or scalar(shared.get("instance")) or delivery.instance,
        account_id=scalar(told.get("account")) or scalar(shared.get("account")),
        webhook_event=kind,
        envelope=_Envelope(shared, kind),
    )


class _Envelope(Struct, frozen=True, gc=False):
    """What all events of a body share, and the kind where it was told beside it."""

    shared: Mapping[str, Any]
    kind: str | None

    def around(self, piece: Any, _beside: Any) -> Any:
        """A body with that event alone."""
        told = {"kind": self.kind, **piece} if self.kind and type(piece) is dict else piece
        return {**self.shared, "events": [told]} if self.shared or type(told) is not dict else told


def _kind_of(delivery: Delivery, told: Mapping[str, Any]) -> str | None:
    """The kind as it is told, in the body or beside it."""
    written = text(told.get("kind")) or delivery.event
    return written.removeprefix(PREFIX) if written else None


def _read_event(origin: Origin, named: str | None, event: Mapping[str, Any], raw: Raw) -> list[CanonicalEvent]:
    kind = KINDS.get(named or "")
    if kind is None:
        is_older = named is None and "text" in event
        return [_plain_text(origin, event, raw) if is_older else _unknown(origin, event, raw)]
    try:
        message = message_of(kind, event)
    except msgspec.ValidationError as error:
        return [_unknown(origin, event, raw, details={"problem": f"message: {error}"})]
    return [_event(origin, kind, event, message, raw)]


def _event(
    origin: Origin, kind: EventType, event: Mapping[str, Any], message: Message | None, raw: Raw
) -> CanonicalEvent:
    event_id = scalar(event.get("id"))
    place = place_of(origin, kind, event, member=text(mapping(event.get("status")).get("participant_id")))
    status = status_of(kind, event, place.context.chat_id)
    key = key_of(origin, kind, Ids(event_id, scalar(event.get("about"))), status, raw)
    return origin.event(
        kind,
        key,
        moment(event.get("at"), origin.received_at),
        raw,
        about=original_of(event, message, status),
        routing=place.routing,
        actor=place.actor,
        context=place.context,
        message=message,
        status=status,
        details=mapping(event.get("details")) or None,
        flags=() if event_id else (NO_ID,),
    )


def _unknown(
    origin: Origin, event: Mapping[str, Any], raw: Raw, *, details: dict[str, Any] | None = None
) -> CanonicalEvent:
    when = moment(event.get("at"), origin.received_at) if "at" in event else None
    return origin.unknown(raw, when=when, details=details)


def _plain_text(origin: Origin, told: Mapping[str, Any], raw: Raw) -> CanonicalEvent:
    """The shape that older simulators send.

    Without a time its id cannot be trusted: the simulator in use gives every message to one number the same.
    """
    when = moment(told.get("timestamp"), origin.received_at)
    written, message_id = scalar(told.get("from")), scalar(told.get("message_id"))
    trusted = message_id if told.get("timestamp") is not None else None
    sender = cloud_person(written)
    return origin.event(
        "whatsapp.message.inbound",
        origin.id_key("msg", trusted, raw),
        when,
        raw,
        about=message_id,
        routing=origin.thread(sender.best),
        actor=Actor("customer", sender.wa_id, sender.phone, None, sender.bsuid),
        context=Context("private", sender.wa_id, forwarded=False, chat_aliases=(written,) if written else ()),
        message=Message(message_id, "inbound", "text", text(told.get("text"))),
        flags=() if trusted else (NO_ID,),
    )
