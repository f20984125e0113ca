"""The files of a project, read as one: models, lint rules and checks, all findings together."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from rollout_cli.checks.kinds import NO_PLUGINS, Check, Plugins, read_check
from rollout_cli.checks.lint_checks import lint_checks
from rollout_cli.checks.lint_subject import CheckSubject
from rollout_cli.checks.sources_file import NO_SOURCES, SourcesFile
from rollout_cli.plan.digest import plan_digest
from rollout_cli.plan.document import Document
from rollout_cli.plan.findings import Finding, InvalidFilesError, Severity
from rollout_cli.plan.lint import lint
from rollout_cli.plan.lint_rules import FlagSubject, PhaseSubject, checks_of
from rollout_cli.plan.lint_way import way_of
from rollout_cli.plan.models import FlagsFile, PhaseFile
from rollout_cli.plan.position import Position
from rollout_cli.plan.reading import Model, read_model
from rollout_cli.plan.reading_rules import ReadingRule
from rollout_cli.plan.wanted import Wanted, in_order


@dataclass(frozen=True, slots=True)
class Project:
    """What is wanted, and the checks that guard the way.

    Attributes:
        checks: for each phase number and list (`preflight`, `gates`, …), the checks in the order of the file.
        sources: what the checks may reach.
    """

    wanted: Wanted
    checks: Mapping[tuple[int, str], tuple[Check, ...]]
    sources: SourcesFile = NO_SOURCES

    def checks_at(self, position: Position | None, section: str) -> tuple[Check, ...]:
        """The checks of a position's phase in one of its lists."""
        return () if position is None else self.checks.get((position.phase, section), ())

    def guards_at(self, position: Position | None) -> tuple[Check, ...]:
        """What must hold where the rollout is: the gates, and then the alerts, of a position's phase."""
        return tuple(check for section in ("gates", "alerts") for check in self.checks_at(position, section))


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
    flags_document: Document | None,
    phase_documents: tuple[Document, ...],
    findings: tuple[Finding, ...],
    today: date,
    *,
    sources_document: Document | None = None,
    plugins: Plugins = NO_PLUGINS,
) -> Reading:
    """Read documents as a project; nothing that is wrong hides anything else that is wrong."""
    found: list[Finding] = []
    sources = NO_SOURCES if sources_document is None else _read(SourcesFile, sources_document, found)
    flags = _read(FlagsFile, flags_document, found)
    phases = tuple((phase, document) for document in phase_documents if (phase := _read(PhaseFile, document, found)))
    checks = _read_checks(phases, found, plugins)
    documents = tuple(each for each in (flags_document, *phase_documents) if each is not None)
    whole = len(phases) == len(phase_documents) and not _unread(findings, flags_document)
    way = way_of(flags, phases) if flags is not None and whole else None
    found += lint(
        PhaseSubject(phases, phase_documents, flags_document, whole, sources_document),
        None if flags is None or flags_document is None else FlagSubject(flags, flags_document, today, phases, way),
    )
    found += lint_checks(CheckSubject(phases, checks, flags, sources, sources_document, today, whole, way))
    found = sorted([*findings, *_not_yet_said(found, findings)])
    if flags is None or any(finding.severity is Severity.ERROR for finding in found):
        return Reading(None, tuple(found))
    wanted = Wanted(flags, in_order({document.file: phase for phase, document in phases}), plan_digest(documents))
    return Reading(Project(wanted, checks, sources or NO_SOURCES), tuple(found))


def _read_checks(
    phases: tuple[tuple[PhaseFile, Document], ...], found: list[Finding], plugins: Plugins
) -> dict[tuple[int, str], tuple[Check, ...]]:
    checks: dict[tuple[int, str], tuple[Check, ...]] = {}
    for phase, document in phases:
        for path, entry in checks_of(phase):
            check, problems = read_check(entry, document, path, plugins)
            found.extend(problems)
            if check is not None:
                key = (phase.phase, str(path[-2]))
                checks[key] = (*checks.get(key, ()), check)
    return checks


def _unread(findings: tuple[Finding, ...], flags_document: Document | None) -> bool:
    """Whether something else than `flags.yaml` could not be read as it should."""
    flags_file = None if flags_document is None else flags_document.file
    return any(each.severity is Severity.ERROR and each.file != flags_file for each in findings)


def _not_yet_said(found: list[Finding], before: tuple[Finding, ...]) -> list[Finding]:
    """Without what only follows from an error of the reader at the same place: an alias is no list, either."""
    said = {(each.file, each.line, each.column) for each in before if each.severity is Severity.ERROR}
    return [
        each
        for each in found
        if each.rule == ReadingRule.MISSING_KEY or (each.file, each.line, each.column) not in said
    ]


def _read(model: type[Model], document: Document | None, found: list[Finding]) -> Model | None:
    if document is None:
        return None
    value, findings = read_model(model, document)
    found.extend(findings)
    return value
