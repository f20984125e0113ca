"""What is wrong with a file, where, and what to do about it."""

from dataclasses import dataclass
from enum import StrEnum

from rollout_cli.errors import ExitCode, RolloutError


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
