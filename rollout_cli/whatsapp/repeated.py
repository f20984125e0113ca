"""What every event of a body repeats has to be short: else a body of n bytes would become n² bytes of events."""

from itertools import islice
from typing import Any

from rollout_cli.whatsapp.keys import digest

LONGEST_NAME = 256
"""Characters of a name that is repeated; real ones stay far below."""
_MOST_NODES = 64
_MOST_FIELDS = 16


def short_name(name: str | None) -> str | None:
    """A name as it is, or a hash of one that is too long to be repeated."""
    return name if name is None or len(name) <= LONGEST_NAME else digest(name.encode())


def shown_name(name: str | None) -> str | None:
    """What a person reads of a name."""
    return name if name is None or len(name) <= LONGEST_NAME else name[:LONGEST_NAME]


def short(value: Any) -> Any:
    """A value as it is, or of one that is too long to be repeated those fields that are not."""
    if _left_after(value, _MOST_NODES) >= 0:
        return value
    if type(value) is not dict:
        return None
    return {name: each for name, each in islice(value.items(), _MOST_FIELDS) if _left_after((name, each), 2) >= 0}


def _left_after(value: Any, left: int) -> int:
    """How many nodes may still come after those of a value; below zero as soon as there are too many."""
    if type(value) is str:
        return left - 1 if len(value) <= LONGEST_NAME else -1
    parts = (*value, *value.values()) if type(value) is dict and len(value) <= left else value
    if type(parts) not in (tuple, list):
        return left - 1 if type(value) is not dict else -1
    if len(parts) > 2 * left:
        return -1
    for each in parts:
        left = _left_after(each, left)
        if left < 0:
            return -1
    return left
