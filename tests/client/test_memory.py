"""Memory and files stay as they are, however long a client looks, hears of changes, and comes and goes."""

import gc
import os
import threading
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from rollout_cli.client import Records, RolloutClient
from rollout_cli.control.record import GENESIS, Draft, Revision, seal, unseal
from rollout_cli.store.feeds import Feed
from tests.client.clients import EVENTS_OFF, EVENTS_ON, client_of, write
from tests.support.memory_ledger import BEGINNING

WARM_UP = 500
SLACK = 60_000
"""Bytes by which a heap may differ without having grown: caches of the interpreter, a counter with another digit."""

Work = Callable[[], object]


class Flickering:
    """A store that says something else whenever it is asked."""

    name = "flickering"
    path = Path("flickering")

    def __init__(self, *drafts: Draft) -> None:
        self._revisions = [revision(number, each) for number, each in enumerate(drafts, start=1)]
        self._asked = 0

    def changed(self) -> bool:
        return True

    def read(self) -> Revision:
        self._asked += 1
        return self._revisions[self._asked % len(self._revisions)]

    def close(self) -> None:
        """Nothing is open."""

    def tell(self, revision: int) -> None:
        """Nobody asks."""

    def leave(self) -> None:
        """Nothing is open."""

    def abandon(self) -> None:
        """Nothing is open."""


def revision(number: int, draft: Draft) -> Revision:
    record, digest = seal("test-rollout", draft, number=number, at=BEGINNING, previous_hash=GENESIS)
    return unseal(record, digest, rollout="test-rollout", number=number)


@contextmanager
def client_that_hears(feed: Feed, monkeypatch: pytest.MonkeyPatch) -> Iterator[RolloutClient]:
    monkeypatch.setattr("rollout_cli.client.assembly.open_feed", lambda _url, _rollout: feed)
    with RolloutClient.connect("flickering", environment={}, refresh_seconds=60, records=Records()) as client:
        yield client


def growth_of_the_heap(work: Work, times: int, warm_up: int = WARM_UP) -> int:
    """By how many bytes Python's heap has grown by doing something so many times more."""
    tracemalloc.start()
    try:
        repeat(work, warm_up)
        before = tracemalloc.get_traced_memory()[0]
        repeat(work, times)
        return tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()


def repeat(work: Work, times: int) -> None:
    for _ in range(times):
        work()
    gc.collect()


def resident_bytes() -> int:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def open_files_and_threads() -> tuple[int, int]:
    return len(list(Path("/proc/self/fd").iterdir())), threading.active_count()


def ask(client: RolloutClient) -> None:
    client.is_enabled("EVENTS", "shopper-1")
    client.decide_all("shopper-2")


@pytest.mark.parametrize("times", [5_000, pytest.param(400_000, marks=pytest.mark.heavy)])
def test_looking_without_a_change_takes_no_memory_and_no_files(path: Path, times: int) -> None:
    with client_of(path) as client:
        look = client.refresh if times < 400_000 else client._refresher.refresh
        repeat(look, WARM_UP)
        before = open_files_and_threads()
        at_first = min(times, 20_000)
        assert growth_of_the_heap(look, at_first) < SLACK
        resident = resident_bytes()
        repeat(look, times - at_first)
        assert resident_bytes() - resident < 2_000_000
        assert open_files_and_threads() == before
        assert not client.health().stale


@pytest.mark.parametrize("times", [1_000, pytest.param(8_000, marks=pytest.mark.heavy)])
def test_hearing_of_changes_takes_no_memory(times: int, monkeypatch: pytest.MonkeyPatch) -> None:
    with client_that_hears(Flickering(EVENTS_OFF, EVENTS_ON), monkeypatch) as client:
        told: list[int] = [0]
        client.on_change(lambda change: told.__setitem__(0, told[0] + len(change.flags)))
        assert growth_of_the_heap(lambda: (client.refresh(), ask(client)), times) < SLACK
        assert told[0] >= 3 * times


@pytest.mark.parametrize("times", [50, pytest.param(600, marks=pytest.mark.heavy)])
def test_hearing_of_changes_in_a_file_takes_no_memory_and_no_files(path: Path, times: int) -> None:
    with client_of(path) as client:
        drafts = [EVENTS_OFF, EVENTS_ON]

        def change_and_look() -> None:
            drafts.reverse()
            write(path, drafts[0])
            client.refresh()

        repeat(change_and_look, 10)
        before = open_files_and_threads()
        tracemalloc.start()
        try:
            repeat(change_and_look, 40)
            heap = tracemalloc.get_traced_memory()[0]
            repeat(change_and_look, times)
            assert tracemalloc.get_traced_memory()[0] - heap < 2 * SLACK
        finally:
            tracemalloc.stop()
        assert open_files_and_threads() == before
        assert client.health().revision == times + 51


@pytest.mark.parametrize("times", [250, pytest.param(3_000, marks=pytest.mark.heavy)])
def test_clients_that_come_and_go_leave_nothing_behind(path: Path, times: int) -> None:
    def come_and_go() -> None:
        with client_of(path, records=Records()) as client:
            ask(client)

    before = open_files_and_threads()
    assert growth_of_the_heap(come_and_go, times, warm_up=100) < SLACK
    assert open_files_and_threads() == before


def test_a_store_that_is_away_for_long_takes_no_memory_and_no_files(path: Path) -> None:
    with client_of(path) as client:
        repeat(client.refresh, 10)
        path.rename(path.with_suffix(".away"))
        assert growth_of_the_heap(client.refresh, 2_000) < SLACK
        path.with_suffix(".away").rename(path)
        assert not client.refresh().stale
