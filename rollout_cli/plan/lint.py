"""Rules that a schema cannot say: names that must meet, ramps that must rise, things a reviewer would ask about.

Every rule is one function with an id (docs/lint-rules.md). Rules see the files as models and point into documents.
"""

import difflib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from rollout_cli.plan.document import Document, Path
from rollout_cli.plan.findings import Finding, Severity
from rollout_cli.plan.models import CheckEntry, FlagSetting, FlagsFile, PhaseFile


@dataclass(frozen=True, slots=True)
class Subject:
    """What the rules look at: the files as models, each beside its document."""

    flags: FlagsFile
    flags_document: Document
    phases: tuple[tuple[PhaseFile, Document], ...]
    today: date


Complaint = tuple[Document, Path, str, str]
Rule = Callable[[Subject], Iterator[Complaint]]
RULES: dict[str, tuple[Severity, Rule]] = {}


def lint(subject: Subject) -> list[Finding]:
    """Ask every rule; findings in the order of file and place."""
    found: list[Finding] = []
    for name, (severity, rule) in RULES.items():
        for document, path, message, hint in rule(subject):
            line, column = document.place(path, key=True)
            found.append(Finding(document.file, line, column, name, message, hint, severity))
    return sorted(found)


def rule(name: str, severity: Severity = Severity.ERROR) -> Callable[[Rule], Rule]:
    """Give a rule its id and its weight."""

    def register(function: Rule) -> Rule:
        RULES[name] = (severity, function)
        return function

    return register


@rule("default-type")
def default_type(subject: Subject) -> Iterator[Complaint]:
    """A flag's default is of the flag's type, and one of its values."""
    for name, entry in subject.flags.flags.items():
        path: Path = ("flags", name, "default")
        if entry.type == "boolean" and not isinstance(entry.default, bool):
            yield (
                subject.flags_document,
                path,
                f"{name} is boolean, its default is text",
                "write true or false",
            )
        elif entry.type == "string" and not isinstance(entry.default, str):
            yield (
                subject.flags_document,
                path,
                f"{name} is a string flag, its default is not text",
                "put it in quotes",
            )
        elif entry.type == "string" and entry.values and entry.default not in entry.values:
            yield (
                subject.flags_document,
                path,
                f"{name}: the default is none of its values",
                f"use one of {', '.join(entry.values)}",
            )


@rule("values-on-boolean")
def values_on_boolean(subject: Subject) -> Iterator[Complaint]:
    """Only string flags have values."""
    for name, entry in subject.flags.flags.items():
        if entry.type == "boolean" and entry.values:
            yield (
                subject.flags_document,
                ("flags", name, "values"),
                f"{name} is boolean and has values",
                "remove `values`",
            )


@rule("unknown-flag")
def unknown_flag(subject: Subject) -> Iterator[Complaint]:
    """Every flag that is named is declared in `flags.yaml`."""
    known = subject.flags.flags
    for name, entry in known.items():
        for index, need in enumerate(entry.requires):
            if need not in known:
                yield (
                    subject.flags_document,
                    ("flags", name, "requires", index),
                    f"{name} requires {need}, which is not declared",
                    _did_you_mean(need, known),
                )
    for phase, document in subject.phases:
        for name in phase.flags:
            if name not in known:
                yield (
                    document,
                    ("flags", name),
                    f"{name} is not declared in flags.yaml",
                    _did_you_mean(name, known),
                )
        for index, name in enumerate(phase.ramp.flags if phase.ramp else ()):
            if name not in known:
                yield (
                    document,
                    ("ramp", "flags", index),
                    f"{name} is not declared in flags.yaml",
                    _did_you_mean(name, known),
                )


@rule("circular-prerequisite")
def circular_prerequisite(subject: Subject) -> Iterator[Complaint]:
    """No flag requires itself, directly or through others."""
    needs = {name: entry.requires for name, entry in subject.flags.flags.items()}
    for name, direct in needs.items():
        reached: set[str] = set()
        ahead = list(direct)
        while ahead:
            need = ahead.pop()
            if need not in reached:
                reached.add(need)
                ahead.extend(needs.get(need, ()))
        if name in reached:
            yield (
                subject.flags_document,
                ("flags", name, "requires"),
                f"{name} requires itself",
                "break the circle",
            )


@rule("prerequisite-depth")
def prerequisite_depth(subject: Subject) -> Iterator[Complaint]:
    """A chain of prerequisites has at most 16 links, so that every decision stays cheap."""
    needs = {name: entry.requires for name, entry in subject.flags.flags.items()}
    level = set(needs)
    for _ in range(17):
        level = {need for name in level for need in needs.get(name, ())}
    if level and not any(True for _ in circular_prerequisite(subject)):
        name = min(level)
        yield (
            subject.flags_document,
            ("flags", name),
            f"the chain of prerequisites to {name} is too long",
            "keep it to 16 flags",
        )


@rule("value")
def value(subject: Subject) -> Iterator[Complaint]:
    """A phase gives a value to string flags only, and only one of the declared values."""
    for name, setting, path, document in _settings(subject):
        entry = subject.flags.flags.get(name)
        if entry is None or setting.value is None:
            continue
        if entry.type == "boolean":
            yield (
                document,
                (*path, "value"),
                f"{name} is boolean and takes no value",
                "use `enabled: true` or `enabled: false`",
            )
        elif entry.values and setting.value not in entry.values:
            yield (
                document,
                (*path, "value"),
                f"{name}: {setting.value!r} is none of its values",
                f"use one of {', '.join(entry.values)}",
            )


@rule("phase-twice")
def phase_twice(subject: Subject) -> Iterator[Complaint]:
    """Every phase number is used once."""
    seen: dict[int, str] = {}
    for phase, document in subject.phases:
        if phase.phase in seen:
            yield (
                document,
                ("phase",),
                f"phase {phase.phase} is already in {seen[phase.phase]}",
                "give it another number",
            )
        seen.setdefault(phase.phase, document.file)


@rule("ramp-rises")
def ramp_rises(subject: Subject) -> Iterator[Complaint]:
    """Each step of a ramp is higher than the one before."""
    for phase, document in subject.phases:
        steps = phase.ramp.steps if phase.ramp else []
        for index in range(1, len(steps)):
            if steps[index].percent <= steps[index - 1].percent:
                yield (
                    document,
                    ("ramp", "steps", index, "percent"),
                    "this step is not higher than the one before",
                    "sort the steps",
                )


@rule("ramp-flag")
def ramp_flag(subject: Subject) -> Iterator[Complaint]:
    """The step gives a ramp's flags their percent and turns them on; the phase must not say otherwise."""
    for phase, document in subject.phases:
        for name in phase.ramp.flags if phase.ramp else ():
            setting = phase.flags.get(name)
            if setting is not None and setting.percent is not None:
                yield (
                    document,
                    ("flags", name, "percent"),
                    f"{name} gets its percent from the ramp",
                    "remove this percent",
                )
            if setting is not None and setting.enabled is False:
                yield (
                    document,
                    ("flags", name, "enabled"),
                    f"{name} is in the ramp and not enabled",
                    "enable it, or take it out of the ramp",
                )


@rule("check-id-twice")
def check_id_twice(subject: Subject) -> Iterator[Complaint]:
    """A check's id is used once in a phase."""
    for phase, document in subject.phases:
        seen: set[str] = set()
        for path, check in checks_of(phase):
            if check.id in seen:
                yield (
                    document,
                    (*path, "id"),
                    f"the check {check.id} is already in this phase",
                    "give it another id",
                )
            seen.add(check.id)


@rule("no-phases", Severity.WARNING)
def no_phases(subject: Subject) -> Iterator[Complaint]:
    """A rollout without phases can go nowhere."""
    if not subject.phases:
        yield subject.flags_document, (), "there are no phases", "add phases/0-name.yaml"


@rule("phase-gap", Severity.WARNING)
def phase_gap(subject: Subject) -> Iterator[Complaint]:
    """Phases are numbered from 0 without gaps."""
    numbers = {phase.phase for phase, _ in subject.phases}
    for phase, document in subject.phases:
        if phase.phase and phase.phase - 1 not in numbers:
            yield (
                document,
                ("phase",),
                f"there is no phase {phase.phase - 1} before phase {phase.phase}",
                "number them 0, 1, 2, …",
            )


@rule("phase-file-name", Severity.WARNING)
def phase_file_name(subject: Subject) -> Iterator[Complaint]:
    """A phase's file is called by its number and name."""
    for phase, document in subject.phases:
        wanted = f"{phase.phase}-{phase.name}.yaml"
        if not document.file.endswith(f"/{wanted}"):
            yield (
                document,
                ("phase",),
                f"phase {phase.phase} ({phase.name}) is in {document.file}",
                f"call it phases/{wanted}",
            )


@rule("phase-without-gates", Severity.WARNING)
def phase_without_gates(subject: Subject) -> Iterator[Complaint]:
    """Something ought to hold before a phase is left."""
    for phase, document in subject.phases:
        if not phase.gates:
            yield (
                document,
                ("phase",),
                f"phase {phase.phase} has no gates",
                "say under `gates` what must hold before moving on",
            )


@rule("prerequisite-off", Severity.WARNING)
def prerequisite_off(subject: Subject) -> Iterator[Complaint]:
    """A flag that a phase turns on has its prerequisites on in the same phase."""
    for phase, document in subject.phases:
        ramp = set(phase.ramp.flags) if phase.ramp else set()
        on = {name for name, entry in subject.flags.flags.items() if entry.default is True} | ramp
        on |= {name for name, setting in phase.flags.items() if setting.enabled or setting.value is not None}
        on -= {name for name, setting in phase.flags.items() if setting.enabled is False}
        for name in sorted(on & set(subject.flags.flags)):
            for need in subject.flags.flags[name].requires:
                if need not in on:
                    path: Path = ("flags", name) if name in phase.flags else ("ramp", "flags")
                    yield (
                        document,
                        path,
                        f"{name} is on in phase {phase.phase}, but {need}, which it requires, is off",
                        f"turn {need} on, or {name} off",
                    )


@rule("targeting-without-enabled", Severity.WARNING)
def targeting_without_enabled(subject: Subject) -> Iterator[Complaint]:
    """Lists and percents do nothing while the flag is not enabled."""
    for name, setting, path, document in _settings(subject):
        entry = subject.flags.flags.get(name)
        ramped = path[0] == "flags" and any(
            name in (p.ramp.flags if p.ramp else ()) for p, d in subject.phases if d is document
        )
        off = setting.enabled is False or (
            setting.enabled is None and setting.value is None and not (entry and entry.default is True)
        )
        if off and not ramped and (setting.allowlist or setting.percent is not None):
            yield document, path, f"{name} is targeted but not enabled", "add `enabled: true`"


@rule("allowed-and-denied", Severity.WARNING)
def allowed_and_denied(subject: Subject) -> Iterator[Complaint]:
    """Nobody is on both lists; the denylist would win."""
    for name, setting, path, document in _settings(subject):
        both = set(setting.allowlist) & set(setting.denylist)
        if both:
            yield (
                document,
                (*path, "allowlist"),
                f"{name}: {len(both)} on both lists; the denylist wins",
                "take them off one list",
            )


@rule("expired-flag", Severity.WARNING)
def expired_flag(subject: Subject) -> Iterator[Complaint]:
    """A flag that has outlived its date is debt."""
    for name, entry in subject.flags.flags.items():
        if entry.expires is not None and entry.expires < subject.today:
            yield (
                subject.flags_document,
                ("flags", name, "expires"),
                f"{name} expired on {entry.expires}",
                "remove the flag, or move the date",
            )


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


def _settings(subject: Subject) -> Iterator[tuple[str, FlagSetting, Path, Document]]:
    for phase, document in subject.phases:
        for name, setting in phase.flags.items():
            yield name, setting, ("flags", name), document


def _did_you_mean(name: str, known: Mapping[str, object]) -> str:
    close = difflib.get_close_matches(name, known, n=1)
    return f"did you mean {close[0]}?" if close else "declare it, or remove it here"
