"""Where a project is, and its files as documents."""

import os
import re
from dataclasses import dataclass
from pathlib import Path

from rollout_cli.errors import UsageError
from rollout_cli.plan.document import Document
from rollout_cli.plan.findings import Finding
from rollout_cli.plan.reading_rules import ReadingRule
from rollout_cli.sources.project_place import FLAGS_FILE
from rollout_cli.sources.regular_file import UnreadableFileError, read_regular_file
from rollout_cli.sources.strict_yaml import MAX_BYTES, parse_yaml

PHASES_FOLDER = "phases"
SOURCES_FILE = "sources.yaml"
MAX_PHASES = 100
MAX_TOTAL_BYTES = 5_000_000
_NAME = re.compile(r"""^rollout:[ \t]*["']?([a-z0-9][a-z0-9._-]{0,63})["']?[ \t]*(?:#.*)?\r?$""", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class ProjectDocuments:
    """The files of a project as far as they could be read, and what was wrong with the rest."""

    flags: Document | None
    phases: tuple[Document, ...]
    findings: tuple[Finding, ...]
    sources: Document | None = None


def require_project(folder: Path) -> None:
    """Stop where there is no project.

    Raises:
        UsageError: the folder has no `flags.yaml`.
    """
    if not os.path.lexists(folder / FLAGS_FILE):
        raise UsageError(
            f"there is no {FLAGS_FILE} in {folder} or above",
            hint="go to your project, name it with --project DIR, or begin one with `rollout init`",
        )


def read_project_files(folder: Path) -> ProjectDocuments:
    """Read `flags.yaml`, every `phases/*.yaml` and, where there is one, `sources.yaml`.

    All that is wrong is collected, nothing stops the reading.
    """
    findings: list[Finding] = []
    budget = _Budget(MAX_TOTAL_BYTES)
    flags = _read(folder / FLAGS_FILE, FLAGS_FILE, budget, findings)
    names = _phase_names(folder / PHASES_FOLDER, findings)
    phases = [
        _read(folder / PHASES_FOLDER / name, f"{PHASES_FOLDER}/{name}", budget, findings) for name in names[:MAX_PHASES]
    ]
    sources: Document | None = None
    if os.path.lexists(folder / SOURCES_FILE):
        sources = _read(folder / SOURCES_FILE, SOURCES_FILE, budget, findings)
    return ProjectDocuments(flags, tuple(phase for phase in phases if phase is not None), tuple(findings), sources)


def rollout_name_at_a_glance(folder: Path) -> str | None:
    """The rollout's name from a `flags.yaml` that may be broken elsewhere: what rollback can do without."""
    try:
        text = read_regular_file(folder / FLAGS_FILE, limit=MAX_BYTES).decode("utf-8-sig", "replace")
    except (OSError, UnreadableFileError):
        return None
    found = _NAME.search(text)
    return found.group(1) if found else None


@dataclass(slots=True)
class _Budget:
    """How many bytes may still be read."""

    left: int


def _phase_names(phases: Path, findings: list[Finding]) -> list[str]:
    try:
        with os.scandir(phases) as entries:
            names = sorted(each.name for each in entries if _is_phase(each.name))
    except OSError as error:
        if not os.path.lexists(phases):
            return []
        reason, hint = error.strerror or "cannot be read", "make it a folder that you may read"
        findings.append(Finding(PHASES_FOLDER, 1, 1, ReadingRule.UNREADABLE_FILE, reason, hint))
        return []
    if len(names) > MAX_PHASES:
        message, hint = f"there are {len(names):,} files, more than {MAX_PHASES}", "keep only the phases there"
        findings.append(Finding(PHASES_FOLDER, 1, 1, ReadingRule.TOO_MANY_PHASES, message, hint))
    return names


def _is_phase(name: str) -> bool:
    """Whether a file is meant as a phase; editors leave hidden ones beside it."""
    return name.lower().endswith((".yaml", ".yml")) and not name.startswith(".")


def _read(path: Path, name: str, budget: _Budget, findings: list[Finding]) -> Document | None:
    try:
        data = read_regular_file(path, limit=MAX_BYTES)
    except FileNotFoundError:
        message, hint = "the file is missing", "begin with `rollout init`"
        findings.append(Finding(name, 1, 1, ReadingRule.MISSING_FILE, message, hint))
        return None
    except UnreadableFileError as error:
        findings.append(Finding(name, 1, 1, error.rule, error.message, error.hint))
        return None
    budget.left -= len(data)
    if budget.left < 0:
        message = f"the files have more than {MAX_TOTAL_BYTES:,} bytes together, so this one was not read"
        findings.append(Finding(name, 1, 1, ReadingRule.PROJECT_TOO_LARGE, message, "make them smaller"))
        return None
    document, found = parse_yaml(name, data)
    findings.extend(found)
    return document
