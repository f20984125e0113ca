"""Several workers see what one sees; whatever becomes of them, nobody waits for ever and nothing is left behind."""

import gzip
import os
import signal
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from rollout_cli.errors import ExitCode, StoreError, StoreMissingError, UsageError
from rollout_cli.flags.model import FlagDefinition, FlagState, FlagType, Snapshot
from rollout_cli.pipeline.metrics import LATENCY
from rollout_cli.pipeline.switches import EVENTS, GROUP_ROUTING, POLICY, ROUTING, SHADOW
from rollout_cli.simulate.kpis import findings
from rollout_cli.simulate.partition import in_lanes
from rollout_cli.simulate.position import with_everything_on
from rollout_cli.simulate.replay import Recording, Whose, line_of
from rollout_cli.simulate.run import Progress
from rollout_cli.simulate.totals import Totals
from rollout_cli.simulate.traffic.cast import LANES, shopper_ids
from rollout_cli.simulate.traffic.profile import Profile
from rollout_cli.simulate.traffic.stream import traffic
from rollout_cli.simulation.running import Order, simulate
from rollout_cli.simulation.weight import weighed
from rollout_cli.simulation.workers import WorkerLostError, simulate_on_cores
from rollout_cli.store.address import address_from_url
from rollout_cli.store.events.opening import upgrade_event_store

FLAGS = {name: FlagDefinition(name, FlagType.BOOLEAN, default=name == SHADOW)
         for name in (EVENTS, SHADOW, ROUTING, GROUP_ROUTING)}  # fmt: skip
FLAGS[POLICY] = FlagDefinition(POLICY, FlagType.STRING, default="default", values=("default", "round_robin", "sticky"))
LIVE = with_everything_on(Snapshot("test", definitions=FLAGS))
TURNS = replace(LIVE, states={**LIVE.states, POLICY: FlagState(enabled=True, value="round_robin")})
SOME = Profile.model_validate({"duplicates": "10%", "malformed": "3%", "groups": "20%"})
ORDER = Order(TURNS, SOME, 7, 400, shopper_ids(9, ("shopper_beta_001",)))


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
    assert seen(simulate_on_cores(ORDER, workers)[0]) == alone
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


@pytest.fixture
def recorded(tmp_path: Path) -> Order:
    """The replay of a recording with repeats, in two files, in which some lines are no records."""
    lines = [line_of(each) for each in traffic(ORDER.cast(), ORDER.profile, ORDER.seed)]
    lines[100:100] = [b'{"at": 1, "provider": "nobody", "body": "{}"}\n', b'{"at": 1, "provi\n', *lines[:20]]
    half = len(lines) // 2
    files = [tmp_path / "one.ndjson", tmp_path / "two.ndjson.gz"]
    files[0].write_bytes(b"".join(lines[:half]))
    files[1].write_bytes(gzip.compress(b"".join(lines[half:])))
    return replace(ORDER, events=1, recording=Recording(tuple(map(str, files)), Whose()))


@pytest.mark.parametrize("workers", [2, *(pytest.param(each, marks=pytest.mark.heavy) for each in (1, 3))])
def test_several_workers_see_in_a_recording_what_one_sees(recorded: Order, workers: int) -> None:
    complaints: list[str] = []
    totals, count = simulate_on_cores(recorded, workers, complain=lambda place, _: complaints.append(Path(place).name))
    assert count == workers
    assert seen(totals) == seen(simulate(recorded))
    assert not totals.knows_truth
    assert (totals.tallied.repeats > 0, totals.tallied.unlike, totals.audit.duplicates) == (True, 0, 0)
    assert (totals.unreadable, len(complaints)) == (2, 2)


def test_a_worker_that_reads_another_recording_is_found_out(recorded: Order) -> None:
    weight = weighed(recorded)
    other = (
        replace(recorded, recording=Recording(recorded.recording.names[:1], Whose())) if recorded.recording else ORDER
    )
    with pytest.raises(UsageError, match="a worker has read"):
        weight.together([simulate(replace(recorded, lanes=frozenset({1}))), simulate(other)])


def test_in_a_shared_store_workers_judge_the_shoppers_of_their_lanes(recorded: Order, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'events.db'}"
    upgrade_event_store(address_from_url(url))
    parts = [replace(recorded, events_store=url, lanes=frozenset(range(first, LANES, 2))) for first in (0, 1)]
    assert seen(weighed(recorded).together(map(simulate, parts))) == seen(simulate(recorded))


@pytest.mark.heavy
def test_what_is_heard_meanwhile_is_how_far_all_have_come() -> None:
    heard: list[Progress] = []
    totals, workers = simulate_on_cores(ORDER, 2, heard.append)
    assert workers == 2
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
