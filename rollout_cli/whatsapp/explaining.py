"""Which field of a body went where: found by changing one at a time and looking at what else changes.

It is asked of the normalizer itself, so it is true of the code as it is, whatever the provider. No value of the body is
part of the answer: they are other people's words and numbers.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import msgspec

from rollout_cli.whatsapp.credentials import REDACTED, is_secret_name
from rollout_cli.whatsapp.decoding import checked, decode, encode, refusal
from rollout_cli.whatsapp.events import CanonicalEvent
from rollout_cli.whatsapp.failure import NormalizeError

MAX_LEAVES = 2_000
"""So many fields of a body are looked at."""
MAX_WORK = 512 * 1024 * 1024
"""So many bytes are normalized for it; of a body so large that this does not do, fewer fields are looked at."""

Normalize = Callable[[bytes], Sequence[CanonicalEvent]]
Path = tuple[str | int, ...]

_PLAIN_NAME = re.compile(r"[0-9]{1,4}|(?!.*[0-9]{5})[A-Za-z_][A-Za-z0-9_-]{0,63}")
_LAST_SIGN = re.compile(r"[A-Za-z0-9](?=[^A-Za-z0-9]*$)")
_FIRST_SIGN = re.compile(r"[A-Za-z0-9]")
_ABSENT = object()
_LONG_STEP = 60_000
_KIND = 2
_FEWEST_BYTES = 8
_LARGEST_BYTE = 255


@dataclass(frozen=True, slots=True)
class Target:
    """A place in the events.

    Attributes:
        path: in the JSON form of an event.
        events: in which of them, counted from 0.
    """

    path: str
    events: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Leaf:
    """A field of the body that holds a value.

    Attributes:
        path: where it stands; `*` for a name that may be somebody's id.
        redacted: it holds a credential, which leaves no normalizer.
        decides: what another value would change: `event_type`, `number_of_events`, or `refused`; else None.
        to: where it went, when it decides nothing.
        kept: whether `raw` has it; what stands around the events and says nothing about them is not in it. None where
            nobody can know: every other value is refused.
    """

    path: str
    redacted: bool
    decides: str | None
    to: tuple[Target, ...]
    kept: bool | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """An event that came of the body; of its key only the kind: `msg`, `status`, …."""

    event_type: str
    message_type: str | None
    key_kind: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """What became of a body.

    Attributes:
        leaves: in the order of the body.
        leaves_left: how many more there are that nobody looked at.
    """

    events: tuple[Outcome, ...]
    leaves: tuple[Leaf, ...]
    leaves_left: int


def explain(normalize_it: Normalize, body: bytes) -> Explanation:
    """Change every field of a body, one at a time, and see what becomes of it.

    Args:
        normalize_it: with everything that it needs beside the body; the same body must give the same events.
        body: the raw bytes of the request.

    Raises:
        NormalizeError: the body is refused as it is.
    """
    value = _value(body)
    events = normalize_it(encode(value))
    before = _Reading(events)
    paths = list(_leaves(value))
    most = min(MAX_LEAVES, max(MAX_WORK // max(len(body), 1), 1))
    leaves = tuple(_leaf(normalize_it, value, path, before) for path in paths[:most])
    return Explanation(tuple(map(_outcome, events)), leaves, max(len(paths) - most, 0))


def _value(body: bytes) -> Any:
    try:
        return decode(checked(body))
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise refusal(error) from None


class _Reading:
    """Events, to be compared with others: their types, their leaves, and what they were read from."""

    __slots__ = ("forms", "raws", "types")

    def __init__(self, events: Sequence[CanonicalEvent]) -> None:
        whole = [event.to_dict() for event in events]
        self.types = [event.event_type for event in events]
        self.raws = [each.pop("raw") for each in whole]
        self.forms = [{**each, "event_id": None} for each in whole]


def _leaf(normalize_it: Normalize, value: Any, path: Path, before: _Reading) -> Leaf:
    """What one field does: a small change tells it, or a larger one where a small one is rounded off."""
    secret = any(type(name) is str and is_secret_name(name) for name in path)
    found = Leaf(_written(path), secret, None, (), kept=None)
    holder, name = _holder(value, path)
    told = holder[name]
    for other in _others(told):
        holder[name] = other
        try:
            found = _compared(found, before, _Reading(normalize_it(encode(value))), (name, told))
        except NormalizeError:
            found = Leaf(found.path, secret, "refused", (), found.kept)
        finally:
            holder[name] = told
        if found.decides or found.to:
            break
    if found.kept is False and not secret and any(_has(raw, name, REDACTED) for raw in before.raws):
        return replace(found, redacted=True)  # a code to pair with is known by where it stands
    return found


def _compared(leaf: Leaf, before: _Reading, after: _Reading, told: tuple[str | int, Any]) -> Leaf:
    """What is known of a leaf after one more look; `told` is its name and its value."""
    if len(after.types) != len(before.types):  # there is no telling which event is which
        kept = leaf.kept or (not leaf.redacted and any(_has(raw, *told) for raw in before.raws))
        return Leaf(leaf.path, leaf.redacted, "number_of_events", (), kept)
    kept = leaf.kept or after.raws != before.raws
    if after.types != before.types:
        return Leaf(leaf.path, leaf.redacted, "event_type", (), kept)
    where: dict[str, list[int]] = {}
    for number, (old, new) in enumerate(zip(before.forms, after.forms, strict=True)):
        for path in _changed(old, new):
            where.setdefault(_written(path), []).append(number)
    to = tuple(Target(path, tuple(dict.fromkeys(numbers))) for path, numbers in where.items())
    return Leaf(leaf.path, leaf.redacted, None, to, kept)


def _has(value: Any, name: str | int, told: Any) -> bool:
    """Whether a leaf is somewhere in a value, under its name; one of an array at any place."""
    inner = list(value.items()) if type(value) is dict else list(enumerate(value)) if type(value) is list else []
    return any(
        (type(each) is type(told) and each == told and (own == name or type(own) is type(name) is int))
        or _has(each, name, told)
        for own, each in inner
    )


def _changed(old: Any, new: Any) -> list[Path]:
    """The places that changed or went; the new ones only where nothing else did, for then they say where it went."""
    return list(_lost(old, new)) or list(_lost(new, old))


def _lost(old: Any, new: Any, path: Path = ()) -> Iterator[Path]:
    """The leaves of a form that another one has not, or with another value; what holds nothing is a leaf, too."""
    if old == new:
        return
    if old and type(old) is dict:
        others = new if type(new) is dict else {}
        for name, each in old.items():
            yield from _lost(each, others.get(name, _ABSENT), (*path, name))
    elif old and type(old) is list:
        others = dict(enumerate(new)) if type(new) is list else {}
        for number, each in enumerate(old):
            yield from _lost(each, others.get(number, _ABSENT), (*path, number))
    else:
        yield path


# Leaves


def _leaves(value: Any, path: Path = ()) -> Iterator[Path]:
    """The path of everything that holds nothing else; an array of bytes is one value."""
    inner = value.items() if type(value) is dict else enumerate(value) if type(value) is list else None
    if inner is None or _is_bytes(value):
        if path:
            yield path
        return
    for name, each in inner:
        yield from _leaves(each, (*path, name))


def _holder(value: Any, path: Path) -> tuple[Any, str | int]:
    """What holds a leaf directly, and the leaf's name in it."""
    *way, name = path
    for step in way:
        value = value[step]
    return value, name


def _written(path: Path) -> str:
    """A path with dots between its names; whatever does not look like the name of a field is not shown."""
    return ".".join(str(name) if type(name) is int or _PLAIN_NAME.fullmatch(str(name)) else "*" for name in path)


def _is_bytes(value: Any) -> bool:
    """Whether it is an array of bytes, in either of the forms that senders write it in: `[…]` or `{"0": …}`."""
    if type(value) is dict:
        value = list(value.values()) if [*value] == [str(number) for number in range(len(value))] else []
    return len(value) >= _FEWEST_BYTES and all(type(each) is int and 0 <= each <= _LARGEST_BYTE for each in value)


# Other values of the same kind


def _others(value: Any) -> Iterator[Any]:
    """Other values that a field might have had; the later ones differ more."""
    if type(value) is bool:
        yield not value
    elif type(value) in (int, float):
        yield value + 1
        yield value + _LONG_STEP
    elif type(value) is dict:
        yield {**value, "0": value["0"] ^ 1}
    elif type(value) is list:
        yield [value[0] ^ 1, *value[1:]]
    elif value:
        yield from _other_texts(value)
    else:
        yield "x"


def _other_texts(value: str) -> Iterator[str]:
    """A letter or digit changed: the last before a JID's server or device or a time's minutes; then the first one."""
    user, mark, rest = _divided(value)
    found = _LAST_SIGN.search(user)
    if found:
        yield user[: found.start()] + _neighbour(found[0]) + user[found.end() :] + mark + rest
    else:
        yield f"x{value}" if mark else f"{value}x"
    first = _FIRST_SIGN.search(value)
    if first:
        yield value[: first.start()] + _neighbour(first[0]) + value[first.end() :]


def _divided(value: str) -> tuple[str, str, str]:
    """A JID before its server or device, a time before its minutes; anything else whole."""
    user, at, server = value.partition("@")
    if at and " " not in value:
        name, mark, device = user.partition(":")
        return name, mark, device + at + server
    if _is_time(value):
        return value.partition(":")
    return value, "", ""


def _is_time(value: str) -> bool:
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return False
    return ":" in value


def _neighbour(sign: str) -> str:
    """Another sign of its kind: the one before it, and after the first of them the second."""
    return chr(ord(sign) + 1 if sign in "0aA" else ord(sign) - 1)


def _outcome(event: CanonicalEvent) -> Outcome:
    message_type = event.message.type if event.message else None
    return Outcome(event.event_type, message_type, event.trace.idempotency_key.split(":")[_KIND])
