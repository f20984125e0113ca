"""The envelope: an event's name, an instance, and one object or many."""

from typing import Any

from msgspec import Raw

from rollout_cli.whatsapp.credentials import is_secret_name, redacted
from rollout_cli.whatsapp.decoding import SMALL, decode, elements, encode, fields, value_of
from rollout_cli.whatsapp.delivery import Delivery, Origin, guarded
from rollout_cli.whatsapp.event_names import spelled
from rollout_cli.whatsapp.events import CanonicalEvent
from rollout_cli.whatsapp.evolution.events import EVENTS, read_item, read_leaving, whose
from rollout_cli.whatsapp.failure import NormalizeError, Reason
from rollout_cli.whatsapp.originals import KnownEnvelope
from rollout_cli.whatsapp.proxies import unwrapped
from rollout_cli.whatsapp.repeated import short, short_name
from rollout_cli.whatsapp.wire import mapping, name_or_id, scalar, text


def read(delivery: Delivery, body: bytes) -> list[CanonicalEvent]:
    """The events of a body.

    Raises:
        NormalizeError: it is no JSON, or another server's format.
    """
    top: dict[str, Any] | None = decode(body) if len(body) <= SMALL else fields(body)
    if type(top) is not dict:
        return [Origin(delivery, instance=delivery.instance).unknown(body)]
    inner = unwrapped(fields(body) or {}) if "event" not in top else None
    if inner is not None:
        return read(delivery, inner)
    has_data = "data" in top
    data = top.pop("data", None)
    facts = top if len(body) <= SMALL else {each: value_of(told) for each, told in top.items()}
    for each in ("instance", "sender", "date_time"):
        if type(facts.get(each)) is str:
            facts[each] = short_name(facts[each])
    name = short_name(spelled(text(facts.get("event")) or delivery.event or "")) or ""
    if not (has_data or name) and _is_message(facts):
        has_data, data, facts = True, facts, {}
    if not has_data and EVENTS.get(name) is not read_leaving:
        return [_without_data(delivery, name, facts, body)]
    events: list[CanonicalEvent] = []
    parts = _parts(data)
    for part in parts:
        value = value_of(part)
        _refuse_evolution_go(value)
        called = name or ("messages.upsert" if _is_message(mapping(value)) else "")
        origin = _origin(delivery, called, facts, mapping(value), is_shared=len(parts) > 1)
        events += guarded(read_item, origin, [part], called, value)
    return events


def _is_message(value: dict[str, Any]) -> bool:
    """Whether it is a message as this server tells of one: those who hand on its data alone lose the event's name."""
    return type(value.get("key")) is dict and type(value.get("message")) is dict


def _without_data(delivery: Delivery, name: str, facts: dict[str, Any], body: bytes) -> CanonicalEvent:
    """What is no event of this server: the whole of it tells it apart from others."""
    origin = _origin(delivery, name, facts, facts, is_shared=False)
    origin.envelope = None
    return origin.unknown(encode({"event": name, **facts}) if name and "event" not in facts else body)


class _Envelope(KnownEnvelope, frozen=True, gc=False):
    """The fields beside `data`; the event's name may have stood beside the body."""

    top: dict[str, Any]
    event: str
    is_shared: bool

    def around(self, piece: Any, beside: Any) -> Any:  # noqa: ARG002 - nothing tells more of a piece here
        """The same body, with one item as its data, and without the server's key."""
        kept = short(self.top) if self.is_shared else self.top
        top = {name: told for name, told in kept.items() if not is_secret_name(name)}
        return {"event": self.event, **top, "data": piece}

    def around_safely(self, piece: Any) -> Any:
        """The same without any credential: names and addresses beside the data are looked at, once."""
        return redacted(self.around(None, None)) | {"data": piece}


def _parts(data: Any) -> list[Any]:
    """The items of a list, one by one: a thousand contacts are a thousand events, not one with a thousand."""
    parts = elements(data) if type(data) is Raw else data
    return parts if type(parts) is list else [data]


def _origin(
    delivery: Delivery, name: str, facts: dict[str, Any], value: dict[str, Any], *, is_shared: bool,
) -> Origin:  # fmt: skip
    told = facts.get("instance")
    instance = (text(told) if type(told) is not dict else name_or_id(told)) or delivery.instance
    uuid, owner = whose(value)
    return Origin(
        delivery,
        instance=instance or owner or uuid,
        scope=uuid or instance or owner,
        account_id=uuid,
        webhook_event=name or None,
        own=text(facts.get("sender")) or text(mapping(told).get("ownerJid") or mapping(told).get("owner")),
        told_at=scalar(facts.get("date_time")),
        envelope=_Envelope(facts, name, is_shared),
    )


def _refuse_evolution_go(value: Any) -> None:
    """`evolution-go` stands on another library, and sends another format under the same names."""
    if type(value) is dict and "Info" in value and "Message" in value:
        raise NormalizeError(
            Reason.FOREIGN_FORMAT,
            "the body is of evolution-go, whose format is not Evolution API's",
            hint="send webhooks from Evolution API 1.x or 2.x; evolution-go is not supported",
        )
