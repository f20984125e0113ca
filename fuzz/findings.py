"""What was found: each mistake once, with the shortest delivery that shows it, in a folder."""

import hashlib
import json
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from fuzz.delivered import Delivered
from fuzz.mutations import Place, places
from fuzz.promises import BrokenPromiseError, keep

Check = Callable[[Delivered], object]


class Findings:
    """The mistakes of a run.

    Attributes:
        count: by what each is, how often it was found.
    """

    def __init__(self, folder: Path) -> None:
        self.count: dict[str, int] = {}
        self._folder = folder

    def look(self, told: Delivered) -> None:
        """Look at the promises for a delivery; keep it where one does not hold."""
        try:
            keep(told)
        except BrokenPromiseError as broken:
            self._add(told, broken)

    def _add(self, told: Delivered, broken: BrokenPromiseError) -> None:
        seen = self.count[broken.signature] = self.count.get(broken.signature, 0) + 1
        if seen > 1:
            return
        small = minimized(told, broken.signature)
        name = hashlib.sha256(broken.signature.encode()).hexdigest()[:12]
        self._folder.mkdir(parents=True, exist_ok=True)
        (self._folder / f"{name}.json").write_text(small.to_json() + "\n")
        (self._folder / f"{name}.txt").write_text(f"{broken.signature}\n{broken}\n")
        print(f"FOUND {name}: {broken.signature}\n  {small.provider} {small.event!r} {small.body[:300]!r}", flush=True)


def minimized(told: Delivered, signature: str, seconds: float = 10) -> Delivered:
    """A shorter delivery that breaks the same promise at the same place."""
    until = time.monotonic() + seconds

    def shows(other: Delivered) -> bool:
        if time.monotonic() > until:
            return False
        try:
            keep(other)
        except BrokenPromiseError as broken:
            return broken.signature == signature
        return False

    for plain in (replace(told, tenant=""), replace(told, instance=None), replace(told, event=None)):
        merged = replace(
            told, tenant=min(plain.tenant, told.tenant), instance=plain.instance and told.instance, event=plain.event
        )
        if merged != told and shows(merged):
            told = merged
    try:
        value = json.loads(told.body)
    except (ValueError, RecursionError):
        return _shorter_bytes(told, shows, until)
    if not shows(told.with_body(json.dumps(value).encode())):  # it is in how it is written
        return _shorter_bytes(told, shows, until)
    return told.with_body(json.dumps(_smaller_value(told, value, shows, until)).encode())


def _smaller_value(told: Delivered, value: Any, shows: Callable[[Delivered], bool], until: float) -> Any:
    """The same without every node that is not needed, the largest tried first."""
    text = json.dumps(value)
    is_smaller = True
    while is_smaller and time.monotonic() < until:
        is_smaller = False
        for number in range(len(places([json.loads(text)]))):
            if time.monotonic() > until:
                break
            for change in (_delete, _empty, _inner):
                box = [json.loads(text)]
                found = places(box)
                if number >= len(found):
                    break
                change(box, found[number])
                shorter = json.dumps(box[0])
                if len(shorter) < len(text) and shows(told.with_body(shorter.encode())):
                    text, is_smaller = shorter, True
                    break
    return json.loads(text)


def _delete(box: list[Any], place: Place) -> None:
    if place.holder is not box:
        del place.holder[place.name]


def _empty(_box: list[Any], place: Place) -> None:
    node = place.node
    place.holder[place.name] = type(node)() if node is not None else None


def _inner(_box: list[Any], place: Place) -> None:
    node = place.node
    if isinstance(node, (dict, list)) and len(node) == 1:
        place.holder[place.name] = next(iter(node.values())) if isinstance(node, dict) else node[0]


def _shorter_bytes(told: Delivered, shows: Callable[[Delivered], bool], until: float) -> Delivered:
    size = len(told.body) // 2
    while size and time.monotonic() < until:
        position = 0
        while position < len(told.body) and time.monotonic() < until:
            shorter = told.with_body(told.body[:position] + told.body[position + size :])
            if shows(shorter):
                told = shorter
            else:
                position += size
        size //= 2
    return told
