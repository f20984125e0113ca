"""Those without an SDK: the bare hash, a function as one writes it by hand, and rollout itself."""

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import mmh3

from benchmarks.question import FLAG, PERCENT, ROLLOUT, Competitor, Count, Question
from rollout_cli import RolloutClient

LIMIT = PERCENT * 2**32 // 100


@contextmanager
def bare_hash(_asked: Question, _folder: Path) -> Iterator[Count]:
    """One hash and one comparison, without lists: nobody can be faster in Python."""

    def count(ids: Sequence[str]) -> int:
        on = 0
        for each in ids:
            if mmh3.hash(each, 0, False) < LIMIT:  # noqa: FBT003 - mmh3 takes `signed` by position fastest
                on += 1
        return on

    yield count


@contextmanager
def hand_written(asked: Question, _folder: Path) -> Iterator[Count]:
    """What a good engineer writes in ten lines, with the reason beside the value."""
    allow, deny, salt, hash32 = frozenset(asked.allow), frozenset(asked.deny), ROLLOUT, mmh3.hash

    def decide(key: str) -> tuple[bool, str]:
        if key in deny:
            return False, "DENYLIST"
        if key in allow:
            return True, "ALLOWLIST"
        return hash32(salt + key, 0, False) < LIMIT, "PERCENT"  # noqa: FBT003

    def count(ids: Sequence[str]) -> int:
        on = 0
        for each in ids:
            if decide(each)[0]:
                on += 1
        return on

    yield count


@contextmanager
def is_enabled(asked: Question, folder: Path) -> Iterator[Count]:
    """`RolloutClient.is_enabled`, on a store that `rollout advance` has filled."""
    with _client(asked, folder) as client:

        def count(ids: Sequence[str]) -> int:
            on = 0
            for each in ids:
                if client.is_enabled(FLAG, each):
                    on += 1
            return on

        yield count


@contextmanager
def decide(asked: Question, folder: Path) -> Iterator[Count]:
    """`RolloutClient.decide`: the whole explanation."""
    with _client(asked, folder) as client:

        def count(ids: Sequence[str]) -> int:
            on = 0
            for each in ids:
                if client.decide(FLAG, each).enabled:
                    on += 1
            return on

        yield count


FLOOR = Competitor("bare mmh3.hash, no lists", "mmh3", bare_hash)
HAND_WRITTEN = Competitor("hand-written function", "", hand_written)
IS_ENABLED = Competitor("rollout is_enabled", "rollout-cli", is_enabled)
DECIDE = Competitor("rollout decide", "rollout-cli", decide)


def write_project(folder: Path, setting: str, ramp: str = "") -> None:
    """A project with one phase."""
    (folder / "phases").mkdir(parents=True)
    flags = f"version: 1\nrollout: {ROLLOUT}\nflags:\n  {FLAG}: {{type: boolean, default: false}}\n"
    (folder / "flags.yaml").write_text(flags, encoding="utf-8")
    phase = f"phase: 0\nname: measured\nflags:\n  {FLAG}: {setting}\n{ramp}"
    (folder / "phases" / "0-measured.yaml").write_text(phase, encoding="utf-8")


def rollout(folder: Path, *arguments: str) -> None:
    """Run the program in a project, as a user does."""
    command = [sys.executable, "-m", "rollout_cli.cli.main", *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)  # noqa: S603 - our own command
    if done.returncode:
        raise RuntimeError(f"rollout {' '.join(arguments)} exited with {done.returncode}: {done.stderr}")


@contextmanager
def _client(asked: Question, folder: Path) -> Iterator[RolloutClient]:
    setting = {"enabled": True, "percent": PERCENT, "allowlist": asked.allow, "denylist": asked.deny}
    write_project(folder, json.dumps(setting))
    rollout(folder, "advance", "--yes")
    client = RolloutClient.connect(f"sqlite:///{folder}/.rollout/rollout.db", rollout=ROLLOUT)
    try:
        yield client
    finally:
        client.close()
