"""Axes end at round numbers, and their labels can be read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollout_cli.render.charts import Column, axis_top, number, over_time, seconds


@given(st.floats(1e-9, 1e12))
def test_an_axis_holds_its_values_and_is_never_mostly_empty(value: float) -> None:
    top = axis_top(value)
    assert value <= top <= value * 2.5 * (1 + 1e-9)


@pytest.mark.parametrize(
    ("value", "top"), [(0, 1), (0.7, 1), (1, 1), (1.1, 2), (2.4, 2.5), (3_500, 5_000), (999, 1_000)]
)
def test_an_axis_ends_at_a_round_number(value: float, top: float) -> None:
    assert axis_top(value) == pytest.approx(top)


@pytest.mark.parametrize(
    ("value", "told"), [(0, "0 s"), (4.75, "4.75 s"), (59.96, "60 s"), (90, "1:30 min"), (3_725, "1:02 h")]
)
def test_times_are_told_in_the_unit_that_fits(value: float, told: str) -> None:
    assert seconds(value) == told


@pytest.mark.parametrize(
    ("value", "told"), [(0, "0"), (0.25, "0.25"), (2_500, "2,500"), (12.5, "12.5"), (101.6, "102")]
)
def test_numbers_are_as_short_as_they_can_be(value: float, told: str) -> None:
    assert number(value) == told


def test_a_chart_of_nothing_is_none() -> None:
    assert over_time("Events", [Column(0, 1, None)], "a second") == ""


def test_a_gap_is_a_gap_and_a_trace_can_be_seen() -> None:
    drawn = over_time("Events", [Column(0, 1, 1_000.0), Column(1, 2, None), Column(2, 3, 0.1)], "a second")
    assert drawn.count("<rect") == 2
    assert 'height="1.0"' in drawn
    assert 'aria-label="Events: from 0.1 to 1,000 a second within 3 s"' in drawn
