"""What is in the folder of a spool."""

import os
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from time import time

from rollout_cli.pipeline.spool.segment import NOTED, REFUSED, SEGMENT, UNBORN

_STILLBORN_AFTER = 3600


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The segments of others.

    Attributes:
        segments: the eldest first.
        bytes: how many they have together.
    """

    segments: list[Path]
    bytes: int


def look_around(folder: Path, *, besides: Collection[Path]) -> Surroundings:
    """The segments in a folder besides some. What was left behind without any use is removed."""
    segments: list[Path] = []
    total = 0
    with suppress(FileNotFoundError), os.scandir(folder) as found:
        for each in found:
            path = folder / each.name
            with suppress(FileNotFoundError):  # somebody else has been done with it meanwhile
                if path.suffix == SEGMENT and path not in besides:
                    segments.append(path)
                    total += each.stat(follow_symlinks=False).st_size
                elif _is_useless(path):
                    path.unlink()
    return Surroundings(sorted(segments), total)


def _is_useless(path: Path) -> bool:
    """Whether a process died between two steps and left this behind."""
    if path.suffix == UNBORN:
        return time() - path.stat().st_mtime > _STILLBORN_AFTER
    return path.suffix == NOTED and not any(path.with_suffix(each).exists() for each in (UNBORN, SEGMENT, REFUSED))
