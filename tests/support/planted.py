"""Small runs with something planted in them, and what of a run does not pass."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from rollout_cli.checks.verdict import Verdict
from rollout_cli.flags.model import FlagDefinition, FlagState, FlagType, Snapshot
from rollout_cli.pipeline.switches import DUAL_RUN, EVENTS, GROUP_ROUTING, POLICY, ROUTING, SHADOW
from rollout_cli.simulate.kpis import findings
from rollout_cli.simulate.planting import NOTHING, Planting
from rollout_cli.simulate.position import with_everything_on
from rollout_cli.simulate.replay import Piece, Replay, Whose, line_of
from rollout_cli.simulate.totals import Totals
from rollout_cli.simulate.traffic.cast import lanes, shopper_ids
from rollout_cli.simulate.traffic.profile import Profile
from rollout_cli.simulate.traffic.stream import traffic
from rollout_cli.simulation.running import Course, Order, quiet_log, simulate

FLAGS = {name: FlagDefinition(name, FlagType.BOOLEAN, default=name == SHADOW)
         for name in (EVENTS, SHADOW, DUAL_RUN, ROUTING, GROUP_ROUTING)}  # fmt: skip
FLAGS[POLICY] = FlagDefinition(POLICY, FlagType.STRING, default="default", values=("default", "round_robin", "sticky"))
SAFE = Snapshot("test", definitions=FLAGS)
LIVE = with_everything_on(SAFE)
IN_SHADOW = replace(LIVE, states={**LIVE.states, SHADOW: FlagState(enabled=True)})
PROFILE = Profile.model_validate({"duplicates": "10%", "malformed": "3%", "groups": "20%"})
COMPARED = replace(LIVE, states={**LIVE.states, DUAL_RUN: FlagState(enabled=True)})
EVENTS_TOLD = 400
PATIENT = {"latency_p95_ms": 60_000.0, "added_latency_p95_ms": 60_000.0, "divergences": 0.0, "legacy_error_rate": 0.0}
TRUE, FACTS = "tests.support.true_legacy:handle", "tests.support.true_legacy:facts"
"""A legacy path that makes no mistakes."""


def failing(
    planting: Planting = NOTHING,
    snapshot: Snapshot = LIVE,
    *,
    events: int = EVENTS_TOLD,
    seed: int = 5,
    legacy: str | None = None,
    **bounds: float,
) -> set[str]:
    """The KPIs that do not pass. Machines that run tests may be slow: only who asks for it gets the usual limit."""
    order = Order(snapshot, PROFILE, seed, events, shopper_ids(6), legacy=legacy, legacy_facts=legacy and FACTS)
    with quiet_log():
        totals = simulate(order, planting=planting)
    return not_passing(totals, {**PATIENT, **bounds})


def failing_of_recording(planting: Planting = NOTHING, *, cut: bool = False) -> set[str]:
    """The KPIs that do not pass when the same traffic is replayed, every tenth body twice."""
    cast = lanes(PROFILE, 5, 600, shopper_ids(6))
    flow = [each for each in traffic(cast, PROFILE, 5) if not each.is_malformed]
    pieces = [Piece(f"{at}", line_of(each)) for at, each in enumerate([*flow, *flow[::10]])]
    pieces += [Piece("cut", pieces[0].data[:40])] if cut else []
    replay = Replay(pieces, Whose(), lambda *_: None)
    with quiet_log():
        totals = simulate(Order(LIVE, PROFILE, 5, 1, shopper_ids(6)), planting=planting, course=Course(replay))
    return not_passing(totals, PATIENT)


def not_passing(totals: Totals, bounds: Mapping[str, float]) -> set[str]:
    """The KPIs of a run that do not pass."""
    return {each.id for each in findings(totals, bounds) if each.verdict not in (None, Verdict.PASS)}


def for_some(every: int) -> Callable[[], bool]:
    """Every so many times, yes."""
    counted = [0]

    def is_one() -> bool:
        counted[0] += 1
        return counted[0] % every == 0

    return is_one


class Around:
    """A part with something put around one of its methods."""

    def __init__(self, part: Any, **methods: Callable[..., Any]) -> None:
        self._part = part
        self._methods = methods

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._part, name)
        return (lambda *words, **more: self._methods[name](found, *words, **more)) if name in self._methods else found


def on_publication(**methods: Callable[..., Any]) -> Planting:
    """Something put around what is written in each publication."""

    @contextmanager
    def publication(real: Callable[..., Any], **more: Any) -> Iterator[Any]:
        with real(**more) as its:
            yield Around(its, **methods)

    return Planting(store=lambda store: Around(store, publication=publication))
