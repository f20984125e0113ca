"""A client under many threads and an event loop, beside others in one process, while revisions fly."""

import asyncio
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from rollout_cli.client import RolloutClient
from rollout_cli.flags.decision import Decision
from tests.client.clients import OFTEN, client_of
from tests.client.flying import let_revisions_fly
from tests.support.projects import REPOSITORY
from tests.support.stores import draft, new_sqlite, open_sqlite
from tests.support.waiting import eventually

WRITES = 12
FLYING = "from tests.client.flying import let_revisions_fly\n"


def check(decision: Decision) -> int:
    """In these histories every odd revision has EVENTS on, and no even one has."""
    is_on = decision.revision % 2 == 1
    expected = {"EVENTS": is_on, "ROUTING": is_on, "SHADOW": True, "POLICY": "sticky" if is_on else "default"}
    assert decision.value == expected[decision.flag], decision
    return decision.revision


def ask_everything(client: RolloutClient) -> int:
    """Ask in every way, and make sure that it fits together."""
    revision = check(client.decide("EVENTS", "shopper-1"))
    assert client.is_enabled("EVENTS", "shopper-1") in (True, False)
    assert client.value("POLICY") in ("default", "sticky")
    everything = [check(each) for each in client.decide_all("shopper-1").values()]
    assert len(everything) == 4
    assert len(set(everything)) == 1, "all of one revision"
    assert everything[0] >= revision
    return everything[0]


def keep_asking(client: RolloutClient, is_over: threading.Event) -> int:
    """Ask until it is over; revisions never go back.

    Returns:
        How many different ones there were.
    """
    seen = [0]
    while not is_over.is_set():
        revision = ask_everything(client)
        assert revision >= seen[-1]
        if revision != seen[-1]:
            seen.append(revision)
    return len(seen) - 1


async def keep_asking_in_a_loop(client: RolloutClient, is_over: threading.Event) -> float:
    """Ask between other things.

    Returns:
        For how many seconds the loop stood still at most.
    """
    longest, before = 0.0, time.monotonic()
    while not is_over.is_set():
        ask_everything(client)
        await asyncio.sleep(0)
        longest, before = max(longest, time.monotonic() - before), time.monotonic()
    return longest


@contextmanager
def others(*work: Callable[[threading.Event], object]) -> Iterator[list[object]]:
    """Threads that work until the block is left; what they found is in the list after it."""
    found: list[object] = []
    is_over = threading.Event()
    with ThreadPoolExecutor(len(work)) as pool:
        running = [pool.submit(each, is_over) for each in work]
        try:
            yield found
        finally:
            is_over.set()
        found.extend(each.result(timeout=30) for each in running)


@contextmanager
def another_process(work: str, path: Path) -> Iterator[subprocess.Popen[str]]:
    """A process at work on a store; it is over when the block has been left."""
    script = f"import sys\nfrom pathlib import Path\npath = Path({str(path)!r})\n"
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", script + work], cwd=REPOSITORY, text=True, **pipes) as process:
        try:
            yield process
        finally:
            process.communicate(timeout=60)
    assert process.returncode == 0


def elsewhere(work: str, path: Path) -> None:
    """Have another process do some work on a store."""
    with another_process(work, path):
        pass


@pytest.mark.parametrize(("threads", "revisions"), [(3, 20), pytest.param(8, 60, marks=pytest.mark.heavy)])
def test_threads_and_a_loop_get_fitting_answers_while_revisions_fly(path: Path, threads: int, revisions: int) -> None:
    with client_of(path, refresh_seconds=OFTEN) as client:
        asking = [lambda is_over: keep_asking(client, is_over)] * threads
        looping = lambda is_over: asyncio.run(keep_asking_in_a_loop(client, is_over))  # noqa: E731
        with others(*asking, looping) as found:
            elsewhere(FLYING + f"let_revisions_fly(path, {revisions})", path)
            eventually(lambda: client.health().revision == revisions + 1, within=30)
            time.sleep(0.2)  # for every thread to ask once more
        *seen, longest = found
        assert all(each >= 2 for each in seen), "every thread heard of changes"
        assert longest < 6, "the loop never stood still for long"
        assert client.refresh().revision == revisions + 1


def test_an_event_loop_goes_on_while_its_own_thread_is_the_only_one_that_asks(path: Path) -> None:
    async def work(client: RolloutClient) -> float:
        is_over = threading.Event()
        writing = asyncio.get_running_loop().run_in_executor(None, let_revisions_fly, path, 20)
        writing.add_done_callback(lambda _: is_over.set())
        return await keep_asking_in_a_loop(client, is_over)

    with client_of(path, refresh_seconds=OFTEN) as client:
        assert asyncio.run(work(client)) < 6
        assert client.refresh().revision == 21


def test_threads_that_look_themselves_are_told_of_every_change_once_and_in_order(path: Path) -> None:
    told: list[int] = []
    with client_of(path, refresh_seconds=OFTEN) as client:
        client.on_change(lambda change: told.append(change.revision))

        def keep_looking(is_over: threading.Event) -> None:
            before = 0
            while not is_over.is_set():
                health = client.refresh()
                assert health.revision >= before
                before = health.revision

        with others(*[keep_looking] * 4):
            let_revisions_fly(path, 20)
        assert client.refresh().revision == 21
    assert len(told) == len(set(told))
    assert max(told) == 21


def test_clients_that_come_and_go_in_many_threads_do_not_disturb_each_other(path: Path) -> None:
    def connect_and_close(is_over: threading.Event) -> None:
        while not is_over.is_set():
            with client_of(path) as client:
                ask_everything(client)
                assert not client.health().stale

    with (
        client_of(path, refresh_seconds=OFTEN) as client,
        others(*[connect_and_close] * 4, lambda is_over: keep_asking(client, is_over)),
    ):
        elsewhere(FLYING + "let_revisions_fly(path, 12)", path)
        eventually(lambda: client.health().revision == 13)


def test_each_of_several_clients_hears_of_its_own_rollout(tmp_path: Path) -> None:
    path = new_sqlite(tmp_path / "rollout.db")
    for rollout in ("test-rollout", "another"):
        write_to(path, rollout, "1")
    told: list[str] = []
    with (
        client_of(path, rollout="test-rollout", refresh_seconds=OFTEN) as one,
        client_of(path, rollout="test-rollout", refresh_seconds=OFTEN) as two,
        client_of(path, rollout="another", refresh_seconds=OFTEN) as other,
    ):
        for name, client in {"one": one, "two": two, "other": other}.items():
            client.on_change(lambda _change, name=name: told.append(name))  # type: ignore[misc]
        write_to(path, "test-rollout", "2")
        eventually(lambda: sorted(told) == ["one", "two"])
        assert other.refresh().revision == 1
        one.close()
        write_to(path, "another", "2")
        write_to(path, "test-rollout", "3")
        eventually(lambda: (two.health().revision, other.health().revision) == (3, 2))
        assert one.health().revision == 2
    assert sorted(told) == ["one", "other", "two", "two"]


def write_to(path: Path, rollout: str, reason: str) -> None:
    on = draft(reason).snapshot.states["EVENTS"]
    states = {"EVENTS": on if int(reason) % 2 else type(on)()}
    snapshot = draft().snapshot
    changed = type(snapshot)(rollout, definitions=snapshot.definitions, states=states)
    with open_sqlite(path).ledger(rollout).writing() as writing:
        writing.append(draft(reason, snapshot=changed))


def test_a_writer_in_the_same_process_is_heard_and_loses_nothing(path: Path) -> None:
    with client_of(path, refresh_seconds=OFTEN) as client, others(*[lambda is_over: keep_asking(client, is_over)] * 2):
        with another_process(FLYING + f"let_revisions_fly(path, {WRITES // 2})", path):
            let_revisions_fly(path, WRITES // 2)
        with open_sqlite(path).ledger("test-rollout").reading() as reading:
            assert len(list(reading.revisions())) == WRITES + 1
        eventually(lambda: client.health().revision == WRITES + 1)


# SQLite's locks belong to a process and a file: whoever opens and closes the file past SQLite drops those of everybody
# in the process. Then the last other process to leave takes the log away, and a client would listen to a dead one.

STAY = """\
import sqlite3
connection = sqlite3.connect(path)
print(connection.execute("SELECT count(*) FROM rollout_heads").fetchone(), flush=True)
sys.stdin.read()
"""
LEAVE_LAST = """\
import sqlite3
connection = sqlite3.connect(path)
connection.execute("SELECT count(*) FROM rollout_heads").fetchone()
connection.close()
"""


def test_a_client_hears_on_although_its_locks_were_dropped_and_the_log_was_taken_away(path: Path) -> None:
    with client_of(path, refresh_seconds=OFTEN) as client:
        path.read_bytes()
        elsewhere(LEAVE_LAST, path)
        eventually(Path(f"{path}-wal").exists)
        with another_process(STAY, path) as other:
            assert other.stdout is not None
            other.stdout.readline()  # so nobody is the last to leave, and the store's file itself does not change
            elsewhere(FLYING + "let_revisions_fly(path, 1)", path)
            eventually(lambda: client.health().revision == 2)


def test_opening_a_store_leaves_the_locks_of_a_client_in_the_same_process_alone(path: Path) -> None:
    with client_of(path):
        open_sqlite(path)
        elsewhere(LEAVE_LAST, path)
        assert Path(f"{path}-wal").exists()
