"""Patterns of JSON, prepared once: a million items are filled in, none is serialized."""

import re
from collections.abc import Callable
from operator import attrgetter
from typing import Any

Fill = Callable[[Any], str]
"""Fills a pattern in from a value."""
_FIELD = re.compile(r"<([a-z_.]+)>")


def pattern(text: str) -> Fill:
    """A pattern: `<name>` stands for the value's attribute of that name, `<a.b>` for an attribute of it.

    The attributes are written as they are: what goes into a JSON string has to be the inside of one.
    """
    names = _FIELD.findall(text)
    if not names:
        return lambda _of: text
    template = _FIELD.sub("%s", text.replace("%", "%%"))
    told = attrgetter(*names)
    return lambda of: template % told(of)
