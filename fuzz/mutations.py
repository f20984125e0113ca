"""Mutations of bodies that know what JSON is: of the values first, of the text and the bytes after them."""

import json
import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from fuzz import hostile
from fuzz.delivered import EVENTS, INSTANCES, TENANTS, Delivered
from rollout_cli.whatsapp import PROVIDERS

SECRET = "S3CR3T-7f1c9a-QmFuYW5h"  # noqa: S105 - a stand-in
LONGEST = 400_000
"""Bytes above which a mutated body is cut: long ones are slow to look at, and few mistakes need them."""
LINES = (" ,\r\n\t ", " :\n")
"""What stands between the items and behind the names of JSON that is written on many lines."""
ENOUGH = 20_000
"""Nodes of a body that are chosen from."""
_SECRET_NAMES = (
    "apikey", "api_key", "API-KEY", "X-Api-Key", "token", "accessToken", "access_token", "Authorization", "password",
    "client.secret", "webhook secret", "jwt_key", "Set-Cookie", "privateKey", "hub.verify_token", "webhookVerifyToken",
)  # fmt: skip
_SECRETS: tuple[Callable[[str], Any], ...] = (
    lambda secret: secret,
    lambda secret: [secret],
    lambda secret: {"value": secret},
    lambda secret: f"Bearer {secret}",
)


class Place(NamedTuple):
    """A node of some JSON, and what holds it: `holder[name]`."""

    holder: Any
    name: Any

    @property
    def node(self) -> Any:
        """What stands there."""
        return self.holder[self.name]


def mutated(at: random.Random, seeds: Sequence[Delivered]) -> Delivered:
    """A seed, changed in one to eight ways."""
    told = beside(at, at.choice(seeds))
    value = _value(told.body)
    if value is not None and at.random() < 0.9:  # else bytes alone
        box = [value]
        for _ in range(at.choice((1, 1, 1, 2, 2, 3, 5, 8))):
            at.choice(STEPS)(at, box, seeds)
        planted = _planted(at, box) if at.random() < 0.25 else None
        told = replace(told, body=written(at, box[0]), planted=planted)
    if not told.planted and at.random() < 0.15:
        told = told.with_body(scratched(at, told.body))
    return told


def mutated_bytes(at: random.Random, data: bytes, seeds: Sequence[Delivered]) -> bytes:
    """A fuzzer's input, changed in the same ways."""
    told = Delivered.from_bytes(data)
    value = _value(told.body)
    if value is None:
        return told.with_body(scratched(at, told.body)).to_bytes()
    box = [value]
    for _ in range(at.choice((1, 1, 2, 3))):
        at.choice(STEPS)(at, box, seeds)
    return told.with_body(written(at, box[0])).to_bytes()


def beside(at: random.Random, seed: Delivered) -> Delivered:
    """The seed with other things beside it, now and then for another provider."""
    provider = at.choice(PROVIDERS) if at.random() < 0.05 else seed.provider
    event = at.choice(EVENTS) if at.random() < 0.1 else seed.event
    return Delivered(provider, seed.body, event, at.choice(INSTANCES), at.choice(TENANTS))


def _value(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


# places


def places(box: list[Any]) -> list[Place]:
    """Every node of the JSON in a box of one."""
    found: list[Place] = []
    waiting = [Place(box, 0)]
    while waiting and len(found) < ENOUGH:
        place = waiting.pop()
        found.append(place)
        node = place.node
        if isinstance(node, dict):
            waiting += [Place(node, name) for name in node]
        elif isinstance(node, list):
            waiting += [Place(node, number) for number in range(len(node))]
    return found


def _anywhere(at: random.Random, box: list[Any]) -> Place:
    return at.choice(places(box))


def _holder(at: random.Random, box: list[Any], kind: type) -> Any:
    found = [place.node for place in places(box) if type(place.node) is kind]
    return at.choice(found) if found else None


def _copied(node: Any) -> Any:
    """A copy; None of what is too deep for one."""
    try:
        return json.loads(json.dumps(node))
    except (ValueError, RecursionError):
        return None


# steps

Step = Callable[[random.Random, list[Any], Sequence[Delivered]], None]


def put(at: random.Random, box: list[Any], _seeds: Sequence[Delivered]) -> None:
    """A hostile value in the place of a node."""
    place = _anywhere(at, box)
    place.holder[place.name] = hostile.value(at)


def put_in_leaf(at: random.Random, box: list[Any], _seeds: Sequence[Delivered]) -> None:
    """A hostile value in the place of one that holds no others."""
    leaves = [place for place in places(box) if not isinstance(place.node, (dict, list))]
    if leaves:
        place = at.choice(leaves)
        place.holder[place.name] = hostile.value(at)


def delete(at: random.Random, box: list[Any], _seeds: Sequence[Delivered]) -> None:
    """A node less."""
    place = _anywhere(at, box)
    if place.holder is not box:
        del place.holder[place.name]


def duplicate(at: random.Random, box: list[Any], _seeds: Sequence[Delivered]) -> None:
    """An item of a list once or many times more."""
    items = _holder(at, box, list)
    if items:
        copy = _copied(at.choice(items))
        number = at.randrange(len(items))
        items[number:number] = [copy for _ in range(at.choice((1, 1, 2, 30)))]


def move(at: random.Random, box: list[Any], _seeds: Sequence[Delivered]) -> None:
    """A node, or a copy of it, in the place of another."""
    one, other = _anywhere(at, box), _anywhere(at, box)
    copy = _copied(one.node)
    if one.holder is not box and at.random() < 0.5:
        one.holder[one.name] = None
    other.holder[other.name] = copy


def swap(at: random.Random, box: list[Any], _seeds: Sequence[Delivered]) -> None:
    """Two nodes in each other's place."""
    one, other = _anywhere(at, box), _anywhere(at, box)
    first, second = _copied(one.node), _copied(other.node)
    one.holder[one.name] = second
    other.holder[other.name] = first


def retype(at: random.Random, box: list[Any], _seeds: Sequence[Delivered]) -> None:
    """The same as another type: in a list, in an object, as a string, as a number."""
    place = _anywhere(at, box)
    node = place.node
    shapes: tuple[Callable[[], Any], ...] = (
        lambda: [node],
        lambda: [node, node],
        lambda: {at.choice(hostile.NAMES): node},
        lambda: json.dumps(node),
        lambda: node[0] if isinstance(node, list) and node else {"0": node},
        lambda: next(iter(node.values()), None) if isinstance(node, dict) else str(node),
        lambda: int(node) if isinstance(node, str) and node.isascii() and node.isdigit() else node,
        lambda: dict(enumerate(node)) if isinstance(node, (list, str)) else [*node] if isinstance(node, dict) else node,
    )
    try:
        place.holder[place.name] = at.choice(shapes)()
    except (ValueError, RecursionError):  # too long for a number, too deep for a string
        place.holder[place.name] = None


def rename(at: random.Random, box: list[Any], _seeds: Sequence[Delivered]) -> None:
    """A field under another name, or a field more."""
    told = _holder(at, box, dict)
    if told is None:
        return
    name = at.choice(hostile.NAMES)
    if told and at.random() < 0.6:
        told[name] = told.pop(at.choice(list(told)))
    else:
        told[name] = hostile.value(at)


def splice(at: random.Random, box: list[Any], seeds: Sequence[Delivered]) -> None:
    """A node of another body in the place of one, preferably of one with the same name."""
    other = _value(at.choice(seeds).body)
    place = _anywhere(at, box)
    others = places([other])
    named = [each for each in others if each.name == place.name]
    place.holder[place.name] = at.choice(named or others).node


def merge(at: random.Random, box: list[Any], seeds: Sequence[Delivered]) -> None:
    """The fields of an object of another body beside those of one."""
    other = _value(at.choice(seeds).body)
    one, two = _holder(at, box, dict), _holder(at, [other], dict)
    if one is not None and two is not None:
        for name, each in two.items():
            if name not in one or at.random() < 0.5:
                one[name] = each


def batch(at: random.Random, box: list[Any], seeds: Sequence[Delivered]) -> None:
    """Bodies in one: in a list, in the wrapper of a workflow tool, in another's envelope, or joined list by list."""
    value, other = box[0], _value(at.choice(seeds).body)
    shape = at.randrange(6)
    if shape == 0:
        box[0] = [value, other]
    elif shape == 1:
        box[0] = [{"headers": {"x-token": "1"}, "params": {}, "query": {}, "body": each} for each in (value, other)]
    elif shape == 2:
        box[0] = {"events": [value, other]}
    elif shape == 3:
        box[0] = {"event": at.choice(EVENTS) or "x", "instance": hostile.jid(at), "data": value}
    elif isinstance(value, dict) and isinstance(other, dict):
        for name in sorted(value.keys() & other.keys(), key=str):
            if isinstance(value[name], list) and isinstance(other[name], list):
                value[name] = value[name] + other[name]


def multiply(at: random.Random, box: list[Any], _seeds: Sequence[Delivered]) -> None:
    """Much in one field, and an item of a list hundreds of times: what repeats the one for the other is too slow."""
    told, items = _holder(at, box, dict), _holder(at, box, list)
    if told is None or not items or at.random() < 0.95:
        return
    much: Any = at.choice(([{}] * 3000, "x" * 10_000, {str(number): number for number in range(1500)}))
    told[at.choice((*told, "pad"))] = much
    items += [_copied(items[0]) for _ in range(at.choice((100, 500)))]


STEPS: tuple[Step, ...] = (
    put, put_in_leaf, put_in_leaf, put_in_leaf, delete, delete, duplicate, move, swap, retype, retype, rename, splice,
    splice, merge, batch, multiply,
)  # fmt: skip


def _planted(at: random.Random, box: list[Any]) -> str | None:
    told = _holder(at, box, dict)
    if told is None:
        return None
    told[at.choice(_SECRET_NAMES)] = at.choice(_SECRETS)(SECRET)
    return SECRET


# text and bytes


def written(at: random.Random, value: Any) -> bytes:
    """The value as JSON, spaced and escaped in some way; some of it may be none."""
    try:
        is_ascii = at.random() < 0.4
        text = json.dumps(value, ensure_ascii=is_ascii, separators=at.choice(((", ", ": "), (",", ":"), LINES)))
    except (ValueError, RecursionError, TypeError):  # deeper than this encoder goes
        text = "[" * 5000
    if at.random() < 0.03:
        text = text.replace('"', '"\\u00' + at.choice(("61", "00", "7f")), 1)
    return text.encode(errors=at.choice(("replace", "surrogatepass")))[:LONGEST]


def scratched(at: random.Random, body: bytes) -> bytes:
    """The body with some bytes changed, cut off, doubled or put in."""
    data = bytearray(body or b"{}")
    for _ in range(at.choice((1, 1, 2, 5))):
        position = at.randrange(len(data) or 1)
        kind = at.randrange(6)
        if kind == 0:
            data[position : position + 1] = bytes([at.randrange(256)])
        elif kind == 1:
            del data[position:]
        elif kind == 2:
            del data[position : position + at.choice((1, 2, 16))]
        elif kind == 3:
            data[position:position] = at.choice(PIECES)
        elif kind == 4:
            data[position:position] = data[position : position + at.choice((1, 8, 64))]
        elif data:
            data[position % len(data)] ^= 1 << at.randrange(8)
    return bytes(data)


PIECES = (
    b"\x00", b"\xff", b"\xef\xbb\xbf", b"\xed\xa0\x80", b"\\ud800", b"\\u0000", b'"', b"\\", b"{", b"}", b"[", b"]",
    b",", b":", b"null", b"NaN", b"-", b"1e999", b"Infinity", b"/*", b" ", b"\n", b"\r", b'"a":1,"a":2,', b'{"0":1}',
    b"0" * 400, b"9" * 400, b"[" * 129, b'{"":' * 129, b"\xf0\x9f\x98\x80", b"\xc0\xaf",
)  # fmt: skip
