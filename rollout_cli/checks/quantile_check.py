"""Kind `quantile`: is nearly everything fast enough?"""

from fractions import Fraction
from typing import ClassVar

from pydantic import Field, model_validator

from rollout_cli.checks.bounds import Bound, NumberField, ShareField
from rollout_cli.checks.facts import Facts
from rollout_cli.checks.measured import Measured, QueryField, no_share, number_in, too_few
from rollout_cli.checks.numbers import exact_text, exactly, number_text, share_text
from rollout_cli.checks.questions import Answers
from rollout_cli.checks.verdict import Cause, Outcome, failed, passed, unclear
from rollout_cli.checks.words import Said, say
from rollout_cli.plan.models import CheckEntry


class QuantileCheck(Measured):
    """Asks whether a share of all events stays within a limit: the 95 % of "p95 < 200 ms"."""

    QUERIES: ClassVar[tuple[str, ...]] = ("within", "value", "total")

    quantile: ShareField = Field(description="The share that has to stay within the limit.", examples=["95%"])
    max: NumberField | None = Field(default=None, description="The limit.")
    unit: str = Field(default="", max_length=20, description="What the limit is counted in, as it is shown: `ms`.")
    within: QueryField | None = Field(default=None, description="A query for how many events are within the limit.")
    value: QueryField | None = Field(default=None, description="Instead of `within`: a query for the quantile itself.")
    total: QueryField = Field(description="A query for how many events there are.")
    min_events: int = Field(ge=1, description="With fewer events than this nothing is said.")

    @model_validator(mode="after")
    def _asks_one_way(self) -> "QuantileCheck":
        if (self.within is None) == (self.value is None):
            raise ValueError("say one of `within` and `value`")
        if not 0 < self.quantile < 1:
            raise ValueError("a quantile lies between 0% and 100%")
        return self

    def weigh(self, entry: CheckEntry, facts: Facts, answers: Answers) -> Outcome:  # noqa: ARG002
        """Hold the share above the limit against what may be above it, or the quantile against the limit."""
        key = "within" if self.within is not None else "value"
        found, total = number_in(key, answers), number_in("total", answers)
        evidence = {
            key: found, "total": total, "quantile": self.quantile, "max": self.max, "min_events": self.min_events,
        }  # fmt: skip
        impossible = no_share(found, total, evidence) if key == "within" else None
        lacking = impossible or too_few(total, self.min_events, self.window_of_total(facts), evidence)
        if lacking is not None:
            return lacking
        if key == "value" and found < 0 <= (self.max or 0.0):
            message = say("{value} is no time and no size", value=number_text(found))
            return unclear(
                Cause.BAD_ANSWER, message, say("mend the query: a quantile of these is not negative"), evidence
            )
        holds, message = self._by_share(found, total) if key == "within" else self._by_value(found, total)
        if holds:
            return passed(message, evidence)
        return failed(message, say("look at what is slow before the rollout goes on"), evidence)

    def _by_share(self, within: float, total: float) -> tuple[bool, Said]:
        above = max(exactly(total) - exactly(within), Fraction(0))
        share, bound = above / exactly(total), Bound(1 - exactly(self.quantile), is_upper=True)
        message = say(
            "{above} of {total} above {limit} = {share} {sign} {allowed}",
            above=number_text(above),
            total=number_text(total),
            limit=self._with_unit(exact_text(self.max or 0.0)),
            share=share_text(share, bound.limit),
            sign=bound.sign(share),
            allowed=f"{exact_text(exactly(bound.limit) * 100)} %",
        )
        return bound.holds(share), message

    def _by_value(self, value: float, total: float) -> tuple[bool, Said]:
        bound = Bound(self.max or 0.0, is_upper=True)
        message = say(
            "p{quantile} = {value} {sign} {limit}, of {total} events",
            quantile=exact_text(exactly(self.quantile) * 100),
            value=self._with_unit(number_text(value, bound.limit)),
            sign=bound.sign(value),
            limit=self._with_unit(exact_text(bound.limit)),
            total=number_text(total),
        )
        return bound.holds(value), message

    def _with_unit(self, number: str) -> str:
        return f"{number} {self.unit}".strip()
