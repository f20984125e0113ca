"""A clock that is set: nobody's answers get stale by it, and nothing gets older or younger."""

import os
import time
from datetime import UTC, datetime, tzinfo
from pathlib import Path

import pytest

from tests.client.clients import EVENTS_OFF, OFTEN, client_of, client_over, write
from tests.support.memory_feed import MemoryStore
from tests.support.waiting import eventually

YEARS = 10 * 365 * 86_400
CLOCKS = ("rollout_cli.client.last_known_good.time", "time.time")


class Steps:
    """Sets the clock of this process: every one that can be set."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._monkeypatch = monkeypatch
        self._now = time.time

    def by(self, seconds: float) -> None:
        now = self._now

        class Stepped(datetime):
            @classmethod
            def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
                return datetime.fromtimestamp(now() + seconds, tz or UTC)

        for clock in CLOCKS:
            self._monkeypatch.setattr(clock, lambda: now() + seconds)
        self._monkeypatch.setattr("rollout_cli.store.sqlite_reading.datetime", Stepped)


@pytest.fixture
def clock_steps(monkeypatch: pytest.MonkeyPatch) -> Steps:
    return Steps(monkeypatch)


@pytest.mark.parametrize("seconds", [YEARS, 3600, -3600, -YEARS])
def test_answers_stay_fresh_and_changes_are_heard(path: Path, clock_steps: Steps, seconds: float) -> None:
    with client_of(path, refresh_seconds=OFTEN) as client:
        clock_steps.by(seconds)
        assert not client.health().stale
        assert (client.health().age_seconds or 0) < 5
        write(path, EVENTS_OFF)
        eventually(lambda: not client.is_enabled("EVENTS"))
        assert not client.decide("EVENTS").stale


@pytest.mark.parametrize("seconds", [YEARS, -YEARS])
def test_stale_answers_get_older_by_the_time_that_passes(
    store: MemoryStore, clock_steps: Steps, seconds: float
) -> None:
    with client_over(store) as client:
        store.go_away()
        client.refresh()
        before = client.health().age_seconds
        assert before is not None
        clock_steps.by(seconds)
        age = client.decide("EVENTS").age_seconds
        assert age is not None
        assert before <= age < before + 5
        store.come_back()
        assert not client.refresh().stale


@pytest.mark.parametrize("seconds", [YEARS, -YEARS])
def test_what_was_kept_gets_older_by_the_time_that_passes_from_the_start_on(
    store: MemoryStore, tmp_path: Path, clock_steps: Steps, seconds: float
) -> None:
    with client_over(store, last_known_good=tmp_path / "last.json"):
        pass
    store.go_away()
    with client_over(store, last_known_good=tmp_path / "last.json") as client:
        clock_steps.by(seconds)
        client.refresh()
        assert 0 <= (client.decide("EVENTS").age_seconds or 0) < 5


def test_what_was_kept_before_the_clock_was_set_back_is_of_now(
    store: MemoryStore, tmp_path: Path, clock_steps: Steps
) -> None:
    with client_over(store, last_known_good=tmp_path / "last.json"):
        pass
    store.go_away()
    clock_steps.by(-YEARS)
    with client_over(store, last_known_good=tmp_path / "last.json") as client:
        assert 0 <= (client.health().age_seconds or 0) < 5
        assert client.decide("EVENTS").stale


def test_a_store_file_from_another_time_is_as_good(path: Path) -> None:
    for moment in (0, time.time() + YEARS):
        os.utime(path, (moment, moment))
        with client_of(path) as client:
            assert not client.health().stale
            write(path, EVENTS_OFF)
            assert not client.refresh().stale
            assert not client.is_enabled("EVENTS")
