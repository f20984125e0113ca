"""Kind `clock`: is this the time to do it?"""

from datetime import UTC, datetime, time, timedelta, tzinfo
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from rollout_cli.checks.facts import Facts
from rollout_cli.checks.questions import NO_QUESTIONS, Answers, Questions
from rollout_cli.checks.verdict import Cause, Outcome, failed, passed, unclear
from rollout_cli.checks.words import Said, listed, say
from rollout_cli.plan.models import CheckEntry, FileModel

Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
_DAY_NAMES: dict[Day, Said] = {
    "mon": say("Mon"), "tue": say("Tue"), "wed": say("Wed"), "thu": say("Thu"),
    "fri": say("Fri"), "sat": say("Sat"), "sun": say("Sun"),
}  # fmt: skip
_DAYS = tuple(_DAY_NAMES)


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

    def questions(self, entry: CheckEntry, facts: Facts) -> Questions:  # noqa: ARG002
        """Nothing: the store's time is a fact."""
        return NO_QUESTIONS

    def judge(self, entry: CheckEntry, facts: Facts, answers: Answers) -> Outcome:  # noqa: ARG002
        """Compare the store's time with the window; outside it the answer is "not yet", or "too late"."""
        local = facts.now.astimezone(_zone(self.timezone))
        evidence = {"now": facts.now, "timezone": self.timezone}
        day = _DAY_NAMES[_DAYS[local.weekday()]]
        now = say("it is {day} {time} {zone}", day=day, time=f"{local:%Y-%m-%d %H:%M}", zone=self.timezone)
        if self.before is not None and facts.now >= self.before:
            message = say("{now}, allowed before {end} UTC", now=now, end=f"{self.before:%Y-%m-%d %H:%M}")
            return failed(message, say("the window is over: move `before` in the file"), evidence)
        waiting = self._waiting_for(facts.now, local)
        if waiting:
            message = say("{now}, allowed {when}", now=now, when=waiting)
            hint = say("wait for it, or move the window in the file")
            return unclear(Cause.NOT_YET, message, hint, evidence)
        return passed(say("{now}, within the window", now=now), evidence)

    def _waiting_for(self, now: datetime, local: datetime) -> Said:
        if self.after is not None and now < self.after:
            return say("after {start} UTC", start=f"{self.after:%Y-%m-%d %H:%M}")
        if self.days and _DAYS[self._begun(local).weekday()] not in self.days:
            return say("on {days}", days=listed([_DAY_NAMES[day] for day in self.days]))
        if self.hours is not None and not _is_within(self.hours, local.time()):
            start, end = self.hours
            return say("from {start} to {end}", start=f"{start:%H:%M}", end=f"{end:%H:%M}")
        return Said()

    def _begun(self, local: datetime) -> datetime:
        """The day whose hours these are: before the end of hours past midnight, still the day before."""
        if self.hours is None:
            return local
        start, end = self.hours
        return local - timedelta(days=1) if start > end > local.time() else local


def _is_within(hours: tuple[time, time], clock: time) -> bool:
    start, end = hours
    return start <= clock < end if start < end else clock >= start or clock < end
