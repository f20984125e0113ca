"""Kind `clock`: is this the time to do it?"""

from datetime import UTC, datetime, time, timedelta, tzinfo
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from rollout_cli.checks.facts import Facts
from rollout_cli.checks.verdict import CheckResult, Verdict
from rollout_cli.plan.models import CheckEntry, FileModel

Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
_DAYS: tuple[Day, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def _moment(value: Any) -> datetime:
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise ValueError("a time is written like 2026-12-01T09:00:00Z") from None
    if moment.tzinfo is None:
        raise ValueError("a time needs its offset: 2026-12-01T09:00:00Z or …-03:00")
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("a time is in the years 1 to 9999") from None


def _hours(value: Any) -> tuple[time, time]:
    try:
        start, end = (time.fromisoformat(part.strip()) for part in value.split("-"))
    except (AttributeError, ValueError):
        raise ValueError("hours are written like 09:00-17:30") from None
    if start.tzinfo is not None or end.tzinfo is not None or start == end:
        raise ValueError("hours are written like 09:00-17:30")
    return start, end


def _zone(name: str) -> tzinfo:
    return UTC if name == "UTC" else ZoneInfo(name)  # UTC is known everywhere; others need the machine's zone data


def _zone_name(value: Any) -> str:
    try:
        _zone(value)
    except (TypeError, ValueError, OSError, KeyError):
        if not available_timezones():
            raise ValueError("this machine has no time zone data: install tzdata, or use UTC") from None
        raise ValueError("a timezone is a name like America/Sao_Paulo") from None
    return str(value)


Moment = Annotated[datetime, BeforeValidator(_moment), WithJsonSchema({"type": "string", "format": "date-time"})]
Hours = Annotated[
    tuple[time, time],
    BeforeValidator(_hours),
    WithJsonSchema({"type": "string", "examples": ["09:00-17:30"]}),
]
ZoneName = Annotated[
    str, BeforeValidator(_zone_name), WithJsonSchema({"type": "string", "examples": ["America/Sao_Paulo"]})
]


class ClockCheck(FileModel):
    """Asks whether the store's time is within a window."""

    after: Moment | None = Field(default=None, description="Not before this moment.")
    before: Moment | None = Field(default=None, description="Not from this moment on.")
    days: list[Day] = Field(default=[], description="Only on these days of the week.")
    hours: Hours | None = Field(
        default=None, description="Only between these hours; hours past midnight belong to the day they begin on."
    )
    timezone: ZoneName = Field(default="UTC", description="Whose days and hours these are.")

    @model_validator(mode="after")
    def _asks_something(self) -> "ClockCheck":
        if self.after is None and self.before is None and not self.days and self.hours is None:
            raise ValueError("say at least one of after, before, days, hours")
        if self.after is not None and self.before is not None and self.after >= self.before:
            raise ValueError("this window never opens: `after` must be earlier than `before`")
        return self

    def judge(self, entry: CheckEntry, facts: Facts) -> CheckResult:
        """Compare the store's time with the window; outside it the answer is "not yet", or "too late"."""
        local = facts.now.astimezone(_zone(self.timezone))
        evidence = {"now": facts.now, "timezone": self.timezone}
        said = f"it is {local:%a %Y-%m-%d %H:%M} {self.timezone}"
        if self.before is not None and facts.now >= self.before:
            hint = "the window is over: move `before` in the file"
            return CheckResult(
                entry.id, entry.kind, Verdict.FAIL, f"{said}, allowed before {self.before:%Y-%m-%d %H:%M} UTC", hint,
                entry.title, evidence,
            )  # fmt: skip
        waiting = self._waiting_for(facts.now, local)
        if waiting:
            hint = "wait for it, or move the window in the file"
            return CheckResult(
                entry.id,
                entry.kind,
                Verdict.INCONCLUSIVE,
                f"{said}, allowed {waiting}",
                hint,
                entry.title,
                evidence,
            )
        return CheckResult(entry.id, entry.kind, Verdict.PASS, f"{said}, within the window", "", entry.title, evidence)

    def _waiting_for(self, now: datetime, local: datetime) -> str:
        if self.after is not None and now < self.after:
            return f"after {self.after:%Y-%m-%d %H:%M} UTC"
        if self.days and _DAYS[self._begun(local).weekday()] not in self.days:
            return f"on {', '.join(self.days)}"
        if self.hours is not None and not _is_within(self.hours, local.time()):
            start, end = self.hours
            return f"from {start:%H:%M} to {end:%H:%M}"
        return ""

    def _begun(self, local: datetime) -> datetime:
        """The day whose hours these are: before the end of hours past midnight, still the day before."""
        if self.hours is None:
            return local
        start, end = self.hours
        return local - timedelta(days=1) if start > end > local.time() else local


def _is_within(hours: tuple[time, time], clock: time) -> bool:
    start, end = hours
    return start <= clock < end if start < end else clock >= start or clock < end
