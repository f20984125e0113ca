"""What measured checks share: a source, a window, a least number of events, a look at how fresh the data are."""

import math
from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Annotated, ClassVar

from pydantic import Field, StringConstraints, model_validator

from rollout_cli.checks.facts import Facts
from rollout_cli.checks.numbers import number_text
from rollout_cli.checks.questions import (
    Answers,
    NoAnswer,
    Number,
    NumberQuestion,
    Question,
    Questions,
    UnansweredError,
    reply_to,
)
from rollout_cli.checks.verdict import Cause, Evidence, Outcome, unclear
from rollout_cli.checks.words import say
from rollout_cli.plan.duration import duration_text
from rollout_cli.plan.fields import DurationField, Slug
from rollout_cli.plan.models import CheckEntry, FileModel

QueryField = Annotated[str, StringConstraints(min_length=1, max_length=5_000)]
SHORTEST_WINDOW = timedelta(minutes=1)
UNENTERED_WINDOW = timedelta(hours=1)
_STALE_AFTER = timedelta(minutes=5)
CLOCKS_APART = timedelta(minutes=5)
"""How far ahead of the store's clock another one may be."""
_OLDEST = 3e11
_WINDOW = "{window}"
_SINCE = "{since}"
_EXACT = 1 << 53
"""Up to here a float and the whole number it shows are the same."""


class Measured(FileModel):
    """A question about numbers of a source.

    `{window}` in a query stands for the window: how far it looks back; `{since}` for the moment to which it does.
    """

    QUERIES: ClassVar[tuple[str, ...]] = ()
    """The keys that hold queries; each is asked when it is said."""

    source: Slug = Field(description="Where the numbers are: a source of `sources.yaml`, or `store`.")
    window: DurationField | None = Field(
        default=None,
        description="How far the queries look back (`{window}`, `{since}`); else to when the position was entered.",
    )
    newest: QueryField | None = Field(
        default=None, description="A query for the time of the newest datum, in seconds since 1970."
    )
    stale_after: DurationField | None = Field(
        default=None, description="How old the newest datum may be before nothing can be said; else 5m."
    )

    @model_validator(mode="after")
    def _time_is_whole(self) -> "Measured":
        if self.stale_after is not None and self.newest is None:
            raise ValueError("`stale_after` needs `newest`: the query for the time of the newest datum")
        if self.window is not None and not self.window:
            raise ValueError("a window of 0s looks back at nothing")
        return self

    def questions(self, entry: CheckEntry, facts: Facts) -> Questions:  # noqa: ARG002 - every kind is given its entry
        """Every query that is said, the window filled in."""
        seconds = int(self.window_at(facts).total_seconds())
        window, since = f"{seconds}s", _moment_text(facts.now - timedelta(seconds=seconds))
        named = {name: getattr(self, name) for name in (*self.QUERIES, "newest")}
        asked: dict[str, Question] = {
            name: NumberQuestion(self.source, query.replace(_WINDOW, window).replace(_SINCE, since))
            for name, query in named.items()
            if query is not None
        }
        return asked

    def window_at(self, facts: Facts) -> timedelta:
        """How far back the queries look."""
        if self.window is not None:
            return self.window
        if facts.entered_at is None:
            return UNENTERED_WINDOW
        return max(facts.now - facts.entered_at, SHORTEST_WINDOW)

    def window_of_total(self, facts: Facts) -> timedelta | None:
        """How far back the events of `total` are counted; None when its query has no window."""
        total = getattr(self, "total", None) or ""
        return self.window_at(facts) if _WINDOW in total or _SINCE in total else None

    def judge(self, entry: CheckEntry, facts: Facts, answers: Answers) -> Outcome:
        """The verdict of the numbers, unless they are too old to say anything."""
        try:
            outcome = self._staleness(facts, answers) or self.weigh(entry, facts, answers)
        except UnansweredError as error:
            return error.outcome
        return replace(outcome, evidence=_with_whole_numbers(outcome.evidence))

    @abstractmethod
    def weigh(self, entry: CheckEntry, facts: Facts, answers: Answers) -> Outcome:
        """What fresh numbers say.

        Raises:
            UnansweredError: a number is missing.
        """

    def _staleness(self, facts: Facts, answers: Answers) -> Outcome | None:
        if self.newest is None:
            return None
        age = facts.now.timestamp() - number_in("newest", answers)
        most = self.stale_after or _STALE_AFTER
        evidence = {"age_seconds": round(age, 3), "source": self.source}
        if age < -CLOCKS_APART.total_seconds():
            message = say("the newest datum of {source} is of the future", source=self.source)
            hint = say("mend `newest`: it is asked for seconds since 1970, in UTC")
            return unclear(Cause.BAD_ANSWER, message, hint, evidence)
        if age <= most.total_seconds():
            return None
        shown = duration_text(timedelta(seconds=min(age, _OLDEST)))
        message = say("the newest datum of {source} is {age} old", source=self.source, age=shown)
        hint = say("find out why nothing arrives; {most} would do", most=duration_text(most))
        return unclear(Cause.STALE, message, hint, evidence)


def _with_whole_numbers(evidence: Evidence) -> Evidence:
    """Evidence whose counts are written as people count: 2000, not 2000.0."""
    return {
        name: int(value) if isinstance(value, float) and value.is_integer() and abs(value) <= _EXACT else value
        for name, value in evidence.items()
    }


def number_in(name: str, answers: Answers) -> float:
    """The number that answers a question.

    Raises:
        UnansweredError: there is none, or none that is finite.
    """
    value = reply_to(name, answers, Number).value
    if math.isfinite(value):
        return value
    message = say("the value is {value}, which is no finite number", value=str(value))
    hint = say("mostly something is divided by nothing: wait for data")
    raise UnansweredError(NoAnswer(Cause.NOT_A_NUMBER, message, hint), {"question": name, "cause": "not_a_number"})


def _moment_text(moment: datetime) -> str:
    """A time as every database reads it, and as the store of events writes it in SQLite."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def too_few(events: float, least: int, window: timedelta | None, evidence: Mapping[str, object]) -> Outcome | None:
    """The outcome when there are too few events to say anything; None when there are enough."""
    if events >= least and events > 0:
        return None
    if events <= 0:
        message = say("no events: {count} counted", count=number_text(events))
        if window is not None:
            message = say("no events in {window}", window=duration_text(window))
        hint = say("wait for traffic, or see whether the source counts what you mean")
        return unclear(Cause.NO_DATA, message, hint, evidence)
    message = say(
        "only {events} events, {least} are needed", events=number_text(events, least), least=number_text(least)
    )
    hint = say("wait for about {more} more", more=number_text(math.ceil(least - events)))
    return unclear(Cause.TOO_FEW, message, hint, evidence)


def no_share(part: float, total: float, evidence: Mapping[str, object]) -> Outcome | None:
    """The outcome when one number is not a part of the other; None when it may be.

    Rates are extrapolated, so a whole may seem a little smaller than its part.
    """
    if 0 <= part <= total * 1.001 + 0.5:
        return None
    message = say("{part} of {total} is no share", part=number_text(part, total), total=number_text(total))
    return unclear(Cause.BAD_ANSWER, message, say("mend the two queries: one counts the other's"), evidence)
