"""The command line on the small project."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from tests.support.program import Run, rollout_here


@pytest.fixture
def rollout(folder: Path) -> Callable[..., Run]:
    """`rollout` in the small project's folder."""
    return partial(rollout_here, cwd=folder)
