"""Lint rules about what a rollback leaves behind: the defaults, and the values that phases give."""

from collections.abc import Iterator

from rollout_cli.plan.findings import Severity, shortened
from rollout_cli.plan.lint_flags import settings_of
from rollout_cli.plan.lint_rules import Complaint, FlagSubject, flag_rule
from rollout_cli.plan.models import FlagSetting


@flag_rule("rollback-value", Severity.WARNING)
def rollback_value(subject: FlagSubject) -> Iterator[Complaint]:
    """A flag that is brought to some shoppers before others has a default that takes it back from all of them."""
    ramped = {name for phase, _ in subject.phases for name in (phase.ramp.flags if phase.ramp else ())}
    targeted = {name for name, setting, _, _ in settings_of(subject) if _is_targeted(setting)}
    for name, entry in subject.flags.flags.items():
        if entry.default is True and name in ramped | targeted:
            message = f"{name} is brought to some shoppers first, and a rollback would turn it on for all"
            yield subject.document, ("flags", name, "default"), message, "make the default false"
    for name, setting, path, document in settings_of(subject):
        declared = subject.flags.flags.get(name)
        is_partial = name in ramped or _is_targeted(setting)
        if declared is not None and is_partial and setting.value is not None and setting.value == declared.default:
            message = f"{name} says {shortened(setting.value, 40)!r} on and off, so a rollback changes nothing"
            yield document, (*path, "value"), message, "give another value than the default"


@flag_rule("values-missing", Severity.WARNING)
def values_missing(subject: FlagSubject) -> Iterator[Complaint]:
    """A string flag declares its values, so that a mistyped one is found before it is live."""
    for name, entry in subject.flags.flags.items():
        if entry.type == "string" and not entry.values:
            yield subject.document, ("flags", name), f"{name} does not say which values it takes", "add `values: […]`"


def _is_targeted(setting: FlagSetting) -> bool:
    is_off = setting.enabled is False
    return not is_off and (setting.percent is not None or bool(setting.allowlist))
