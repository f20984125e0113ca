"""Processes that deliver for one subscriber: killed at any moment, competing, forked; nothing is lost or repeated."""

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from rollout_cli.pipeline.signal_loop import SignalLoop
from rollout_cli.store.events.outbox import SqlOutbox
from rollout_cli.store.events.sql_event_store import SqlEventStore
from tests.support.children import in_child
from tests.support.event_stores import new_events, new_events_file, publish_texts
from tests.support.receivers import Receiver

PATIENCE = 180
_PROGRAM = """
import os, signal, sys
from datetime import timedelta
from rollout_cli.pipeline.signal_loop import SignalLoop
from rollout_cli.store.address import address_from_url
from rollout_cli.store.events.opening import open_event_store
from rollout_cli.store.events.outbox import SqlOutbox

url, written, dies_at, batch, seconds = sys.argv[1], sys.argv[2], *map(int, sys.argv[3:6])

def receive(given):
    for each in given if isinstance(given, list) else [given]:
        os.write(file, f"{each.number} {each.again:d}\\n".encode())
        if each.number == dies_at:
            os.kill(os.getpid(), signal.SIGKILL)

file = os.open(written, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
outbox = SqlOutbox(open_event_store(address_from_url(url)))
loop = SignalLoop(outbox, poll_seconds=0.02, lease=timedelta(seconds=seconds))
loop.connect("crm", receive, from_beginning=True, batch=batch)
print("ready", flush=True)
if sys.argv[6] == "drain":
    loop.run_until_drained()
else:
    loop.start()
    sys.stdin.read()
    loop.close(60)
"""


def begin(url: str, written: Path, *, dies_at: int = 0, batch: int = 1, seconds: int = 30, how: str = "drain",
          ) -> subprocess.Popen[bytes]:  # fmt: skip
    """Start a process that delivers, and wait until it is about to."""
    program = [sys.executable, "-c", _PROGRAM, url, str(written), str(dies_at), str(batch), str(seconds), how]
    process = subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"
    return process


def end(process: subprocess.Popen[bytes]) -> int:
    with process:
        try:
            process.communicate(timeout=PATIENCE)
        finally:
            process.kill()
    return process.returncode


def lines(written: Path) -> list[tuple[int, bool]]:
    """The numbers that were received, each with its mark."""
    rows = [each.split() for each in written.read_text().splitlines()] if written.exists() else []
    return [(int(number), again == "1") for number, again in rows]


def examine(received: Sequence[tuple[int, bool]], expected: int, *, most_repeated: int) -> None:
    """Every event once, in order; what came again is marked."""
    first = list(dict.fromkeys(number for number, _ in received))
    seen: set[int] = set()
    repeated = [each for each in received if each[0] in seen or seen.add(each[0])]  # type: ignore[func-returns-value]
    assert first == list(range(1, expected + 1))
    assert all(again for _, again in repeated), repeated
    assert len(repeated) <= most_repeated


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.heavy)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/events.db"
    database: str = request.getfixturevalue("postgres").new_database()
    return database


@pytest.mark.parametrize(("batch", "repeated"), [(1, [2]), (2, [1, 2])])
def test_after_a_kill_the_call_that_was_hit_is_made_once_more_and_marked(
    tmp_path: Path, batch: int, repeated: list[int]
) -> None:
    store, written = new_events_file(tmp_path), tmp_path / "received"
    publish_texts(store, 1, 2, 3)
    dead = begin(f"sqlite:///{tmp_path}/events.db", written, dies_at=2, batch=batch)
    assert end(dead) == -signal.SIGKILL
    with sqlite3.connect(tmp_path / "events.db") as past:  # as if its lease had run out
        past.execute("UPDATE whatsapp_subscribers SET held_until = '2020-01-01T00:00:00.000000Z'")
    past.close()
    got, loop = Receiver(), SignalLoop(SqlOutbox(store))
    loop.connect("crm", got, batch=batch)
    loop.run_until_drained()
    assert lines(written) == [(1, False), (2, False)]
    assert (got.got, got.again) == ([*repeated, 3], repeated)


def test_while_the_lease_of_a_dead_process_runs_nobody_delivers(tmp_path: Path) -> None:
    store, written = new_events_file(tmp_path), tmp_path / "received"
    publish_texts(store, 1, 2)
    end(begin(f"sqlite:///{tmp_path}/events.db", written, dies_at=1))
    got, loop = Receiver(), SignalLoop(SqlOutbox(store))
    loop.connect("crm", got)
    assert (loop.run_until_drained(), loop.lags()) == (0, {"crm": 2})


@pytest.mark.heavy
@pytest.mark.parametrize(("batch", "expected"), [(1, 400), (7, 2500)])
def test_killed_at_any_moment_nothing_is_lost_and_one_call_at_most_is_repeated_for_each_kill(
    url: str, tmp_path: Path, batch: int, expected: int
) -> None:
    store, written, moments = new_events(url), tmp_path / "received", random.Random(17)
    publish_texts(store, *range(expected))
    kills = 0
    while SqlOutbox(store).lag("crm") and kills < 200:
        process = begin(url, written, batch=batch, seconds=1)
        time.sleep(moments.uniform(0, 0.6))
        process.kill()
        kills += end(process) != 0
        time.sleep(1.1)
        if kills == 6:
            assert end(begin(url, written, batch=batch, seconds=1)) == 0
    examine(lines(written), expected, most_repeated=kills * batch)
    assert kills >= 1, "a fast machine may be done before it is killed often"


@pytest.mark.heavy
def test_processes_that_compete_deliver_each_event_once(url: str, tmp_path: Path) -> None:
    store, written = new_events(url), tmp_path / "received"
    processes = [begin(url, written, how="loop") for _ in range(3)]
    for number in range(0, 100, 2):
        publish_texts(store, number, number + 1)
    while SqlOutbox(store).lag("crm"):
        time.sleep(0.05)
    for number in range(100, 160):
        if number in (110, 120):  # whoever delivers may be the one that ends: another goes on
            assert end(processes.pop()) == 0
        publish_texts(store, number)
    while SqlOutbox(store).lag("crm"):
        time.sleep(0.05)
    assert [end(each) for each in processes] == [0]
    examine(lines(written), 160, most_repeated=0)


def _deliver_one_more(store: SqlEventStore, number: int) -> list[int]:
    got, loop = Receiver(until=1), SignalLoop(SqlOutbox(store), poll_seconds=0.02)
    loop.connect(f"child-{number}", got)
    loop.start()
    publish_texts(store, number)
    assert got.is_done.wait(PATIENCE)
    loop.close(PATIENCE)
    return got.got


@pytest.mark.heavy
def test_a_child_that_is_forked_off_at_any_moment_may_use_the_store(url: str) -> None:
    store = new_events(url)
    loop, got = SignalLoop(SqlOutbox(store), poll_seconds=0.001), Receiver()
    loop.connect("crm", got, from_beginning=True)
    loop.connect("other", print, types=("whatsapp.call",))
    loop.start()
    try:
        for number in range(40):
            assert in_child(lambda number=number: _deliver_one_more(store, number)) == [number + 1]  # type: ignore[misc]
    finally:
        assert loop.close(PATIENCE)
    loop.run_until_drained()
    assert got.got == list(range(1, 41))
    assert os.getpid() == loop._process
