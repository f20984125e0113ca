"""Where a project is; its files are not looked into."""

import os
from pathlib import Path

PROJECT_VARIABLE = "ROLLOUT_PROJECT"
STORE_VARIABLE = "ROLLOUT_STORE"
FLAGS_FILE = "flags.yaml"
STATE_FOLDER = ".rollout"


def find_project(start: Path) -> Path:
    """The nearest folder upward that has a `flags.yaml`, else one that has a `.rollout`, else `start` itself."""
    folders = [start, *start.parents]
    for name in (FLAGS_FILE, STATE_FOLDER):
        for folder in folders:
            if os.path.lexists(folder / name):
                return folder
    return start
