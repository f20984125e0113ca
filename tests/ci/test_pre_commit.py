"""The pre-commit hook: its manifest, which files wake it, and a run as pre-commit does it."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.ci.workshop import BROKEN, copy_of_the_repository, git, loaded, sound_project
from tests.support.program import surroundings
from tests.support.projects import REPOSITORY, write_project

NAME = ".pre-commit-hooks.yaml"
(HOOK,) = loaded(NAME)


def pre_commit(*words: str, cwd: Path, **environment: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "pre_commit", *words], cwd=cwd, capture_output=True, text=True, check=False, timeout=600,
        env=surroundings(**environment),
    )  # fmt: skip


def test_the_manifest_is_one_that_pre_commit_knows(tmp_path: Path) -> None:
    done = pre_commit("validate-manifest", str(REPOSITORY / NAME), cwd=tmp_path, PRE_COMMIT_HOME=str(tmp_path))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize(
    ("file", "wakes"),
    [
        ("flags.yaml", True),
        ("sources.yaml", True),
        ("phases/0-x.yaml", True),
        ("phases/0-x.YML", True),
        ("services/x/phases/2-y.yml", True),
        ("services/x/flags.yaml", True),
        ("README.md", False),
        ("myflags.yaml", False),
        ("flags.yaml.bak", False),
        ("phases/old/0-x.yaml", False),
        ("phases/notes.txt", False),
    ],
)
def test_the_hook_wakes_for_files_of_a_rollout(file: str, wakes: bool) -> None:
    assert bool(re.search(HOOK["files"], file)) == wakes
    assert HOOK["pass_filenames"] is False


@pytest.mark.heavy
def test_pre_commit_installs_and_runs_the_hook(tmp_path: Path) -> None:
    source = copy_of_the_repository(tmp_path / "source")
    git(source, "init")
    git(source, "add", "--all")
    git(source, "commit", "--message", "x")
    project = sound_project(tmp_path / "project")
    git(project, "init")
    git(project, "add", "--all")
    home = str(tmp_path / "home")
    words = ("try-repo", str(source), HOOK["id"], "--all-files", "--verbose")
    sound = pre_commit(*words, cwd=project, PRE_COMMIT_HOME=home)
    assert sound.returncode == 0, sound.stdout + sound.stderr
    assert "Valid: 0 errors" in sound.stdout
    write_project(project, phases=BROKEN)
    git(project, "add", "--all")
    broken = pre_commit(*words, cwd=project, PRE_COMMIT_HOME=home)
    assert broken.returncode == 1
    assert "phases/0-development.yaml:4:3: error [unknown-flag]" in broken.stdout
