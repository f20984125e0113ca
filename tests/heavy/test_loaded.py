"""On a machine that really is loaded, the new path is not blamed for it, and a slow one is slow all the same."""

import hashlib
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from threading import Thread
from time import thread_time
from typing import Any

import pytest

from rollout_cli.checks.verdict import Verdict
from rollout_cli.simulate.faults import fault_from_text
from rollout_cli.simulate.kpis import Finding, findings
from rollout_cli.simulate.planting import Planting
from rollout_cli.simulate.traffic.cast import shopper_ids
from rollout_cli.simulate.traffic.profile import Profile
from rollout_cli.simulation.running import Order, quiet_log, simulate
from rollout_cli.sources.processor import processor_waits
from tests.support.planted import LIVE

pytestmark = pytest.mark.heavy
_BUSY = """
import os, sys
os.sched_setaffinity(0, {int(sys.argv[1])})
while True:
    pass
"""


@pytest.fixture
def alone() -> Iterator[int]:
    """This thread has one processor left, whose number it is."""
    with processor_waits() as waits:
        if waits is None:
            pytest.skip("this system does not tell who waits for a processor")
    before = os.sched_getaffinity(0)
    one = max(before)
    os.sched_setaffinity(0, {one})
    try:
        yield one
    finally:
        os.sched_setaffinity(0, before)


@pytest.fixture
def _loaded(alone: int) -> Iterator[None]:
    """Eight programs do nothing but use that one; no other one is disturbed."""
    busy = [subprocess.Popen([sys.executable, "-c", _BUSY, str(alone)]) for _ in range(8)]
    try:
        yield
    finally:
        for each in busy:
            each.kill()
            each.wait()


def latency(*faults: str, events: int = 600, before: Callable[[], object] = int) -> Finding:
    """The KPI of a run.

    Args:
        faults: what is injected.
        events: how many.
        before: is done before each delivery is normalized.
    """

    def around(real: Any) -> Any:
        def normalized(*words: Any, **more: Any) -> Any:
            before()
            return real(*words, **more)

        return normalized

    order = Order(LIVE, Profile(), 5, events, shopper_ids(20), faults=tuple(map(fault_from_text, faults)))
    with quiet_log():
        totals = simulate(order, planting=Planting(normalizer=around))
    return {each.id: each for each in findings(totals)}["latency_p95_ms"]


def compute(seconds: float) -> None:
    """Have the processor for so long, and let other threads run meanwhile."""
    until = thread_time() + seconds
    while thread_time() < until:
        hashlib.pbkdf2_hmac("sha256", b"", b"", 5_000)


def beside_threads_of_its_own() -> None:
    threads = [Thread(target=compute, args=(0.06,)) for _ in range(6)]
    for each in threads:
        each.start()
    compute(0.1)
    for each in threads:
        each.join()


@pytest.mark.usefixtures("_loaded")
def test_what_others_have_of_the_processor_is_no_slowness_of_the_new_path() -> None:
    sound = latency()
    assert sound.verdict in (Verdict.PASS, Verdict.INCONCLUSIVE), sound
    assert sound.without_waits is not None
    assert sound.value is not None
    assert sound.without_waits < sound.value / 2


@pytest.mark.usefixtures("_loaded")
def test_what_sleeps_or_computes_is_slow_on_a_loaded_machine_as_well() -> None:
    slept = latency("latency:250ms@10%", events=300)
    assert slept.verdict is Verdict.FAIL, slept
    computed = latency(events=8, before=lambda: compute(0.25))
    assert computed.verdict is Verdict.FAIL, computed


@pytest.mark.usefixtures("alone")
def test_who_waits_for_threads_of_its_own_is_slow() -> None:
    told = latency(events=8, before=beside_threads_of_its_own)
    assert told.verdict is Verdict.FAIL, told
