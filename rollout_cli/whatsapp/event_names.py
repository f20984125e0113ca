"""Event names: `messages.upsert`, `MESSAGES_UPSERT` and `/messages-upsert` are one."""

import re
from functools import lru_cache

_LONGEST = 64
"""The names that are remembered: a body may call itself anything."""
_SEPARATORS = re.compile(r"[._\-/\s]+")


def spelled(name: str) -> str:
    """The one spelling of an event's name: lower case, with dots."""
    return _spelled(name) if len(name) <= _LONGEST else _in_one_spelling(name)


def _in_one_spelling(name: str) -> str:
    return _SEPARATORS.sub(".", name.rpartition(":")[2].strip("/ ")).lower()


_spelled = lru_cache(maxsize=256)(_in_one_spelling)
