"""JSON from somebody who may lie: every key once, and however deep, no error but one."""

import json
from collections.abc import Iterable
from typing import Any


def strict_json(text: str | bytes, *, with_nan: bool = False) -> Any:
    """The document that a text is.

    Args:
        text: the text, or its bytes.
        with_nan: whether Python's `NaN` and `Infinity` are read as such; JSON knows neither.

    Raises:
        ValueError: it is none, or says a key twice, which says two things at once.
    """
    try:
        return json.loads(text, object_pairs_hook=_once_each, parse_constant=None if with_nan else _no_json)
    except RecursionError:
        raise ValueError("too deep to be read") from None


def _no_json(word: str) -> Any:
    raise ValueError(f"{word} is no JSON")


def _once_each(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    read: dict[str, Any] = {}
    for key, value in pairs:
        if key in read:
            raise ValueError("a key stands twice")
        read[key] = value
    return read
