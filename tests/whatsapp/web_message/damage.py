"""Bodies with one node of another type than it has."""

from collections.abc import Iterator
from typing import Any

STRANGERS: tuple[Any, ...] = (None, 7, "x", [], {}, True, -1.5, ["x", 7], {"low": 1, "high": 1 << 40})
"""What may stand where something else was expected."""

Path = tuple[str | int, ...]


def paths(value: Any, path: Path = ()) -> Iterator[Path]:
    """Where each node of a value stands, the value itself left out."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, each in inner:
        yield (*path, name)
        yield from paths(each, (*path, name))


def replaced(value: Any, path: Path, stranger: Any) -> Any:
    """The same value with something else at one place."""
    if not path:
        return stranger
    name, *rest = path
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[name] = replaced(value[name], tuple(rest), stranger)
    return copy


def words(value: Any) -> Iterator[str]:
    """The names of all fields of a value."""
    if isinstance(value, dict):
        yield from value
    for each in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from words(each)
