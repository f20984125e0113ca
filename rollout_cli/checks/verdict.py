"""Verdicts, and how several make one."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from rollout_cli.errors import ExitCode


class Verdict(StrEnum):
    """What a check came to."""

    PASS = "PASS"  # noqa: S105 - a verdict, not a password
    FAIL = "FAIL"
    INCONCLUSIVE = "INCONCLUSIVE"


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One answered check. The message is one line; the evidence is what it was drawn from, whole and ready for JSON."""

    id: str
    kind: str
    verdict: Verdict
    message: str
    hint: str = ""
    title: str = ""
    evidence: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Keep it one line, whatever names and values are in it."""
        object.__setattr__(self, "message", " ".join(self.message.split()))


def combined(results: Iterable[CheckResult]) -> Verdict:
    """FAIL when one fails, else INCONCLUSIVE when one is, else PASS; nothing asked is nothing against it."""
    verdicts = {result.verdict for result in results}
    for verdict in (Verdict.FAIL, Verdict.INCONCLUSIVE):
        if verdict in verdicts:
            return verdict
    return Verdict.PASS


EXIT_CODES = {
    Verdict.PASS: ExitCode.DONE,
    Verdict.FAIL: ExitCode.FAIL,
    Verdict.INCONCLUSIVE: ExitCode.NOT_YET,
}
