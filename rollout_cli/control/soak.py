"""The soak: how long the rollout has to stay where it is, counted in the store's time."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from rollout_cli.checks.verdict import Cause, CheckResult, passed, unclear
from rollout_cli.checks.words import say
from rollout_cli.control.standing import Standing
from rollout_cli.plan.duration import duration_text


@dataclass(frozen=True, slots=True)
class Soak:
    """How much of a soak is over."""

    required: timedelta
    elapsed: timedelta
    ready_at: datetime

    @property
    def is_over(self) -> bool:
        """Whether the rollout has stayed long enough."""
        return self.elapsed >= self.required


def soak_of(standing: Standing, required: timedelta) -> Soak | None:
    """The soak at the latest revision's position; None before the first revision."""
    if standing.latest is None:
        return None
    entered = standing.latest.entered_at
    return Soak(required, max(standing.now - entered, timedelta(0)), entered + required)


def soak_result(standing: Standing, required: timedelta | None) -> list[CheckResult]:
    """The soak as a check beside the others; a clock that is behind the last entry can count nothing."""
    if standing.clock_is_behind and standing.latest is not None:
        behind = duration_text(standing.behind_by)
        message = say("the store's clock is {behind} behind the last entry, so no time can be counted", behind=behind)
        hint = say("set the clock right; a rollback works all the same")
        evidence = {"now": standing.now, "last_entry": standing.latest.at}
        outcome = unclear(Cause.NOT_YET, message, hint, evidence)
        return [CheckResult("clock", "clock", outcome, "The clock can be trusted")]
    soak = None if required is None else soak_of(standing, required)
    if soak is None or not soak.required:
        return []
    timing: dict[str, Any] = {
        "required_seconds": soak.required.total_seconds(),
        "elapsed_seconds": soak.elapsed.total_seconds(),
        "ready_at": soak.ready_at,
    }
    done = say("{elapsed} of {required}", elapsed=duration_text(soak.elapsed), required=duration_text(soak.required))
    if soak.is_over:
        return [CheckResult("soak", "soak", passed(done, timing), "The position has soaked")]
    hint = say("wait until {time} UTC", time=f"{soak.ready_at:%Y-%m-%d %H:%M:%S}")
    return [CheckResult("soak", "soak", unclear(Cause.NOT_YET, done, hint, timing), "The position has soaked")]
