"""Kind `log`: does something stand in the last lines of a log, or not?"""

from datetime import timedelta

from pydantic import Field, model_validator

from rollout_cli.checks.command_check import Arguments
from rollout_cli.checks.facts import Facts
from rollout_cli.checks.file_check import PathField
from rollout_cli.checks.measured import CLOCKS_APART
from rollout_cli.checks.numbers import number_text
from rollout_cli.checks.patterns import PatternField, matching_lines
from rollout_cli.checks.questions import Answers, LogQuestion, LogSeen, Questions, UnansweredError, reply_to
from rollout_cli.checks.shown import shown_pattern
from rollout_cli.checks.verdict import Cause, Outcome, failed, passed, unclear
from rollout_cli.checks.words import Said, say
from rollout_cli.plan.duration import duration_text
from rollout_cli.plan.fields import DurationField
from rollout_cli.plan.models import CheckEntry, FileModel

MOST_LINES = 100_000


class LogCheck(FileModel):
    """Searches the last lines of a log for a pattern, and never repeats what they say."""

    path: PathField | None = Field(default=None, description="The log's file, from the project's folder.")
    command: Arguments | None = Field(
        default=None, description="Instead of `path`: a program that prints the log, like `docker logs`."
    )
    lines: int = Field(default=1_000, ge=1, le=MOST_LINES, description="How many of the last lines.")
    contains: PatternField | None = Field(default=None, description="A pattern (RE2) that must be in some of them.")
    absent: PatternField | None = Field(default=None, description="A pattern that must be in none of them.")
    at_least: int = Field(default=1, ge=1, description="In how many lines `contains` must be.")
    min_lines: int = Field(default=1, ge=1, description="With fewer lines than this nothing is said.")
    fresh: DurationField | None = Field(
        default=None, description="How long ago the file may have been written last; else nothing is said."
    )

    @model_validator(mode="after")
    def _is_whole(self) -> "LogCheck":
        if (self.path is None) == (self.command is None):
            raise ValueError("say one of `path` and `command`")
        if self.contains is None and self.absent is None:
            raise ValueError("say at least one of `contains` and `absent`")
        if self.fresh is not None and self.path is None:
            raise ValueError("`fresh` looks at a file: what a program prints has no age")
        if max(self.min_lines, self.at_least) > self.lines:
            raise ValueError("`lines` is less than what is asked of them: nothing would ever pass")
        return self

    def questions(self, entry: CheckEntry, facts: Facts) -> Questions:  # noqa: ARG002
        """The last lines."""
        return {"log": LogQuestion(self.path or "", tuple(self.command or ()), self.lines)}

    def judge(self, entry: CheckEntry, facts: Facts, answers: Answers) -> Outcome:  # noqa: ARG002
        """Count the lines that match; a log that is silent or old says nothing either way."""
        try:
            seen = reply_to("log", answers, LogSeen)
        except UnansweredError as error:
            return error.outcome
        evidence: dict[str, object] = {"lines": len(seen.lines), "age_seconds": seen.age_seconds, "cut": seen.is_cut}
        silent = self._silence(seen, evidence)
        if silent is not None:
            return silent
        if self.absent is not None:
            bad = matching_lines(self.absent, seen.lines)
            evidence["unwanted"] = bad
            found = _counted(bad, seen, self.absent)
            if bad:
                message = say("{found}, none wanted", found=found)
                return failed(message, say("read these lines where the log is"), evidence)
            if seen.is_cut:
                return _cut(evidence)
            if self.contains is None:
                return passed(found, evidence)
        return self._found(self.contains or "", seen, evidence)

    def _found(self, pattern: str, seen: LogSeen, evidence: dict[str, object]) -> Outcome:
        good = matching_lines(pattern, seen.lines)
        evidence["wanted"] = good
        found = _counted(good, seen, pattern)
        if good >= self.at_least:
            return passed(found, evidence)
        if seen.is_cut:
            return _cut(evidence)
        message = say("{found}, at least {least} wanted", found=found, least=number_text(self.at_least))
        return failed(message, say("see whether it logs at all, and at which level"), evidence)

    def _silence(self, seen: LogSeen, evidence: dict[str, object]) -> Outcome | None:
        if len(seen.lines) < self.min_lines:
            message = say(
                "only {lines} lines, {least} are needed",
                lines=number_text(len(seen.lines)),
                least=number_text(self.min_lines),
            )
            hint = say("wait for traffic, or see whether this is the right log")
            return unclear(Cause.NO_DATA if not seen.lines else Cause.TOO_FEW, message, hint, evidence)
        return None if self.fresh is None else _staleness(seen.age_seconds, self.fresh, evidence)


def _counted(count: int, seen: LogSeen, pattern: str) -> Said:
    lines, shown = number_text(len(seen.lines)), shown_pattern(pattern)
    if not count:
        return say("none of {lines} lines contain {pattern}", lines=lines, pattern=shown)
    return say("{count} of {lines} lines contain {pattern}", count=number_text(count), lines=lines, pattern=shown)


def _cut(evidence: dict[str, object]) -> Outcome:
    """The outcome of a log that may say it where nobody has read."""
    message = say("the log is too long to be read as far as it is asked about")
    return unclear(Cause.TOO_FEW, message, say("ask about fewer `lines`, or let it write shorter ones"), evidence)


def _staleness(age: float | None, most: timedelta, evidence: dict[str, object]) -> Outcome | None:
    """The outcome of a log that nobody writes any more."""
    if age is None or age < -CLOCKS_APART.total_seconds():
        message = say("nobody knows when it was written last")
        return unclear(Cause.BAD_ANSWER, message, say("compare the clocks"), evidence)
    if age <= most.total_seconds():
        return None
    message = say("nothing was written for {age}", age=duration_text(timedelta(seconds=age)))
    return unclear(Cause.STALE, message, say("see whether the service still logs here"), evidence)
