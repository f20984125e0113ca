"""The kill file and variable: break-glass that works without store, files or network."""

import os
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from rollout_cli.flags.kill import KILL_FILE_VARIABLE, KILL_VARIABLE, Kills, kills_from_file, kills_from_variable
from rollout_cli.sources.regular_file import UnreadableFileError, read_regular_file

KILL_FILE = ".rollout/kill"
_MAX_BYTES = 100_000
_READABLE, _OPEN = 0o644, 0o755
"""Applications that run as somebody else have to see it, too."""


@dataclass(frozen=True, slots=True)
class KillSwitches:
    """What is killed, and by which of the two."""

    kills: Kills
    by_variable: Kills
    by_file: Kills
    path: Path

    @property
    def what(self) -> str:
        """What is killed, in words."""
        return "every flag" if self.kills.everything else ", ".join(sorted(self.kills.names))

    @property
    def where(self) -> str:
        """Which of the two says so, in words."""
        return " and ".join([KILL_VARIABLE] * bool(self.by_variable) + [str(self.path)] * bool(self.by_file))


def kill_path(project: Path, environment: Mapping[str, str]) -> Path:
    """Where the kill file is."""
    named = environment.get(KILL_FILE_VARIABLE)
    return Path(named) if named else project / KILL_FILE


def read_kill_switches(project: Path, environment: Mapping[str, str]) -> KillSwitches:
    """Read both. A kill file that is there and cannot be read kills everything: somebody put it there."""
    path = kill_path(project, environment)
    by_variable = kills_from_variable(environment.get(KILL_VARIABLE, ""))
    try:
        by_file = kills_from_file(read_regular_file(path, limit=_MAX_BYTES).decode("utf-8", "replace"))
    except FileNotFoundError:
        by_file = Kills()
    except UnreadableFileError:
        by_file = Kills(everything=os.path.lexists(path))
    return KillSwitches(by_variable | by_file, by_variable, by_file, path)


def write_kill_file(path: Path, lines: tuple[str, ...]) -> None:
    """Write the kill file in one step, so that no reader ever sees half of it; everybody may read it.

    Raises:
        OSError: the folder cannot be written.
    """
    if not path.parent.is_dir():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.parent.chmod(_OPEN)  # whatever the umask
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=".kill-")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write("".join(f"{line}\n" for line in lines))
            file.flush()
            os.fchmod(descriptor, _READABLE)
            os.fsync(descriptor)
        Path(temporary).replace(path)
        _sync(path.parent)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _sync(folder: Path) -> None:
    """Make the new name outlast a power cut, where the file system can promise that."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        with suppress(OSError):
            os.fsync(descriptor)
    finally:
        os.close(descriptor)
