"""What others had of the processor is told of the delivery that waited, is not the new path's, and is nobody's pass."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollout_cli.checks.verdict import Verdict
from rollout_cli.errors import StoreError
from rollout_cli.flags.model import FlagState, Snapshot
from rollout_cli.pipeline import compat, new_path
from rollout_cli.pipeline.event_store import Entry
from rollout_cli.pipeline.metrics import ADDED, LATENCY
from rollout_cli.pipeline.switches import EVENTS, SHADOW
from rollout_cli.simulate.checkpoint import Checkpoint, packed, unpacked
from rollout_cli.simulate.evidence import Mark
from rollout_cli.simulate.faults import fault_from_text
from rollout_cli.simulate.held_up import SELDOM, HeldUp
from rollout_cli.simulate.injecting import planted
from rollout_cli.simulate.kpis import Finding, findings, overall
from rollout_cli.simulate.measuring import Measures
from rollout_cli.simulate.planting import Planting
from rollout_cli.simulate.replay import Place
from rollout_cli.simulate.sketch import Sketch
from rollout_cli.simulate.tallied import ShopperSeen
from rollout_cli.simulate.totals import Totals
from rollout_cli.simulate.traffic.cast import shopper_ids
from rollout_cli.simulation import running
from rollout_cli.simulation.running import Order, quiet_log, simulate
from rollout_cli.sources.legacy_path import LegacyPath
from rollout_cli.whatsapp import CanonicalEvent
from tests.support import true_legacy
from tests.support.machines import Machine
from tests.support.memory_events import MemoryEvents
from tests.support.planted import COMPARED, FACTS, IN_SHADOW, LIVE, PATIENT, PROFILE, TRUE, Around, on_publication

MILLISECONDS = st.floats(0.01, 1e5)


# what is told of whom


class Noted(Measures):
    """Keeps what it is told of each time."""

    def __init__(self) -> None:
        super().__init__()
        self.noted: list[tuple[str, float]] = []

    def took(self, name: str, milliseconds: float, waited: float) -> None:
        """Note it."""
        self.noted.append((name, waited))


@given(st.lists(st.tuples(st.floats(0, 0.01), st.floats(0, 1), st.floats(0, 1)), max_size=30))
def test_a_delivery_is_told_what_it_waited_itself_and_never_more(steps: list[tuple[float, float, float]]) -> None:
    machine, measures = Machine(), Noted()
    held_up = HeldUp(measures, machine.waits, machine.clock)
    waiting = iter(steps)

    def normalizing(*_: Any, **__: Any) -> list[CanonicalEvent]:
        _, kept, own = next(waiting)
        machine.is_kept_away(kept)
        machine.takes(own)
        return []

    normalizer = held_up.planting().normalizer(normalizing)
    for between, *_ in steps:
        machine.is_kept_away(between)  # between two deliveries: of neither
        normalizer("simulated", b"{}")
    for _ in steps:
        held_up.observe(LATENCY, 0, path="shadow")
    for (_, waited), (_, kept, _) in zip(measures.noted, steps, strict=True):
        assert kept - SELDOM - 1e-9 <= waited / 1000 <= kept + 1e-9


def test_where_the_store_goes_away_and_some_alone_are_measured_none_is_told_what_another_waited() -> None:
    machine, measures = Machine(), Noted()
    held_up = HeldUp(measures, machine.waits, machine.clock)
    planting = held_up.planting()

    @contextmanager
    def away(*_: Any, **__: Any) -> Iterator[Any]:
        machine.is_kept_away(1)
        yield
        raise StoreError("the store is away", hint="wait")

    def normalizing(*_: Any, **__: Any) -> list[CanonicalEvent]:
        machine.is_kept_away(1)
        return []

    store = planting.store(Around(MemoryEvents(), publication=away))
    planting.normalizer(normalizing)("simulated", b"{}")
    with pytest.raises(StoreError), store.publication():
        pass
    held_up.observe(LATENCY, 2_000, path="live")
    assert measures.noted == [(LATENCY, 0)]


def kept_away(machine: Machine, *, kept: float = 0.0, own: float = 0.0, publishing: float = 0.0) -> Planting:
    """Others have the processor while events are made, some longer than others, and the new path takes its own time."""

    def around(real: Any) -> Any:
        def normalized(provider: str, body: bytes, **more: Any) -> Any:
            machine.is_kept_away(kept * (1 + len(body) % 7))
            machine.takes(own)
            return real(provider, body, **more)

        return normalized

    @contextmanager
    def publication(real: Callable[..., Any], **more: Any) -> Iterator[Any]:
        with real(**more) as its:
            machine.is_kept_away(publishing)
            yield its

    return Planting(normalizer=around, store=lambda store: Around(store, publication=publication))


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    """The one that runs of this test are on."""
    found = Machine()
    for module in (new_path, compat):
        monkeypatch.setattr(module, "perf_counter", found.clock)
    monkeypatch.setattr(running, "processor_waits", found.tells)
    monkeypatch.setattr(running, "HeldUp", partial(HeldUp, clock=found.clock))
    return found


def ran(planting: Planting, snapshot: Snapshot = LIVE, legacy: str | None = None, events: int = 60) -> Totals:
    order = Order(snapshot, PROFILE, 5, events, shopper_ids(6), batch=10, legacy=legacy, legacy_facts=legacy and FACTS)
    with quiet_log():
        return simulate(order, planting=planting)


def apart(totals: Totals, share: float) -> float:
    """Milliseconds that so large a share of deliveries takes at most, without waits."""
    found = totals.measures.latency_apart()
    assert found is not None
    return found.quantile(share) or 0.0


def unpublishable(planting: Planting) -> Planting:
    """Some events cannot be published, so that each delivery of their batch is published by itself."""

    def append(real: Callable[..., Any], entries: Sequence[Entry]) -> Any:
        if any(each.key.endswith(("0", "1")) for each in entries):
            raise ValueError
        return real(entries)

    return on_publication(append=append).within(planting)


def test_whichever_way_deliveries_go_and_whatever_becomes_of_them_each_is_told_its_own_waits(machine: Machine) -> None:
    _, hidden, off, *_ = shopper_ids(6)
    states = {**LIVE.states, EVENTS: FlagState(enabled=True, denylist=frozenset({off})),
              SHADOW: FlagState(enabled=True, allowlist=frozenset({hidden}))}  # fmt: skip
    for plan in (lambda it: it, unpublishable):
        planting = plan(kept_away(machine, kept=0.1, own=0.05, publishing=0.7))
        totals = ran(planting, replace(LIVE, states=states), events=300)
        assert {each.path for each in totals.shoppers.values()} == {"off", "shadow", "live"}
        assert totals.tallied.malformed
        assert totals.measures.latency.quantile(0) == pytest.approx(150, rel=0.02)
        assert totals.measures.latency.quantile(1) == pytest.approx(1_450, rel=0.02)
        assert (apart(totals, 0), apart(totals, 1)) == pytest.approx((50, 50), abs=2000 * SELDOM + 1)


# what is made of it


def latencies(planting: Planting, snapshot: Snapshot = LIVE, legacy: str | None = None, **bounds: float) -> Finding:
    (name,) = bounds
    found = {each.id: each for each in findings(ran(planting, snapshot, legacy), {**PATIENT, **bounds})}
    return found[name]


@pytest.mark.parametrize("snapshot", [LIVE, IN_SHADOW])
def test_what_is_too_slow_only_because_others_had_the_processor_neither_passes_nor_fails(
    machine: Machine, snapshot: Snapshot
) -> None:
    told = latencies(kept_away(machine, kept=0.1, own=0.05), snapshot, latency_p95_ms=200)
    assert told.verdict is Verdict.INCONCLUSIVE
    assert told.value == pytest.approx(750, rel=0.02)
    assert told.without_waits == pytest.approx(50, rel=0.06)
    assert told.sum.endswith(f"; without waits for a processor that others had: {told.without_waits:,.1f} ms")
    assert overall((told,)) is Verdict.INCONCLUSIVE


def test_what_is_slow_by_itself_fails_however_loaded_the_machine_is(machine: Machine) -> None:
    told = latencies(kept_away(machine, kept=0.1, own=0.25), latency_p95_ms=200)
    assert told.verdict is Verdict.FAIL
    assert told.without_waits == pytest.approx(250, rel=0.02)


def test_so_does_a_planted_latency_that_strikes_some(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "planted", partial(planted, pause=machine.takes))
    order = Order(LIVE, PROFILE, 5, 60, shopper_ids(6), faults=(fault_from_text("latency:250ms@20%"),))
    with quiet_log():
        totals = simulate(order, planting=kept_away(machine, kept=0.1))
    assert {each.id: each.verdict for each in findings(totals)}["latency_p95_ms"] is Verdict.FAIL


def test_what_is_quick_enough_passes_on_a_loaded_machine_and_says_what_it_was(machine: Machine) -> None:
    told = latencies(kept_away(machine, kept=0.01, own=0.01), latency_p95_ms=200)
    assert told.verdict is Verdict.PASS
    assert "without waits" in told.sum


def test_on_a_quiet_machine_the_clock_is_all_there_is_to_say(machine: Machine) -> None:
    for own, verdict in ((0.1, Verdict.PASS), (0.25, Verdict.FAIL)):
        told = latencies(kept_away(machine, own=own), latency_p95_ms=200)
        assert (told.verdict, told.without_waits) == (verdict, told.value)
        assert told.sum.endswith(" deliveries")


def test_where_the_system_tells_nothing_the_clock_is_judged_and_that_is_said(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "processor_waits", machine.tells_nothing)
    for kept, verdict in ((0.01, Verdict.PASS), (0.1, Verdict.FAIL)):
        told = latencies(kept_away(machine, kept=kept, own=0.01), latency_p95_ms=200)
        assert (told.verdict, told.without_waits) == (verdict, None)
        assert told.sum.endswith("; this system does not tell what of that was waiting for a processor")


def test_a_legacy_path_that_was_held_up_makes_no_slow_one_pass(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def held(kept: float) -> Callable[..., Any]:
        @contextmanager
        def opened(*_: Any) -> Iterator[LegacyPath]:
            def handle(body: bytes, *words: Any) -> Any:
                machine.is_kept_away(kept)
                machine.takes(0.01)
                return true_legacy.handle(body, *words)

            yield LegacyPath(handle, true_legacy.facts)

        return opened

    for kept_legacy, kept, own, verdict in (
        (0.0, 0.0, 0.05, Verdict.PASS),
        (0.0, 0.0, 0.2, Verdict.FAIL),
        (0.0, 0.3, 0.05, Verdict.INCONCLUSIVE),
        (0.3, 0.0, 0.2, Verdict.INCONCLUSIVE),
        (0.3, 0.0, 0.05, Verdict.PASS),
        (0.3, 0.3, 0.2, Verdict.FAIL),
    ):
        monkeypatch.setattr(running, "legacy_path", held(kept_legacy))
        told = latencies(kept_away(machine, kept=kept, own=own), COMPARED, TRUE, added_latency_p95_ms=100)
        assert told.verdict is verdict, (kept_legacy, kept, own)


# whatever is measured


@given(st.lists(st.tuples(MILLISECONDS, st.floats(0, 1)), min_size=1, max_size=40), MILLISECONDS)
def test_nothing_passes_that_the_clock_does_not_let_pass_and_nothing_fails_that_waits_explain(
    times: list[tuple[float, float]], bound: float
) -> None:
    measures, own = Measures(), Sketch()
    for took, share in times:
        measures.took(LATENCY, took, took * share)
        own.add(took - took * share)
    totals = Totals(measures=measures, shoppers={"on": ShopperSeen("live", 1)})
    told = {each.id: each for each in findings(totals, {"latency_p95_ms": bound})}["latency_p95_ms"]
    assert told.value is not None
    assert told.without_waits == pytest.approx(own.quantile(0.95), rel=0.02, abs=1e-5)
    assert told.without_waits is not None
    within = told.value <= bound, told.without_waits <= bound
    verdicts = {(True, True): Verdict.PASS, (False, False): Verdict.FAIL, (False, True): Verdict.INCONCLUSIVE}
    assert told.verdict is verdicts[within]


def test_what_workers_were_told_adds_up_and_one_that_was_told_nothing_is_enough_to_know_nothing() -> None:
    one, other, blind = Measures(), Measures(), Measures()
    one.took(LATENCY, 300, 250)
    other.took(LATENCY, 100, 0)
    blind.observe(LATENCY, 100)
    one.merge(other)
    found = one.latency_apart()
    assert found is not None
    assert (found.quantile(0), found.quantile(1), found.count) == (pytest.approx(50, 0.02), pytest.approx(100, 0.02), 2)
    one.merge(blind)
    assert one.latency_apart() is None
    assert one.added_apart() is None


def test_a_replay_that_goes_on_remembers_what_was_waited() -> None:
    measures = Measures()
    measures.took(LATENCY, 300, 250)
    measures.took(ADDED, 290, 250)
    measures.observe(LATENCY, 10)
    nowhere = Mark(0, 0)
    kept = unpacked(
        packed(Checkpoint("", Place(), nowhere, nowhere, 0, Totals(measures=measures), b""))
    ).totals.measures
    assert kept.untold == 1
    assert kept.sketches() == measures.sketches()
