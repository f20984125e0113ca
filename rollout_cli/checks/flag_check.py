"""Kind `flag`: does a flag stand as the plan assumes?"""

from typing import Literal

from pydantic import Field, model_validator

from rollout_cli.checks.facts import Facts
from rollout_cli.checks.questions import NO_QUESTIONS, Answers, Questions
from rollout_cli.checks.verdict import Cause, Outcome, failed, passed, unclear
from rollout_cli.checks.words import Said, listed, say
from rollout_cli.flags.evaluator import Evaluator
from rollout_cli.flags.model import Snapshot
from rollout_cli.flags.percent import percent_number
from rollout_cli.plan.fields import FlagName, Identifier, PercentField
from rollout_cli.plan.findings import shortened
from rollout_cli.plan.models import CheckEntry, FileModel


class FlagCheck(FileModel):
    """Asks how a flag stands, or what it says for one shopper."""

    flag: FlagName = Field(description="The flag that is asked about.")
    enabled: bool | None = Field(
        default=None, description="It must be enabled, or not; with a `shopper`, on for that shopper, or off."
    )
    percent: PercentField | None = Field(default=None, description="It must have exactly this percent.")
    value: str | None = Field(
        default=None, description="It must carry this value, for the `shopper` when one is named."
    )
    shadow: bool | None = Field(default=None, description="It must be in shadow, or not.")
    shopper: Identifier | None = Field(default=None, description="Ask for this shopper instead of the flag as a whole.")
    state: Literal["current", "planned"] = Field(
        default="current", description="Ask the flags as they stand, or as the move would leave them."
    )

    @model_validator(mode="after")
    def _asks_something(self) -> "FlagCheck":
        if all(each is None for each in (self.enabled, self.percent, self.value, self.shadow)):
            raise ValueError("say at least one of enabled, percent, value, shadow")
        return self

    def questions(self, entry: CheckEntry, facts: Facts) -> Questions:  # noqa: ARG002
        """Nothing: how flags stand is a fact."""
        return NO_QUESTIONS

    def judge(self, entry: CheckEntry, facts: Facts, answers: Answers) -> Outcome:  # noqa: ARG002
        """Compare what is said with what is wanted."""
        snapshot = facts.current if self.state == "current" else facts.planned
        if self.flag not in snapshot.definitions:
            message = say("{flag} is not a flag of this rollout", flag=self.flag)
            return unclear(Cause.UNKNOWN_FLAG, message, say("declare it in flags.yaml, or remove the check"))
        actual = self._actual(snapshot)
        wanted = {
            "enabled": self.enabled, "percent": None if self.percent is None else percent_number(self.percent),
            "value": self.value, "shadow": self.shadow,
        }  # fmt: skip
        asked = {key: value for key, value in wanted.items() if value is not None}
        wrong = {key: value for key, value in asked.items() if actual[key] != value}
        stands = listed([_is(key, actual[key]) for key in asked])
        evidence = {"flag": self.flag, "state": self.state, "actual": actual, "wanted": wanted}
        message = say("{flag}: {stands}", flag=self._asked_about(), stands=stands)
        if not wrong:
            return passed(message, evidence)
        message = say(
            "{flag}: {stands}; wanted {wanted}", flag=self._asked_about(), stands=stands,
            wanted=listed([_is(key, value) for key, value in wrong.items()]),
        )  # fmt: skip
        return failed(message, say("see how it came to this: `rollout history`"), evidence)

    def _asked_about(self) -> Said | str:
        return self.flag if self.shopper is None else say("{flag} for {shopper}", flag=self.flag, shopper=self.shopper)

    def _actual(self, snapshot: Snapshot) -> dict[str, object]:
        state = snapshot.state_of(self.flag)
        actual: dict[str, object] = {
            "enabled": state.enabled,
            "percent": None if state.percent is None else percent_number(state.percent),
            "value": state.value if state.value is not None else snapshot.definitions[self.flag].default,
            "shadow": state.shadow,
        }
        if self.shopper is not None:
            decision = Evaluator(snapshot).decide(self.flag, self.shopper)
            actual |= {"enabled": decision.enabled, "value": decision.value}
        return actual


def _is(key: str, value: object) -> Said:
    return say("{key} {value}", key=key, value=_word(value))


def _word(value: object) -> Said | str:
    if value is None:
        return say("none")
    return str(value).lower() if isinstance(value, bool) else shortened(str(value), 100)
