"""A first plan for a new project: the one that is shipped with the program."""

from pathlib import Path

from rollout_cli.errors import UsageError
from rollout_cli.sources.project_files import FLAGS_FILE, PHASES_FOLDER

_PACKAGE = Path(__file__).parent.parent


def shipped_plan() -> Path:
    """The folder of the shipped plan: in the installed package, or the top of a checkout."""
    packed = _PACKAGE / "scaffold"
    return packed if packed.is_dir() else _PACKAGE.parent


def write_scaffold(folder: Path) -> tuple[list[str], list[str]]:
    """Write the shipped plan into a folder; where there is a `flags.yaml`, the plan is its owner's and stays as it is.

    Returns:
        The names of the files that were written, and of those that were already there.

    Raises:
        UsageError: the folder cannot be written.
    """
    source = shipped_plan()
    names = [FLAGS_FILE, *(f"{PHASES_FOLDER}/{path.name}" for path in sorted((source / PHASES_FOLDER).glob("*.yaml")))]
    kept = [name for name in names if (folder / name).exists()]
    if kept:
        return [], kept
    try:
        (folder / PHASES_FOLDER).mkdir(parents=True, exist_ok=True)
        for name in names:
            with (folder / name).open("xb") as file:
                file.write((source / name).read_bytes())
    except OSError as error:
        raise UsageError(
            f"cannot write the plan into {folder}: {error.strerror}", hint="name another folder"
        ) from error
    return names, []
