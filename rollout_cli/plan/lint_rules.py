"""What a lint rule is: a function with an id and a weight that looks at the files and complains.

A rule that only looks at phases is asked although `flags.yaml` is unsound, so that one run shows as much as it can.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TypeVar

from rollout_cli.plan.document import Document, Path
from rollout_cli.plan.findings import Severity
from rollout_cli.plan.models import CheckEntry, FlagsFile, PhaseFile
from rollout_cli.plan.wanted import Wanted


@dataclass(frozen=True, slots=True)
class PhaseSubject:
    """The phases that are sound as models, each beside its document, and all documents.

    Attributes:
        whole: whether every phase file is among them.
        sources_document: `sources.yaml`, when there is one.
    """

    phases: tuple[tuple[PhaseFile, Document], ...]
    documents: tuple[Document, ...] = ()
    flags_document: Document | None = None
    whole: bool = True
    sources_document: Document | None = None


@dataclass(frozen=True, slots=True)
class FlagSubject:
    """`flags.yaml`, sound as a model, and the sound phases.

    Attributes:
        way: the plan that they make; None while it cannot be followed, see `lint_way.way_of`.
    """

    flags: FlagsFile
    document: Document
    today: date
    phases: tuple[tuple[PhaseFile, Document], ...] = field(default=())
    way: Wanted | None = None


Complaint = tuple[Document, Path, str, str]
"""Where it is wrong, what, and what to do."""

Subject = TypeVar("Subject")
Rule = Callable[[Subject], Iterator[Complaint]]


@dataclass(frozen=True, slots=True)
class Registry:
    """Rules by id, with their weight, in the order they were written."""

    phase_rules: dict[str, tuple[Severity, Rule[PhaseSubject]]] = field(default_factory=dict)
    flag_rules: dict[str, tuple[Severity, Rule[FlagSubject]]] = field(default_factory=dict)

    def all(self) -> Mapping[str, tuple[Severity, str]]:
        """Every rule's weight and its sentence."""
        rules = {**self.phase_rules, **self.flag_rules}
        return {name: (severity, function.__doc__ or "") for name, (severity, function) in rules.items()}


RULES = Registry()


def phase_rule(name: str, severity: Severity = Severity.ERROR) -> Callable[[Rule[PhaseSubject]], Rule[PhaseSubject]]:
    """Register a rule that does without a sound `flags.yaml`."""

    def register(function: Rule[PhaseSubject]) -> Rule[PhaseSubject]:
        RULES.phase_rules[name] = (severity, function)
        return function

    return register


def flag_rule(name: str, severity: Severity = Severity.ERROR) -> Callable[[Rule[FlagSubject]], Rule[FlagSubject]]:
    """Register a rule that needs a sound `flags.yaml`."""

    def register(function: Rule[FlagSubject]) -> Rule[FlagSubject]:
        RULES.flag_rules[name] = (severity, function)
        return function

    return register


def checks_of(phase: PhaseFile) -> Iterator[tuple[Path, CheckEntry]]:
    """Every check of a phase with its path in the file."""
    lists: Mapping[Path, list[CheckEntry]] = {
        ("preflight",): phase.preflight,
        ("gates",): phase.gates,
        ("alerts",): phase.alerts,
        ("rollback", "post_checks"): phase.rollback.post_checks if phase.rollback else [],
    }
    for path, entries in lists.items():
        for index, entry in enumerate(entries):
            yield (*path, index), entry
