"""How a client ends: at once, cleanly, also when nobody tells it to; and what it answers after that."""

import gc
import subprocess
import sys
import textwrap
import threading
import time
from contextlib import suppress
from pathlib import Path

import pytest

from rollout_cli.client import RolloutClient
from tests.client.clients import EVENTS_OFF, OFTEN, client_of, client_over, everything, write
from tests.support.memory_feed import MemoryStore
from tests.support.projects import REPOSITORY
from tests.support.waiting import eventually


def refreshers() -> list[threading.Thread]:
    return [each for each in threading.enumerate() if each.name == "rollout-refresher"]


def open_files(path: Path) -> list[str]:
    """Which files of a store this process has open."""
    found = []
    for descriptor in Path("/proc/self/fd").iterdir():
        with suppress(FileNotFoundError):  # the one that lists them
            found.append(str(descriptor.readlink()))
    return [each for each in found if each.startswith(str(path))]


def test_closing_ends_the_thread_and_leaves_no_file_open(path: Path) -> None:
    with client_of(path) as client:
        assert len(refreshers()) == 1
        assert open_files(path)
    assert not refreshers()
    assert not open_files(path)
    client.close()
    client.close()


def test_closing_interrupts_the_pause_between_two_looks(path: Path) -> None:
    client = RolloutClient.connect(f"sqlite:///{path}", project=path.parent, environment={}, refresh_seconds=3600)
    client.close()
    assert not refreshers()


def test_a_closed_client_gives_its_last_answers_as_stale_ones(path: Path) -> None:
    with client_of(path) as client:
        before = everything(client)
    write(path, EVENTS_OFF)
    assert client.refresh().stale
    assert everything(client) == before
    assert client.is_enabled("EVENTS")
    assert client.decide("EVENTS").stale
    assert client.decide_all()["EVENTS"].stale
    assert client.health().stale
    assert not refreshers()
    assert not open_files(path)


def test_a_closed_client_of_the_environment_is_as_good_as_before() -> None:
    with RolloutClient.connect(None, project="/nowhere", environment={"EVENTS": "true"}) as client:
        assert client.is_enabled("EVENTS")
    assert client.is_enabled("EVENTS")
    assert not client.health().stale


def test_a_block_that_fails_closes_the_client_and_passes_its_error_on(path: Path) -> None:
    def work() -> None:
        with RolloutClient.connect(f"sqlite:///{path}", project=path.parent, environment={}):
            raise KeyError

    with pytest.raises(KeyError):
        work()
    assert not refreshers()


def test_a_client_that_nobody_has_any_more_ends(path: Path) -> None:
    client = RolloutClient.connect(f"sqlite:///{path}", project=path.parent, environment={}, refresh_seconds=OFTEN)
    assert refreshers()
    del client
    gc.collect()
    eventually(lambda: not refreshers())
    assert not open_files(path)


def test_closing_while_the_store_hangs_does_not_wait_for_it_and_lets_go_when_it_answers(store: MemoryStore) -> None:
    with client_over(store, refresh_seconds=OFTEN) as client:
        store.hang()
        asked = store.questions
        eventually(lambda: store.questions > asked)
        begun = time.monotonic()
        client.close()
        assert time.monotonic() - begun < 10
        assert client.is_enabled("EVENTS")
        store.come_back()
        eventually(lambda: not refreshers())
        assert store.open_feeds == 0
        assert client.health().stale


def test_several_threads_may_close_at_the_same_time(path: Path) -> None:
    with client_of(path) as client:
        threads = [threading.Thread(target=client.close) for _ in range(8)]
        for each in threads:
            each.start()
        for each in threads:
            each.join(5)
    assert not refreshers()
    assert not open_files(path)


def in_a_process(program: str, *arguments: str) -> tuple[subprocess.CompletedProcess[str], float]:
    """Run a small application to its end.

    Returns:
        How it ended, and the seconds from its last line to its end.
    """
    code = textwrap.dedent(program) + "\nimport time; print('last', time.monotonic(), flush=True)\n"
    done = subprocess.run(
        [sys.executable, "-X", "dev", "-W", "error", "-c", code, *arguments],
        capture_output=True, text=True, timeout=60, check=False, cwd=REPOSITORY,
    )  # fmt: skip
    ended = time.monotonic()
    return done, ended - float(done.stdout.split("last ")[1])


def test_a_process_that_never_closes_its_client_ends_at_once_and_without_a_word(path: Path) -> None:
    done, seconds = in_a_process(
        """
        import sys
        from rollout_cli import RolloutClient
        client = RolloutClient.connect("sqlite:///" + sys.argv[1], environment={}, refresh_seconds=3600)
        print(client.is_enabled("EVENTS"))
        """,
        str(path),
    )
    assert (done.returncode, done.stderr, done.stdout.split()[0]) == (0, "", "True")
    assert seconds < 10


def test_a_process_whose_store_hangs_ends_at_once_and_without_a_word() -> None:
    done, seconds = in_a_process(
        """
        from unittest.mock import patch
        from tests.support.memory_feed import MemoryFeed, MemoryStore
        from rollout_cli import RolloutClient
        import logging
        logging.getLogger("rollout").setLevel(logging.ERROR)
        store = MemoryStore()
        store.hang()
        with patch("rollout_cli.client.assembly.open_feed", lambda url, rollout: MemoryFeed(store, rollout)):
            client = RolloutClient.connect("memory", environment={"EVENTS": "1"}, wait_seconds=0.01)
        print(client.is_enabled("EVENTS"))
        """
    )
    assert (done.returncode, done.stderr, done.stdout.split()[0]) == (0, "", "True")
    assert seconds < 10


def test_a_thread_of_the_application_may_ask_while_the_process_ends(path: Path) -> None:
    done, _ = in_a_process(
        """
        import sys, threading, time
        from rollout_cli import RolloutClient
        client = RolloutClient.connect("sqlite:///" + sys.argv[1], environment={}, refresh_seconds=0.001)
        def ask():
            while True:
                assert client.is_enabled("EVENTS")
                client.decide("EVENTS")
        for _ in range(3):
            threading.Thread(target=ask, daemon=True).start()
        time.sleep(0.05)
        """,
        str(path),
    )
    assert (done.returncode, done.stderr) == (0, "")
