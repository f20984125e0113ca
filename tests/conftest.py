"""Fixtures that every room's tests may use."""

import gc
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from tests.support.examples import examples
from tests.support.memory_ledger import Clock, MemoryLedger
from tests.support.postgres import Postgres, running_postgres
from tests.support.projects import write_project

settings.register_profile("here", deadline=None, max_examples=examples(100))  # how long one takes is the machine's
settings.load_profile("here")


@pytest.hookimpl(tryfirst=True)  # before any are chosen by their marks
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that draw examples."""
    for item in items:
        if getattr(getattr(item, "function", None), "is_hypothesis_test", False):
            item.add_marker("property")


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    """Have the garbage collector look no more at what stays to the end: thousands of tests, and what they import."""
    gc.collect()
    gc.freeze()


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


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """One PostgreSQL server for all tests."""
    with running_postgres() as server:
        yield server
