"""A candidate in a process of its own: whatever it does, the application goes on, and so does the next candidate."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from rollout_cli.errors import UsageError
from rollout_cli.pipeline.delivery import Delivery, LegacyOutcome
from rollout_cli.pipeline.isolated import IsolatedCandidate, ProcessBacklog
from rollout_cli.pipeline.metrics import DROPPED, FAILED
from rollout_cli.pipeline.spool.segment import REFUSED
from tests.pipeline.compat_doubles import Counted
from tests.pipeline.spooling import delivery, names_in, numbered, spool_in
from tests.support.children import in_child
from tests.support.waiting import eventually

LONG = 60
"""Seconds that an interpreter may take to start on a busy machine."""


@pytest.fixture
def taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[bytes]]:
    """What was taken so far."""
    path = tmp_path / "taken"
    path.touch()
    monkeypatch.setenv("TAKEN", str(path))
    return lambda: path.read_bytes().splitlines()


@contextmanager
def backlog_for(name: str, **options: Any) -> Iterator[tuple[ProcessBacklog, Counted]]:
    metrics = Counted()
    backlog = ProcessBacklog(f"tests.pipeline.isolated_candidates:{name}", metrics=metrics, **options)
    try:
        yield backlog, metrics
    finally:
        backlog.close(0.1)


Taken = Callable[[], list[bytes]]


def is_there(pid: int) -> bool:
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_deliveries_are_taken_in_order_by_one_process_which_ends_at_the_end(taken: Taken) -> None:
    with backlog_for("Writing") as (backlog, metrics):
        assert backlog.candidate.pid is None
        assert all(backlog.offer(delivery(each)) for each in numbered(500))
        eventually(lambda: len(taken()) == 500, within=LONG)
        pid = backlog.candidate.pid
        assert pid is not None
        assert backlog.close(LONG)
        assert not is_there(pid)
        assert not backlog.offer(delivery(b"too late"))
    assert taken() == numbered(500)
    assert metrics.counts == {(DROPPED, "closed"): 1}


def test_the_process_is_restrained_and_has_nothing_of_ours(taken: Taken, tmp_path: Path) -> None:
    with (tmp_path / "ours").open("w") as ours, backlog_for("Telling", memory_limit=300 * 1024**2) as (backlog, _):
        os.set_inheritable(ours.fileno(), True)
        backlog.offer(delivery(b"{}"))
        eventually(lambda: len(taken()) == 2, within=LONG)
    told = json.loads(taken()[0])
    assert told["nice"] >= 10
    assert (told["memory"], told["core"], told["session"]) == (300 * 1024**2, 0, True)
    assert sum(each == "socket" for each in told["descriptors"]) == 1
    assert str(tmp_path / "ours") not in told["descriptors"]
    assert told["descriptors"].count("/dev/null") >= 2
    assert len(told["descriptors"]) == 5  # input, output, error, its connection, and its own file


@pytest.mark.parametrize(
    ("response", "expected"),
    [
        ({"status": [1, 2.5, None, "\ud800"]}, {"status": [1, 2.5, None, "\ud800"]}),
        (("ok", 200), ["ok", 200]),
        (b"bytes", None),
        (object(), None),
    ],
)
def test_a_delivery_is_the_same_there_and_of_the_legacy_response_what_is_json(
    taken: Taken, response: object, expected: object
) -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    given = Delivery("evolution", b"{}", at, "one", headers={"a": "b"}, legacy=LegacyOutcome(response, None, 0.5))
    with backlog_for("Telling") as (backlog, _):
        backlog.offer(given)
        eventually(lambda: len(taken()) == 2, within=LONG)
    told = json.loads(taken()[0])
    assert told["legacy"] == [expected, None, 0.5]
    assert (told["instance"], told["headers"], told["received_at"]) == ("one", {"a": "b"}, at.isoformat())


@pytest.mark.parametrize("body", [b"hang", b"spin"])
def test_one_that_takes_too_long_is_killed_and_dropped_and_the_next_is_taken(taken: Taken, body: bytes) -> None:
    with backlog_for("Tempered", time_limit=0.5) as (backlog, metrics):
        backlog.offer(delivery(b"1"))
        eventually(taken, within=LONG)
        pid = backlog.candidate.pid
        assert pid is not None
        backlog.offer(delivery(body))
        eventually(lambda: not is_there(pid), within=LONG)
        assert backlog.offer(delivery(b"2"))
        eventually(lambda: taken() == [b"1", b"2"], within=LONG)
    assert metrics.counts == {(DROPPED, "stuck"): 1}


def test_a_candidate_that_spins_takes_no_turn_from_the_caller(taken: Taken) -> None:
    with backlog_for("Tempered", time_limit=30) as (backlog, _):
        backlog.offer(delivery(b"1"))
        eventually(taken, within=LONG)
        backlog.offer(delivery(b"spin"))
        eventually(lambda: backlog.depth == 1)
        switches = sys.getswitchinterval()
        sys.setswitchinterval(5)  # who had to wait for a turn would wait for seconds
        try:
            begun = time.monotonic()
            assert all(backlog.offer(delivery(each)) for each in numbered(200))
            assert time.monotonic() - begun < 4
        finally:
            sys.setswitchinterval(switches)


def test_one_that_eats_memory_meets_its_limit_and_the_next_is_taken_by_a_new_process(taken: Taken) -> None:
    with backlog_for("Tempered", time_limit=LONG, memory_limit=300 * 1024**2) as (backlog, metrics):
        backlog.offer(delivery(b"1"))
        eventually(taken, within=LONG)
        pid = backlog.candidate.pid
        assert pid is not None
        for each in (b"eat", b"2"):
            backlog.offer(delivery(each))
        eventually(lambda: b"2" in taken(), within=LONG)
        assert not is_there(pid)
    assert metrics.counts == {(FAILED, "raised"): 1}


def test_one_that_ends_the_process_is_dropped_and_the_others_are_taken(taken: Taken) -> None:
    with backlog_for("Tempered") as (backlog, metrics):
        for each in (b"1", b"die", b"2"):
            backlog.offer(delivery(each))
        eventually(lambda: taken()[-1:] == [b"2"], within=LONG)
    assert set(taken()) == {b"1", b"2"}
    assert metrics.counts == {(DROPPED, "died"): 1}


@pytest.mark.parametrize("body", [b"raise", b"exit"])
def test_one_that_raises_is_counted_and_the_process_goes_on(
    taken: Taken, body: bytes, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    with backlog_for("Tempered") as (backlog, metrics):
        backlog.offer(delivery(b"1"))
        eventually(taken, within=LONG)
        pid = backlog.candidate.pid
        for each in (body, b"2"):
            backlog.offer(delivery(each))
        eventually(lambda: taken() == [b"1", b"2"], within=LONG)
        assert backlog.candidate.pid == pid
    assert metrics.counts == {(FAILED, "raised"): 1}
    assert "secret" not in caplog.text + capfd.readouterr().err


def test_what_it_prints_goes_nowhere_and_what_it_logs_to_our_standard_error(
    taken: Taken, capfd: pytest.CaptureFixture[str]
) -> None:
    with backlog_for("Tempered") as (backlog, _):
        backlog.offer(delivery(b"print"))
        eventually(taken, within=LONG)
    said = capfd.readouterr()
    assert said.out == ""
    assert "this is said" in said.err


def test_a_store_that_is_away_gets_the_same_again(taken: Taken) -> None:
    with backlog_for("Away") as (backlog, metrics):
        for each in numbered(3):
            backlog.offer(delivery(each))
        eventually(lambda: taken() == numbered(3), within=LONG)
    assert not metrics.counts


@pytest.mark.parametrize("name", ["cannot_be_made", "is_not_there"])
def test_one_that_cannot_be_made_leaves_what_waits_and_is_said_once(
    taken: Taken, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    with backlog_for(name) as (backlog, metrics):
        assert backlog.offer(delivery(b"1"))
        eventually(lambda: "cannot be started" in caplog.text, within=LONG)
        assert not backlog.close(0.1)
    assert metrics.counts == {(DROPPED, "closed"): 1}
    assert "secret" not in caplog.text


def test_an_interpreter_that_is_none_is_said_and_harms_nobody(taken: Taken, caplog: pytest.LogCaptureFixture) -> None:
    with backlog_for("Writing", python="/nowhere/python") as (backlog, _):
        assert backlog.offer(delivery(b"1"))
        eventually(lambda: "cannot be started: FileNotFoundError" in caplog.text)


def test_the_end_does_not_wait_for_one_that_hangs(taken: Taken) -> None:
    with backlog_for("Tempered", time_limit=300) as (backlog, metrics):
        backlog.offer(delivery(b"1"))
        eventually(taken, within=LONG)
        pid = backlog.candidate.pid
        assert pid is not None
        for each in (b"hang", b"2"):
            backlog.offer(delivery(each))
        assert not backlog.close(0.2)
        assert not is_there(pid)
        eventually(lambda: sum(metrics.counts.values()) == 2)


@pytest.mark.parametrize("target", ["", "module", "module:", ":factory"])
def test_a_target_that_is_none_is_said_at_once(target: str) -> None:
    with pytest.raises(UsageError, match="is no candidate"):
        ProcessBacklog(target, metrics=Counted())


_OFFERS_AND_WAITS = """
import sys, time
from tests.pipeline.compat_doubles import Counted
from tests.pipeline.spooling import delivery
from rollout_cli.pipeline.isolated import ProcessBacklog
backlog = ProcessBacklog("tests.pipeline.isolated_candidates:Tempered", metrics=Counted(), time_limit=2)
backlog.offer(delivery(sys.argv[1].encode()))
while backlog.candidate.pid is None:
    time.sleep(0.01)
print(backlog.candidate.pid, flush=True)
time.sleep(600)
"""


@pytest.mark.parametrize("body", ["1", "spin", "hang"])
def test_the_process_ends_with_its_parent_whatever_it_does(taken: Taken, tmp_path: Path, body: str) -> None:
    with subprocess.Popen([sys.executable, "-c", _OFFERS_AND_WAITS, body], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        begun = tmp_path / "taken.begun"
        eventually(lambda: begun.exists() and begun.read_text() == body, within=LONG)
        assert is_there(pid)
        parent.kill()
    eventually(lambda: not is_there(pid), within=LONG)


def test_after_a_fork_each_side_has_a_process_of_its_own(taken: Taken) -> None:
    with backlog_for("Writing") as (backlog, _):
        backlog.offer(delivery(b"1"))
        eventually(taken, within=LONG)
        pid = backlog.candidate.pid

        def offers() -> int | None:
            assert backlog.candidate.pid is None
            backlog.offer(delivery(b"2"))
            eventually(lambda: len(taken()) == 2, within=LONG)
            own = backlog.candidate.pid
            assert backlog.close(10)
            return own

        assert in_child(offers) not in {pid, None}
        assert pid is not None
        assert is_there(pid)
        backlog.offer(delivery(b"3"))
        eventually(lambda: taken() == [b"1", b"2", b"3"], within=LONG)
        assert backlog.candidate.pid == pid


def test_behind_a_spool_what_it_cannot_take_is_put_aside(taken: Taken, tmp_path: Path) -> None:
    candidate = IsolatedCandidate("tests.pipeline.isolated_candidates:Tempered", time_limit=0.5)
    with spool_in(tmp_path / "spool", candidate) as (spool, metrics):
        for each in (b"1", b"hang", b"2", b"die", b"3", b"raise", b"4"):
            assert spool.offer(delivery(each))
        assert spool.close(LONG)
    candidate.close()
    assert [each for number, each in enumerate(taken()) if each not in taken()[:number]] == [b"1", b"2", b"3", b"4"]
    assert metrics.counts == {(FAILED, "refused"): 3}
    assert len(names_in(tmp_path / "spool", REFUSED)) == 1
