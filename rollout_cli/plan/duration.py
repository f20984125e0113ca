"""Durations as people write them: `48h`, `7d`, `15m`, `1h30m`."""

import re
from datetime import timedelta

_UNITS = {"d": 86_400, "h": 3_600, "m": 60, "s": 1}
_WHOLE = re.compile(r"(?:[0-9]{1,6}[dhms])+")
_PART = re.compile(r"([0-9]+)([dhms])")
_MOST_SECONDS = 3_650 * _UNITS["d"]


def duration_from_text(text: str) -> timedelta:
    """Read a duration.

    Raises:
        ValueError: not of the form, or longer than ten years.
    """
    if not _WHOLE.fullmatch(text):
        raise ValueError("a duration is a number with a unit, like 48h, 7d, 15m, 90s or 1h30m")
    seconds = sum(int(number) * _UNITS[unit] for number, unit in _PART.findall(text))
    if seconds > _MOST_SECONDS:
        raise ValueError("a duration is at most 3650d")
    return timedelta(seconds=seconds)


def duration_text(duration: timedelta) -> str:
    """The shortest way to write a duration: `1d12h`, `15m`, `0s`; parts of a second are dropped."""
    seconds = int(duration.total_seconds())
    parts: list[str] = []
    for unit, size in _UNITS.items():
        count, seconds = divmod(seconds, size)
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts) or "0s"
