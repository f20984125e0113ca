"""What a lint rule about checks is asked about, and how it is registered."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from rollout_cli.checks.kinds import Check
from rollout_cli.checks.sources_file import SourcesFile
from rollout_cli.plan.document import Document
from rollout_cli.plan.findings import Severity
from rollout_cli.plan.lint_rules import Complaint
from rollout_cli.plan.models import FlagsFile, PhaseFile
from rollout_cli.plan.wanted import Wanted


@dataclass(frozen=True, slots=True)
class CheckSubject:
    """Every check that is sound as a model, beside the phases and sources it belongs to.

    Attributes:
        checks: by phase number and list.
        flags: None when `flags.yaml` is unsound.
        sources: None when `sources.yaml` is unsound.
        sources_document: None when there is no `sources.yaml`.
        today: the day on which the files are read.
        whole: whether every phase file is sound.
        way: the plan that the files make; None while it cannot be followed.
    """

    phases: tuple[tuple[PhaseFile, Document], ...]
    checks: Mapping[tuple[int, str], tuple[Check, ...]]
    flags: FlagsFile | None
    sources: SourcesFile | None
    sources_document: Document | None
    today: date
    whole: bool = True
    way: Wanted | None = None

    def placed(self) -> Iterator[tuple[Check, Document]]:
        """Every check with its document."""
        documents = {document.file: document for _, document in self.phases}
        for checks in self.checks.values():
            for check in checks:
                yield check, documents[check.file]


CheckRule = Callable[[CheckSubject], Iterator[Complaint]]
RULES: dict[str, tuple[Severity, CheckRule]] = {}


def check_rule(name: str, severity: Severity = Severity.ERROR) -> Callable[[CheckRule], CheckRule]:
    """Register a rule about checks."""

    def register(function: CheckRule) -> CheckRule:
        RULES[name] = (severity, function)
        return function

    return register
