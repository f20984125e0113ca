"""Where a project is, and its files as documents."""

import os
import re
from dataclasses import dataclass
from pathlib import Path

from rollout_cli.errors import UsageError
from rollout_cli.plan.document import Document
from rollout_cli.plan.findings import Finding
from rollout_cli.sources.regular_file import UnreadableFileError, read_regular_file
from rollout_cli.sources.strict_yaml import MAX_BYTES, parse_yaml

FLAGS_FILE = "flags.yaml"
PHASES_FOLDER = "phases"
STATE_FOLDER = ".rollout"
MAX_PHASES = 100


@dataclass(frozen=True, slots=True)
class ProjectDocuments:
    """The files of a project as far as they could be read, and what was wrong with the rest."""

    flags: Document | None
    phases: tuple[Document, ...]
    findings: tuple[Finding, ...]


def find_project(start: Path) -> Path:
    """The nearest folder upward that has a `flags.yaml`, else one that has a `.rollout`, else `start` itself."""
    folders = [start, *start.parents]
    for name in (FLAGS_FILE, STATE_FOLDER):
        for folder in folders:
            if os.path.lexists(folder / name):
                return folder
    return start


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
    """Read `flags.yaml` and every `phases/*.yaml`; all that is wrong is collected, nothing stops the reading."""
    findings: list[Finding] = []
    flags = _read(folder / FLAGS_FILE, FLAGS_FILE, findings)
    phases: list[Document] = []
    for path in _phase_paths(folder, findings):
        document = _read(path, f"{PHASES_FOLDER}/{path.name}", findings)
        if document is not None:
            phases.append(document)
    return ProjectDocuments(flags, tuple(phases), tuple(findings))


def rollout_name_at_a_glance(folder: Path) -> str | None:
    """The rollout's name from a `flags.yaml` that may be broken elsewhere: what rollback can do without."""
    try:
        text = read_regular_file(folder / FLAGS_FILE, limit=MAX_BYTES).decode("utf-8", "replace")
    except (OSError, UnreadableFileError):
        return None
    found = re.search(r"""^rollout:[ \t]*["']?([a-z0-9][a-z0-9._-]{0,63})["']?[ \t]*(?:#.*)?$""", text, re.MULTILINE)
    return found.group(1) if found else None


def _phase_paths(folder: Path, findings: list[Finding]) -> list[Path]:
    phases = folder / PHASES_FOLDER
    try:
        names = sorted(entry.name for entry in os.scandir(phases) if entry.name.endswith((".yaml", ".yml")))
    except FileNotFoundError:
        return []
    except OSError as error:
        reason = error.strerror or "cannot be read"
        findings.append(Finding(PHASES_FOLDER, 1, 1, "unreadable-file", reason, "make it a folder that can be read"))
        return []
    if len(names) > MAX_PHASES:
        message = f"there are more than {MAX_PHASES} files"
        findings.append(Finding(PHASES_FOLDER, 1, 1, "too-many-phases", message, "keep only the phases there"))
    return [phases / name for name in names[:MAX_PHASES] if not name.startswith(".")]


def _read(path: Path, name: str, findings: list[Finding]) -> Document | None:
    try:
        data = read_regular_file(path, limit=MAX_BYTES)
    except FileNotFoundError:
        findings.append(Finding(name, 1, 1, "missing-file", "the file is missing", "begin with `rollout init`"))
        return None
    except UnreadableFileError as error:
        findings.append(Finding(name, 1, 1, error.rule, error.message, error.hint))
        return None
    document, found = parse_yaml(name, data)
    findings.extend(found)
    return document
