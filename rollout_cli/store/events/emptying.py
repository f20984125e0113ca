"""What becomes of one row of the log when a person is forgotten."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from rollout_cli.store.events.rows import payload_of
from rollout_cli.store.events.traces import Traces, person_keys
from rollout_cli.whatsapp import CanonicalEvent
from rollout_cli.whatsapp.events import Actor, Context, Message, Routing, Security, Source, Trace
from rollout_cli.whatsapp.keys import event_id
from rollout_cli.whatsapp.originals import Original

_IDS = ("wa_id", "phone", "lid", "bsuid")
_GROUP = "@g.us"

CHANGED = ("idempotency_key", "event_id", "thread_key", "message_id", "payload", "raw")
"""The columns of a change."""

Values = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Person:
    """Whoever is to be forgotten.

    Attributes:
        traces: what leads to them, wherever it stands.
        homes: what stands for them at the end of thread keys, escaped as there.
        contact_ids: of ours.
    """

    traces: Traces
    homes: frozenset[str]
    contact_ids: frozenset[str]

    def may_be_in(self, row: Any) -> bool:
        """A quick look at a row: what it does not find is not there."""
        texts = (row.payload, row.raw, row.thread_key, row.idempotency_key, row.message_id)
        return self.has_thread(row.thread_key) or any(map(self.traces.may_be_in, texts))

    def has_thread(self, thread: str | None) -> bool:
        """Whether a thread is a private one with the person."""
        if thread is None or thread.endswith(_GROUP):
            return False
        counterpart = thread.rpartition(":")[2]
        return counterpart in self.homes or self.traces.is_one(counterpart.replace("%3A", ":").replace("%25", "%"))

    def is_named_in(self, key: str) -> bool:
        """Whether a key leads to the person."""
        return self.traces.are_in(key) or not self.homes.isdisjoint(key.split(":"))


@dataclass(frozen=True, slots=True)
class Change:
    """What a row becomes.

    Attributes:
        is_theirs: the person did it, or it is of their private thread; else they only stood in it.
    """

    values: Values
    is_theirs: bool


def change_of(row: Any, person: Person) -> Change | None:
    """What a row becomes; None where it holds nothing of the person."""
    told = msgspec.json.decode(row.payload)
    if _is_theirs(row, told, person):
        return Change(_emptied(row, told, person), is_theirs=True)
    values = _without(row, told, person)
    is_same = all(getattr(row, name) == value for name, value in values.items())
    return None if is_same else Change(values, is_theirs=False)


def linked_ids(row: Any, traces: Traces) -> frozenset[str]:
    """Every id that a row tells of somebody of whom one is known, in the spellings to look for."""
    told = msgspec.json.decode(row.payload)
    if told["security"]["signature_valid"] is False:
        return frozenset()  # anybody may have written it
    found: set[str] = set()
    for ids in _people_of(told):
        keys = {key for each in ids for key in person_keys(each)}
        if not keys.isdisjoint(traces.keys):
            found |= keys
    return frozenset(found)


def _people_of(told: Mapping[str, Any]) -> Iterator[list[str]]:
    """The ids of each person of whom an event tells several."""
    yield [told["actor"][name] for name in _IDS if told["actor"][name]]
    if told["context"]["chat_type"] == "private":
        yield told["context"]["chat_aliases"]
    pairs = (told["details"] or {}).get("aliases")
    for pair in pairs if isinstance(pairs, list) else ():
        if isinstance(pair, list):
            yield [each for each in pair if isinstance(each, str)]


def _is_theirs(row: Any, told: Mapping[str, Any], person: Person) -> bool:
    thread = row.thread_key or told["routing"]["thread_key"]
    return person.has_thread(thread) or any(person.traces.is_one(told["actor"][name]) for name in _IDS)


def _emptied(row: Any, told: Mapping[str, Any], person: Person) -> Values:
    """What is left of an event of theirs: it still refuses a repetition, where its key leads to nobody."""
    key = _key(row.idempotency_key, person)
    message = told["message"]
    skeleton = CanonicalEvent(
        told["event_type"], row.occurred_at, Source(row.provider, row.instance), Routing(),
        Actor(told["actor"]["role"]), Context(told["context"]["chat_type"]),
        None if message is None else Message(None, message["direction"], message["type"]), None, None,
        Trace(key), msgspec.convert(told["security"], Security), Original({}),
    )  # fmt: skip
    is_private = row.thread_key is not None and not row.thread_key.endswith(_GROUP)
    return {
        "idempotency_key": key,
        "event_id": skeleton.event_id,
        "thread_key": person.traces.name_of(row.thread_key) if is_private else _text(row.thread_key, person),
        "message_id": None,
        "payload": payload_of(skeleton, skeleton.event_id),
        "raw": None,
    }


def _without(row: Any, told: Mapping[str, Any], person: Person) -> Values:
    """An event of somebody else without the person; as it is, to the byte, where they are not in it."""
    key, own = _key(row.idempotency_key, person), told["trace"]["idempotency_key"]
    named = _key(own, person) if key == row.idempotency_key else key
    left = person.traces.taken_out_of({**told, "trace": {**told["trace"], "idempotency_key": named}})
    is_same = left == told
    raw = None if row.raw is None else msgspec.json.decode(row.raw)
    bare = person.traces.taken_out_of(raw)
    return {
        "idempotency_key": key,
        "event_id": row.event_id if named == own else event_id(named),
        "thread_key": _text(row.thread_key, person),
        "message_id": _text(row.message_id, person),
        "payload": row.payload if is_same else _encode({**left, "event_id": event_id(named)}),
        "raw": row.raw if bare == raw else _encode(bare),
    }


def _key(key: str, person: Person) -> str:
    """A key, or where it leads to the person another, with the parts that tell whose and what it was."""
    if not person.is_named_in(key):
        return key
    tenant, provider, kind, *_ = (*key.split(":"), "", "")
    return f"{tenant}:{provider}:{kind}:{person.traces.name_of(key)}"


def _text(text: str | None, person: Person) -> str | None:
    return text and person.traces.taken_out(text)


def _encode(value: Any) -> str:
    return msgspec.json.encode(value).decode()
