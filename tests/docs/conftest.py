"""A project as pages have it: the shipped plan, in phase 2."""

import shutil
from pathlib import Path

import pytest

from tests.support.program import rollout_here
from tests.support.projects import REPOSITORY


@pytest.fixture(scope="session")
def in_phase_2(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shipped plan, and a store at its phase 2."""
    folder = tmp_path_factory.mktemp("plan")
    for name in ("flags.yaml", "sources.yaml"):
        shutil.copy(REPOSITORY / name, folder)
    shutil.copytree(REPOSITORY / "phases", folder / "phases")
    for phase in "012":
        run = rollout_here("advance", "--phase", phase, "--force", "--reason", "test", "--yes", cwd=folder)
        assert run.code == 0, run.err
    return folder


@pytest.fixture
def project(in_phase_2: Path, tmp_path: Path) -> Path:
    shutil.copytree(in_phase_2, tmp_path / "shop")
    return tmp_path / "shop"
