"""Kind `command`: does a program say yes?"""

from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from rollout_cli.checks.facts import Facts
from rollout_cli.checks.http_fields import VariableName
from rollout_cli.checks.patterns import PatternField, matches
from rollout_cli.checks.questions import Answers, CommandEnded, CommandQuestion, Questions, UnansweredError, reply_to
from rollout_cli.checks.redaction import redacted, redacted_last_line
from rollout_cli.checks.shown import shown_pattern
from rollout_cli.checks.verdict import Cause, Outcome, failed, passed, unclear
from rollout_cli.checks.words import Said, say
from rollout_cli.plan.models import CheckEntry, FileModel

_MOST_OF_A_LINE = 120
ExitStatus = Annotated[int, Field(ge=0, le=255)]


def _no_nul(text: str) -> str:
    if "\0" in text:
        raise ValueError("an argument has no NUL in it")
    return text


Argument = Annotated[str, StringConstraints(max_length=5_000), AfterValidator(_no_nul)]
Arguments = Annotated[list[Argument], Field(min_length=1, max_length=100)]


class CommandCheck(FileModel):
    """Runs a program and looks at its exit status and output. Off unless `sources.yaml` allows the program."""

    command: Arguments = Field(description="The program and its arguments; there is no shell that would read them.")
    environment: list[VariableName] = Field(
        default=[],
        description="Variables that are handed on, as `sources.yaml` allows; else there are PATH, HOME and LANG.",
    )
    pass_on: list[ExitStatus] = Field(default=[0], min_length=1, description="The exit statuses that pass.")
    inconclusive_on: list[ExitStatus] = Field(default=[], description='The exit statuses that mean "cannot say".')
    contains: PatternField | None = Field(default=None, description="A pattern (RE2) that must be in the output.")
    absent: PatternField | None = Field(default=None, description="A pattern that must not be in the output.")

    @model_validator(mode="after")
    def _says_one_thing(self) -> "CommandCheck":
        if set(self.pass_on) & set(self.inconclusive_on):
            raise ValueError("an exit status passes, or it is inconclusive, not both")
        return self

    def questions(self, entry: CheckEntry, facts: Facts) -> Questions:  # noqa: ARG002
        """One run."""
        return {"run": CommandQuestion(tuple(self.command), tuple(self.environment))}

    def judge(self, entry: CheckEntry, facts: Facts, answers: Answers) -> Outcome:  # noqa: ARG002
        """Look at the status, then the output; a program that was ended by a signal said nothing."""
        try:
            ended = reply_to("run", answers, CommandEnded)
        except UnansweredError as error:
            return error.outcome
        evidence = {
            "exit_status": ended.code,
            "seconds": round(ended.seconds, 3),
            "output": redacted(ended.shown, 1_000),
            "output_cut": ended.is_cut,
        }
        hint = say("run it by hand and read all of its output")
        if ended.code < 0:
            message = say("ended by signal {number}", number=-ended.code)
            return unclear(Cause.BROKEN, message, hint, evidence)
        status = say("exit status {status}", status=ended.code)
        if ended.code in self.inconclusive_on:
            return unclear(Cause.NO_DATA, say("{status}: it cannot say", status=status), hint, evidence)
        if self._is_undecided(ended):
            message = say("{status}; the output is too long to be read to its end", status=status)
            return unclear(Cause.NO_DATA, message, say("let the program print less"), evidence)
        wrong = self._wrong(ended)
        if wrong is None:
            return passed(status, evidence)
        return failed(_with_last_line(say("{status}; {wrong}", status=status, wrong=wrong), ended), hint, evidence)

    def _is_undecided(self, ended: CommandEnded) -> bool:
        """Whether the verdict hangs on output that was cut off."""
        if not ended.is_cut or ended.code not in self.pass_on:
            return False
        if self.absent is not None:
            return not matches(self.absent, ended.output)
        return self.contains is not None and not matches(self.contains, ended.output)

    def _wrong(self, ended: CommandEnded) -> Said | None:
        if ended.code not in self.pass_on:
            return say("wanted {status}", status=", ".join(map(str, self.pass_on)))
        if self.absent is not None and matches(self.absent, ended.output):
            return say("the output contains {pattern}", pattern=shown_pattern(self.absent))
        if self.contains is not None and not matches(self.contains, ended.output):
            return say("the output does not contain {pattern}", pattern=shown_pattern(self.contains))
        return None


def _with_last_line(message: Said, ended: CommandEnded) -> Said:
    """A program that fails mostly says why at its end; of an output that was cut off, the end is not known."""
    line = "" if ended.is_cut else redacted_last_line(ended.shown, _MOST_OF_A_LINE)
    return say("{message}; its last line: {line}", message=message, line=line) if line else message
