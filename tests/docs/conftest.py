"""A project as pages have it: the shipped plan, in phase 2."""

import shutil
from pathlib import Path

import pytest

from rollout_cli.control.advance import AdvanceRequest, apply_advance, prepare_advance
from rollout_cli.control.standing import read_standing
from tests.support.projects import REPOSITORY, load_project
from tests.support.stores import new_sqlite, open_sqlite


@pytest.fixture(scope="session")
def in_phase_2(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shipped plan, and a store at its phase 2."""
    folder = tmp_path_factory.mktemp("plan")
    for name in ("flags.yaml", "sources.yaml"):
        shutil.copy(REPOSITORY / name, folder)
    shutil.copytree(REPOSITORY / "phases", folder / "phases")
    plan = load_project(folder)
    ledger = open_sqlite(new_sqlite(folder / ".rollout" / "rollout.db")).ledger(plan.wanted.rollout)
    for phase in range(3):
        request = AdvanceRequest("tester", phase, force=True, reason="test")
        with ledger.reading() as reading:
            decided = prepare_advance(plan, read_standing(reading), {}, request, lambda _asked: [])  # nobody is asked
        assert apply_advance(ledger, decided).applied
    return folder


@pytest.fixture
def project(in_phase_2: Path, tmp_path: Path) -> Path:
    shutil.copytree(in_phase_2, tmp_path / "shop")
    return tmp_path / "shop"
