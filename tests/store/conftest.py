"""The places whose ledgers keep one contract."""

from pathlib import Path

import pytest

from tests.support.places import MemoryPlace, Place, PostgresPlace, SqlitePlace
from tests.support.stores import new_sqlite


@pytest.fixture(params=["memory", "sqlite", pytest.param("postgres", marks=pytest.mark.heavy)])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    if request.param == "memory":
        return MemoryPlace()
    if request.param == "sqlite":
        return SqlitePlace(new_sqlite(tmp_path / "rollout.db"))
    return PostgresPlace(request.getfixturevalue("postgres"))
