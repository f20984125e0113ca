"""Running what a page shows, in a project."""

import os
import subprocess
import sys
from pathlib import Path

from tests.support.program import surroundings
from tests.support.projects import REPOSITORY


def ran(folder: Path, *command: str) -> str:
    """What a command prints in a project, where `python` is this one."""
    programs = folder / "programs"
    programs.mkdir(exist_ok=True)
    (programs / "python").write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    (programs / "python").chmod(0o755)
    environment = surroundings(
        PATH=f"{programs}:{os.environ['PATH']}",
        PYTHONPATH=os.pathsep.join([str(folder), str(REPOSITORY)]),
        ROLLOUT_PSEUDONYM_KEY="example-key",
    )
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout
