"""A simulation on a real Dask cluster: what it sees, and what becomes of it when parts of the cluster die."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from rollout_cli.checks.verdict import Verdict
from rollout_cli.errors import UsageError
from rollout_cli.simulate.faults import fault_from_text
from rollout_cli.simulate.kpis import findings
from rollout_cli.simulate.replay import Recording, Whose, line_of
from rollout_cli.simulate.run import Progress
from rollout_cli.simulate.traffic.stream import traffic
from rollout_cli.simulation.running import simulate
from rollout_cli.simulation.workers import WorkerLostError
from rollout_cli.store.address import address_from_url
from rollout_cli.store.events.opening import upgrade_event_store
from tests.simulate.test_workers import ORDER, seen
from tests.support.program import PROGRAM, rollout, surroundings
from tests.support.waiting import eventually

pytest.importorskip("distributed")
from rollout_cli.simulation import cluster as cluster_module
from rollout_cli.simulation.cluster import simulate_on_cluster

pytestmark = [pytest.mark.heavy, pytest.mark.filterwarnings("default")]
ROOT = Path(__file__).parents[2]


@dataclass
class Cluster:
    """A scheduler and its workers, each a process of its own."""

    folder: Path
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def scheduler(self) -> str:
        """Start one; its address."""
        self._start("dask_scheduler", "--port", "0", "--host", "127.0.0.1", "--scheduler-file", self._file)
        scheduler = Path(self._file)
        eventually(lambda: "}" in scheduler.read_text() if scheduler.exists() else False, within=60)
        told: dict[str, Any] = json.loads(scheduler.read_text())
        return str(told["address"])

    def worker(self, **environment: str) -> None:
        """Start one."""
        self._start("dask_worker", "--scheduler-file", self._file, "--nthreads", "1", "--no-nanny", **environment)

    @property
    def _file(self) -> str:
        return str(self.folder / "scheduler.json")

    def _start(self, program: str, *words: str, **environment: str) -> None:
        surroundings = {**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(self.folder), **environment}
        with (self.folder / f"{program}-{len(self.processes)}.log").open("wb") as log:
            command = [sys.executable, "-m", f"distributed.cli.{program}", "--no-dashboard", *words]
            self.processes.append(subprocess.Popen(command, cwd=self.folder, env=surroundings, stdout=log, stderr=log))

    def kill(self, number: int) -> None:
        """Kill one; the scheduler is the first."""
        self.processes[number].send_signal(signal.SIGKILL)
        self.processes[number].wait()


@contextmanager
def cluster_in(folder: Path) -> Iterator[Cluster]:
    with ExitStack() as stack:
        cluster = Cluster(folder)
        stack.callback(lambda: [(each.kill(), each.wait()) for each in cluster.processes])
        yield cluster


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    with cluster_in(tmp_path) as found:
        yield found


def stores(folder: Path) -> list[Path]:
    return list(folder.rglob("rollout-simulate-*"))


def test_a_cluster_sees_what_one_process_sees(cluster: Cluster) -> None:
    address = cluster.scheduler()
    cluster.worker()
    cluster.worker()
    heard: list[Progress] = []
    totals, workers = simulate_on_cluster(ORDER, address, tell=heard.append)
    assert seen(totals) == seen(simulate(ORDER))
    assert workers >= 1
    assert len(heard) == len(ORDER.cast())
    assert heard[-1].events == totals.tallied.facts
    assert stores(cluster.folder) == []


def test_without_a_scheduler_one_is_started_on_this_machine() -> None:
    totals, workers = simulate_on_cluster(ORDER, None, 2)
    assert seen(totals) == seen(simulate(ORDER))
    assert workers == 2


def test_a_cluster_sees_in_a_recording_what_one_process_sees(cluster: Cluster) -> None:
    file = cluster.folder / "recorded.ndjson"
    file.write_bytes(b"".join(line_of(each) for each in traffic(ORDER.cast(), ORDER.profile, ORDER.seed)) + b"{\n")
    order = replace(ORDER, events=1, recording=Recording((str(file),), Whose()))
    address = cluster.scheduler()
    cluster.worker()
    cluster.worker()
    complaints: list[str] = []
    totals, _ = simulate_on_cluster(order, address, complain=lambda place, _: complaints.append(place))
    assert seen(totals) == seen(simulate(order))
    assert (totals.unreadable, len(complaints)) == (1, 1)


@pytest.mark.parametrize("is_recorded", [False, True])
def test_planted_faults_strike_the_same_deliveries_as_in_one_process(cluster: Cluster, is_recorded: bool) -> None:
    address = cluster.scheduler()
    cluster.worker()
    cluster.worker()
    faults = (fault_from_text("exception@3%"), fault_from_text("clock:+2h@100"))
    order = replace(ORDER, faults=faults, recording=kept(cluster.folder) if is_recorded else None)
    totals, _ = simulate_on_cluster(order, address)
    assert totals.tallied.failed > 0
    assert seen(totals) == seen(simulate(order))


@pytest.mark.parametrize("fault", ["hang:10ms@1%", "store-gone:200ms@100"])
def test_what_strikes_a_cluster_in_other_batches_shows_in_the_kpi_that_names_it(cluster: Cluster, fault: str) -> None:
    address = cluster.scheduler()
    cluster.worker()
    for recording in (None, kept(cluster.folder)):
        order = replace(ORDER, faults=(fault_from_text(fault),), recording=recording, batch=10)
        totals, _ = simulate_on_cluster(order, address)
        told = findings(totals, {"latency_p95_ms": 60_000})
        assert [each.id for each in told if each.verdict is Verdict.FAIL] == ["error_rate"]


def kept(folder: Path) -> Recording:
    """What was sent, as a file."""
    path = folder / "kept.ndjson"
    sent = traffic(ORDER.cast(), ORDER.profile, ORDER.seed)
    path.write_bytes(b"".join(line_of(each) + b"\n" for each in sent if not each.is_malformed))
    return Recording((str(path),), Whose())


def test_what_a_worker_that_died_was_playing_is_played_again(cluster: Cluster) -> None:
    address = cluster.scheduler()
    cluster.worker()
    order = replace(ORDER, events=6_000)

    def kill_once(_: Progress) -> None:
        if len(cluster.processes) == 2:
            cluster.worker()
            cluster.kill(1)

    totals, _ = simulate_on_cluster(order, address, tell=kill_once)
    assert seen(totals) == seen(simulate(order))


def stored(database: Path) -> int:
    with closing(sqlite3.connect(database, timeout=30)) as connection:
        (count,) = connection.execute("SELECT count(*) FROM whatsapp_events").fetchone()
    return int(count)


def test_in_a_store_that_was_named_nothing_is_played_twice(cluster: Cluster) -> None:
    url = f"sqlite:///{cluster.folder / 'events.db'}"
    upgrade_event_store(address_from_url(url))
    address = cluster.scheduler()
    cluster.worker()
    order = replace(ORDER, events_store=url)
    totals, _ = simulate_on_cluster(order, address)
    assert seen(totals) == seen(simulate(ORDER))

    def kill_once(_: Progress) -> None:
        if len(cluster.processes) == 2:
            before = stored(cluster.folder / "events.db")
            eventually(lambda: stored(cluster.folder / "events.db") > before, within=60)  # the next lane has begun
            cluster.worker()
            cluster.kill(1)

    with pytest.raises(WorkerLostError, match="is in the store of events"):
        simulate_on_cluster(replace(order, seed=8, events=80_000), address, tell=kill_once)  # ends with the kill


def test_a_cluster_that_goes_away_ends_the_run(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster_module, "_ALONE_SECONDS", 2)
    address = cluster.scheduler()
    cluster.worker()
    with pytest.raises(WorkerLostError, match="cluster was lost"):
        simulate_on_cluster(replace(ORDER, events=20_000), address, tell=lambda _: cluster.kill(1))
    cluster.worker()
    with pytest.raises(WorkerLostError, match="cluster was lost"):
        simulate_on_cluster(replace(ORDER, events=20_000), address, tell=lambda _: cluster.kill(0))


def test_what_nobody_waits_for_is_played_no_further(cluster: Cluster) -> None:
    address = cluster.scheduler()
    cluster.worker()

    def stop(_: Progress) -> None:
        raise KeyboardInterrupt

    order = replace(ORDER, events=100_000, shoppers=(*ORDER.shoppers[:2],))
    timer = threading.Timer(4, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        simulate_on_cluster(order, address, tell=stop)
    eventually(lambda: not stores(cluster.folder), within=5)


def test_a_cluster_that_cannot_be_used_is_said(cluster: Cluster) -> None:
    with pytest.raises(UsageError, match="no Dask scheduler answers"):
        simulate_on_cluster(ORDER, "tcp://127.0.0.1:9")
    with pytest.raises(UsageError, match="no Dask scheduler answers"):
        simulate_on_cluster(ORDER, "nowhere://at-all")
    address = cluster.scheduler()
    with pytest.raises(UsageError, match="has no worker"):
        simulate_on_cluster(ORDER, address)
    other = cluster.folder / "other" / "rollout_cli"
    other.mkdir(parents=True)
    (other / "__init__.py").touch()
    (other / "version.py").write_text('VERSION = "0.0.9"\n')
    cluster.worker(PYTHONPATH=str(other.parent))
    with pytest.raises(UsageError, match=r"has version 0\.0\.9 of rollout,"):
        simulate_on_cluster(ORDER, address)


def test_the_command_starts_a_cluster(tmp_path: Path) -> None:
    rollout("init", ".", cwd=tmp_path)
    words = ["simulate", "--phase", "3", "--engine", "dask", "--workers", "2", "--events", "1000", "--format", "json"]
    told = rollout(*words, cwd=tmp_path, PYTHONPATH=str(ROOT)).document
    assert (told["setting"]["engine"], told["setting"]["workers"]) == ("dask", 2)
    assert {each["id"] for each in told["kpis"] if each["verdict"] != "PASS"} <= {"latency_p95_ms"}


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_command_that_is_ended_takes_its_cluster_away(tmp_path: Path, number: signal.Signals, code: int) -> None:
    rollout("init", ".", cwd=tmp_path)
    words = ["simulate", "--phase", "3", "--engine", "dask", "--workers", "2", "--events", "500000"]
    places = tmp_path / "stores"
    places.mkdir()
    run = subprocess.Popen(
        [*PROGRAM, *words], cwd=tmp_path, stderr=subprocess.PIPE, start_new_session=True,
        env=surroundings(TMPDIR=str(places), PYTHONPATH=str(ROOT)),
    )  # fmt: skip
    try:
        eventually(lambda: len(list(places.rglob("events.db"))) == 2, within=60)
        os.killpg(run.pid, number)
        _, told = run.communicate(timeout=20)
    finally:
        run.kill()
    assert run.returncode == code, told
    assert b"Traceback" not in told
    assert list(places.iterdir()) == []
