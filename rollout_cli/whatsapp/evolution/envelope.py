"""The envelope: an event's name, an instance, and one object or many."""

from typing import Any

from msgspec import Raw, Struct

from rollout_cli.whatsapp.credentials import is_secret_name
from rollout_cli.whatsapp.decoding import SMALL, decode, elements, fields, value_of
from rollout_cli.whatsapp.delivery import Delivery, Origin, guarded
from rollout_cli.whatsapp.event_names import spelled
from rollout_cli.whatsapp.events import CanonicalEvent
from rollout_cli.whatsapp.evolution.events import EVENTS, read_item, whose
from rollout_cli.whatsapp.failure import NormalizeError, Reason
from rollout_cli.whatsapp.proxies import unwrapped
from rollout_cli.whatsapp.wire import mapping, scalar, text


def read(delivery: Delivery, body: bytes) -> list[CanonicalEvent]:
    """The events of a body.

    Raises:
        NormalizeError: it is no JSON, or another server's format.
    """
    top: dict[str, Any] | None = decode(body) if len(body) <= SMALL else fields(body)
    if type(top) is not dict:
        return [Origin(delivery, instance=delivery.instance).unknown(body)]
    inner = unwrapped(fields(body) or {}) if "event" not in top and "body" in top else None
    if inner is not None:
        return read(delivery, inner)
    data = top.pop("data", None)
    facts = {each: value_of(told) for each, told in top.items()}
    name = spelled(text(facts.get("event")) or delivery.event or "")
    events: list[CanonicalEvent] = []
    for part in _parts(data):
        value = value_of(part)
        _refuse_evolution_go(value)
        events += guarded(read_item, _origin(delivery, name, facts, mapping(value), top), [part], name, value)
    return events


class _Envelope(Struct, frozen=True, gc=False):
    """The fields beside `data`; the event's name may have stood beside the body."""

    top: dict[str, Any]
    event: str

    def around(self, piece: Any, _beside: Any) -> Any:
        """The same body, with one item as its data, and without the server's key."""
        top = {name: value_of(told) for name, told in self.top.items() if not is_secret_name(name)}
        return {"event": self.event, **top, "data": piece}


def _parts(data: Any) -> list[Any]:
    """The items of a list, one by one: a thousand contacts are a thousand events, not one with a thousand."""
    parts = elements(data) if type(data) is Raw else data
    return parts if type(parts) is list else [data]


def _origin(
    delivery: Delivery, name: str, facts: dict[str, Any], value: dict[str, Any], around: dict[str, Any]
) -> Origin:
    instance = text(facts.get("instance")) or delivery.instance
    uuid, owner = whose(value)
    return Origin(
        delivery,
        instance=instance or owner or uuid,
        scope=uuid or instance or owner,
        account_id=uuid,
        webhook_event=name if name in EVENTS else name or None,
        own=text(facts.get("sender")),
        told_at=scalar(facts.get("date_time")),
        envelope=_Envelope(around, name),
    )


def _refuse_evolution_go(value: Any) -> None:
    """`evolution-go` stands on another library, and sends another format under the same names."""
    if type(value) is dict and "Info" in value and "Message" in value:
        raise NormalizeError(
            Reason.FOREIGN_FORMAT,
            "the body is of evolution-go, whose format is not Evolution API's",
            hint="send webhooks from Evolution API 1.x or 2.x; evolution-go is not supported",
        )
