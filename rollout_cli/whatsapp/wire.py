"""Values as they come: a field may have any type, so each is asked for as what it should be."""

import re
from typing import Any

EMPTY: dict[str, Any] = {}
_WORD = 1 << 32
_MOST_DIGITS = 20
_NUMBER = re.compile(r"[+-]?[0-9]{1,19}")
_DECIMAL = re.compile(r"[+-]?[0-9]{1,19}(?:\.[0-9]{1,19})?")


def text(value: Any) -> str | None:
    """A string that is not empty."""
    return value if type(value) is str and value else None


def scalar(value: Any) -> str | None:
    """A string, or a whole number as one: ids come as both."""
    if type(value) is str:
        return value or None
    return str(value) if type(value) is int and -(1 << 63) <= value < 1 << 64 else None


def mapping(value: Any) -> dict[str, Any]:
    """An object; an empty one in its place."""
    return value if type(value) is dict else EMPTY


_NAMES = ("instanceName", "name", "instanceId", "id", "key")


def name_or_id(value: Any) -> str | None:
    """What something calls itself: a string, or the name or id that an object has."""
    if type(value) is not dict:
        return scalar(value)
    return next((found for name in _NAMES if (found := scalar(value.get(name)))), None)


def items(value: Any) -> list[Any]:
    """A list; a single object counts as a list of one, anything else as none."""
    if type(value) is list:
        return value
    return [value] if type(value) is dict else []


def objects(value: Any) -> list[dict[str, Any]]:
    """The objects of a list, or the one that stands in its place."""
    return [each for each in items(value) if type(each) is dict]


def strings(value: Any) -> tuple[str, ...]:
    """The strings of a list that are not empty."""
    return tuple(each for each in value if type(each) is str and each) if type(value) is list else ()


def truth(value: Any) -> bool:
    """A boolean, perhaps written as a word or a number."""
    if value is False or value is None:
        return False
    return value is True or value in (1, "true", "True")


def known_truth(value: Any) -> bool | None:
    """A boolean where one is told."""
    return None if value is None else truth(value)


def whole(value: Any) -> int | None:
    """A whole number: as one, as digits, with a fraction that is cut off, or as a Long (`{low, high, unsigned}`)."""
    kind = type(value)
    if kind is int:
        return value  # type: ignore[no-any-return]
    if kind is str:
        if value.isdecimal() and len(value) < _MOST_DIGITS and value.isascii():
            return int(value)
        return int(value) if _NUMBER.fullmatch(value) else None
    if kind is float:
        return int(value) if abs(value) < _WORD**2 else None
    return _long(value) if kind is dict else None


def decimal(value: Any) -> float | None:
    """A number: as one, or as digits."""
    kind = type(value)
    if kind is float:
        return value  # type: ignore[no-any-return]
    if kind is int:
        return float(value) if abs(value) < _WORD**2 else None
    if kind is str and _DECIMAL.fullmatch(value):
        return float(value)
    return None


def _long(value: dict[str, Any]) -> int | None:
    low, high = value.get("low"), value.get("high")
    if type(low) is not int or type(high) is not int:
        return None
    return high * _WORD + low % _WORD
