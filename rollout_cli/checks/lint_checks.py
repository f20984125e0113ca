"""Lint rules about checks: what their kinds' models alone cannot say."""

from collections.abc import Iterator, Mapping

from rollout_cli.checks import lint_gates, lint_kinds, lint_reach, lint_sources
from rollout_cli.checks.lint_subject import RULES, CheckRule, CheckSubject
from rollout_cli.plan.findings import Finding, Severity, at_most
from rollout_cli.plan.lint_rules import Complaint

CHECK_RULES: Mapping[str, tuple[Severity, CheckRule]] = RULES
"""Rules by id, with their weight, in the order they were written."""

_MODULES = (lint_gates, lint_sources, lint_reach, lint_kinds)
"""Imported for the rules that they register."""


def lint_checks(subject: CheckSubject) -> list[Finding]:
    """Ask every rule."""
    found: list[Finding] = []
    for name, (severity, rule) in CHECK_RULES.items():
        found += at_most(_findings(name, severity, rule(subject)))
    return found


def _findings(name: str, severity: Severity, complaints: Iterator[Complaint]) -> Iterator[Finding]:
    for document, path, message, hint in complaints:
        line, column = document.place(path, key=True)
        yield Finding(document.file, line, column, name, message, hint, severity)
