"""A simulation may be ended whenever one likes: it says so by its exit code alone, and leaves nothing behind."""

import os
import random
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.program import PROGRAM, rollout, surroundings

pytestmark = pytest.mark.heavy
_TRIES = 12


@pytest.mark.parametrize(
    ("number", "codes", "send"),
    [
        (signal.SIGTERM, {143, -15}, os.kill),
        (signal.SIGINT, {130}, os.kill),
        (signal.SIGHUP, {143, -1}, os.killpg),  # as a terminal does that is closed
    ],
)
@pytest.mark.parametrize("workers", ["1", "2"])
def test_whenever_the_end_comes_nobody_sees_a_traceback_and_nothing_is_left(
    tmp_path: Path, number: signal.Signals, codes: set[int], send: Callable[[int, int], None], workers: str
) -> None:
    rollout("init", ".", cwd=tmp_path)
    stores = tmp_path / "stores"
    stores.mkdir()
    draw = random.Random(f"{number} {workers}")
    for at in range(_TRIES):
        words = [*PROGRAM, "simulate", "--phase", str(at % 4), "--events", "200000", "--workers", workers]
        run = subprocess.Popen(
            words, cwd=tmp_path, env=surroundings(TMPDIR=str(stores)), stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE, start_new_session=True,
        )  # fmt: skip
        try:
            time.sleep(0.8 + 4 * draw.random())
            send(run.pid, number)
            _, told = run.communicate(timeout=30)
        finally:
            run.kill()
            run.wait()
        assert run.returncode in codes, told
        assert b"Traceback" not in told
        assert b"bug" not in told
        assert list(stores.iterdir()) == []
