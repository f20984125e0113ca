"""A client before, in and after a fork: both sides hear of changes, neither harms the other, and the child can end."""

import ctypes
import multiprocessing
import os
import signal
import socket
import subprocess
import sys
import textwrap
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from rollout_cli.client import Count, Records, RolloutClient, forks
from rollout_cli.client.last_known_good import _alone
from tests.client.clients import EVENTS_OFF, OFTEN, client_of, client_over, everything, write
from tests.support.children import in_child
from tests.support.memory_feed import MemoryStore
from tests.support.program import surroundings
from tests.support.waiting import eventually

pytestmark = pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")

LEAVE_LAST = """\
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1])
connection.execute("SELECT count(*) FROM rollout_heads").fetchone()
connection.close()
"""


def hears_of(client: RolloutClient, path: Path, revision: int = 2) -> bool:
    """Whether a change that is made now is heard of."""
    write(path, EVENTS_OFF)
    eventually(lambda: client.health().revision == revision)
    return client.is_enabled("EVENTS") is False and not client.decide("EVENTS").stale


def refreshers() -> int:
    return sum(each.name == "rollout-refresher" for each in threading.enumerate())


@contextmanager
def child(work: Callable[[Connection], None]) -> Iterator[Connection]:
    """A child that `multiprocessing` forks; it is over, and well, when the block has been left."""
    here, there = multiprocessing.Pipe()
    process = multiprocessing.get_context("fork").Process(target=work, args=(there,))
    process.start()
    try:
        yield here
    finally:
        process.join(20)
        process.kill()
        process.join()
    assert process.exitcode == 0


def test_parent_and_child_both_hear_of_changes(path: Path) -> None:
    with client_of(path, refresh_seconds=OFTEN) as client:
        assert in_child(lambda: hears_of(client, path))
        eventually(lambda: client.health().revision == 2)
        assert in_child(lambda: hears_of(client, path, 3))
        eventually(lambda: client.health().revision == 3)
        assert refreshers() == 1


def test_a_child_answers_at_once_as_its_parent_did(path: Path) -> None:
    with client_of(path) as client:
        before = everything(client)
        assert in_child(lambda: (everything(client), client.health().stale)) == (before, False)


def test_a_child_hears_of_what_its_parent_does(path: Path) -> None:
    def work(parent: Connection) -> None:
        parent.send(client.health().revision)
        eventually(lambda: client.health().revision == 2)
        parent.send(client.is_enabled("EVENTS"))

    with client_of(path, refresh_seconds=OFTEN) as client, child(work) as answers:
        assert answers.recv() == 1
        write(path, EVENTS_OFF)
        assert answers.recv() is False


def test_a_child_of_a_child_hears_of_changes(path: Path) -> None:
    with client_of(path, refresh_seconds=OFTEN) as client:
        assert in_child(lambda: in_child(lambda: hears_of(client, path)))
        eventually(lambda: client.health().revision == 2)


def test_a_child_has_locks_of_its_own_so_nobody_takes_the_log_away_from_it(path: Path) -> None:
    def work(parent: Connection) -> None:
        eventually(lambda: client._refresher._feed._connection is not None)  # type: ignore[union-attr]
        parent.send("connected")
        parent.recv()
        parent.send(hears_of(client, path))

    with client_of(path, refresh_seconds=OFTEN) as client, child(work) as answers:
        assert answers.recv() == "connected"
        client.close()
        subprocess.run([sys.executable, "-c", LEAVE_LAST, path], check=True)
        assert Path(f"{path}-wal").exists()
        answers.send("go on")
        assert answers.recv()


def test_the_child_of_a_closed_client_gets_its_last_answers_as_stale_ones(path: Path) -> None:
    with client_of(path) as client:
        client.close()
        before = everything(client)
        assert in_child(lambda: (everything(client), client.decide("EVENTS").stale, refreshers())) == (before, True, 0)


def test_a_child_counts_from_nothing_and_its_parent_goes_on(path: Path) -> None:
    with client_of(path, records=Records()) as client:
        client.is_enabled("EVENTS")
        in_the_child = in_child(lambda: (client.counts(), client.is_enabled("EVENTS"), client.counts()))
        client.is_enabled("EVENTS")
        assert in_the_child == ([], True, [Count("EVENTS", "GLOBAL", True, 1)])
        assert client.counts() == [Count("EVENTS", "GLOBAL", True, 2)]


def test_a_fork_does_not_wait_for_a_store_that_hangs(store: MemoryStore) -> None:
    def work() -> int:
        store.come_back()
        eventually(lambda: client.health().revision == 2)
        return client.health().revision

    with client_over(store, refresh_seconds=OFTEN) as client:
        store.hang()
        asked = store.questions
        eventually(lambda: store.questions > asked)
        store.write(EVENTS_OFF)
        before = time.monotonic()
        assert in_child(work) == 2
        assert time.monotonic() - before < 10
        assert client.is_enabled("EVENTS"), "the parent waits for the store, and answers as before"
        store.come_back()
        eventually(lambda: not client.is_enabled("EVENTS"))


def test_threads_that_fork_at_the_same_time_do_it_one_after_the_other() -> None:
    told: list[str] = []

    class Slow(forks.Forkable):
        def before_fork(self) -> None:
            told.append("before")
            time.sleep(0.05)

        def after_fork_in_parent(self) -> None:
            told.append("after")

    def fork() -> None:
        forks._forks.before()  # `os.fork` does so; but for other libraries' locks, in two threads at once
        forks._forks.in_parent()

    slow = Slow()
    forks.tell_of_forks(slow)
    threads = [threading.Thread(target=fork) for _ in range(2)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert told == ["before", "after"] * 2


def test_a_signals_handler_that_forks_while_another_fork_begins_leaves_a_thread_that_refreshes(path: Path) -> None:
    with client_of(path, refresh_seconds=OFTEN) as client:
        forks._forks.before()
        forks._forks.before()  # the handler's; with `os.fork`, other libraries' locks might wait for themselves
        forks._forks.in_parent()
        forks._forks.in_parent()
        assert hears_of(client, path)


def test_a_fork_in_a_callback_leaves_both_sides_with_a_thread_that_refreshes(path: Path) -> None:
    answers: list[bool] = []
    with client_of(path, refresh_seconds=OFTEN) as client:
        stop = client.on_change(lambda _change: (stop(), answers.append(in_child(lambda: hears_of(client, path, 3)))))
        # in a child, so that no thread is in the middle of SQLite then; it hears of its own change, and must not fork
        in_child(lambda: (stop(), write(path, EVENTS_OFF).number))
        eventually(lambda: answers == [True])
        eventually(lambda: client.health().revision == 3)


def test_forks_in_a_thread_while_others_ask_and_revisions_fly(path: Path) -> None:
    is_over = threading.Event()

    def keep_asking() -> int:
        asked = 0
        while not is_over.wait(0.001):
            everything(client)
            asked += 1
        return asked

    with client_of(path, refresh_seconds=OFTEN) as client, ThreadPoolExecutor(3) as pool:
        asking = [pool.submit(keep_asking) for _ in range(3)]
        try:
            for number in range(2, 12):
                assert in_child(lambda number=number: hears_of(client, path, number))  # type: ignore[misc]
            eventually(lambda: client.health().revision == 11)
        finally:
            is_over.set()
        assert all(each.result() for each in asking)


def test_a_child_of_a_server_that_forks_on_its_own_and_says_so_only_afterwards_hears_of_changes(path: Path) -> None:
    def hears() -> bool:
        write(path, EVENTS_OFF)
        return client.refresh().revision == 2 and not client.is_enabled("EVENTS") and refreshers() == 1

    with client_of(path) as client:
        child = ctypes.PyDLL(None).fork()  # no Python code runs before it: what uWSGI does
        if child == 0:
            ctypes.pythonapi.PyOS_AfterFork_Child()
            os._exit(0 if hears() else 1)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        assert client.refresh().revision == 2


def test_a_lock_is_let_go_of_although_a_child_of_a_fork_has_its_file_open(tmp_path: Path) -> None:
    lock = tmp_path / "kept.lock"

    def work(parent: Connection) -> None:
        parent.recv()

    with _alone(lock) as is_alone:
        assert is_alone
        inherits = child(work)
        answers = inherits.__enter__()
    with _alone(lock) as is_alone:
        assert is_alone
    answers.send("end")
    inherits.__exit__(None, None, None)


ENDINGS = {
    "sys.exit": ("sys.exit(3)", 3),
    "os._exit": ("os._exit(4)", 4),
    "the end of the program": ("pass", 0),
    "an error": ("raise SystemExit(5)", 5),
}
BEGINNING = """\
import os, sys, threading, time
from rollout_cli.client import RolloutClient
client = RolloutClient.connect(sys.argv[1], environment={})
assert client.is_enabled("EVENTS")
"""


def run(script: str, path: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", BEGINNING + textwrap.dedent(script), f"sqlite:///{path}"]
    done = subprocess.run(
        command, cwd=path.parent, env=surroundings(), capture_output=True, text=True, timeout=30, check=False
    )
    assert done.stderr == ""
    return done


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_child_ends_with_its_exit_code_and_without_a_word(path: Path, ending: str) -> None:
    statement, code = ENDINGS[ending]
    script = f"""
        child = os.fork()
        if child == 0:
            assert client.is_enabled("EVENTS")
            {statement}
        else:
            print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
    """
    assert run(script, path).stdout == f"{code}\n"


@pytest.mark.parametrize("daemon", [False, True])
def test_a_child_that_a_thread_has_forked_off_ends_with_that_thread(path: Path, daemon: bool) -> None:
    script = f"""
        children = []
        def fork():
            child = os.fork()
            if child:
                children.append(child)
        thread = threading.Thread(target=fork, daemon={daemon})
        thread.start()
        thread.join()
        print(os.waitstatus_to_exitcode(os.waitpid(children[0], 0)[1]))
    """
    assert run(script, path).stdout == "0\n"


def test_a_child_that_leaves_a_callback_ends(path: Path) -> None:
    script = """
        children = []
        client.on_change(lambda _change: children.append(os.fork()))
        parent = os.getpid()
        print("ready", flush=True)
        while not children:
            time.sleep(0.01)
        if os.getpid() == parent:
            print(os.waitstatus_to_exitcode(os.waitpid(children[0], 0)[1]))
    """
    command = [sys.executable, "-c", BEGINNING + textwrap.dedent(script), f"sqlite:///{path}"]
    with subprocess.Popen(command, cwd=path.parent, env=surroundings(), stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        write(path, EVENTS_OFF)
        assert process.communicate(timeout=20)[0] == "0\n"


def test_a_program_that_forks_again_and_again_has_as_many_files_and_threads_as_before(path: Path) -> None:
    script = """
        def have():
            return len(os.listdir("/proc/self/fd")), len(os.listdir("/proc/self/task"))
        client.refresh()
        before = have()
        for _ in range(200):
            child = os.fork()
            if child == 0:
                os._exit(0)
            os.waitpid(child, 0)
        client.refresh()
        print(have() == before, client.health().stale)
    """
    assert run(script, path).stdout == "True False\n"


APPLICATION = """\
import os
from rollout_cli.client import RolloutClient
client = RolloutClient.connect(os.environ["STORE"], environment={})
def wsgi(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [answer()]
async def asgi(scope, receive, send):
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": [(b"connection", b"close")]})
        await send({"type": "http.response.body", "body": answer()})
def answer():
    decision = client.decide("EVENTS", "shopper-1")
    return f"{os.getpid()} {decision.value} {decision.revision} {decision.stale}".encode()
"""
SERVERS = {
    "gunicorn, sync": "gunicorn --preload --workers 2 --bind 127.0.0.1:{port} application:wsgi",
    "gunicorn, threads": "gunicorn --preload --threads 4 --workers 2 --bind 127.0.0.1:{port} application:wsgi",
    "uvicorn": "uvicorn --workers 2 --lifespan off --port {port} application:asgi",
}


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


def answers_of_workers(port: int) -> set[str]:
    """What each worker says, by asking until both have answered."""
    said: dict[str, str] = {}

    def both_have_answered() -> bool:
        with suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5) as response:
            worker, answer = response.read().decode().split(" ", 1)
            said[worker] = answer
        return len(said) == 2

    eventually(both_have_answered, within=30)
    return set(said.values())


@pytest.mark.heavy
@pytest.mark.parametrize("server", SERVERS)
def test_the_workers_of_a_real_server_hear_of_changes(path: Path, server: str) -> None:
    pytest.importorskip(server.partition(",")[0])
    port = free_port()
    (path.parent / "application.py").write_text(APPLICATION, encoding="utf-8")
    command = [sys.executable, "-m", *SERVERS[server].format(port=port).split()]
    environment = surroundings(STORE=f"sqlite:///{path}", PYTHONPATH=str(path.parent))
    with subprocess.Popen(command, cwd=path.parent, env=environment, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert answers_of_workers(port) == {"True 1 False"}
            write(path, EVENTS_OFF)
            eventually(lambda: answers_of_workers(port) == {"False 2 False"})
        finally:
            process.terminate()
            _, talk = process.communicate(timeout=30)
    assert "Traceback" not in talk, talk
    assert process.returncode in (0, -signal.SIGTERM), talk
