"""Where a project lies in the checkout that a code host knows: hosts name files from there."""

import os
from collections.abc import Mapping
from pathlib import Path

_ROOTS = ("GITHUB_WORKSPACE", "CI_PROJECT_DIR")
"""How GitHub and GitLab name the root of the checkout."""


def place_in_checkout(folder: Path, environment: Mapping[str, str]) -> str:
    """The folder from the root of its checkout, with slashes between its parts; empty when it is the root itself.

    The root is the one that the CI system names, if the folder lies there, else the nearest one upward that git knows.
    """
    real = Path(os.path.realpath(folder))
    named = [Path(os.path.realpath(environment[name])) for name in _ROOTS if environment.get(name)]
    known = [each for each in (real, *real.parents) if os.path.lexists(each / ".git")]
    for root in (*named, *known):
        if real.is_relative_to(root):
            return "" if real == root else real.relative_to(root).as_posix()
    return ""
