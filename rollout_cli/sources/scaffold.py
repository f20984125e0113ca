"""A first plan for a new project: the one that is shipped with the program."""

import os
from pathlib import Path

from rollout_cli.errors import UsageError
from rollout_cli.sources.project_files import FLAGS_FILE, PHASES_FOLDER

_PACKAGE = Path(__file__).parent.parent


def shipped_plan() -> Path:
    """The folder of the shipped plan: in the installed package, or the top of a checkout."""
    packed = _PACKAGE / "scaffold"
    return packed if packed.is_dir() else _PACKAGE.parent


def write_scaffold(folder: Path) -> tuple[list[str], list[str]]:
    """Write the shipped plan into a folder; where one of its files is, nothing is written.

    Returns:
        The names of the files that were written, and of those that were already there.

    Raises:
        UsageError: the folder cannot be written.
    """
    source = shipped_plan()
    names = [FLAGS_FILE, *(f"{PHASES_FOLDER}/{path.name}" for path in sorted((source / PHASES_FOLDER).glob("*.yaml")))]
    kept = [name for name in names if os.path.lexists(folder / name)]
    if kept:
        return [], kept
    written: list[Path] = []
    try:
        (folder / PHASES_FOLDER).mkdir(parents=True, exist_ok=True)
        for name in names:
            with (folder / name).open("xb") as file:
                written.append(folder / name)
                file.write((source / name).read_bytes())
    except OSError as error:
        for path in written:  # half a plan would be kept from then on
            path.unlink(missing_ok=True)
        raise UsageError(
            f"cannot write the plan into {folder}: {error.strerror}", hint="name another folder"
        ) from error
    return names, []
