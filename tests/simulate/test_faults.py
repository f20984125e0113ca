"""Faults that are planted on purpose: how they are written, whom they strike, and which KPI tells of each."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollout_cli.checks.verdict import Verdict
from rollout_cli.errors import StoreError, UsageError
from rollout_cli.flags.model import FlagDefinition, FlagState, FlagType, Snapshot
from rollout_cli.pipeline.delivery import Delivery
from rollout_cli.pipeline.new_path import Outcome, Taken
from rollout_cli.pipeline.switches import DUAL_RUN, EVENTS, GROUP_ROUTING, ROUTING, SHADOW
from rollout_cli.simulate.faults import (
    ClockJump,
    Fault,
    Hang,
    Latency,
    Raising,
    StoreGone,
    StoreLocked,
    fault_from_text,
)
from rollout_cli.simulate.injecting import PATIENCE, InjectedError, planted
from rollout_cli.simulate.kpis import findings
from rollout_cli.simulate.position import with_everything_on
from rollout_cli.simulate.totals import Totals
from rollout_cli.simulate.traffic.cast import shopper_ids
from rollout_cli.simulate.traffic.moments import moment_of
from rollout_cli.simulate.traffic.profile import Profile
from rollout_cli.simulation.running import Order, simulate

WRITTEN: dict[str, Fault] = {
    "latency:50ms": Latency(0.05),
    "latency:50ms@5%": Latency(0.05, 0.05),
    "latency@5%:50ms": Latency(0.05, 0.05),
    "exception": Raising(),
    "exception@0.5%": Raising(0.005),
    "hang:10s@0.1%": Hang(10, 0.001),
    "hang@0.1%:10s": Hang(10, 0.001),
    "store-locked:2s": StoreLocked(2),
    "store-locked:2s@10s": StoreLocked(2, 10),
    "store-gone:3s": StoreGone(3),
    "store-gone@500:3s": StoreGone(3, 500),
    "clock:+2h@500": ClockJump(7_200, 500),
    "clock:-1h": ClockJump(-3_600),
}


@pytest.mark.parametrize("text", WRITTEN)
def test_a_fault_is_read_as_it_is_written(text: str) -> None:
    assert fault_from_text(text) == WRITTEN[text]


@pytest.mark.parametrize(
    "text",
    ["", "rain", "latency", "latency:", "latency:50", "latency:0ms", "latency:1h", "latency:50ms@5", "latency:5ms@0%",
     "latency:5ms@101%", "latency@5%:5ms@5%", "exception:5s", "exception@", "store-locked:2s@1s", "store-gone:3s@-1",
     "store-gone:3s@x", "store-gone:3s@²", "clock:2h", "clock:", "clock:+", "clock:+9999d", "hang:\u0661s"],
)  # fmt: skip
def test_what_is_no_fault_is_refused_with_all_that_there_are(text: str) -> None:
    with pytest.raises(UsageError) as refused:
        fault_from_text(text)
    assert "latency:TIME[@SHARE%]" in (refused.value.hint or "")


@given(st.text(max_size=30) | st.from_regex(r"[a-z-]{1,12}(@[0-9.%]{1,5})?:[+-]?[0-9]{1,9}[a-z]{1,2}(@.{1,5})?"))
def test_whatever_is_written_is_a_fault_or_refused(text: str) -> None:
    try:
        fault_from_text(text)
    except UsageError:
        return


# whom they strike


def delivery(number: int) -> Delivery:
    return Delivery("simulated", b"%d" % number, moment_of(0))


class Clock:
    """A clock that only waiting moves."""

    def __init__(self) -> None:
        self.time = 100.0
        self.waited: list[float] = []

    def now(self) -> float:
        return self.time

    def pause(self, seconds: float) -> None:
        self.time += seconds
        self.waited.append(seconds)


def struck(texts: Sequence[str], seed: int, numbers: Sequence[int]) -> set[int]:
    """The deliveries at which the normalizer raises."""
    normalizer = planted([fault_from_text(each) for each in texts], seed).normalizer(lambda *_words, **_more: [])
    found = set()
    for number in numbers:
        try:
            normalizer("simulated", b"%d" % number)
        except InjectedError:
            found.add(number)
    return found


@given(st.integers(0, 2**40), st.permutations(range(300)))
def test_the_same_seed_strikes_the_same_deliveries_in_whichever_order_they_come(seed: int, order: list[int]) -> None:
    assert struck(["exception@20%"], seed, order) == struck(["exception@20%"], seed, range(300))


def test_a_share_is_a_share_and_another_seed_strikes_others() -> None:
    one, other = (struck(["exception@5%"], seed, range(10_000)) for seed in (1, 2))
    assert 400 < len(one) < 600
    assert len(one & other) < 100
    assert struck(["exception"], 1, range(10)) == set(range(10))
    twice = struck(["exception@5%", "exception@5%"], 1, range(10_000))
    assert 850 < len(twice) < 1_100


def test_latency_waits_and_goes_on() -> None:
    clock = Clock()
    normalizer = planted([Latency(0.05)], 1, clock.now, clock.pause).normalizer(lambda *_words, **_more: [])
    assert (normalizer("simulated", b"{}"), clock.waited) == ([], [0.05])


class Taker:
    """Takes whatever it is given."""

    def __init__(self) -> None:
        self.got: list[Delivery] = []

    def __call__(self, deliveries: Sequence[Delivery]) -> Sequence[Taken]:
        self.got += deliveries
        return [Taken(Outcome.SHADOW)] * len(deliveries)


def test_a_hang_lasts_as_long_as_it_says_and_is_not_met_again_by_what_comes_again() -> None:
    clock, taker = Clock(), Taker()
    take = planted([Hang(10)], 1, clock.now, clock.pause).take(taker)
    batch = [delivery(number) for number in range(3)]
    with pytest.raises(StoreError):
        take(batch)
    assert len(take(batch)) == 3
    assert (clock.waited, taker.got) == ([10], batch)


def test_a_clock_jumps_after_so_many_deliveries() -> None:
    taker = Taker()
    take = planted([ClockJump(-3_600, 2)], 1).take(taker)
    for number in range(4):
        take([delivery(number)])
    assert [each.received_at for each in taker.got] == [moment_of(0)] * 2 + [moment_of(-3_600_000)] * 2


class Store:
    """A store that counts."""

    def __init__(self) -> None:
        self.observed = 0

    def observe(self, _found: object) -> None:
        self.observed += 1


def test_a_locked_store_is_waited_for_and_no_longer_than_a_store_would() -> None:
    clock, store = Clock(), Store()
    guarded = planted([StoreLocked(2, 10)], 1, clock.now, clock.pause).store(store)  # type: ignore[arg-type]
    for step in (0.0, 1.0, 7.5, 0.0):
        clock.time += step
        guarded.observe([])
    assert (clock.waited, store.observed) == ([2.0, 1.5], 4)


def test_a_store_that_is_locked_for_longer_than_it_waits_refuses() -> None:
    clock, store = Clock(), Store()
    guarded = planted([StoreLocked(PATIENCE + 1)], 1, clock.now, clock.pause).store(store)  # type: ignore[arg-type]
    with pytest.raises(StoreError):
        guarded.observe([])
    guarded.observe([])
    assert (clock.waited, store.observed) == ([PATIENCE, 1.0], 1)


def test_a_store_goes_after_so_many_deliveries_and_comes_back() -> None:
    clock, store = Clock(), Store()
    planting = planted([StoreGone(3, 2)], 1, clock.now, clock.pause)
    guarded, take = planting.store(store), planting.take(Taker())  # type: ignore[arg-type]
    guarded.observe([])
    take([delivery(1), delivery(2)])
    with pytest.raises(StoreError):
        guarded.observe([])
    clock.time += 3
    guarded.observe([])
    assert store.observed == 2


# which KPI tells of each

FLAGS = {name: FlagDefinition(name, FlagType.BOOLEAN, default=name == SHADOW)
         for name in (EVENTS, SHADOW, DUAL_RUN, ROUTING, GROUP_ROUTING)}  # fmt: skip
LIVE = with_everything_on(Snapshot("test", definitions=FLAGS))
ON = FlagState(enabled=True)
COMPARED = replace(LIVE, states={**LIVE.states, DUAL_RUN: ON})
IN_SHADOW = replace(COMPARED, states={**COMPARED.states, SHADOW: ON})
PATIENT = {"latency_p95_ms": 60_000.0, "added_latency_p95_ms": 60_000.0}


def ran(fault: str, snapshot: Snapshot, *, batch: int = 100, legacy: str | None = "reference") -> Totals:
    order = Order(
        snapshot, Profile.model_validate({"duplicates": "10%"}), 5, 400, shopper_ids(5), batch=batch,
        legacy=legacy, faults=(fault_from_text(fault),),
    )  # fmt: skip
    return simulate(order)


def failing(totals: Totals, **bounds: float) -> set[str]:
    return {each.id for each in findings(totals, {**PATIENT, **bounds}) if each.verdict is Verdict.FAIL}


@pytest.mark.parametrize("fault", ["exception@2%", "hang:10ms@1%", "store-gone:200ms@100"])
def test_what_fails_is_an_error_and_nothing_else(fault: str) -> None:
    totals = ran(fault, COMPARED)
    assert failing(totals) == {"error_rate"}
    assert totals.tallied.legacy_called == totals.tallied.bodies


def test_what_fails_in_shadow_is_an_error_too() -> None:
    assert failing(ran("exception@2%", IN_SHADOW)) == {"error_rate"}


def test_latency_is_both_that_of_the_new_path_and_that_which_it_adds() -> None:
    totals = ran("latency:20ms@10%", IN_SHADOW)
    assert failing(totals, latency_p95_ms=15) == {"latency_p95_ms"}
    assert failing(totals, added_latency_p95_ms=15) == {"added_latency_p95_ms"}


def test_a_locked_store_is_slow() -> None:
    assert failing(ran("store-locked:300ms", LIVE, batch=500, legacy=None), latency_p95_ms=250) == {"latency_p95_ms"}


@pytest.mark.parametrize("fault", ["clock:+2h@100", "clock:-30d"])
def test_no_kpi_fails_of_a_clock_that_jumps(fault: str) -> None:
    assert failing(ran(fault, LIVE)) == set()
