"""Who plays which lanes: everything once, and nobody much more than another."""

from hypothesis import given
from hypothesis import strategies as st

from rollout_cli.simulate.dealing import dealt
from rollout_cli.simulate.run import Progress, together
from rollout_cli.simulate.traffic.cast import Lane, lanes, shopper_ids
from rollout_cli.simulate.traffic.profile import Profile

LOADS = st.lists(st.integers(0, 1_000), min_size=1, max_size=16)


def of(loads: list[int]) -> list[Lane]:
    return [Lane(number, load, sum(loads), ()) for number, load in enumerate(loads)]


@given(LOADS, st.integers(1, 64))
def test_every_lane_is_played_once_and_nobody_is_idle(loads: list[int], parts: int) -> None:
    hands = dealt(of(loads), parts)
    assert len(hands) == min(parts, len(loads))
    assert all(hands)
    assert sorted(number for hand in hands for number in hand) == list(range(len(loads)))


@given(LOADS, st.integers(1, 64))
def test_who_has_most_has_at_most_a_lane_more_than_who_has_least(loads: list[int], parts: int) -> None:
    hands = [sum(loads[number] for number in hand) for hand in dealt(of(loads), parts)]
    assert max(hands) - min(hands) <= max(loads)


def test_of_the_usual_traffic_nobody_has_much_more_than_half() -> None:
    cast = lanes(Profile(), 1, 100_000, shopper_ids(20))
    sizes = {each.number: each.events for each in cast}
    one, other = (sum(sizes[number] for number in hand) for hand in dealt(cast, 2))
    assert abs(one - other) < 4_000


def test_the_progress_of_all_is_what_each_has_done_and_the_time_of_the_slowest() -> None:
    assert together([Progress(1, 10, 2.0), Progress(2, 20, 1.0, waits=True)]) == Progress(3, 30, 2.0, waits=True)
