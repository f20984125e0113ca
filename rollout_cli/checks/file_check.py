"""Kind `file`: is a file there, as it should be?"""

from datetime import timedelta
from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from rollout_cli.checks.facts import Facts
from rollout_cli.checks.measured import CLOCKS_APART
from rollout_cli.checks.patterns import PatternField, matches
from rollout_cli.checks.questions import Answers, FileQuestion, FileSeen, Questions, UnansweredError, reply_to
from rollout_cli.checks.shown import shown_pattern
from rollout_cli.checks.verdict import Cause, Outcome, failed, passed, unclear
from rollout_cli.checks.words import Said, say
from rollout_cli.plan.duration import duration_text
from rollout_cli.plan.fields import DurationField
from rollout_cli.plan.models import CheckEntry, FileModel


def _printable(text: str) -> str:
    if not text.isprintable():
        raise ValueError("a path has no invisible characters")
    return text


PathField = Annotated[str, StringConstraints(min_length=1, max_length=1_000), AfterValidator(_printable)]


class FileCheck(FileModel):
    """Asks for a file: that it is there or not, what is in it, how old it is."""

    path: PathField = Field(description="The file, from the project's folder.")
    exists: bool = Field(default=True, description="Whether it must be there.")
    contains: PatternField | None = Field(default=None, description="A pattern (RE2) that must be in it.")
    absent: PatternField | None = Field(default=None, description="A pattern that must not be in it.")
    newer_than: DurationField | None = Field(default=None, description="How old it may be.")

    @model_validator(mode="after")
    def _is_possible(self) -> "FileCheck":
        if not self.exists and (self.contains or self.absent or self.newer_than):
            raise ValueError("a file that must not be there has no content and no age")
        return self

    def questions(self, entry: CheckEntry, facts: Facts) -> Questions:  # noqa: ARG002
        """One look."""
        return {"file": FileQuestion(self.path, wants_content=bool(self.contains or self.absent))}

    def judge(self, entry: CheckEntry, facts: Facts, answers: Answers) -> Outcome:  # noqa: ARG002
        """Look at whether it is there, then at its content and age."""
        try:
            seen = reply_to("file", answers, FileSeen)
        except UnansweredError as error:
            return error.outcome
        evidence = {"path": self.path, "what": seen.what, "bytes": seen.size, "age_seconds": round(seen.age_seconds, 1)}
        if self.newer_than is not None and seen.age_seconds < -CLOCKS_APART.total_seconds():
            message = say("{path}: {wrong}", path=self.path, wrong=say("it is of the future"))
            return unclear(Cause.BAD_ANSWER, message, say("compare the clocks"), evidence)
        if seen.what == "nowhere" and not self.exists:
            message = say("{path}: the folder it would be in is not there", path=self.path)
            return unclear(Cause.NO_DATA, message, say("see whether the path is right"), evidence)
        wrong = self._wrong(seen)
        if wrong is not None:
            message = say("{path}: {wrong}", path=self.path, wrong=wrong)
            return failed(message, say("put the file right, or the check"), evidence)
        return passed(self._right(), evidence)

    def _right(self) -> Said:
        if self.contains is not None:
            return say("{path} contains what it should", path=self.path)
        if self.absent is not None:
            return say("{path} contains nothing that it should not", path=self.path)
        return say("{path} is there", path=self.path) if self.exists else say("{path} is not there", path=self.path)

    def _wrong(self, seen: FileSeen) -> Said | None:
        if not self.exists:
            return None if seen.what == "nothing" else say("it is there")
        if seen.what != "file":
            return _NOT_A_FILE[seen.what]
        text = seen.content.decode("utf-8", "replace")
        if self.contains is not None and not matches(self.contains, text):
            return say("it does not contain {pattern}", pattern=shown_pattern(self.contains))
        if self.absent is not None and matches(self.absent, text):
            return say("it contains {pattern}", pattern=shown_pattern(self.absent))
        if self.newer_than is not None and seen.age_seconds > self.newer_than.total_seconds():
            age = duration_text(timedelta(seconds=seen.age_seconds))
            return say("it is {age} old, wanted newer than {most}", age=age, most=duration_text(self.newer_than))
        return None


_NOT_A_FILE: dict[str, Said] = {
    "nowhere": say("it is not there"),
    "nothing": say("it is not there"),
    "folder": say("it is a folder"),
    "something else": say("it is not a plain file"),
}
