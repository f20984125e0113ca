"""Planted faults strike a recording, several workers and what is resumed as they strike traffic in one process."""

from dataclasses import replace

import pytest

from rollout_cli.checks.verdict import Verdict
from rollout_cli.simulate.faults import ClockJump, Hang, Latency, StoreGone, fault_from_text, going_on, of_share
from rollout_cli.simulate.injecting import planted
from rollout_cli.simulate.kpis import findings
from rollout_cli.simulate.replay import Recording, Whose, line_of
from rollout_cli.simulate.totals import Totals
from rollout_cli.simulate.traffic.cast import shopper_ids
from rollout_cli.simulate.traffic.stream import traffic
from rollout_cli.simulation.running import Order, simulate
from rollout_cli.simulation.weight import weighed
from rollout_cli.simulation.workers import simulate_on_cores
from tests.simulate.test_workers import seen
from tests.support.planted import COMPARED, FACTS, LIVE, PATIENT, PROFILE, TRUE

ORDER = Order(LIVE, PROFILE, 5, 400, shopper_ids(6))


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Recording:
    """The same traffic, as it was sent."""
    path = tmp_path_factory.mktemp("kept") / "kept.ndjson"
    sent = traffic(ORDER.cast(), PROFILE, ORDER.seed)
    path.write_bytes(b"".join(line_of(each) + b"\n" for each in sent if not each.is_malformed))
    return Recording((str(path),), Whose())


def of(order: Order, *faults: str, batch: int = 100) -> Order:
    return replace(order, faults=tuple(map(fault_from_text, faults)), batch=batch)


def failing(totals: Totals, **bounds: float) -> set[str]:
    return {each.id for each in findings(totals, {**PATIENT, **bounds}) if each.verdict is Verdict.FAIL}


@pytest.mark.parametrize(
    ("fault", "kpis"),
    [
        ("exception@3%", {"error_rate"}),
        ("hang:10ms@1%", {"error_rate"}),
        ("store-gone:200ms@100", {"error_rate"}),
        ("store-gone:4s@100", {"error_rate"}),
        ("clock:+2h@100", set()),
        ("clock:-30d", set()),
    ],
)
def test_in_a_recording_a_fault_shows_in_the_kpi_that_names_it_and_in_no_other(
    recording: Recording, fault: str, kpis: set[str]
) -> None:
    assert failing(simulate(of(replace(ORDER, recording=recording), fault))) == kpis


def test_latency_of_a_recording_is_told_also_beside_the_legacy_path(recording: Recording) -> None:
    beside = replace(ORDER, snapshot=COMPARED, recording=recording, legacy=TRUE, legacy_facts=FACTS)
    totals = simulate(of(beside, "latency:20ms@10%"))
    assert failing(totals, latency_p95_ms=15) == {"latency_p95_ms"}
    assert failing(totals, added_latency_p95_ms=15) == {"added_latency_p95_ms"}


@pytest.mark.parametrize("is_recorded", [False, pytest.param(True, marks=pytest.mark.heavy)])
def test_several_workers_are_struck_at_the_same_deliveries_as_one(recording: Recording, is_recorded: bool) -> None:
    order = replace(of(ORDER, "exception@3%", "clock:+2h@100"), recording=recording if is_recorded else None)
    one, (two, workers) = simulate(order), simulate_on_cores(order, 2)
    assert workers == 2
    assert one.tallied.failed > 0
    assert seen(two) == seen(one)


@pytest.mark.heavy
@pytest.mark.parametrize("fault", ["hang:10ms@1%", "store-gone:200ms@100", "store-gone:4s@100"])
@pytest.mark.parametrize("is_recorded", [False, True])
def test_what_strikes_several_workers_in_other_batches_shows_in_the_same_kpi(
    recording: Recording, fault: str, is_recorded: bool
) -> None:
    order = replace(of(ORDER, fault), recording=recording if is_recorded else None)
    totals, workers = simulate_on_cores(order, 2)
    assert workers == 2
    assert failing(totals) == {"error_rate"}


def test_what_comes_after_so_many_deliveries_of_all_comes_to_each_worker_after_its_part() -> None:
    order = of(ORDER, "store-gone:3s@300", "clock:+2h@100", "hang:1s@1%")
    weight = weighed(order)
    parts = [weight.parted(order, frozenset({each.number})) for each in weight.lanes]
    for place, whole in ((0, 300), (1, 100)):
        own = [each.faults[place].after for each in parts]  # type: ignore[union-attr]
        assert abs(sum(own) - whole) <= len(parts)
        assert max(own) < whole
    assert {each.faults[2] for each in parts} == {Hang(1, 0.01)}
    assert of_share((StoreGone(3, 500),), 1.0) == (StoreGone(3, 500),)


def test_what_goes_on_is_struck_by_what_had_not_come_yet() -> None:
    faults = (StoreGone(3, 500), ClockJump(60, 500), Latency(1, 0.1))
    assert going_on(faults, 0) == faults
    assert going_on(faults, 200) == (StoreGone(3, 300), ClockJump(60, 300), Latency(1, 0.1))
    back, jumped, slow = going_on(faults, 600)
    assert (jumped, slow) == (ClockJump(60, 0), Latency(1, 0.1))
    planted((back,), 1).store(_Store()).observe([])  # type: ignore[arg-type] # it does not go away again


class _Store:
    def observe(self, _found: object) -> None:
        """Take it."""
