"""Somebody holds a SQLite store's lock and hangs: a process gives up within seconds, and says so."""

import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.program import rollout, rollout_here

pytestmark = pytest.mark.heavy


@pytest.mark.parametrize(
    ("command", "kills"), [("advance --phase 1 --yes", False), ("rollback --reason alarm", True)]
)  # fmt: skip
def test_a_command_waits_five_seconds_for_a_lock(folder: Path, command: str, kills: bool) -> None:
    assert rollout_here("advance", "--yes", cwd=folder).code == 0
    with closing(sqlite3.connect(folder / ".rollout" / "rollout.db", isolation_level=None)) as holder:
        holder.execute("BEGIN EXCLUSIVE")
        begun = time.monotonic()
        done = rollout(*command.split(), cwd=folder)
        assert 5 <= time.monotonic() - begun < 9
        holder.execute("ROLLBACK")
    assert (done.code, "is locked by somebody else" in done.err) == (7, True)
    assert (folder / ".rollout" / "kill").exists() is kills
    assert rollout_here("status", "--format", "json", cwd=folder).document["revision"] == 1
    assert rollout_here(*command.split(), cwd=folder).code == 0
