"""Where batches are handed over one delivery at a time, what was taken before one failed is taken once."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from rollout_cli.checks.verdict import Verdict
from rollout_cli.errors import StoreError
from rollout_cli.pipeline.metrics import ADDED
from rollout_cli.simulate import run
from rollout_cli.simulate.kpis import findings
from rollout_cli.simulate.measuring import Measures
from rollout_cli.simulate.planting import Planting
from rollout_cli.simulate.replay import Piece, Replay, Whose, line_of
from rollout_cli.simulate.singly import Singly
from rollout_cli.simulate.traffic.cast import lanes, shopper_ids
from rollout_cli.simulate.traffic.stream import traffic
from rollout_cli.simulation.running import STRAIGHT, Course, Order, quiet_log, simulate
from tests.support.planted import COMPARED, FACTS, PATIENT, PROFILE, TRUE, Around

EVENTS = 300


def away(numbers: range) -> Planting:
    """A store that is away when it is asked for the publications of these numbers."""
    asked = [0]

    @contextmanager
    def publication(real: Callable[..., Any], **more: Any) -> Iterator[Any]:
        asked[0] += 1
        if asked[0] in numbers:
            raise StoreError("the store is away", hint="wait")
        with real(**more) as its:
            yield its

    return Planting(store=lambda store: Around(store, publication=publication))


def failing(planting: Planting, course: Course = STRAIGHT) -> set[str]:
    order = Order(COMPARED, PROFILE, 5, EVENTS, shopper_ids(6), legacy=TRUE, legacy_facts=FACTS)
    with quiet_log():
        found = findings(simulate(order, planting=planting, course=course), PATIENT)
    return {each.id for each in found if each.verdict not in (None, Verdict.PASS)}


def recorded() -> Course:
    flow = traffic(lanes(PROFILE, 5, EVENTS, shopper_ids(6)), PROFILE, 5)
    pieces = [Piece(f"{at}", line_of(each)) for at, each in enumerate(flow) if not each.is_malformed]
    return Course(Replay(pieces, Whose(), lambda *_: None))


def test_what_was_taken_before_a_delivery_failed_is_not_new_again_in_a_recording() -> None:
    assert failing(away(range(5, 6)), recorded()) == {"error_rate"}


def test_where_one_is_lost_in_the_end_those_before_it_are_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "_FIRST_PAUSE", 0.001)
    for course in (recorded(), STRAIGHT):
        assert failing(away(range(5, 10)), course) == {"error_rate"}


def test_of_ten_batches_one_is_handed_over_singly_and_measured() -> None:
    measures = Measures()
    singly = Singly(measures)
    sizes = []
    for _ in range(20):
        sizes.append(singly.piece(3))
        measures.observe(ADDED, sizes[-1])
    assert sizes == [1, *[3] * 9] * 2
    assert (measures.added.count, measures.added.largest) == (2, 1)


def test_what_is_left_of_a_batch_after_one_that_was_lost_goes_together_and_is_not_measured() -> None:
    measures = Measures()
    singly = Singly(measures)
    singly.piece(3)
    singly.together()
    measures.observe(ADDED, 1)
    assert measures.added.count == 0
