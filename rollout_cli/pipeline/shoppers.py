"""Whose a request is. What cannot be told is nobody's: then only flags that are on for everybody apply."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import msgspec
from msgspec import Raw

from rollout_cli.ending import is_asked_for
from rollout_cli.pipeline.complaints import Complaints
from rollout_cli.pipeline.storable import storable

MOST_BYTES = 64 * 1024
_LONGEST = 256
_object: Callable[[bytes | Raw], dict[str, Raw]] = msgspec.json.Decoder(dict[str, Raw]).decode
_array: Callable[[bytes | Raw], list[Raw]] = msgspec.json.Decoder(list[Raw]).decode
_scalar: Callable[[bytes | Raw], str | int | None] = msgspec.json.Decoder(str | int | None).decode


@dataclass(frozen=True, slots=True)
class Request:
    """What is known of a request before anybody has looked inside.

    Attributes:
        provider: one of `rollout_cli.whatsapp.PROVIDERS`.
        body: the raw bytes.
        instance, event: where the address says so.
        headers: of the request, under names in whatever case.
        shopper_id: whose it is, where the address says so; then nobody else is asked.
    """

    provider: str
    body: bytes
    instance: str | None = None
    event: str | None = None
    headers: Mapping[str, str] | None = None
    shopper_id: str | None = None


class Shoppers(Protocol):
    """Tells whose a request is. It is asked in the caller's thread: no look-up that may take its time."""

    def shopper_of(self, request: Request) -> str | None:
        """The shopper's id; None where it cannot be told. Raising means the same."""
        ...  # pragma: no cover - a protocol


class ByInstance:
    """By a map from instance to shopper. It is not copied, so that it may change."""

    def __init__(self, shoppers: Mapping[str, str]) -> None:
        self._shoppers = shoppers

    def shopper_of(self, request: Request) -> str | None:
        """The instance's shopper, where the address tells the instance."""
        return None if request.instance is None else self._shoppers.get(request.instance)


class ByField:
    """By a field of the body. Nothing else of the body is decoded."""

    def __init__(
        self,
        path: str | Sequence[str | int],
        shoppers: Mapping[str, str] | None = None,
        *,
        most_bytes: int = MOST_BYTES,
    ) -> None:
        """Say which field.

        Args:
            path: names of fields and numbers of items: `"data.shop"`, or `("entry", 0, "id")`. In a text, what stands
                between two dots and is a number is an item's.
            shoppers: by what the field says, where that is not the shopper's id itself.
            most_bytes: a longer body is not looked into, because that takes its time.
        """
        self._path = tuple(map(_step, path.split("."))) if isinstance(path, str) else tuple(path)
        self._shoppers = shoppers
        self._most_bytes = most_bytes

    def shopper_of(self, request: Request) -> str | None:
        """What the field says, text or whole number."""
        if len(request.body) > self._most_bytes:
            return None
        at: bytes | Raw = request.body
        try:
            for step in self._path:
                at = _array(at)[step] if isinstance(step, int) else _object(at)[step]
            found = _scalar(at)
        except (ValueError, LookupError, RecursionError):  # it is no JSON, or has no such field
            return None
        if found is None:
            return None
        return str(found) if self._shoppers is None else self._shoppers.get(str(found))


class ByHeader:
    """By a header of the request: one that a proxy of your own has set, for anybody can set one."""

    def __init__(self, name: str, shoppers: Mapping[str, str] | None = None) -> None:
        self._name = name.lower()
        self._shoppers = shoppers

    def shopper_of(self, request: Request) -> str | None:
        """What the header says, or whose that is."""
        found = next((text for name, text in (request.headers or {}).items() if name.lower() == self._name), None)
        return found if found is None or self._shoppers is None else self._shoppers.get(found)


class FirstOf:
    """Several, asked in turn until one answers."""

    def __init__(self, *shoppers: Shoppers) -> None:
        self._shoppers = shoppers
        self._complaints = Complaints()

    def shopper_of(self, request: Request) -> str | None:
        """The first answer. One that raises has none."""
        for each in self._shoppers:
            try:
                found = usable(each.shopper_of(request))
            except Exception as error:  # it is the application's
                if is_asked_for(error):
                    raise
                self._complaints.once(type(error).__name__, "a resolver of shoppers raised: %s", type(error).__name__)
                continue
            if found is not None:
                return found
        return None


def usable(found: Any) -> str | None:
    """What a resolver said, if it can be a shopper's id.

    That is a text, not empty, of 256 characters at most, without NUL and halves of characters: no database has those.
    """
    return found if isinstance(found, str) and 0 < len(found) <= _LONGEST and storable(found) == found else None


def _step(name: str) -> str | int:
    return int(name) if name.isascii() and name.isdigit() else name
