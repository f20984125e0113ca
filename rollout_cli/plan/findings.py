"""What is wrong with a file, where, and what to do about it."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice

from rollout_cli.errors import ExitCode, RolloutError
from rollout_cli.plan.reading_rules import ReadingRule

MAX_FINDINGS = 50
"""How many findings one reader shows of one file, or one lint rule shows at all."""


MOST_CHARACTERS = 300
"""No message or hint is longer, whatever stands in the file."""


class Severity(StrEnum):
    """An error makes the files unusable; a warning does not."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One thing to mend. Lines and columns count from 1."""

    file: str
    line: int
    column: int
    rule: str
    message: str
    hint: str
    severity: Severity = Severity.ERROR

    def __post_init__(self) -> None:
        """Keep the words short: a finding never repeats a whole file."""
        object.__setattr__(self, "message", shortened(self.message))
        object.__setattr__(self, "hint", shortened(self.hint))


class InvalidFilesError(RolloutError):
    """The wanted state cannot be read; every finding of every file is in it."""

    exit_code = ExitCode.USAGE

    def __init__(self, findings: tuple[Finding, ...]) -> None:
        errors = [finding for finding in findings if finding.severity is Severity.ERROR]
        files = len({finding.file for finding in errors})
        super().__init__(
            f"{len(errors)} error{'s'[: len(errors) != 1]} in {files} file{'s'[: files != 1]}",
            hint="mend them and run `rollout validate`",
        )
        self.findings = findings


def shortened(text: str, most: int = MOST_CHARACTERS) -> str:
    """The text, or its beginning when it is too long."""
    return text if len(text) <= most else f"{text[: most - 1]}…"


def at_most(findings: Iterable[Finding]) -> list[Finding]:
    """The first findings; when there are more, one more that says so."""
    found = list(islice(findings, MAX_FINDINGS + 1))
    if len(found) > MAX_FINDINGS:
        last = found[-1]
        message, hint = "there are more findings from here on", "mend the first ones, then look again"
        found[-1] = Finding(
            last.file, last.line, last.column, ReadingRule.TOO_MANY_FINDINGS, message, hint, last.severity
        )
    return found
