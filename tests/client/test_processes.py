"""A client in each of many processes: whatever flies, all end with the latest answers, and none invents one."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from rollout_cli.control.record import Revision
from rollout_cli.flags.evaluator import Evaluator
from rollout_cli.flags.kill import Kills
from tests.support import client_worker
from tests.support.program import rollout_here, surroundings
from tests.support.stores import open_sqlite

MANY = [8, pytest.param(50, marks=pytest.mark.heavy)]
MOVES = ("advance --phase 0 --yes", "advance --phase 1 --yes", "rollback", "advance --phase 0 --yes", "rollback")
SOON = 10.0
Answers = dict[str, list[object]]


class Worker:
    """One process with a client."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.notes: list[tuple[int, Answers]] = []
        self.is_stale = True

    def wait_until_ready(self) -> None:
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == "ready\n"

    def end(self, revision: int) -> None:
        """Have it say what it was told until it came to a revision."""
        out, err = self._process.communicate(f"{revision}\n", timeout=60)
        assert (self._process.returncode, err) == (0, "")
        said: dict[str, Any] = json.loads(out)
        self.notes, self.is_stale = said["notes"], said["stale"]

    @property
    def revisions(self) -> list[int]:
        """The revision of each note; a note is all of one revision."""
        of_notes = [{revision for _, revision in answers.values()} for _, answers in self.notes]
        assert all(len(each) == 1 for each in of_notes)
        return [each.pop() for each in of_notes]  # type: ignore[misc]


@contextmanager
def workers(store: Path, count: int) -> Iterator[list[Worker]]:
    command = [sys.executable, str(Path(client_worker.__file__)), f"sqlite:///{store}", str(count / 4000)]
    pipes: dict[str, Any] = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    with ExitStack() as ending:
        started = []
        for _ in range(count):
            process = subprocess.Popen(command, text=True, env=surroundings(), cwd=store.parent, **pipes)
            ending.enter_context(process)
            ending.callback(process.kill)
            started.append(Worker(process))
        yield started


def rollout(folder: Path, line: str) -> None:
    done = rollout_here(*line.split(), cwd=folder)
    assert done.code == 0, done.err


def history(store: Path) -> dict[int, Answers]:
    """What each revision answers."""
    with open_sqlite(store).ledger("test-rollout").reading() as reading:
        found = [each for each in reading.revisions() if isinstance(each, Revision)]
    return {each.number: answers_of(each) for each in found}


def answers_of(revision: Revision) -> Answers:
    flags = Evaluator(revision.draft.evaluated, Kills()).flags
    return {name: [flag.decide(client_worker.KEY).value, revision.number] for name, flag in flags.items()}


@pytest.mark.parametrize("count", MANY)
def test_all_processes_end_with_the_latest_answers_and_none_gives_one_that_is_in_no_revision(
    folder: Path, count: int
) -> None:
    rollout(folder, MOVES[0])
    store = folder / ".rollout" / "rollout.db"
    with workers(store, count) as crowd:
        for line in MOVES[1:]:  # while some processes are still starting
            rollout(folder, line)
        for each in crowd:
            each.wait_until_ready()
        for line in MOVES * 2:
            rollout(folder, line)
        committed = time.monotonic_ns()
        known = history(store)
        for each in crowd:
            each.end(max(known))
    for each in crowd:
        assert not each.is_stale
        assert each.revisions == sorted(each.revisions)
        assert all(answers == known[number] for number, (_, answers) in zip(each.revisions, each.notes, strict=True))
        assert each.revisions[-1] == max(known)
        assert each.notes[-1][0] - committed < SOON * 1e9


def test_a_process_that_is_killed_takes_nothing_from_the_others(folder: Path) -> None:
    rollout(folder, MOVES[0])
    store = folder / ".rollout" / "rollout.db"
    with workers(store, 4) as crowd:
        for each in crowd:
            each.wait_until_ready()
        for each in crowd[:2]:
            each._process.kill()
            each._process.wait()
        rollout(folder, "rollback")
        for each in crowd[2:]:
            each.end(2)
    assert [each.revisions for each in crowd[2:]] == [[1, 2]] * 2
