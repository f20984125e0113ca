"""Event names: `messages.upsert`, `MESSAGES_UPSERT` and `https://…/hook/messages-upsert?k=1` are one."""

import re
from functools import lru_cache

_LONGEST = 64
"""The names that are remembered: a body may call itself anything."""
_SEPARATORS = re.compile(r"[._\-/\s]+")
_ONE_WORD = frozenset({"call"})
"""The names without a separator: what ends an address is an event's name where it has one, or is one of these."""


def spelled(name: str) -> str:
    """The one spelling of an event's name: lower case, with dots."""
    return _spelled(name) if len(name) <= _LONGEST else _in_one_spelling(name)


def _in_one_spelling(name: str) -> str:
    told = name.partition("?")[0] if "/" in name else name
    told = told.rpartition(":")[2].strip("/ ")
    last = told.rpartition("/")[2]
    if last != told and (last.lower() in _ONE_WORD or _SEPARATORS.search(last)):
        told = last
    return _SEPARATORS.sub(".", told).lower()


_spelled = lru_cache(maxsize=256)(_in_one_spelling)
