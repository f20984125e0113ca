"""What of a plan still waits for something: `validate` names it."""

from rollout_cli.control.project import Project
from rollout_cli.control.reports import PendingView


def pending_checks(project: Project) -> list[PendingView]:
    """Every check that waits for something, in the order of the files."""
    found = [
        PendingView(
            check.origin.file, check.origin.line, check.origin.column, check.entry.id, check.entry.kind,
            check.entry.pending,
        )
        for checks in project.checks.values()
        for check in checks
        if check.entry.pending is not None
    ]  # fmt: skip
    return sorted(found, key=lambda each: (each.file, each.line))
