"""Whatever the outside does, a check run is over within its limit and a second, and so is the process."""

import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.lying_server import LyingServer, drips, hangs
from tests.support.program import rollout, rollout_here
from tests.support.projects import write_project

FLAGS = "version: 1\nrollout: slow\nflags:\n  EVENTS: {type: boolean, default: false}\n"
SLOW = """\
phase: 0
name: slow
flags:
  EVENTS: {{enabled: true}}
preflight:
  - {{id: hangs, kind: http, url: "{hanging}", addresses: [127.0.0.1], timeout: {each}}}
  - {{id: drips, kind: http, url: "{dripping}", addresses: [127.0.0.1], timeout: {each}}}
  - {{id: metrics, kind: value, source: metrics, value: up, min: 1, timeout: {each}}}
  - {{id: endless, kind: sql, source: events, query: "{endless}", max: 0, timeout: {each}}}
  - {{id: sleeps, kind: command, command: [sleep, "60"], timeout: {each}}}
  - {{id: logs, kind: log, command: [tail, -f, /dev/null], contains: x, timeout: {each}}}
  - {{id: after, kind: flag, flag: EVENTS, enabled: false, needs: [sleeps]}}
  - {{id: quick, kind: flag, flag: EVENTS, enabled: false}}
"""
ENDLESS = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n"


@pytest.fixture
def slow_folder(tmp_path: Path) -> Iterator[Path]:
    """A project of checks of which all but two never answer: the longest run takes a second."""
    with LyingServer(hangs()) as hanging, LyingServer(drips(b"HTTP/1.1 200 Fine\r\n", b"X-Drop: y\r\n")) as dripping:
        text = SLOW.format(hanging=hanging.url, dripping=dripping.url, endless=ENDLESS, each="60s")
        folder = write_project(tmp_path / "project", FLAGS, {"0-slow": text})
        with sqlite3.connect(folder / "events.db") as database:
            database.execute("CREATE TABLE events (id INTEGER)")
        database.close()
        (folder / "sources.yaml").write_text(
            "version: 1\n"
            "sources:\n"
            f"  metrics: {{kind: prometheus, url: '{hanging.url}', addresses: [127.0.0.1]}}\n"
            "  events: {kind: sql, url: 'sqlite:///events.db'}\n"
            "commands: {allow: [sleep, tail]}\n"
            "limits: {total: 1s, parallel: 4}\n"
        )
        yield folder


WANTED = {
    **dict.fromkeys(["hangs", "drips", "metrics", "endless", "sleeps", "logs"], ("INCONCLUSIVE", "timeout")),
    "after": ("INCONCLUSIVE", "needs"),
    "quick": ("PASS", None),
}


def test_a_run_of_checks_that_never_answer_is_over_within_its_limit_and_a_second(slow_folder: Path) -> None:
    rollout_here("check", "--offline", cwd=slow_folder)  # what it imports is not what it asks
    begun = time.monotonic()
    run = rollout_here("check", "--format", "json", cwd=slow_folder)
    took = time.monotonic() - begun
    assert run.code == 4
    assert {each["id"]: (each["verdict"], each["cause"]) for each in run.document["checks"]} == WANTED
    assert 1 <= took < 6  # a second more where the machine is not busy
    no_store = f"There is no store yet: slow is off. The first change creates {slow_folder}/.rollout/rollout.db.\n"
    assert run.err == no_store, "in a pipe nothing is drawn"


def test_the_process_ends_with_it_and_leaves_nobody_behind(slow_folder: Path) -> None:
    begun = time.monotonic()
    assert rollout("--version", cwd=slow_folder).code == 0
    start_up = time.monotonic() - begun
    begun = time.monotonic()
    run = rollout("check", "-q", cwd=slow_folder)
    assert run.code == 4
    assert time.monotonic() - begun < 7 + 5 * start_up  # a check imports more than a version does


def test_on_a_terminal_it_shows_what_is_under_way_and_leaves_only_the_answer(slow_folder: Path) -> None:
    run = rollout_here("check", cwd=slow_folder, terminal=True)
    assert run.code == 4
    assert "hangs" in run.err
    assert "1/8" in run.err
    assert "Verdict: INCONCLUSIVE" in run.out.replace("\x1b[33m", "").replace("\x1b[0m", "")


def test_threads_that_are_left_behind_in_foreign_code_do_not_change_the_exit_code(tmp_path: Path) -> None:
    checks = "".join(
        f"  - {{id: c{n}, kind: log, path: long.log, lines: 100000, absent: ERROR, contains: x7}}\n" for n in range(40)
    )
    phase = f"phase: 0\nname: slow\nflags:\n  EVENTS: {{enabled: true}}\npreflight:\n{checks}"
    folder = write_project(tmp_path / "project", FLAGS, {"0-slow": phase})
    (folder / "long.log").write_text("".join(f"{'x' * 78}{n % 10}\n" for n in range(100_000)))
    (folder / "sources.yaml").write_text("version: 1\nlimits: {total: 1s, check: 1s, parallel: 8}\n")
    run = rollout("check", "-q", cwd=folder)
    assert (run.code, run.err) == (4, "")
