"""What holds for any bytes at all: `keep` raises `BrokenPromiseError` where it does not."""

import json
import re
import sys
import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import UTC, timedelta
from functools import lru_cache
from itertools import product
from math import isfinite
from types import FrameType, TracebackType
from typing import Any, TypeVar, get_args

from fuzz.delivered import Delivered
from rollout_cli.whatsapp import PROVIDERS, CanonicalEvent, NormalizeError, Reason
from rollout_cli.whatsapp.credentials import is_secret_name
from rollout_cli.whatsapp.decoding import SMALL
from rollout_cli.whatsapp.keys import part
from rollout_cli.whatsapp.vocabulary import EVENT_TYPES, MESSAGE_TYPES, ChatType, Direction, Role, State

NAMESPACE = uuid.UUID("9fd3b94a-b1f0-539e-8a4f-0dcb4a2f6c11")
"""Of the UUIDs of events, as the format has it."""
SECONDS_AT_LEAST = 0.05
SECONDS_PER_BYTE = 20e-6
"""CPU time that a body may take; a hundred times of what it does take, so that only what is not linear exceeds it."""
SECONDS_PER_EVENT = 0.5e-3
"""And to write an event: a list may hold one for every four bytes. It takes 30 us, and much more while it is traced."""
LONGER = b" " * SMALL
"""Behind a body it makes one that is decoded piece by piece, and not at once."""
TIMES_THE_BODY = 20
BYTES_PER_EVENT = 16 * 1024
"""So much may stand around an element; else a body with much around many is squared."""
REPEATS = 3
"""So often a body that was too slow is read again: the machine may have been busy."""

T = TypeVar("T")

_CHATS, _DIRECTIONS, _ROLES, _STATES = (
    frozenset({None, *get_args(words)}) for words in (ChatType, Direction, Role, State)
)
_LINES = (" ,\n\t ", " :\r\n")
_LEVELS = 2
_NO_THREAD = frozenset({"broadcast", "newsletter"})
_WORDS = re.compile(r'[^\s"\\{}\[\]:,]{8,}')
_REFUSED = (
    b"", b"{", b"x", b"[]", b"1", b'"', b"[" * 200, b"\xff", b"1e999", b'{"a":}', b"{}x", b'"\\ud800\\u0041"', b'"\n"',
    b'{"event":"Message","data":{"Info":{},"Message":{}}}',
)  # fmt: skip
"""Bodies with words of nobody's; what is said of them may be said of any."""


class BrokenPromiseError(AssertionError):
    """A promise that does not hold.

    Attributes:
        promise: which one.
        place: where in the code it broke, as `file:function`, as far as that is known.
    """

    def __init__(self, promise: str, found: str, place: str = "") -> None:
        super().__init__(f"{promise}: {found[:2000]}")
        self.promise = promise
        self.place = place

    @property
    def signature(self) -> str:
        """Equal for what is probably one mistake."""
        return f"{self.promise} @ {self.place}" if self.place else self.promise


def keep(told: Delivered) -> list[CanonicalEvent] | None:
    """Look at every promise for one delivery.

    Returns:
        Its events; None where it is refused.

    Raises:
        BrokenPromiseError: one does not hold.
    """
    events = read(told)
    longer = read(told.with_body(told.body + LONGER))
    if longer != events:
        raise BrokenPromiseError("a body with spaces behind it is the same", f"{events} / {longer}", told.provider)
    if events is None:
        return None
    if told.planted and not is_hidden(_value(told.body), told.planted):
        told = replace(told, planted=None)
    for event in events:
        _look_at(told, event)
    written = SECONDS_PER_EVENT * len(events)
    lengths = _is_in_time("writing the events", lambda: [len(event.to_json()) for event in events], told.body, written)
    if sum(lengths) > TIMES_THE_BODY * len(told.body) + BYTES_PER_EVENT * len(events):
        found = f"{sum(lengths)} bytes in {len(events)} events of {len(told.body)}"
        raise BrokenPromiseError("events are no longer than the body and their number allow", found, told.provider)
    again = read(told)
    _equal("the same body gives the same events", events, again)
    _is_the_same_in_other_words(told, events)
    return events


def read(told: Delivered) -> list[CanonicalEvent] | None:
    """The events, or None for a body that is refused as it should be."""
    try:
        return _is_in_time("reading the body", told.read, told.body)
    except NormalizeError as error:
        _is_said_well(told, error)
        return None
    except BrokenPromiseError:
        raise
    except Exception as error:
        raise BrokenPromiseError(
            "only NormalizeError is raised", f"{type(error).__name__}: {error}", _place(error)
        ) from error


def _is_said_well(told: Delivered, error: NormalizeError) -> None:
    if error.reason not in Reason or not error.message or not error.hint:
        raise BrokenPromiseError("a refusal has a code, a message and a hint", repr(error))
    said = f"{error.message} {error.hint} {error}"
    shown = (set(said.split()) & set(_WORDS.findall(told.body.decode(errors="replace")))) - _usual_words()
    if shown or (told.planted and told.planted in said):
        raise BrokenPromiseError("a refusal holds nothing of the body", f"{shown} in {said}")


@lru_cache
def _usual_words() -> frozenset[str]:
    """The words of refusals of bodies that have none of their own."""
    words: set[str] = set()
    for provider, body in product(PROVIDERS, _REFUSED):
        try:
            Delivered(provider, body).read()
        except NormalizeError as error:
            words |= set(f"{error.message} {error.hint}".split())
    return frozenset(words)


# one event


def _look_at(told: Delivered, event: CanonicalEvent) -> None:
    if "unreadable" in event.security.risk_flags:
        place, found = swallowed(told)
        raise BrokenPromiseError("no reader makes a mistake", found, place)
    _has_words_of_the_vocabulary(event)
    _has_a_key(told, event)
    if event.occurred_at.tzinfo is not UTC and event.occurred_at.utcoffset() != timedelta(0):
        raise BrokenPromiseError("occurred_at is aware and UTC", repr(event.occurred_at))
    if event.context.chat_type in _NO_THREAD and event.routing.thread_key is not None:
        raise BrokenPromiseError("a broadcast or newsletter has no thread", repr(event.routing))
    written = _can_be_written(event)
    if told.planted and (told.planted in written or told.planted in repr(event)):
        place = f"{told.provider} {_where(event.to_dict(), told.planted)}"
        raise BrokenPromiseError("no credential leaves the room", _around(written + repr(event), told.planted), place)


def is_hidden(value: Any, secret: str, *, is_named: bool = False) -> bool:
    """Whether a secret stands nowhere but in fields whose names say so."""
    if isinstance(value, dict):
        return all(
            secret not in name and is_hidden(each, secret, is_named=is_named or is_secret_name(name))
            for name, each in value.items()
        )
    if isinstance(value, list):
        return all(is_hidden(each, secret, is_named=is_named) for each in value)
    return is_named or not (isinstance(value, str) and secret in value)


def _where(form: Any, secret: str, path: str = "") -> str:
    """The path of what holds it, as far as all events have it."""
    inner = form.items() if isinstance(form, dict) else enumerate(form) if isinstance(form, list) else ()
    for name, each in inner:
        if secret in json.dumps(each):
            return _where(each, secret, f"{path}.{name}") if path.count(".") < _LEVELS else path
    return path


def _has_words_of_the_vocabulary(event: CanonicalEvent) -> None:
    message, status = event.message, event.status
    is_known = (
        event.event_type in EVENT_TYPES
        and event.context.chat_type in _CHATS
        and event.actor.role in _ROLES
        and (message is None or message.type in (None, *MESSAGE_TYPES))
        and (message is None or message.direction in _DIRECTIONS)
        and (status is None or status.state in _STATES)
    )
    if not is_known:
        raise BrokenPromiseError("words are those of the vocabulary", repr(event))


def _has_a_key(told: Delivered, event: CanonicalEvent) -> None:
    key = event.trace.idempotency_key
    tenant = told.tenant.encode(errors="replace").decode()
    if not key.startswith(f"{part(tenant)}:{told.provider}:"):
        raise BrokenPromiseError("a key begins with tenant and provider", key)
    if event.event_id != str(uuid.uuid5(NAMESPACE, key)):
        raise BrokenPromiseError("the id is the UUIDv5 of the key", f"{event.event_id} of {key}")


def _can_be_written(event: CanonicalEvent) -> str:
    try:
        written = event.to_json()
        form = event.to_dict()
        again = CanonicalEvent.from_json(written)
        event.to_cloudevents()
    except Exception as error:
        raise BrokenPromiseError(
            "an event can be written and read again", f"{type(error).__name__}: {error}", _place(error)
        ) from error
    if again.to_json() != written or again.to_dict() != form:
        raise BrokenPromiseError("an event read again is written as before", f"{written} / {again.to_json()}")
    _equal("an event read again is equal", event, again)
    if "\n" in written or form["event_id"] != event.event_id or form["raw"] != event.raw:
        raise BrokenPromiseError("the form holds the event, on one line", written)
    return written


# the same in other words


def _is_the_same_in_other_words(told: Delivered, events: list[CanonicalEvent]) -> None:
    keys = [event.trace.idempotency_key for event in events]
    for how, body in in_other_words(told.body):
        again = read(told.with_body(body))
        found = None if again is None else [event.trace.idempotency_key for event in again]
        if found != keys:
            place = _kinds(told, set(keys) ^ set(found or ()))
            raise BrokenPromiseError(f"a body {how} has the same keys", f"{keys} / {found}", place)
    _is_the_same_backwards(told, events)


def _is_the_same_backwards(told: Delivered, events: list[CanonicalEvent]) -> None:
    """Of several contents in one message the first counts, whichever that is: such a body may be read in two ways."""
    backwards = backwards_of(told.body)
    if backwards is None:
        return
    again = read(told.with_body(backwards)) or []
    keys, found = (sorted(event.trace.idempotency_key for event in each) for each in (events, again))
    if found != keys and _readings(again) == _readings(events):
        promise = "a body with its fields in another order has the same keys"
        raise BrokenPromiseError(promise, f"{keys} / {found}", _kinds(told, set(keys) ^ set(found)))


def _readings(events: list[CanonicalEvent]) -> list[tuple[str, str]]:
    return sorted((event.event_type, str(event.message and event.message.type)) for event in events)


def _kinds(told: Delivered, keys: Iterable[str]) -> str:
    """Which kinds of keys they are."""
    return " ".join([told.provider, *sorted({":".join(key.split(":")[2:4:2]) for key in keys})])


def in_other_words(body: bytes) -> Iterator[tuple[str, bytes]]:
    """The same JSON with other spaces and escapes; nothing where a name stands twice in an object."""
    value = _value(body)
    if value is not _NONE:
        yield "without spaces and with every character escaped", json.dumps(value, separators=(",", ":")).encode()
        yield "with lines and plain characters", json.dumps(value, separators=_LINES, ensure_ascii=False).encode()


def backwards_of(body: bytes) -> bytes | None:
    """The same JSON with the fields of every object in the opposite order; None where it cannot be told."""
    value = _value(body)
    if value is _NONE or b'"255"' in body:  # a byte array has an order
        return None
    return json.dumps(_backwards(value), ensure_ascii=False).encode()


def _backwards(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _backwards(value[name]) for name in reversed(value)}
    return [_backwards(each) for each in value] if isinstance(value, list) else value


_NONE = object()


def _value(body: bytes) -> Any:
    """What a body says; `_NONE` where that cannot be said again, as with a number beyond all doubles."""
    try:
        return json.loads(body, object_pairs_hook=_once, parse_float=_finite, parse_constant=_finite)
    except (ValueError, RecursionError):
        return _NONE


def _finite(written: str) -> float:
    number = float(written)
    if not isfinite(number):
        raise ValueError
    return number


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    told = dict(pairs)
    if len(told) != len(pairs):
        raise ValueError
    return told


# time


def _is_in_time(what: str, run: Callable[[], T], body: bytes, more: float = 0.0) -> T:
    most = SECONDS_AT_LEAST + SECONDS_PER_BYTE * len(body) + more
    fastest = most
    for _ in range(REPEATS):
        begun = time.process_time()
        found = run()
        fastest = time.process_time() - begun
        if fastest <= most:
            return found
    raise BrokenPromiseError(
        f"{what} takes no longer than its length allows", f"{fastest:.3f} s for {len(body)} bytes", "cpu"
    )


# what broke


def _equal(promise: str, one: Any, other: Any) -> None:
    if one != other:
        raise BrokenPromiseError(promise, f"{one!r} / {other!r}")


def _around(text: str, found: str) -> str:
    at = text.find(found)
    return f"…{text[max(0, at - 100) : at + 100]}…"


def swallowed(told: Delivered) -> tuple[str, str]:
    """The mistake of a reader that `normalize` made an unknown event of: where it was, and what."""
    caught: list[BaseException] = []

    def look(frame: FrameType, event: str, about: Any) -> Any:
        if event == "exception" and frame.f_code.co_name == "guarded" and about[1] is not None:
            caught.append(about[1])
        return look

    before = sys.gettrace()
    sys.settrace(look)
    try:
        told.read()
    except NormalizeError:
        pass
    finally:
        sys.settrace(before)
    if not caught:
        return "", "a mistake that does not come again"
    return _place(caught[-1]), f"{type(caught[-1]).__name__}: {caught[-1]}"


def _place(error: BaseException) -> str:
    """The innermost line of the normalizer, and the kind of the error."""
    place = ""
    trace: TracebackType | None = error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        if "rollout_cli" in code.co_filename:
            place = f"{code.co_filename.rpartition('whatsapp/')[2]}:{code.co_name}"
        trace = trace.tb_next
    return f"{place} {type(error).__name__}"
