"""kill -9 at every call that writes: what is left is the old state or the new one, never anything between."""

import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.support.program import CLEAN, rollout_here
from tests.support.projects import write_project

pytestmark = pytest.mark.heavy

CALLS = (
    "write,writev,pwrite64,pwritev,pwritev2,ftruncate,truncate,fallocate,fsync,fdatasync,sync_file_range,msync,"
    "unlink,unlinkat,rename,renameat,renameat2,link,linkat,symlink,mkdir,mkdirat,rmdir,chmod,fchmod,fchmodat,"
    "chown,fchown,fchownat"
)
"""Every call by which a program can change a file or a folder, apart from opening one."""


@dataclass(frozen=True)
class Scenario:
    """A command, and how to get to where it is given."""

    before: tuple[str, ...]
    command: str


SCENARIOS = {
    "advance": Scenario(("advance --yes",), "advance --phase 1 --yes"),
    "rollback": Scenario(("advance --yes", "advance --phase 1 --yes"), "rollback --reason alarm"),
    "the first advance, which creates the store": Scenario((), "advance --phase 0 --yes"),
}


def traced(project: Path, command: str, *options: str) -> subprocess.CompletedProcess[str]:
    """Run the program under strace."""
    strace = shutil.which("strace")
    assert strace, "strace is needed: apt-get install strace"
    program = [sys.executable, "-m", "rollout_cli.cli.main", *command.split()]
    return subprocess.run(
        [strace, "-f", "-qq", "-e", f"trace={CALLS}", *options, *program],
        cwd=project,
        env={**CLEAN, "ROLLOUT_ACTOR": "tester", "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def calls_of(project: Path, command: str) -> Counter[str]:
    """How often each call is made in an undisturbed run."""
    log = project.parent / "calls.log"
    done = traced(project, command, "-o", str(log))
    assert done.returncode == 0, done
    return Counter(re.findall(r"^\d+ +(\w+)\(", log.read_text(), flags=re.MULTILINE))


def standing(project: Path) -> dict[str, Any]:
    """How things are, without times."""
    run = rollout_here("status", "--format", "json", cwd=project)
    assert run.code == 0, run
    return {key: run.document[key] for key in ("revision", "position", "flags", "drift")} | {
        "is_rolled_back": run.document["state"] == "rolled_back"
    }


def prepared(folder: Path, scenario: Scenario) -> Path:
    project = write_project(folder / "project")
    for command in scenario.before:
        assert rollout_here(*command.split(), cwd=project).code == 0
    return project


def examine(project: Path, killed: subprocess.CompletedProcess[str], old: Any, new: Any, command: str) -> str:
    """Whether what a killed command left is whole; which of the two states it is."""
    found = standing(project)
    assert found in (old, new)
    assert found == new or "Applied" not in killed.stdout, "it said that it was done"
    if found["revision"]:
        verified = rollout_here("history", "verify", "--format", "json", cwd=project)
        assert (verified.code, verified.document["revisions"]) == (0, found["revision"]), verified
    again = rollout_here(*command.split(), cwd=project)
    assert again.code == 0, again
    assert {**standing(project), "revision": 0} == {**new, "revision": 0}
    assert rollout_here("rollback", cwd=project).code == 0
    assert standing(project)["is_rolled_back"]
    left = {path.name for path in (project / ".rollout").iterdir()} - {".gitignore", "rollout.db"}
    assert not [name for name in left if not name.startswith(".new-")], left
    return "new" if found == new else "old"


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_killed_command_leaves_the_old_state_or_the_new_one(tmp_path: Path, name: str) -> None:
    scenario = SCENARIOS[name]
    pristine = prepared(tmp_path / "pristine", scenario)
    old = standing(pristine)
    undisturbed = Path(shutil.copytree(pristine, tmp_path / "undisturbed" / "project"))
    calls = calls_of(undisturbed, scenario.command)
    new = standing(undisturbed)
    assert new["revision"] == old["revision"] + 1
    assert calls["pwrite64"] >= 4, calls
    assert calls["fdatasync"] + calls["fsync"] >= 2, calls
    moments = [(call, number) for call in sorted(calls) for number in range(1, calls[call] + 2)]

    def kill(moment: tuple[str, int]) -> tuple[Path, subprocess.CompletedProcess[str]]:
        call, number = moment
        project = Path(shutil.copytree(pristine, tmp_path / f"{call}-{number}" / "project"))
        return project, traced(
            project, scenario.command, "-o", os.devnull, "-e", f"inject={call}:signal=KILL:when={number}"
        )

    outcomes: Counter[str] = Counter()
    with ThreadPoolExecutor(2) as pool:
        for (call, number), (project, done) in zip(moments, pool.map(kill, moments), strict=True):
            is_beyond_the_last = number > calls[call]
            assert done.returncode == (0 if is_beyond_the_last else -9), (call, number, done)
            try:
                outcomes[examine(project, done, old, new, scenario.command)] += not is_beyond_the_last
            except AssertionError as error:
                raise AssertionError(f"killed at {call} number {number} of {calls[call]}: {error}") from error
    assert outcomes["old"] > 0
    assert outcomes["new"] > 0
