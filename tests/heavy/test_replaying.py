"""Replays of any size in constant memory; and those that are killed, by whatever signal, go on."""

import json
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from rollout_cli.errors import ExitCode
from tests.support.program import PROGRAM, rollout, surroundings

pytestmark = pytest.mark.heavy
MEGABYTE = 1_000_000


@pytest.fixture
def project(tmp_path: Path) -> Path:
    rollout("init", ".", cwd=tmp_path)
    return tmp_path


def lines(count: int, size: int = 0) -> Iterator[bytes]:
    """Different messages, a hundred people's, each with a text of that size."""
    for number in range(count):
        body = {
            "kind": "message.inbound", "id": f"m-{number}", "chat": {"id": f"55119700{number % 100:05d}"},
            "message": {"text": f"{number} " + "x" * size},
        }  # fmt: skip
        record = {"at": 1_769_860_800_000 + number, "provider": "simulated", "shopper": f"s-{number % 7}"}
        yield json.dumps(record | {"body": json.dumps(body)}).encode() + b"\n"


def largest_so_far(pid: int) -> int:
    """The most megabytes that a process had; what it was forked from is not counted, as in its parent's `rusage`."""
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) // 1024
    return 0


def test_a_large_recording_from_a_pipe_takes_no_more_memory_than_a_small_one(project: Path) -> None:
    def largest(count: int) -> int:
        """Megabytes that a replay of so many lines of 20 kB takes at most."""
        words = [*PROGRAM, "simulate", "--phase", "0", "--legacy", "none", "--replay", "-"]
        with subprocess.Popen(
            [*words, "--save-traffic", "k.ndjson.gz"], cwd=project, env=surroundings(), stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
        ) as program:  # fmt: skip
            assert program.stdin is not None
            for line in lines(count, 20_000):
                program.stdin.write(line)
            program.stdin.close()
            most = 0
            while program.poll() is None:
                most = max(most, largest_so_far(program.pid))
                time.sleep(0.05)
        assert program.returncode in (ExitCode.DONE, ExitCode.FAIL)
        return most

    small, large = largest(500), largest(10_000)  # 10 MB, and 200 MB
    assert large < 300
    assert large < small + 40


def replay(project: Path, *words: str) -> list[str]:
    return [
        *PROGRAM, "simulate", "--phase", "3", "--legacy", "none", "--replay", "a.ndjson", "--format", "json",
        "--events-store", f"sqlite:///{project / 'kept.db'}", "--resume", "state", *words,
    ]  # fmt: skip


def counts(document: Any) -> dict[str, Any]:
    """All that does not depend on how quick a machine is."""
    kpis = {each["id"]: (each["value"], each["verdict"]) for each in document["kpis"] if each["unit"] != "ms"}
    return {name: document[name] for name in ("events", "shoppers", "providers")} | {"kpis": kpis}


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_replay_that_is_killed_goes_on_and_ends_as_one_that_was_not(project: Path, number: signal.Signals) -> None:
    (project / "a.ndjson").write_bytes(b"".join(lines(8_000)))
    url = f"sqlite:///{project / 'kept.db'}"
    rollout("events", "upgrade", "--events-store", url, cwd=project)
    for _ in range(2):
        with subprocess.Popen(
            replay(project, "--rate", "400"), cwd=project, env=surroundings(), stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE, text=True,
        ) as program:  # fmt: skip
            time.sleep(6.5)  # it was written down at least once, but for the first seconds
            program.send_signal(number)
            told = program.communicate(timeout=30)[1]
        assert program.returncode == {signal.SIGKILL: -9, signal.SIGINT: 130}.get(number, 143)
        assert number is signal.SIGKILL or "the same command goes on from there" in told
    ended = subprocess.run(replay(project), cwd=project, env=surroundings(), capture_output=True, check=False)
    uncut = rollout(
        "simulate", "--phase", "3", "--legacy", "none", "--replay", "a.ndjson", "--format", "json", cwd=project
    ).document
    uncut["kpis"] = [each for each in uncut["kpis"] if each["id"] != "signals_missing"]
    assert counts(json.loads(ended.stdout)) == counts(uncut)
    assert uncut["events"]["persisted"] == 8_000
