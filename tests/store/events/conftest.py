"""The places whose stores of events keep one contract."""

from pathlib import Path

import pytest

from rollout_cli.store.events.sql_event_store import SqlEventStore
from tests.support.event_stores import events_of


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.heavy)])
def events(request: pytest.FixtureRequest, tmp_path: Path) -> SqlEventStore:
    return events_of(request, tmp_path)
