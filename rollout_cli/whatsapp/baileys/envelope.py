"""The envelope: there is no standard. The event's name and payload are found in whatever a gateway puts around them."""

from collections.abc import Mapping
from typing import NamedTuple

from msgspec import Raw
from msgspec.structs import replace

from rollout_cli.whatsapp.baileys.events import EVENTS, EventEnvelope, read_payload
from rollout_cli.whatsapp.baileys.shapes import event_of, named
from rollout_cli.whatsapp.decoding import SMALL, decode, encode, fields
from rollout_cli.whatsapp.delivery import Delivery, Origin, guarded
from rollout_cli.whatsapp.event_names import spelled
from rollout_cli.whatsapp.events import CanonicalEvent
from rollout_cli.whatsapp.moments import parse
from rollout_cli.whatsapp.proxies import unwrapped
from rollout_cli.whatsapp.repeated import short_name
from rollout_cli.whatsapp.wire import name_or_id, scalar, text

_INSTANCE_NAMES = ("instance", "instance_id", "instance_key", "instanceId", "instanceName", "session", "sessionId")
_EVENT_NAMES = ("event", "event_type", "eventType")
_PAYLOAD_NAMES = ("data", "payload", "body")
_TIME_NAMES = ("ts", "timestamp", "date_time")
_OWN_NAMES = ("jid", "sender", "me")
_AROUND = frozenset({"body", *_INSTANCE_NAMES, *_OWN_NAMES, *_TIME_NAMES, *_EVENT_NAMES})


class Found(NamedTuple):
    """What was found in an envelope.

    Attributes:
        event: the event's name in its one spelling; empty where none is told.
        payload: of the event.
        instance, own, told_at: as the gateway tells them.
    """

    event: str
    payload: Raw
    instance: str | None = None
    own: str | None = None
    told_at: str | None = None


def read(delivery: Delivery, body: bytes) -> list[CanonicalEvent]:
    """The events of a body.

    Raises:
        NormalizeError: it is no JSON.
    """
    if len(body) <= SMALL and not delivery.event:
        value = decode(body)
        if type(value) is dict and "key" in value and _AROUND.isdisjoint(value) and (name := named(value)):
            origin = Origin(delivery, delivery.instance, webhook_event=name, envelope=EventEnvelope(name))
            return guarded(EVENTS[name].read, origin, [value], value)
    top = fields(body)
    inner = unwrapped(top) if top else None
    if inner is not None:
        return read(delivery, inner)
    found = _found(top, body)
    name = found.event if found.event in EVENTS else event_of(found.payload) or ""
    if not found.event and delivery.event:
        name = spelled(delivery.event) if spelled(delivery.event) in EVENTS else name
    if not (name or found.event) and delivery.event:  # nobody here knows it, but it was told what it is
        named_body = encode({"event": short_name(delivery.event), "data": Raw(body)})
        return read(replace(delivery, event=None), named_body)
    instance = found.instance or delivery.instance
    event = name or found.event or None
    about = (event, found.instance, found.own, found.told_at)
    envelope = EventEnvelope(*map(short_name, about))
    origin = Origin(
        delivery, instance, webhook_event=event, own=found.own, told_at=found.told_at, envelope=envelope
    )  # fmt: skip
    if not name:
        origin.envelope = None
        return [origin.unknown(body)]
    return read_payload(origin, name, found.payload, is_one=top is not None and "key" in top)


def _found(top: Mapping[str, Raw] | None, body: bytes) -> Found:
    if top is None or "key" in top:  # a list, or a message with the gateway's fields beside its own
        return Found("", Raw(body), *_about(top or {}))
    about = _about(top)
    event = _told(top, _EVENT_NAMES)
    payload = next((top[name] for name in _PAYLOAD_NAMES if name in top), None)
    if payload is None:
        return Found(spelled(event or ""), Raw(body), *about)
    within = fields(payload) or {}
    if event is None:  # one envelope in another: `{cmd, data: {event, data | messages}}`
        event = _told(within, _EVENT_NAMES)
        if event is None and "cmd" not in top and event_of(payload) is None and "raw" not in within:
            return Found("", Raw(body), *about)
        payload = within.get("data", payload)
    if "raw" in within:  # a gateway's own reading of a message, with the message itself inside
        payload = within["raw"]
    return Found(spelled(event or ""), payload, *about)


def _about(top: Mapping[str, Raw]) -> tuple[str | None, str | None, str | None]:
    told_at = _told(top, _TIME_NAMES)
    at = parse(told_at)
    instances = (name_or_id(decode(top[name])) for name in _INSTANCE_NAMES if name in top)
    instance = next(filter(None, instances), None)
    return instance, _told(top, _OWN_NAMES), at.isoformat() if at else told_at


def _told(top: Mapping[str, Raw], names: tuple[str, ...]) -> str | None:
    told = (scalar(decode(top[name])) for name in names if name in top)
    return text(next(filter(None, told), None))
