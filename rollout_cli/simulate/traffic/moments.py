"""The traffic's own time."""

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def moment_of(milliseconds: int) -> datetime:
    """A moment of the traffic, from milliseconds since 1970."""
    return _EPOCH + timedelta(milliseconds=milliseconds)
