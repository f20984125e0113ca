"""The places whose ledgers keep one contract."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.places import MemoryPlace, Place, PostgresPlace, SqlitePlace
from tests.support.postgres import Postgres, running_postgres
from tests.support.stores import new_sqlite


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    with running_postgres() as server:
        yield server


@pytest.fixture(params=["memory", "sqlite", pytest.param("postgres", marks=pytest.mark.heavy)])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    if request.param == "memory":
        return MemoryPlace()
    if request.param == "sqlite":
        return SqlitePlace(new_sqlite(tmp_path / "rollout.db"))
    return PostgresPlace(request.getfixturevalue("postgres"))
