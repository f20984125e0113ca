"""Rules that a schema cannot say: names that must meet, ramps that must rise, things a reviewer would ask about.

Every rule is one function with an id (docs/lint-rules.md). Rules see the files as models and point into documents.
"""

from collections.abc import Iterator

from rollout_cli.plan import (
    lint_flags,
    lint_needs,
    lint_phases,
    lint_ramps,
    lint_secrets,
    lint_values,
    lint_way,
)  # fmt: skip
from rollout_cli.plan.findings import Finding, Severity, at_most
from rollout_cli.plan.lint_rules import RULES, Complaint, FlagSubject, PhaseSubject

LINT_RULES = RULES.all()
"""Every lint rule by its id: its weight, and what it says."""

_MODULES = (lint_phases, lint_flags, lint_ramps, lint_way, lint_values, lint_needs, lint_secrets)
"""Imported for the rules that they register."""


def lint(phases: PhaseSubject, flags: FlagSubject | None) -> list[Finding]:
    """Ask every rule, and those about flags when there is a sound `flags.yaml`; findings by file and place."""
    found: list[Finding] = []
    for name, (severity, phase_rule) in RULES.phase_rules.items():
        found += at_most(_findings(name, severity, phase_rule(phases)))
    if flags is not None:
        for name, (severity, flag_rule) in RULES.flag_rules.items():
            found += at_most(_findings(name, severity, flag_rule(flags)))
    return sorted(found)


def _findings(name: str, severity: Severity, complaints: Iterator[Complaint]) -> Iterator[Finding]:
    for document, path, message, hint in complaints:
        line, column = document.place(path, key=True)
        yield Finding(document.file, line, column, name, message, hint, severity)
