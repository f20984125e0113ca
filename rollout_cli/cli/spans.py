"""Durations and times as they are typed."""

from datetime import UTC, datetime, timedelta

from rollout_cli.errors import UsageError


def span(words: str) -> timedelta:
    """A duration.

    Raises:
        UsageError: it is none.
    """
    from rollout_cli.plan.duration import duration_from_text

    try:
        return duration_from_text(words)
    except ValueError as error:
        raise UsageError(f"{words!r} is no duration", hint=str(error)) from None


def when(words: str | None, option: str) -> datetime | None:
    """A time, or a duration for so long ago; None where nothing was typed.

    Raises:
        UsageError: it is neither.
    """
    if words is None:
        return None
    try:
        moment = datetime.fromisoformat(words)
    except ValueError:
        try:
            return datetime.now(UTC) - span(words)
        except UsageError:
            hint = "a time like 2026-11-02T09:00:00Z, or a duration like 24h for so long ago"
            raise UsageError(f"{option} {words!r} is no time", hint=hint) from None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
