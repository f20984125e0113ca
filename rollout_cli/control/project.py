"""The files of a project, read as one: models, lint rules and checks, all findings together."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from rollout_cli.checks.kinds import Check, read_check
from rollout_cli.plan.digest import plan_digest
from rollout_cli.plan.document import Document
from rollout_cli.plan.findings import Finding, InvalidFilesError, Severity
from rollout_cli.plan.lint import Subject, checks_of, lint
from rollout_cli.plan.models import FlagsFile, PhaseFile
from rollout_cli.plan.position import Position
from rollout_cli.plan.reading import Model, read_model
from rollout_cli.plan.wanted import Wanted, in_order


@dataclass(frozen=True, slots=True)
class Project:
    """What is wanted, and the checks that guard the way.

    Attributes:
        checks: for each phase number and list (`preflight`, `gates`, …), the checks in the order of the file.
    """

    wanted: Wanted
    checks: Mapping[tuple[int, str], tuple[Check, ...]]

    def checks_at(self, position: Position | None, section: str) -> tuple[Check, ...]:
        """The checks of a position's phase in one of its lists."""
        return () if position is None else self.checks.get((position.phase, section), ())


@dataclass(frozen=True, slots=True)
class Reading:
    """What reading the files came to: a project unless a finding is an error."""

    project: Project | None
    findings: tuple[Finding, ...]

    def require(self) -> Project:
        """The project.

        Raises:
            InvalidFilesError: with every finding.
        """
        if self.project is None:
            raise InvalidFilesError(self.findings)
        return self.project


def read_project(
    flags_document: Document | None, phase_documents: tuple[Document, ...], findings: tuple[Finding, ...], today: date
) -> Reading:
    """Read documents as a project; nothing that is wrong hides anything else that is wrong."""
    found = list(findings)
    flags = _read(FlagsFile, flags_document, found)
    phases = [(phase, document) for document in phase_documents if (phase := _read(PhaseFile, document, found))]
    checks: dict[tuple[int, str], list[Check]] = {}
    for phase, document in phases:
        for path, entry in checks_of(phase):
            check, problems = read_check(entry, document, path)
            found.extend(problems)
            if check is not None:
                checks.setdefault((phase.phase, str(path[-2])), []).append(check)
    if flags is not None and flags_document is not None:
        found.extend(lint(Subject(flags, flags_document, tuple(phases), today)))
    found.sort()
    if flags is None or flags_document is None or any(finding.severity is Severity.ERROR for finding in found):
        return Reading(None, tuple(found))
    wanted = Wanted(
        flags,
        in_order({document.file: phase for phase, document in phases}),
        plan_digest([flags_document, *phase_documents]),
    )
    return Reading(Project(wanted, {key: tuple(value) for key, value in checks.items()}), tuple(found))


def _read(model: type[Model], document: Document | None, found: list[Finding]) -> Model | None:
    if document is None:
        return None
    value, findings = read_model(model, document)
    found.extend(findings)
    return value
