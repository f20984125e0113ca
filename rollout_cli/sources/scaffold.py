"""A first plan for a new project: the one that is shipped with the program."""

import os
from pathlib import Path

from rollout_cli.errors import UsageError
from rollout_cli.sources.project_files import PHASES_FOLDER, SOURCES_FILE
from rollout_cli.sources.project_place import FLAGS_FILE

RUNBOOKS_FOLDER = "docs/runbooks"
_PACKAGE = Path(__file__).parent.parent


def shipped_plan() -> Path:
    """The folder of the shipped plan: in the installed package, or the top of a checkout."""
    packed = _PACKAGE / "scaffold"
    return packed if packed.is_dir() else _PACKAGE.parent


def write_scaffold(folder: Path) -> tuple[list[str], list[str]]:
    """Write the shipped plan into a folder; where one of its files is, nothing is written.

    The runbooks that its checks ask for come with it, each where there is none of that name.

    Returns:
        The names of the files that were written, and of those that were already there.

    Raises:
        UsageError: the folder cannot be written.
    """
    source = shipped_plan()
    plan = [FLAGS_FILE, SOURCES_FILE, *_names(source / PHASES_FOLDER, "*.yaml", PHASES_FOLDER)]
    kept = [name for name in plan if os.path.lexists(folder / name)]
    if kept:
        return [], kept
    runbooks = _names(source / RUNBOOKS_FOLDER, "*.md", RUNBOOKS_FOLDER)
    names = [*plan, *(name for name in runbooks if not os.path.lexists(folder / name))]
    _write_all(source, folder, names)
    return names, []


def _names(folder: Path, pattern: str, shown: str) -> list[str]:
    return [f"{shown}/{path.name}" for path in sorted(folder.glob(pattern))]


def _write_all(source: Path, folder: Path, names: list[str]) -> None:
    written: list[Path] = []
    try:
        for name in names:
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open("xb") as file:
                written.append(target)
                file.write((source / name).read_bytes())
    except OSError as error:
        for path in written:  # half a plan would be kept from then on
            path.unlink(missing_ok=True)
        raise UsageError(
            f"cannot write the plan into {folder}: {error.strerror}", hint="name another folder"
        ) from error
