"""Lint rules about flags, and about phases that must agree with them."""

from collections.abc import Iterator

from rollout_cli.plan.document import Document, Path
from rollout_cli.plan.findings import Severity, shortened
from rollout_cli.plan.lint_phases import UNSAID, repeated
from rollout_cli.plan.lint_rules import Complaint, FlagSubject, flag_rule
from rollout_cli.plan.models import FlagSetting, PhaseFile
from rollout_cli.plan.prerequisites import circular, needs_of, too_long


@flag_rule("default-type")
def default_type(subject: FlagSubject) -> Iterator[Complaint]:
    """A flag's default is of the flag's type, and one of its values."""
    for name, entry in subject.flags.flags.items():
        path: Path = ("flags", name, "default")
        if entry.type == "boolean" and not isinstance(entry.default, bool):
            yield subject.document, path, f"{name} is boolean, its default is text", "write true or false"
        elif entry.type == "string" and not isinstance(entry.default, str):
            yield subject.document, path, f"{name} is a string flag, its default is not text", "put it in quotes"
        elif entry.type == "string" and entry.values and entry.default not in entry.values:
            message = f"{name}: the default is none of its values"
            yield subject.document, path, message, f"use one of {', '.join(entry.values)}"


@flag_rule("values-on-boolean")
def values_on_boolean(subject: FlagSubject) -> Iterator[Complaint]:
    """Only string flags have values."""
    for name, entry in subject.flags.flags.items():
        if entry.type == "boolean" and entry.values:
            path = ("flags", name, "values")
            yield subject.document, path, f"{name} is boolean and has values", "remove `values`"


@flag_rule("circular-prerequisite")
def circular_prerequisite(subject: FlagSubject) -> Iterator[Complaint]:
    """No flag requires itself, directly or through others."""
    for name in circular(needs_of(subject.flags)):
        path = ("flags", name, "requires")
        yield subject.document, path, f"{name} requires itself, directly or through others", "break the circle"


@flag_rule("prerequisite-depth")
def prerequisite_depth(subject: FlagSubject) -> Iterator[Complaint]:
    """A chain of prerequisites has at most 16 links, and one decision asks at most 100 flags: it has to stay cheap."""
    needs = needs_of(subject.flags)
    found = None if circular(needs) else too_long(needs)
    if found is not None:
        name, links, asked = found
        message = f"{name} requires {asked - 1:,} flags, one after the other up to {links} deep"
        yield subject.document, ("flags", name, "requires"), message, "require fewer flags"


@flag_rule("value")
def value(subject: FlagSubject) -> Iterator[Complaint]:
    """A phase gives a value to string flags only, and only one of the declared values."""
    for name, setting, path, document in settings_of(subject):
        entry = subject.flags.flags.get(name)
        if entry is None or setting.value is None:
            continue
        place = (*path, "value")
        if entry.type == "boolean":
            yield document, place, f"{name} is boolean and takes no value", "use `enabled: true` or `enabled: false`"
        elif entry.values and setting.value not in entry.values:
            message = f"{name}: {shortened(setting.value, 40)!r} is none of its values"
            yield document, place, message, f"use one of {', '.join(entry.values)}"


@flag_rule("enabled-without-value", Severity.WARNING)
def enabled_without_value(subject: FlagSubject) -> Iterator[Complaint]:
    """A string flag that a phase turns on gets a value there; without one it says its default."""
    for phase, document in subject.phases:
        ramp = phase.ramp.flags if phase.ramp else []
        on = dict.fromkeys([name for name, setting in phase.flags.items() if setting.enabled] + ramp)
        for name in on:
            entry = subject.flags.flags.get(name)
            given = phase.flags.get(name, UNSAID).value
            if entry is not None and entry.type == "string" and given is None:
                message = f"{name} is on in phase {phase.phase}, but has no value there, so it says its default"
                yield document, place_in(phase, name), message, "say its `value`"


@flag_rule("prerequisite-off", Severity.WARNING)
def prerequisite_off(subject: FlagSubject) -> Iterator[Complaint]:
    """A flag that a phase turns on has its prerequisites on in the same phase."""
    for phase, document in subject.phases:
        on = on_in(subject, phase)
        for name in (name for name in subject.flags.flags if name in on):
            for need in subject.flags.flags[name].requires:
                if need not in on:
                    message = f"{name} is on in phase {phase.phase}, but {need}, which it requires, is off"
                    yield document, place_in(phase, name), message, f"turn {need} on, or {name} off"


@flag_rule("targeting-without-enabled", Severity.WARNING)
def targeting_without_enabled(subject: FlagSubject) -> Iterator[Complaint]:
    """Lists and percents do nothing while the flag is not enabled."""
    for phase, document in subject.phases:
        on = on_in(subject, phase)
        for name, setting in phase.flags.items():
            if name not in on and (setting.allowlist or setting.percent is not None):
                yield document, ("flags", name), f"{name} is targeted but not enabled", "add `enabled: true`"


@flag_rule("flag-listed-twice", Severity.WARNING)
def flag_listed_twice(subject: FlagSubject) -> Iterator[Complaint]:
    """A value or prerequisite stands once in a flag's list."""
    for name, entry in subject.flags.flags.items():
        for key, entries in (("values", entry.values), ("requires", entry.requires)):
            for index, each in repeated(entries):
                path = ("flags", name, key, index)
                yield subject.document, path, f"{each} stands twice in this list", "keep one of them"


@flag_rule("expired-flag", Severity.WARNING)
def expired_flag(subject: FlagSubject) -> Iterator[Complaint]:
    """A flag that has outlived its date is debt."""
    for name, entry in subject.flags.flags.items():
        if entry.expires is not None and entry.expires < subject.today:
            path, message = ("flags", name, "expires"), f"{name} expired on {entry.expires}"
            yield subject.document, path, message, "remove the flag, or move the date"


def on_in(subject: FlagSubject, phase: PhaseFile) -> set[str]:
    """The flags that are on for somebody in a phase."""
    on = {name for name, entry in subject.flags.flags.items() if entry.default is True}
    on |= {name for name, setting in phase.flags.items() if setting.enabled or setting.value is not None}
    on -= {name for name, setting in phase.flags.items() if setting.enabled is False}
    return on | set(phase.ramp.flags if phase.ramp else ())


def place_in(phase: PhaseFile, name: str) -> Path:
    """Where a phase says that a flag is on; the phase itself when that is only the flag's default."""
    if name in phase.flags:
        return "flags", name
    ramped = phase.ramp.flags if phase.ramp else []
    return ("ramp", "flags", ramped.index(name)) if name in ramped else ("phase",)


def settings_of(subject: FlagSubject) -> Iterator[tuple[str, FlagSetting, Path, Document]]:
    """Every flag that a phase names, with what it says of it and where."""
    for phase, document in subject.phases:
        for name, setting in phase.flags.items():
            yield name, setting, ("flags", name), document
