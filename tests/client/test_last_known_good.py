"""The file with the last known good answers: written whole or not at all, believed only when it is sound."""

import fcntl
import os
import random
import signal
import stat
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import pytest

from rollout_cli.client import RolloutClient, Source
from rollout_cli.client.last_known_good import LastKnownGood
from rollout_cli.control.record import Revision
from rollout_cli.flags.decision import Reason
from tests.client.clients import (
    EVENTS_OFF,
    EVENTS_ON,
    OVERRIDES,
    client_of,
    client_over,
    client_without_store,
    everything,
    number_in,
    standing,
    write,
)
from tests.support.children import in_children
from tests.support.memory_feed import MemoryFeed, MemoryStore
from tests.support.projects import REPOSITORY
from tests.support.stores import new_sqlite
from tests.support.waiting import eventually


def test_what_the_store_said_last_answers_where_it_is_away_at_the_start(store: MemoryStore, file: Path) -> None:
    with client_over(store, last_known_good=file) as client:
        said = everything(client)
    with client_without_store(file) as client:
        assert everything(client) == said
        health = client.health()
        assert (health.source, health.rollout, health.revision) == (Source.LAST_KNOWN_GOOD, "test-rollout", 1)
        assert health.stale
        assert health.problem == "the store memory cannot be reached"
        decision = client.decide("EVENTS")
        assert (decision.enabled, decision.reason, decision.stale) == (True, Reason.GLOBAL, True)
        assert decision.age_seconds is not None


def test_it_is_as_old_as_its_file_and_gets_older(kept: Path) -> None:
    os.utime(kept, (time.time() - 100, time.time() - 100))
    with client_without_store(kept) as client:
        age = client.decide("EVENTS").age_seconds
        assert age is not None
        assert 100 <= age < 110
        eventually(lambda: (client.decide("EVENTS").age_seconds or 0) > age)


def test_it_gets_no_younger_when_something_is_killed(kept: Path, tmp_path: Path) -> None:
    with client_without_store(kept, project=tmp_path) as client:
        eventually(lambda: (client.health().age_seconds or 0) > 0.05)
        age = client.health().age_seconds or 0
        (tmp_path / ".rollout").mkdir()
        (tmp_path / ".rollout" / "kill").write_text("EVENTS\n")
        client.refresh()
        assert client.decide("EVENTS").reason == Reason.KILLED
        assert (client.health().age_seconds or 0) >= age


def test_a_file_from_the_future_is_of_now_and_gets_older(kept: Path) -> None:
    os.utime(kept, (time.time() + 10_000, time.time() + 10_000))
    with client_without_store(kept) as client:
        assert client.health().source is Source.LAST_KNOWN_GOOD
        assert 0 <= (client.health().age_seconds or 0) < 10
        eventually(lambda: client.health().age_seconds)


def test_the_store_takes_over_when_it_comes_back(store: MemoryStore, kept: Path) -> None:
    store.write(EVENTS_OFF)
    store.go_away()
    with client_over(store, last_known_good=kept) as client:
        assert client.is_enabled("EVENTS")
        store.come_back()
        health = client.refresh()
        assert (health.source, health.stale, health.revision) == (Source.STORE, False, 2)
        assert not client.is_enabled("EVENTS")
    assert number_in(kept) == 2


def test_every_change_is_kept(store: MemoryStore, file: Path) -> None:
    with client_over(store, last_known_good=file) as client:
        for number in range(2, 8):
            store.write(EVENTS_OFF if number % 2 else EVENTS_ON)
            client.refresh()
            assert number_in(file) == number


def test_after_a_rollback_no_restart_without_store_brings_on_back(store: MemoryStore, kept: Path) -> None:
    with client_over(store, last_known_good=kept), client_over(store, last_known_good=kept) as client:
        store.write(EVENTS_OFF)
        assert not client.refresh().stale
        # The other one has not heard of it yet, and ends so.
    for _ in range(2):
        with client_without_store(kept) as client:
            assert client.health().source is Source.LAST_KNOWN_GOOD
            assert not client.is_enabled("EVENTS", "shopper-1")
            assert client.health().revision == 2


def test_a_store_whose_rollout_has_not_begun_takes_the_file_away(kept: Path) -> None:
    with client_over(MemoryStore(), last_known_good=kept) as client:
        assert client.health().revision == 0
    assert not kept.exists()


def test_without_a_store_the_environment_answers_whatever_was_kept(kept: Path) -> None:
    with RolloutClient.connect(None, project="/nowhere", environment=OVERRIDES, last_known_good=kept) as client:
        assert client.health().source is Source.ENVIRONMENT
        assert not client.is_enabled("EVENTS")


def test_without_a_file_the_environment_answers(file: Path, caplog: pytest.LogCaptureFixture) -> None:
    with client_without_store(file) as client:
        assert client.health().source is Source.ENVIRONMENT
        assert client.decide("POLICY", default="other").value == "round_robin"
    assert caplog.messages[-1].endswith("the environment answers")
    assert not file.exists()


def test_an_unsound_file_is_replaced_as_soon_as_the_store_answers(store: MemoryStore, kept: Path) -> None:
    kept.write_bytes(b"garbage")
    with client_over(store, last_known_good=kept):
        assert number_in(kept) == 1


def test_the_file_is_its_owners_alone_and_nothing_is_left_beside_it(store: MemoryStore, file: Path) -> None:
    before = os.umask(0)
    try:
        with client_over(store, last_known_good=file) as client:
            store.write(EVENTS_OFF)
            client.refresh()
    finally:
        os.umask(before)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert sorted(each.name for each in file.parent.iterdir()) == ["last.json", "last.json.lock"]


def test_a_file_that_says_so_already_is_not_written_again(store: MemoryStore, kept: Path) -> None:
    before = kept.stat().st_ino
    with client_over(store, last_known_good=kept):
        assert kept.stat().st_ino == before


def test_its_time_is_brought_up_while_the_store_answers_and_only_then(store: MemoryStore, file: Path) -> None:
    def age() -> float:
        return time.time() - file.stat().st_mtime

    with client_over(store, last_known_good=file) as client:
        os.utime(file, (1, 1))
        client.refresh()
        assert age() < 60
    with client_over(store, last_known_good=file) as client:
        os.utime(file, (1, 1))
        store.go_away()
        client.refresh()
        assert age() > 60


def test_a_failure_while_writing_leaves_the_file_as_it_was_and_the_answers_right(
    store: MemoryStore, kept: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fails(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    before = kept.read_bytes()
    with client_over(store, last_known_good=kept) as client:
        store.write(EVENTS_OFF)
        with monkeypatch.context() as patched:
            patched.setattr(os, "fsync", fails)
            health = client.refresh()
        assert (health.stale, health.problem, health.revision) == (False, None, 2)
        assert not client.is_enabled("EVENTS")
        assert caplog.messages == [f"the last known good answers cannot be kept at {kept}: No space left on device"]
        for _ in range(3):
            client.refresh()
        assert len(caplog.records) == 1
        assert kept.read_bytes() == before
        assert sorted(each.name for each in kept.parent.iterdir()) == ["last.json", "last.json.lock"]
        store.write(EVENTS_ON)
        client.refresh()
        assert number_in(kept) == 3


def test_a_folder_that_is_not_there_disturbs_no_answer(store: MemoryStore, tmp_path: Path) -> None:
    with client_over(store, last_known_good=tmp_path / "nowhere" / "last.json") as client:
        assert client.is_enabled("EVENTS")
        assert not client.health().stale


def test_what_the_store_says_answers_before_it_is_kept(
    store: MemoryStore, kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = threading.Event()
    sync = os.fsync

    def waits(descriptor: int) -> None:
        slow.wait(30)
        sync(descriptor)

    with client_over(store, last_known_good=kept) as client:
        store.write(EVENTS_OFF)
        monkeypatch.setattr(os, "fsync", waits)
        looking = threading.Thread(target=client.refresh)
        looking.start()
        try:
            eventually(lambda: not client.is_enabled("EVENTS"))
            assert number_in(kept) == 1
        finally:
            slow.set()
            looking.join(5)
    assert number_in(kept) == 2


def test_a_process_that_is_killed_while_writing_leaves_the_file_as_it_was(path: Path, file: Path) -> None:
    with client_of(path, last_known_good=file):
        before = file.read_bytes()
    write(path, EVENTS_OFF)
    program = """
        import os, signal, sys
        from rollout_cli import RolloutClient
        os.fsync = lambda _descriptor: os.kill(os.getpid(), signal.SIGKILL)
        RolloutClient.connect("sqlite:///" + sys.argv[1], environment={}, last_known_good=sys.argv[2])
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program), str(path), str(file)], check=False, cwd=REPOSITORY, timeout=60
    )
    assert done.returncode == -signal.SIGKILL
    assert file.read_bytes() == before
    with client_of(path, last_known_good=file):
        assert number_in(file) == 2  # nobody is held up by the lock of the dead


def test_where_somebody_else_writes_the_file_it_is_tried_again_at_the_next_look(store: MemoryStore, kept: Path) -> None:
    with client_over(store, last_known_good=kept) as client, Path(f"{kept}.lock").open() as lock:
        store.write(EVENTS_OFF)
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert client.refresh().revision == 2
        assert number_in(kept) == 1
        fcntl.flock(lock, fcntl.LOCK_UN)
        client.refresh()
        assert number_in(kept) == 2


def test_a_writer_that_has_read_the_store_before_a_change_cannot_come_after_one_that_read_it_later(
    store: MemoryStore, file: Path
) -> None:
    slow, fast = LastKnownGood(file), LastKnownGood(file)
    latest = MemoryFeed(store).read

    def reads_slowly() -> Revision | None:
        revision = latest()
        store.write(EVENTS_OFF)  # and the other one hears of it at once:
        assert not fast.keep(latest)
        return revision

    assert slow.keep(reads_slowly)
    assert fast.keep(latest)
    assert number_in(file) == 2


def test_many_writers_at_once_never_put_an_older_revision_over_a_newer_one(store: MemoryStore, file: Path) -> None:
    ended, failed = threading.Event(), []
    LastKnownGood(file).keep(MemoryFeed(store).read)

    def keeps_slowly(seed: int) -> None:
        chance, mine, feed = random.Random(seed), LastKnownGood(file), MemoryFeed(store)

        def reads() -> Revision | None:
            revision = feed.read()
            time.sleep(chance.random() / 1000)
            return revision

        while not ended.is_set():
            mine.keep(reads)
            time.sleep(chance.random() / 1000)

    def watches() -> None:
        last = 0
        while not ended.is_set():
            last, before = number_in(file), last
            if last < before:
                failed.append((before, last))

    threads = [threading.Thread(target=keeps_slowly, args=(seed,)) for seed in range(4)]
    threads.append(threading.Thread(target=watches))
    for each in threads:
        each.start()
    for number in range(2, 102):
        store.write(EVENTS_ON if number % 2 else EVENTS_OFF)
        time.sleep(0.002)
    ended.set()
    for each in threads:
        each.join(10)
    assert not failed
    LastKnownGood(file).keep(MemoryFeed(store).read)
    assert number_in(file) == 101


def test_processes_that_share_the_file_leave_the_latest_revision_in_it(tmp_path: Path, file: Path) -> None:
    path = new_sqlite(tmp_path / "rollout.db")

    def work(number: int) -> None:
        if number == 0:
            for each in range(20):
                write(path, EVENTS_ON if each % 2 else EVENTS_OFF)
            return
        with client_of(path, refresh_seconds=0.001 * number, last_known_good=file) as client:
            eventually(lambda: client.health().revision == 20, within=30)
            eventually(lambda: number_in(file) == 20, within=30)

    in_children(4, work)
    with client_without_store(file) as client:
        assert client.health().revision == 20
        assert client.is_enabled("EVENTS")


def test_denials_by_hand_are_kept_too(store: MemoryStore, file: Path) -> None:
    from dataclasses import replace

    denied = {"EVENTS": frozenset({"shopper-9"})}
    store.write(replace(standing(EVENTS=store_state(store)), denied_by_hand=denied))
    with client_over(store, last_known_good=file):
        pass
    with client_without_store(file) as client:
        assert client.is_enabled("EVENTS", "shopper-1")
        assert client.decide("EVENTS", "shopper-9").reason == Reason.DENYLIST


def store_state(store: MemoryStore) -> object:
    """How EVENTS stands."""
    latest = MemoryFeed(store).read()
    assert latest is not None
    return latest.draft.snapshot.states["EVENTS"]
