"""On a machine that really is loaded, the new path is not blamed for it, and a slow one is slow all the same."""

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from rollout_cli.checks.verdict import Verdict
from rollout_cli.simulate.faults import fault_from_text
from rollout_cli.simulate.kpis import Finding, findings
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
def _loaded() -> Iterator[None]:
    """Eight programs do nothing but use the one processor that is left to this thread; no other one is disturbed."""
    with processor_waits() as waits:
        if waits is None:
            pytest.skip("this system does not tell who waits for a processor")
    before = os.sched_getaffinity(0)
    one = max(before)
    busy = [subprocess.Popen([sys.executable, "-c", _BUSY, str(one)]) for _ in range(8)]
    os.sched_setaffinity(0, {one})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
        for each in busy:
            each.kill()
            each.wait()


def latency(*faults: str) -> Finding:
    order = Order(LIVE, Profile(), 5, 600, shopper_ids(20), faults=tuple(map(fault_from_text, faults)))
    with quiet_log():
        return {each.id: each for each in findings(simulate(order))}["latency_p95_ms"]


@pytest.mark.usefixtures("_loaded")
def test_what_others_have_of_the_processor_is_no_slowness_of_the_new_path_and_its_own_is() -> None:
    sound, slow = latency(), latency("latency:250ms@10%")
    assert sound.verdict in (Verdict.PASS, Verdict.INCONCLUSIVE), sound
    assert sound.without_waits is not None
    assert sound.value is not None
    assert sound.without_waits < sound.value / 2
    assert slow.verdict is Verdict.FAIL, slow
