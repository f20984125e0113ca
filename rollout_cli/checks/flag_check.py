"""Kind `flag`: does a flag stand as the plan assumes?"""

from typing import Literal

from pydantic import Field, model_validator

from rollout_cli.checks.facts import Facts
from rollout_cli.checks.verdict import CheckResult, Verdict
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

    def judge(self, entry: CheckEntry, facts: Facts) -> CheckResult:
        """Compare what is said with what is wanted."""
        snapshot = facts.current if self.state == "current" else facts.planned
        if self.flag not in snapshot.definitions:
            return CheckResult(
                entry.id, entry.kind, Verdict.INCONCLUSIVE, f"{self.flag} is not a flag of this rollout",
                "declare it in flags.yaml, or remove the check", entry.title,
            )  # fmt: skip
        actual = self._actual(snapshot)
        wanted = {
            "enabled": self.enabled, "percent": None if self.percent is None else percent_number(self.percent),
            "value": self.value, "shadow": self.shadow,
        }  # fmt: skip
        wrong = [key for key, value in wanted.items() if value is not None and actual[key] != value]
        stands = ", ".join(f"{key} {_word(actual[key])}" for key, value in wanted.items() if value is not None)
        message = f"{self.flag}{f' for {self.shopper}' if self.shopper else ''}: {stands}"
        evidence = {"flag": self.flag, "state": self.state, "actual": actual, "wanted": wanted}
        if not wrong:
            return CheckResult(entry.id, entry.kind, Verdict.PASS, message, "", entry.title, evidence)
        message += f"; wanted {', '.join(f'{key} {_word(wanted[key])}' for key in wrong)}"
        hint = "see how it came to this: `rollout history`"
        return CheckResult(entry.id, entry.kind, Verdict.FAIL, message, hint, entry.title, evidence)

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


def _word(value: object) -> str:
    if value is None:
        return "none"
    return str(value).lower() if isinstance(value, bool) else shortened(str(value), 100)
