"""A timeline keeps every event in few points, and two of them add up."""

from hypothesis import given
from hypothesis import strategies as st

from rollout_cli.simulate.timeline import Timeline

BATCHES = st.lists(st.tuples(st.floats(0, 5_000), st.integers(0, 1_000), st.floats(0, 1_000)), max_size=200)


def drawn(batches: list[tuple[float, int, float]]) -> Timeline:
    line = Timeline()
    for each in sorted(batches):
        line.add(*each)
    return line


@given(BATCHES)
def test_nothing_is_lost_and_there_are_never_many_points(batches: list[tuple[float, int, float]]) -> None:
    line = drawn(batches)
    assert sum(each.events for each in line.spans) == sum(each[1] for each in batches)
    assert sum(each.batches for each in line.spans) == len(batches)
    assert max((each.slowest_ms for each in line.spans), default=0) == max((each[2] for each in batches), default=0)
    assert len(line.spans) <= 60


@given(BATCHES, BATCHES)
def test_two_workers_timelines_are_the_one_of_both(
    one: list[tuple[float, int, float]], other: list[tuple[float, int, float]]
) -> None:
    line, both = drawn(one), drawn([*one, *other])
    line.merge(drawn(other))
    while line.width < both.width:
        line._widen()
    assert line.width == both.width
    assert line.spans == both.spans


@given(BATCHES, st.floats(0, 5_000))
def test_what_began_later_is_all_there_later(batches: list[tuple[float, int, float]], seconds: float) -> None:
    line = drawn(batches)
    first = next((place * line.width for place, each in enumerate(line.spans) if each.batches), 0)
    line.delay(seconds)
    assert sum(each.events for each in line.spans) == sum(each[1] for each in batches)
    assert len(line.spans) <= 60
    moved = next((place * line.width for place, each in enumerate(line.spans) if each.batches), first + seconds)
    assert abs(moved - first - seconds) <= 2 * line.width
