"""What a run stores for itself is gone with it, also where it was killed; no other run's is, and nobody else's."""

import os
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from rollout_cli.errors import ExitCode, StoreError, StoreFullError
from rollout_cli.simulate.planting import Planting
from rollout_cli.simulate.traffic.cast import shopper_ids
from rollout_cli.simulation import workers
from rollout_cli.simulation.running import Order, simulate
from rollout_cli.simulation.temporary import own_folder
from rollout_cli.store.address import address_from_url
from rollout_cli.store.events.opening import upgrade_event_store
from rollout_cli.store.sqlite_failures import sqlite_failure
from tests.support.planted import LIVE, PROFILE, Around

ORDER = Order(LIVE, PROFILE, 5, 100, shopper_ids(3))
HOLDING = """
import sys, time
from rollout_cli.simulation.temporary import own_folder
with own_folder() as folder:
    (folder / "events.db").touch()
    (folder / "of-a-library").mkdir()
    print(folder, flush=True)
    time.sleep(60)
"""


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where temporary stores lie."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


@contextmanager
def somebody(place: Path) -> Iterator[Path]:
    """A process that holds a folder, until it is killed at the end."""
    environment = {**os.environ, "TMPDIR": str(place)}
    with subprocess.Popen([sys.executable, "-c", HOLDING], env=environment, stdout=subprocess.PIPE, text=True) as it:
        assert it.stdout is not None
        try:
            yield Path(it.stdout.readline().strip())
        finally:
            it.kill()


def test_what_a_killed_run_has_left_is_taken_away_by_the_next(place: Path) -> None:
    with somebody(place) as left:
        pass
    assert (left / "events.db").exists()
    with own_folder() as mine:
        assert list(place.iterdir()) == [mine]
    assert list(place.iterdir()) == []


def test_what_somebody_works_with_stays(place: Path) -> None:
    with somebody(place) as theirs:
        for _ in range(2):
            with own_folder() as mine:
                assert set(place.iterdir()) == {mine, theirs}
        assert (theirs / "events.db").exists()


def test_while_a_worker_still_works_nothing_of_the_whole_run_is_taken_away(place: Path) -> None:
    with somebody(place) as left:
        pass
    with somebody(left), own_folder():
        assert left.exists()
    with own_folder() as mine:
        assert list(place.iterdir()) == [mine]


def test_nothing_else_is_touched(place: Path) -> None:
    (place / "rollout-simulate-by-hand").mkdir()  # without a lock: being made, or nobody's of ours
    (place / "rollout-simulate-file").write_text("mine")
    elsewhere = place / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "in-use").touch()
    (place / "rollout-simulate-link").symlink_to(elsewhere)
    before = set(place.iterdir())
    with own_folder():
        pass
    assert set(place.iterdir()) == before
    assert (elsewhere / "in-use").exists()


def full() -> Planting:
    """A disk that has no room from the second publication on."""
    counted = [0]

    def publication(real: Any, **more: Any) -> Any:
        counted[0] += 1
        if counted[0] > 1:
            raise StoreFullError("the store cannot grow: the disk is full", hint="free some space")
        return real(**more)

    return Planting(store=lambda store: Around(store, publication=publication))


def test_a_full_disk_ends_the_run_at_once_and_says_where_the_store_lies_and_what_to_do(place: Path) -> None:
    told: list[int] = []
    with pytest.raises(StoreFullError) as failed:
        simulate(replace(ORDER, events=4_000, batch=10), lambda now: told.append(now.bodies), planting=full())
    assert str(place) in failed.value.message
    assert "TMPDIR" in failed.value.hint
    assert "--events-store" in failed.value.hint
    assert failed.value.exit_code == ExitCode.STORE
    assert max(told, default=0) <= 20
    assert list(place.iterdir()) == []


def test_of_a_store_that_was_named_it_is_said_that_what_was_sent_stays(place: Path) -> None:
    url = f"sqlite:///{place / 'named.db'}"
    upgrade_event_store(address_from_url(url))
    with pytest.raises(StoreFullError) as failed:
        simulate(replace(ORDER, batch=10, events_store=url), planting=full())
    assert "stays in it" in failed.value.hint
    assert "temporary" not in failed.value.message


def test_sqlite_means_a_full_disk_also_where_only_its_shared_memory_cannot_grow() -> None:
    error = sqlite3.OperationalError("disk I/O error")
    error.sqlite_errorcode = sqlite3.SQLITE_IOERR_SHMSIZE
    assert isinstance(sqlite_failure("any.db", error), StoreFullError)


def test_of_a_worker_it_is_the_place_of_all_that_is_named(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with own_folder() as whole:
        monkeypatch.setattr(tempfile, "tempdir", str(whole))
        with pytest.raises(StoreFullError, match=f"in {place}$"):
            simulate(replace(ORDER, batch=10), planting=full())
    assert isinstance(workers.Failed.of(StoreFullError("x", hint="y")).raised(), StoreFullError)


def test_a_place_where_no_folder_can_be_made_is_named(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(place / "none"))
    with pytest.raises(StoreError, match=r"none: No such file") as failed:
        simulate(ORDER)
    assert "TMPDIR" in failed.value.hint
