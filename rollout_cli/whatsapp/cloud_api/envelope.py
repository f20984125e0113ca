"""The envelope: entries and changes, one by one; each change is read by its field."""

from typing import Any, Generic, Literal, TypeVar

import msgspec
from msgspec import Raw, Struct

from rollout_cli.whatsapp.cloud_api.changes import ELEMENTS, read_change, read_messages
from rollout_cli.whatsapp.decoding import SMALL, decode, elements, encode, fields
from rollout_cli.whatsapp.delivery import Delivery, Origin
from rollout_cli.whatsapp.events import CanonicalEvent
from rollout_cli.whatsapp.proxies import unwrapped
from rollout_cli.whatsapp.wire import scalar

T = TypeVar("T")


class _Value(Struct, Generic[T], forbid_unknown_fields=True):
    messaging_product: Any = None
    metadata: dict[str, Any] = {}
    contacts: list[Any] = []
    messages: list[T] = []
    statuses: list[T] = []


class _Change(Struct, Generic[T], forbid_unknown_fields=True):
    field: Literal["messages"]
    value: _Value[T]


class _Entry(Struct, Generic[T], forbid_unknown_fields=True):
    changes: list[_Change[T]]
    id: str = ""


class _Body(Struct, Generic[T], forbid_unknown_fields=True):
    """The usual body, of messages and statuses alone: it is taken apart in one look."""

    entry: list[_Entry[T]]
    object: Any = None


_decode_small = msgspec.json.Decoder(_Body[dict[str, Any]]).decode
_decode_large = msgspec.json.Decoder(_Body[Raw]).decode


def read(delivery: Delivery, body: bytes) -> list[CanonicalEvent]:
    """The events of a body.

    Raises:
        msgspec.DecodeError: it is no JSON.
    """
    try:
        entries = _decode_small(body).entry if len(body) <= SMALL else _decode_large(body).entry
    except msgspec.ValidationError:
        return _read_any(delivery, body)
    events: list[CanonicalEvent] = []
    for entry in entries:
        for change in entry.changes:
            told = change.value
            if not (told.messages or told.statuses):
                return _read_any(delivery, body)
            events += read_messages(delivery, entry.id, told.metadata, told.contacts, told.messages, told.statuses)
    return events


def _read_any(delivery: Delivery, body: bytes) -> list[CanonicalEvent]:
    """The same for every other field and form, part by part: what is not of its type is unknown, the rest is read."""
    top = fields(body) or {}
    inner = unwrapped(top)
    if inner is not None:
        return read(delivery, inner)
    if "entry" not in top and "changes" in top and elements(top["changes"]):
        return _read_entry(delivery, Raw(body))
    if "entry" not in top:
        events = _read_bare_change(delivery, top)
        if events is None:
            events = _read_bare_value(delivery, top)
        return [_unknown(delivery, body)] if events is None else events
    entries = elements(top["entry"])
    if entries is None:
        return [_unknown(delivery, body)]
    return [event for entry in entries for event in _read_entry(delivery, entry)]


def _read_bare_change(delivery: Delivery, top: dict[str, Raw]) -> list[CanonicalEvent] | None:
    """What the dashboard's test button sends: one change, without what is around it."""
    name = decode(top["field"]) if "field" in top else None
    if not isinstance(name, str) or "value" not in top:
        return None
    return read_change(delivery, None, None, name, top["value"])


def _read_bare_value(delivery: Delivery, top: dict[str, Raw]) -> list[CanonicalEvent] | None:
    """What others make of a body: the value of one change, with the field's name in it or, as the event, beside it."""
    value = (fields(top["data"]) if "event" in top and "data" in top else None) or top
    is_named = "metadata" in value and not value.keys().isdisjoint(ELEMENTS)
    if not is_named and not _tells_of_messages(value):
        return None
    name = next((decode(top[each]) for each in ("field", "event") if each in top), None)
    account = scalar(decode(value["id"])) if "id" in value else None
    told = {each: inner for each, inner in value.items() if each not in ("field", "id")}
    field = name if isinstance(name, str) else "messages"
    return read_change(delivery, account, None, field, Raw(encode(told)))


def _tells_of_messages(value: dict[str, Raw]) -> bool:
    """Whether a value that nobody names has a list of messages or statuses, and of nothing else in it."""
    lists = [elements(value[each]) for each in ("messages", "statuses") if each in value]
    return any(parts and all(fields(each) is not None for each in parts) for parts in lists)


def _read_entry(delivery: Delivery, entry: Raw) -> list[CanonicalEvent]:
    inner = fields(entry)
    changes = elements(inner["changes"]) if inner and "changes" in inner else None
    if inner is None or changes is None:
        says_nothing = inner is not None and inner.keys() <= {"id", "time"}
        return [] if says_nothing else [_unknown(delivery, bytes(entry))]
    account = scalar(decode(inner["id"])) if "id" in inner else None
    time = decode(inner["time"]) if "time" in inner else None
    events: list[CanonicalEvent] = []
    for each in changes:
        change = fields(each) or {}
        name = decode(change["field"]) if "field" in change else None
        if name is None and "value" in change and _tells_of_messages(fields(change["value"]) or {}):
            name = "messages"
        if isinstance(name, str) and "value" in change:
            events += read_change(delivery, account, time, name, change["value"])
        else:
            events.append(_unknown(delivery, bytes(each), account))
    return events


def _unknown(delivery: Delivery, raw: bytes, account: str | None = None) -> CanonicalEvent:
    return Origin(delivery, instance=delivery.instance, account_id=account).unknown(raw)
