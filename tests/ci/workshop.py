"""The integrations as CI systems run them: our files, a real shell, the real program under the name they call."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

from tests.support.program import PROGRAM, Run, surroundings
from tests.support.projects import PHASES, REPOSITORY, write_project

HOLD = "{fail: hold, inconclusive: hold, error: hold}"
GATES = f"gates:\n  - {{id: on, kind: flag, flag: EVENTS, enabled: true, on: {HOLD}}}\n"
SOUND = {name: phase + GATES for name, phase in PHASES.items()}
BROKEN = {**SOUND, "0-development": SOUND["0-development"].replace("EVENTS:", "EVENS:")}


def sound_project(folder: Path) -> Path:
    return write_project(folder, phases=SOUND)


def loaded(name: str) -> Any:
    """One of our YAML files."""
    return yaml.safe_load((REPOSITORY / name).read_text(encoding="utf-8"))


def schema_complaint(builtin: str, name: str) -> str:
    """What the vendored schema of a CI system says of one of our files; nothing when it is sound."""
    done = subprocess.run(
        [sys.executable, "-m", "check_jsonschema", "--builtin-schema", builtin, str(REPOSITORY / name)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    return "" if done.returncode == 0 else done.stdout + done.stderr


def program_in(folder: Path) -> Path:
    """A folder that holds the program as `rollout`."""
    folder.mkdir(parents=True, exist_ok=True)
    shim = folder / "rollout"
    shim.write_text('#!/bin/sh\nexec {} "$@"\n'.format(" ".join(f"'{word}'" for word in PROGRAM)))
    shim.chmod(0o755)
    return folder


def recorder_in(folder: Path, says: str = "") -> Path:
    """The same name for a program that only writes down its arguments, a line each, and complains."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "rollout.says").write_text(says)
    (folder / "rollout").write_text('#!/bin/sh\nprintf \'<%s>\\n\' "$@" >"$0.called"\ncat "$0.says" >&2\n')
    (folder / "rollout").chmod(0o755)
    return folder


def recorded(folder: Path) -> str:
    """The arguments of the last call; nothing when there was none."""
    called = folder / "rollout.called"
    return called.read_text() if called.exists() else ""


def shell(script: str, cwd: Path, timeout: float = 60, **environment: str) -> Run:
    """Run lines of bash as CI systems do: it ends where a command fails."""
    done = subprocess.run(
        ["/bin/bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script],
        cwd=cwd, capture_output=True, text=True, timeout=timeout, check=False, stdin=subprocess.DEVNULL,
        env=surroundings(**environment),
    )  # fmt: skip
    return Run(done.returncode, done.stdout, done.stderr, cwd)


def copy_of_the_repository(folder: Path) -> Path:
    """The files that git knows or would know, without what they were built into."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=REPOSITORY, capture_output=True, check=True,
    )  # fmt: skip
    for name in map(os.fsdecode, listed.stdout.split(b"\0")):
        if name and (REPOSITORY / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(REPOSITORY / name, folder / name)
    return folder


def git(folder: Path, *words: str) -> None:
    """Git without anybody's settings."""
    who = {f"GIT_{role}_{what}": "x@example.org" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    subprocess.run(
        ["git", "-c", "init.defaultBranch=main", *words], cwd=folder, check=True, capture_output=True,
        env=surroundings(GIT_CONFIG_GLOBAL="/dev/null", GIT_CONFIG_SYSTEM="/dev/null", **who),
    )  # fmt: skip


def json_in(file: Path) -> Any:
    return json.loads(file.read_text(encoding="utf-8"))
