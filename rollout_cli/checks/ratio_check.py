"""Kind `ratio`: how many of all events are bad, or good?"""

from fractions import Fraction
from typing import ClassVar

from pydantic import Field, model_validator

from rollout_cli.checks.bounds import ShareField, checked_order, share_bounds, telling_bound
from rollout_cli.checks.facts import Facts
from rollout_cli.checks.measured import Measured, QueryField, no_share, number_in, too_few
from rollout_cli.checks.numbers import exact_text, exactly, number_text, share_text
from rollout_cli.checks.questions import Answers
from rollout_cli.checks.verdict import Outcome, failed, passed
from rollout_cli.checks.words import Said, say
from rollout_cli.plan.models import CheckEntry


class RatioCheck(Measured):
    """Asks which share of all events is bad, or good."""

    QUERIES: ClassVar[tuple[str, ...]] = ("bad", "good", "total")

    bad: QueryField | None = Field(default=None, description="A query for how many are bad.")
    good: QueryField | None = Field(default=None, description="Instead of `bad`: a query for how many are good.")
    total: QueryField = Field(description="A query for how many there are.")
    max: ShareField | None = Field(default=None, description="The highest share that passes.")
    min: ShareField | None = Field(default=None, description="The lowest share that passes.")
    min_events: int = Field(ge=1, description="With fewer events than this nothing is said.")

    @model_validator(mode="after")
    def _counts_one_side(self) -> "RatioCheck":
        if (self.bad is None) == (self.good is None):
            raise ValueError("say one of `bad` and `good`")
        checked_order(self.max, self.min)
        return self

    def weigh(self, entry: CheckEntry, facts: Facts, answers: Answers) -> Outcome:  # noqa: ARG002
        """Hold the share against its bound."""
        side = "bad" if self.bad is not None else "good"
        part, total = number_in(side, answers), number_in("total", answers)
        evidence = {side: part, "total": total, "min_events": self.min_events, "max": self.max, "min": self.min}
        window = self.window_of_total(facts)
        lacking = no_share(part, total, evidence) or too_few(total, self.min_events, window, evidence)
        if lacking is not None:
            return lacking
        share = min(exactly(part) / exactly(total), Fraction(1))
        bound = telling_bound(share, share_bounds(self.max, self.min))
        comparison = say(
            "{share} {sign} {limit}",
            share=share_text(share, bound.limit),
            sign=bound.sign(share),
            limit=f"{exact_text(exactly(bound.limit) * 100)} %",
        )
        message = self._sum(number_text(part), number_text(total), comparison)
        evidence["share"] = float(share)
        if bound.holds(share):
            return passed(message, evidence)
        return failed(message, say("look at what goes wrong before the rollout goes on"), evidence)

    def _sum(self, part: str, total: str, comparison: Said) -> Said:
        if self.bad is not None:
            return say("{part} bad of {total} = {comparison}", part=part, total=total, comparison=comparison)
        return say("{part} good of {total} = {comparison}", part=part, total=total, comparison=comparison)
