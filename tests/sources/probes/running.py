"""Programs for the probes to run, and a look at what they leave behind."""

import os
import time
from collections.abc import Mapping
from pathlib import Path

from rollout_cli.checks.sources_file import CommandsEntry, SourcesFile
from rollout_cli.sources.probes.settings import ProbeSettings

PATH = ["/usr/local/bin", "/usr/bin", "/bin"]
SETSID = "import os, time\nif not os.fork():\n    os.setsid()\n    open({pid!r}, 'w').write(str(os.getpid()))\n    "
"""The beginning of a program whose child leaves its session, and what the child does then."""


def settings_for(
    folder: Path,
    *allow: str,
    path: list[str] | None = None,
    environment: Mapping[str, str] | None = None,
    handed: tuple[str, ...] = (),
    files: tuple[str, ...] = (),
) -> ProbeSettings:
    """A project in a folder that allows to run these programs."""
    # Not validated: the probe keeps its promises also where the reader of the files would have refused.
    commands = CommandsEntry.model_construct(
        allow=list(allow), path=PATH if path is None else path, environment=list(handed)
    )
    sources = SourcesFile.model_construct(version=1, commands=commands, sources={}, files=list(files))
    return ProbeSettings(folder, environment or {"HOME": str(folder)}, sources)


def program(path: Path, text: str) -> str:
    """Write a shell script that can be run; its full path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return str(path)


def pid_in(path: Path, within: float = 10.0) -> int:
    """The process id that a program has written to a file by now, or writes soon."""
    end = time.monotonic() + within
    while not (path.exists() and path.read_text().strip()):
        assert time.monotonic() < end, f"nobody wrote {path}"
        time.sleep(0.01)
    return int(path.read_text())


def is_alive(pid: int) -> bool:
    """Whether a process runs; a dead one that nobody has buried does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state not in {"Z", "X"}


def is_gone_soon(pid: int, within: float = 10.0) -> bool:
    """Whether a process is dead, or will be soon; what the tests start sleeps for longer."""
    end = time.monotonic() + within
    while is_alive(pid):
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True


def our_children() -> set[int]:
    """Every child of this process, also those that are dead and not buried."""
    found = set()
    for each in Path("/proc").iterdir():
        if each.name.isdigit():
            try:
                fields = (each / "stat").read_text().rpartition(")")[2].split()
            except (FileNotFoundError, ProcessLookupError):
                continue
            if int(fields[1]) == os.getpid():
                found.add(int(each.name))
    return found


def open_descriptors() -> int:
    """How many descriptors this process has open."""
    return sum(1 for _ in Path("/proc/self/fd").iterdir())
