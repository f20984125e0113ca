"""Lint rules about phases that need no sound `flags.yaml`: names, numbers, ramps, checks, lists."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from rollout_cli.plan.document import Document, Path
from rollout_cli.plan.fields import FLAG_NAME
from rollout_cli.plan.findings import Severity
from rollout_cli.plan.lint_rules import Complaint, PhaseSubject, checks_of, phase_rule
from rollout_cli.plan.models import FlagSetting
from rollout_cli.plan.suggestion import closest

_USABLE_NAME = re.compile(FLAG_NAME)
UNSAID = FlagSetting()
"""How a flag stands that a phase does not name."""

_CHECK_LISTS: tuple[Path, ...] = (("preflight",), ("gates",), ("alerts",), ("rollback", "post_checks"))


@phase_rule("unknown-flag")
def unknown_flag(subject: PhaseSubject) -> Iterator[Complaint]:
    """Every flag that is named, in `requires`, in a phase, in a ramp or in a check, is declared in `flags.yaml`."""
    declared = _mapping_at(subject.flags_document, ("flags",))
    if subject.flags_document is None or not declared:
        return
    for document, path, name in _named_anywhere(subject, subject.flags_document, declared):
        if name not in declared and _USABLE_NAME.fullmatch(name):
            close = closest(name, declared)
            hint = f"did you mean {close}?" if close else "declare it, or remove it here"
            yield document, path, f"{name} is not declared in flags.yaml", hint


@phase_rule("unused-flag", Severity.WARNING)
def unused_flag(subject: PhaseSubject) -> Iterator[Complaint]:
    """Every declared flag is named by a phase, or required by another flag."""
    if subject.flags_document is None or not subject.documents or not subject.whole:
        return
    declared = _mapping_at(subject.flags_document, ("flags",))
    named = {name for _, _, name in _named_anywhere(subject, subject.flags_document, declared)}
    for name in declared:
        if name not in named:
            message = f"{name} is declared, and no phase names it"
            yield subject.flags_document, ("flags", name), message, "say in the phases how it stands, or remove it"


@phase_rule("phase-twice")
def phase_twice(subject: PhaseSubject) -> Iterator[Complaint]:
    """Every phase number is used once."""
    seen: dict[int, str] = {}
    for phase, document in subject.phases:
        if phase.phase in seen:
            message = f"phase {phase.phase} is already in {seen[phase.phase]}"
            yield document, ("phase",), message, "give it another number"
        seen.setdefault(phase.phase, document.file)


@phase_rule("ramp-rises")
def ramp_rises(subject: PhaseSubject) -> Iterator[Complaint]:
    """Each step of a ramp is higher than the one before."""
    for phase, document in subject.phases:
        steps = phase.ramp.steps if phase.ramp else []
        for index in range(1, len(steps)):
            if steps[index].percent <= steps[index - 1].percent:
                path = ("ramp", "steps", index, "percent")
                yield document, path, "this step is not higher than the one before", "sort the steps"


@phase_rule("ramp-flag")
def ramp_flag(subject: PhaseSubject) -> Iterator[Complaint]:
    """The step gives a ramp's flags their percent and turns them on; the phase must not say otherwise."""
    for phase, document in subject.phases:
        for name in phase.ramp.flags if phase.ramp else ():
            setting = phase.flags.get(name, UNSAID)
            if setting.percent is not None:
                message = f"{name} gets its percent from the ramp"
                yield document, ("flags", name, "percent"), message, "remove this percent"
            if setting.enabled is False:
                message = f"{name} is in the ramp and not enabled"
                yield document, ("flags", name, "enabled"), message, "enable it, or take it out of the ramp"


@phase_rule("check-id-twice")
def check_id_twice(subject: PhaseSubject) -> Iterator[Complaint]:
    """A check's id is used once in a phase."""
    for phase, document in subject.phases:
        seen: set[str] = set()
        for path, check in checks_of(phase):
            if check.id in seen:
                message = f"the check {check.id} is already in this phase"
                yield document, (*path, "id"), message, "give it another id"
            seen.add(check.id)


@phase_rule("no-phases", Severity.WARNING)
def no_phases(subject: PhaseSubject) -> Iterator[Complaint]:
    """A rollout without phases can go nowhere."""
    if not subject.phases and subject.whole and subject.flags_document is not None:
        yield subject.flags_document, (), "there are no phases", "add phases/0-name.yaml"


@phase_rule("phase-gap", Severity.WARNING)
def phase_gap(subject: PhaseSubject) -> Iterator[Complaint]:
    """Phases are numbered from 0 without gaps."""
    numbers = {phase.phase for phase, _ in subject.phases}
    for phase, document in subject.phases if subject.whole else ():
        if phase.phase and phase.phase - 1 not in numbers:
            message = f"there is no phase {phase.phase - 1} before phase {phase.phase}"
            yield document, ("phase",), message, "number them 0, 1, 2, …"


@phase_rule("phase-file-name", Severity.WARNING)
def phase_file_name(subject: PhaseSubject) -> Iterator[Complaint]:
    """A phase's file is called by its number and name."""
    for phase, document in subject.phases:
        wanted = f"{phase.phase}-{phase.name}.yaml"
        if not document.file.endswith(f"/{wanted}"):
            message = f"phase {phase.phase} ({phase.name}) is in {document.file}"
            yield document, ("phase",), message, f"call it phases/{wanted}"


@phase_rule("phase-without-gates", Severity.WARNING)
def phase_without_gates(subject: PhaseSubject) -> Iterator[Complaint]:
    """Something ought to hold before a phase is left."""
    for phase, document in subject.phases:
        if not phase.gates:
            message, hint = f"phase {phase.phase} has no gates", "say under `gates` what must hold before moving on"
            yield document, ("phase",), message, hint


@phase_rule("allowed-and-denied", Severity.WARNING)
def allowed_and_denied(subject: PhaseSubject) -> Iterator[Complaint]:
    """Nobody is on both lists; the denylist would win."""
    for phase, document in subject.phases:
        for name, setting in phase.flags.items():
            both = set(setting.allowlist) & set(setting.denylist)
            if both:
                message = f"{name}: {len(both)} on both lists; the denylist wins"
                yield document, ("flags", name, "allowlist"), message, "take them off one list"


@phase_rule("listed-twice", Severity.WARNING)
def listed_twice(subject: PhaseSubject) -> Iterator[Complaint]:
    """A shopper or flag stands once in its list."""
    for phase, document in subject.phases:
        lists: dict[Path, list[str]] = {("ramp", "flags"): phase.ramp.flags if phase.ramp else []}
        for name, setting in phase.flags.items():
            lists["flags", name, "allowlist"] = setting.allowlist
            lists["flags", name, "denylist"] = setting.denylist
        for path, entries in lists.items():
            for index, entry in repeated(entries):
                yield document, (*path, index), f"{entry} stands twice in this list", "keep one of them"


def repeated(entries: Iterable[str]) -> Iterator[tuple[int, str]]:
    """The entries that stand in a list for the second time, with their index."""
    seen: Counter[str] = Counter()
    for index, entry in enumerate(entries):
        seen[entry] += 1
        if seen[entry] == 2:  # noqa: PLR2004 - said once, however often it stands there
            yield index, entry


def _named_anywhere(
    subject: PhaseSubject, flags_document: Document, declared: Mapping[str, Any]
) -> Iterator[tuple[Document, Path, str]]:
    for flag in declared:
        for path, name in _texts_at(flags_document, ("flags", flag, "requires")):
            yield flags_document, path, name
    for document in subject.documents:
        for path, name in _named_in_phase(document):
            yield document, path, name


def _named_in_phase(document: Document) -> Iterator[tuple[Path, str]]:
    for name in _mapping_at(document, ("flags",)):
        yield ("flags", name), name
    yield from _texts_at(document, ("ramp", "flags"))
    for path in _CHECK_LISTS:
        checks = _at(document, path)
        for index, check in enumerate(checks if isinstance(checks, list) else ()):
            if isinstance(check, dict) and isinstance(check.get("flag"), str):
                yield (*path, index, "flag"), check["flag"]


def _texts_at(document: Document, path: Path) -> Iterator[tuple[Path, str]]:
    entries = _at(document, path)
    for index, entry in enumerate(entries if isinstance(entries, list) else ()):
        if isinstance(entry, str):
            yield (*path, index), entry


def _mapping_at(document: Document | None, path: Path) -> Mapping[str, Any]:
    found = None if document is None else _at(document, path)
    return found if isinstance(found, dict) else {}


def _at(document: Document, path: Path) -> Any:
    """What stands at a path of keys in a document that may be unsound."""
    here = document.data
    for part in path:
        here = here.get(part) if isinstance(here, dict) else None
    return here
