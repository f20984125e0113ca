"""Patterns of JSON, prepared once: a million items are filled in, none is serialized or parsed again."""

import re
from collections.abc import Callable
from operator import attrgetter
from typing import Any

Fill = Callable[[Any], str]
"""Fills a pattern in from a value."""
_FIELD = re.compile(r"<([a-z_.]+)>")
_ONE = 2
"""A field's name, and the text after it."""


def pattern(text: str) -> Fill:
    """A pattern: `<name>` stands for the value's attribute of that name, `<a.b>` for an attribute of it.

    The attributes are written as they are: what goes into a JSON string has to be the inside of one.
    """
    return _filler(*_FIELD.split(text))


def _filler(first: str, *rest: str) -> Fill:
    """A filler for a text, a field's name, a text, a name, and so on: small ones, for each is one f-string."""
    if not rest:
        return lambda _of: first
    if len(rest) == _ONE:
        name, last = rest
        only = attrgetter(name)
        return lambda of: f"{first}{only(of)}{last}"
    name, middle, other, last, *more = rest
    both = attrgetter(name, other)

    def fill(of: Any) -> str:
        one, two = both(of)
        return f"{first}{one}{middle}{two}{last}"

    if not more:
        return fill
    after = _filler("", *more)
    return lambda of: fill(of) + after(of)
