"""Several workers see what one sees; whatever becomes of them, nobody waits for ever and nothing is left behind."""

import os
import signal
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from rollout_cli.errors import ExitCode, StoreError, StoreMissingError
from rollout_cli.flags.model import FlagDefinition, FlagState, FlagType, Snapshot
from rollout_cli.pipeline.metrics import LATENCY
from rollout_cli.pipeline.switches import EVENTS, GROUP_ROUTING, POLICY, ROUTING, SHADOW
from rollout_cli.simulate.kpis import findings
from rollout_cli.simulate.partition import in_lanes
from rollout_cli.simulate.position import with_everything_on
from rollout_cli.simulate.run import Progress
from rollout_cli.simulate.totals import Totals
from rollout_cli.simulate.traffic.cast import LANES, shopper_ids
from rollout_cli.simulate.traffic.profile import Profile
from rollout_cli.simulate.traffic.stream import traffic
from rollout_cli.simulation import Order, simulate
from rollout_cli.simulation_workers import WorkerLostError, simulate_on_cores
from rollout_cli.store.address import address_from_url
from rollout_cli.store.events.opening import upgrade_event_store

FLAGS = {name: FlagDefinition(name, FlagType.BOOLEAN, default=name == SHADOW)
         for name in (EVENTS, SHADOW, ROUTING, GROUP_ROUTING)}  # fmt: skip
FLAGS[POLICY] = FlagDefinition(POLICY, FlagType.STRING, default="default", values=("default", "round_robin", "sticky"))
LIVE = with_everything_on(Snapshot("test", definitions=FLAGS))
TURNS = replace(LIVE, states={**LIVE.states, POLICY: FlagState(enabled=True, value="round_robin")})
SOME = Profile.model_validate({"duplicates": "10%", "malformed": "3%", "groups": "20%"})
ORDER = Order(TURNS, SOME, 7, 1_000, shopper_ids(9, ("shopper_beta_001",)))


def seen(totals: Totals) -> dict[str, Any]:
    """All that does not depend on how quick a machine is."""
    told = msgspec.structs.asdict(totals)
    del told["seconds"], told["measures"], told["timeline"]
    told["kpis"] = [each for each in findings(totals) if each.unit != "ms"]
    told["deliveries"] = totals.measures.latency.count
    told["counts"] = {name: count for name, count in totals.measures.counts.items() if name[0] != LATENCY}
    return told


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where temporary stores are put."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


@pytest.fixture(scope="module")
def alone() -> dict[str, Any]:
    """What one worker sees."""
    return seen(simulate(ORDER))


@pytest.mark.parametrize("workers", [1, 2, pytest.param(3, marks=pytest.mark.heavy)])
def test_several_workers_see_what_one_sees(workers: int, alone: dict[str, Any], temporary: Path) -> None:
    assert seen(simulate_on_cores(ORDER, workers)) == alone
    assert list(temporary.iterdir()) == []


def test_workers_that_share_a_store_judge_their_own_shoppers(alone: dict[str, Any], tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'events.db'}"
    upgrade_event_store(address_from_url(url))
    parts = [frozenset(range(0, 9, 2)), frozenset(range(1, 10, 2))]
    whole = Totals()
    for part in parts:  # one after the other, each with rows of the other in its store
        whole.merge(simulate(replace(ORDER, events_store=url, lanes=part)))
    assert seen(whole) == alone


def test_who_replays_some_lanes_of_a_recording_each_sees_what_one_sees_who_replays_all() -> None:
    recorded = [
        msgspec.structs.replace(each, facts=(), is_malformed=False, is_known=False)
        for each in traffic(ORDER.cast(), ORDER.profile, ORDER.seed)
    ]
    alone = simulate(ORDER, sent=in_lanes(recorded, LANES))
    whole = Totals()
    for own in (frozenset(range(8)), frozenset(range(8, LANES))):
        whole.merge(simulate(ORDER, sent=in_lanes(recorded, LANES, own)))
    assert seen(whole) == seen(alone)
    assert alone.variety.events.count() == pytest.approx(alone.audit.rows - alone.audit.told, rel=0.03)


@pytest.mark.heavy
def test_what_is_heard_meanwhile_is_how_far_all_have_come() -> None:
    heard: list[Progress] = []
    totals = simulate_on_cores(ORDER, 2, heard.append)
    assert heard
    assert [each.events for each in heard] == sorted(each.events for each in heard)
    assert heard[-1].events <= totals.tallied.facts


def test_a_worker_that_is_killed_is_said_and_leaves_nothing(temporary: Path) -> None:
    def kill(_: Progress) -> None:
        children = Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read_text().split()
        for each in children:
            if b"spawn_main" in Path(f"/proc/{each}/cmdline").read_bytes():
                os.kill(int(each), signal.SIGKILL)

    with pytest.raises(WorkerLostError, match="was killed") as lost:
        simulate_on_cores(replace(ORDER, events=50_000), 2, kill)
    assert lost.value.exit_code == ExitCode.NOT_YET
    assert list(temporary.iterdir()) == []


def test_what_a_worker_cannot_do_is_the_error_that_one_alone_would_have(tmp_path: Path) -> None:
    order = replace(ORDER, events_store=f"sqlite:///{tmp_path / 'none.db'}")
    with pytest.raises(StoreMissingError) as one:
        simulate(order)
    with pytest.raises(StoreError) as two:
        simulate_on_cores(order, 2)
    assert (two.value.message, two.value.exit_code) == (one.value.message, one.value.exit_code)


@pytest.mark.heavy
def test_who_asks_and_stops_asking_leaves_no_worker_behind(temporary: Path) -> None:
    def stop(_: Progress) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        simulate_on_cores(replace(ORDER, events=50_000), 2, stop)
    children = Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read_text().split()
    assert not [each for each in children if b"spawn_main" in Path(f"/proc/{each}/cmdline").read_bytes()]
    assert list(temporary.iterdir()) == []
