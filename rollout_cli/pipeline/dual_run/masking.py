"""Masking: what an observation may show of a value. Whatever is not known to be harmless is hidden."""

from collections.abc import Callable
from datetime import datetime
from typing import get_args

from rollout_cli.flags.pseudonym import pseudonym
from rollout_cli.pipeline.dual_run.facts import Scalar
from rollout_cli.whatsapp.vocabulary import EVENT_TYPES, MESSAGE_TYPES, PROVIDERS, ChatType, Direction, Role, State

_WORDS = frozenset({
    *EVENT_TYPES, *(each.removeprefix("whatsapp.") for each in EVENT_TYPES), *MESSAGE_TYPES, *PROVIDERS,
    *get_args(ChatType), *get_args(Direction), *get_args(Role), *get_args(State),
    "message", "status", "reaction", "edit", "revoke", "conversation", "extendedTextMessage", "ptt",
})  # fmt: skip
"""Words that say nothing of anybody."""
_MOST_HARMLESS = 10_000
"""Numbers below are counts; beyond, they may be phones or ids."""
_LEAST_DIGITS = 7
_SEPARATORS = str.maketrans("", "", "+-() .")


def masking(key: bytes) -> Callable[[Scalar], str | None]:
    """A function that hides values, so that equal ones look equal to whoever has no key."""

    def mask(value: Scalar) -> str | None:
        if value is None or isinstance(value, bool):
            return None if value is None else str(value).lower()
        if isinstance(value, int | float):
            return str(value) if abs(value) < _MOST_HARMLESS else f"number({pseudonym(key, str(value))})"
        if value in _WORDS or _is_time(value):
            return value
        name = pseudonym(key, value)
        digits = value.partition("@")[0].translate(_SEPARATORS)
        if digits.isdecimal() and len(digits) >= _LEAST_DIGITS:
            return f"digits({len(digits)}, {name})"
        return f"text({len(value)} characters, {name})"

    return mask


def _is_time(value: str) -> bool:
    """Whether it is a time as we write one: with a date, a clock and an offset, and nothing else."""
    if len(value) not in (len("2026-01-01T00:00:00+00:00"), len("2026-01-01T00:00:00.000000+00:00")):
        return False
    try:
        return datetime.fromisoformat(value).isoformat() == value
    except ValueError:
        return False
