"""Deliveries are handed over when they are due: by a rate, or by the gaps that were recorded."""

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollout_cli.simulate.pacing import Pace, Rate, Recorded, Unpaced
from rollout_cli.simulate.traffic.sent import Fact, Sent

FACT = Fact("whatsapp.call", -1, "", 1, is_new=True, is_told_again=False, speaks=False)


class Hours:
    """A clock that goes on when somebody waits, and by so much with each batch."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now

    def pause(self, seconds: float) -> None:
        self.now += seconds


def sent(at: int, facts: int = 1) -> Sent:
    return Sent(at, 0, at, "simulated", b"{}", "s", facts=(FACT,) * facts)


def handed_over(pace: Pace, clock: Hours, flow: Iterable[Sent], most: int = 100, takes: float = 0.0) -> list[float]:
    """When each was, in seconds from the beginning; the batches take so many seconds."""
    times = []
    for batch in pace.batches(iter(flow), most):
        assert 1 <= len(batch) <= most
        times += [clock.now - 100.0] * len(batch)
        clock.now += takes
    return times


@given(st.integers(0, 500), st.integers(1, 100))
def test_without_a_pace_everything_comes_in_whole_batches_and_in_order(count: int, most: int) -> None:
    flow = [sent(at) for at in range(count)]
    batches = list(Unpaced().batches(iter(flow), most))
    assert [each for batch in batches for each in batch] == flow
    assert all(len(each) == most for each in batches[:-1])


@given(st.lists(st.integers(0, 5), max_size=200), st.floats(0.5, 5_000))
def test_a_rate_is_kept_over_every_stretch_from_the_beginning(facts: list[int], rate: float) -> None:
    clock = Hours()
    times = handed_over(Rate(rate, clock, clock.pause), clock, (sent(1, each) for each in facts))
    told = 0
    for count, at in zip(facts, times, strict=True):
        assert at <= told / rate + 1e-6
        told += max(count, 1)
    most_at_once = max(rate / 20, 1) * 5
    assert not times or times[-1] >= (told - most_at_once - 5) / rate - 1e-6


def test_what_was_held_up_is_caught_up_with() -> None:
    clock = Hours()
    times = handed_over(Rate(20, clock, clock.pause), clock, (sent(1) for _ in range(10)), takes=0.2)
    assert times[-1] == pytest.approx(1.8)


@given(st.lists(st.integers(0, 100_000), max_size=100), st.sampled_from([1.0, 10.0, 0.5]))
def test_recorded_gaps_are_kept_and_times_that_go_back_are_not_waited_for(ats: list[int], speed: float) -> None:
    clock = Hours()
    times = handed_over(Recorded(speed, clock, clock.pause), clock, [sent(at) for at in ats])
    latest = 0
    for at, when in zip(ats, times, strict=True):
        latest = max(latest, at)
        assert when == pytest.approx((latest - ats[0]) / 1000 / speed)


def test_what_is_due_is_handed_over_before_the_next_one_is_waited_for() -> None:
    clock = Hours()
    flow = [sent(0), sent(0), sent(3_600_000)]
    assert handed_over(Recorded(1, clock, clock.pause), clock, flow) == [0.0, 0.0, 3_600.0]
