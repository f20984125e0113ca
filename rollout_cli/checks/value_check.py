"""Kinds `value`, `count` and `sql`: one number against a bound."""

from typing import ClassVar

from pydantic import Field, model_validator

from rollout_cli.checks.bounds import NumberField, bounds_of, checked_order, telling_bound
from rollout_cli.checks.facts import Facts
from rollout_cli.checks.measured import Measured, QueryField, number_in, too_few
from rollout_cli.checks.numbers import exact_text, number_text
from rollout_cli.checks.questions import Answers
from rollout_cli.checks.verdict import Cause, Outcome, failed, passed, unclear
from rollout_cli.checks.words import Said, say
from rollout_cli.plan.models import CheckEntry


class _OneNumber(Measured):
    """What the three kinds share; each has its number under a key of its own."""

    KEY: ClassVar[str]

    max: NumberField | None = Field(default=None, description="The highest number that passes.")
    min: NumberField | None = Field(default=None, description="The lowest number that passes.")
    unit: str = Field(default="", max_length=20, description="What is counted, as it is shown: `MB`, `duplicates`.")
    total: QueryField | None = Field(default=None, description="A query for how many events the number was drawn from.")
    min_events: int | None = Field(default=None, ge=1, description="With fewer events than this nothing is said.")

    @model_validator(mode="after")
    def _least_is_whole(self) -> "_OneNumber":
        if (self.total is None) != (self.min_events is None):
            raise ValueError("`total` and `min_events` go together")
        checked_order(self.max, self.min)
        return self

    def weigh(self, entry: CheckEntry, facts: Facts, answers: Answers) -> Outcome:  # noqa: ARG002
        """Hold the number against its bounds."""
        value = number_in(self.KEY, answers)
        evidence: dict[str, object] = {"value": value, "max": self.max, "min": self.min, "unit": self.unit}
        if self.total is not None and self.min_events is not None:
            events = number_in("total", answers)
            evidence |= {"total": events, "min_events": self.min_events}
            lacking = too_few(events, self.min_events, self.window_of_total(facts), evidence)
            if lacking is not None:
                return lacking
        return self._held(value, evidence)

    def _held(self, value: float, evidence: dict[str, object]) -> Outcome:
        bound = telling_bound(value, bounds_of(self.max, self.min))
        shown, limit = f"{number_text(value, bound.limit)} {self.unit}".strip(), exact_text(bound.limit)
        if bound.is_upper:
            message = say("{value}, at most {limit} wanted", value=shown, limit=limit)
        else:
            message = say("{value}, at least {limit} wanted", value=shown, limit=limit)
        if bound.holds(value):
            return passed(message, evidence)
        return failed(message, self._advice(), evidence)

    def _advice(self) -> Said:
        return say("look at what moved it before the rollout goes on")


class ValueCheck(_OneNumber):
    """Asks for one number, like memory in use or the age of a queue."""

    QUERIES: ClassVar[tuple[str, ...]] = ("value", "total")
    KEY: ClassVar[str] = "value"

    value: QueryField = Field(description="A query for the number.")


class CountCheck(_OneNumber):
    """Asks how many there are of something, like duplicates."""

    QUERIES: ClassVar[tuple[str, ...]] = ("count", "total")
    KEY: ClassVar[str] = "count"

    count: QueryField = Field(description="A query for how many there are.")

    def _held(self, value: float, evidence: dict[str, object]) -> Outcome:
        if value < 0:
            message = say("{value} is no count", value=number_text(value, 0))
            return unclear(Cause.BAD_ANSWER, message, say("mend the query: it does not count"), evidence)
        return super()._held(value, evidence)


class SqlCheck(_OneNumber):
    """Asks a database for one number, with one reading statement."""

    QUERIES: ClassVar[tuple[str, ...]] = ("query", "total")
    KEY: ClassVar[str] = "query"

    query: QueryField = Field(description="One SELECT that answers with one number.")
