"""Fixtures that every room's tests may use."""

from pathlib import Path

import pytest
from hypothesis import settings

from tests.support.memory_ledger import Clock, MemoryLedger
from tests.support.projects import write_project

settings.register_profile("here", deadline=None)  # how long an example takes is the machine's business
settings.load_profile("here")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def ledger(clock: Clock) -> MemoryLedger:
    return MemoryLedger(clock=clock)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the small test project."""
    return write_project(tmp_path / "project")
