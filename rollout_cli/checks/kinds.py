"""The kinds of checks, by name, and how an entry of a phase file becomes one of them."""

from dataclasses import dataclass
from typing import Protocol

from rollout_cli.checks.attestation_check import AttestationCheck
from rollout_cli.checks.clock_check import ClockCheck
from rollout_cli.checks.facts import Facts
from rollout_cli.checks.flag_check import FlagCheck
from rollout_cli.checks.verdict import CheckResult
from rollout_cli.plan.document import Document, Path
from rollout_cli.plan.findings import Finding
from rollout_cli.plan.models import CheckEntry
from rollout_cli.plan.reading import read_model
from rollout_cli.plan.reading_rules import ReadingRule
from rollout_cli.plan.suggestion import closest


class Judge(Protocol):
    """The parameters of one kind, which know how to judge facts."""

    def judge(self, entry: CheckEntry, facts: Facts) -> CheckResult:
        """Turn facts into a verdict."""
        ...


KINDS: dict[str, type[FlagCheck | ClockCheck | AttestationCheck]] = {
    "flag": FlagCheck,
    "clock": ClockCheck,
    "attestation": AttestationCheck,
}


@dataclass(frozen=True, slots=True)
class Check:
    """An entry with its parameters, ready to be asked."""

    entry: CheckEntry
    parameters: Judge

    def judge(self, facts: Facts) -> CheckResult:
        """Answer the check from the facts."""
        return self.parameters.judge(self.entry, facts)


def read_check(entry: CheckEntry, document: Document, path: Path) -> tuple[Check | None, list[Finding]]:
    """Read the parameters of one check as its kind wants them."""
    kind = KINDS.get(entry.kind)
    if kind is None:
        close = closest(entry.kind, KINDS)
        hint = f"did you mean `{close}`?" if close else f"kinds: {', '.join(sorted(KINDS))}"
        line, column = document.place((*path, "kind"))
        message = f"{entry.id}: there is no kind of check called {entry.kind!r}"
        return None, [Finding(document.file, line, column, ReadingRule.UNKNOWN_KIND, message, hint)]
    parameters, findings = read_model(
        kind, document, path=path, data=entry.parameters, also_known=CheckEntry.model_fields
    )
    return (None if parameters is None else Check(entry, parameters)), findings
