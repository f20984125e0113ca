"""Break-glass, watched: the kill file is looked at as often as the store, and read when it changed."""

import errno
import logging
import os
from collections.abc import Mapping
from pathlib import Path

from rollout_cli.client.saying import say
from rollout_cli.flags.kill import Kills
from rollout_cli.sources.kill_file import kill_path, read_kill_switches
from rollout_cli.sources.project_place import PROJECT_VARIABLE, STATE_FOLDER, find_project


def project_of(named: str | Path | None, store_file: Path | None, environment: Mapping[str, str]) -> Path:
    """The project whose kill file and `flags.yaml` count: named, else around the store, else around the process."""
    if named or environment.get(PROJECT_VARIABLE):
        return Path(os.path.abspath(named or environment[PROJECT_VARIABLE]))  # noqa: PTH100 - resolves no link
    if store_file is not None and store_file.parent.name == STATE_FOLDER:
        return store_file.parent.parent
    try:
        return find_project(Path.cwd())
    except FileNotFoundError:  # a process may outlive the folder it was started in
        return Path("/")


class BreakGlass:
    """The kill variable, read once, and the kill file."""

    def __init__(self, project: Path, environment: Mapping[str, str]) -> None:
        self._project = project
        self._environment = environment
        self._path = os.path.abspath(kill_path(project, environment))  # noqa: PTH100
        self._seen: tuple[int, ...] | None = None
        self.kills = Kills()
        self._read()

    def changed(self) -> bool:
        """Whether something else is killed now than when it was last asked."""
        return self._look() != self._seen and self._read()

    def _read(self) -> bool:
        self._seen = self._look()
        switches = read_kill_switches(self._project, self._environment)
        before, self.kills = self.kills, switches.kills
        if before != self.kills:
            words = f"{switches.what} kept at the default by {switches.where}" if self.kills else "lifted"
            say(logging.WARNING, "break-glass: %s", words)
        if self._seen == (errno.EACCES,):
            say(logging.ERROR, "break-glass: this process may not look for %s, so it hears of none", self._path)
        return before != self.kills

    def _look(self) -> tuple[int, ...]:
        try:
            status = os.stat(self._path)  # noqa: PTH116 - half the time, and many times a second
        except OSError as error:
            return (error.errno or 0,)
        return status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns
