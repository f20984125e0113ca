"""When something happened: seconds, milliseconds, digits, a Long or ISO 8601, always as UTC."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from rollout_cli.whatsapp.wire import whole

TIME_MISSING = "time_missing"
TIME_ABSURD = "time_absurd"

_MILLISECONDS_FROM = 100_000_000_000  # as seconds, that is the year 5138
_MICROSECONDS_FROM = 1000 * _MILLISECONDS_FROM
_BEGINNING = datetime(2009, 1, 1, tzinfo=UTC)
"""No message is older than WhatsApp."""
_BEGINNING_SECONDS = int(_BEGINNING.timestamp())
_AHEAD = timedelta(days=1)
_USUAL = len("1700000000")
_FLAG_MISSING = (TIME_MISSING,)
_FLAG_ABSURD = (TIME_ABSURD,)

Moment = tuple[datetime, tuple[str, ...]]
"""A time, aware and UTC, and the flags of what is wrong with it."""


def moment(value: Any, received_at: datetime) -> Moment:
    """The time a provider tells; when it tells none, the time of receipt."""
    told = _at(value) if type(value) is int and _BEGINNING_SECONDS < value < _MILLISECONDS_FROM else _told(value)
    if told is None:
        return received_at, _FLAG_MISSING
    if told < _BEGINNING or (told > received_at and told - received_at > _AHEAD):
        return told, _FLAG_ABSURD
    return told, ()


def _told(value: Any) -> datetime | None:
    return (
        _at(int(value))
        if type(value) is str and value.isdecimal() and len(value) == _USUAL and value.isascii()
        else parse(value)
    )


def parse(value: Any) -> datetime | None:
    """The time that a value tells, or None."""
    number = whole(value)
    if number is None:
        return _from_text(value) if type(value) is str else None
    if number >= _MILLISECONDS_FROM:
        number //= 1_000_000 if number >= _MICROSECONDS_FROM else 1000
    return _at(number) if number > 0 else None


@lru_cache(maxsize=1024)
def _at(seconds: int) -> datetime | None:
    """A time in seconds; messages of one moment come together, and again."""
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def milliseconds(value: Any) -> int | None:
    """The same as whole milliseconds since 1970, for keys; seconds are counted as such."""
    number = whole(value)
    if number is None or number <= 0:
        return None
    return number if number >= _MILLISECONDS_FROM else number * 1000


def minute(at: datetime) -> str:
    """The minute of a time, for keys of what has no id."""
    return at.strftime("%Y-%m-%dT%H:%M")


def _from_text(value: str) -> datetime | None:
    try:
        told = datetime.fromisoformat(value)
        return told.astimezone(UTC) if told.tzinfo else None  # a time without its offset is nobody's time
    except (ValueError, OverflowError):
        return None
