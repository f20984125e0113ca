"""Bounds: the limit itself passes, and a share is the decimal that its file says."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from rollout_cli.checks.bounds import Bound, NumberField, ShareField, bounds_of, share_bounds, telling_bound
from rollout_cli.checks.numbers import exactly
from tests.checks.asking import problems

numbers = st.floats(min_value=-1e15, max_value=1e15)
percents = st.decimals(min_value=0, max_value=100, places=9)
SHARE, NUMBER = TypeAdapter(ShareField), TypeAdapter(NumberField)


@given(numbers, numbers)
def test_a_bound_holds_on_its_side_and_at_the_limit_itself(value: float, limit: float) -> None:
    upper, lower = Bound(limit, is_upper=True), Bound(limit, is_upper=False)
    assert upper.holds(limit)
    assert lower.holds(limit)
    assert (upper.holds(value), lower.holds(value)) == (value <= limit, value >= limit)
    assert {"<": value < limit, "=": value == limit, ">": value > limit}[upper.sign(value)]


@given(numbers, numbers, numbers)
def test_the_bound_to_show_is_the_one_that_is_broken_else_the_nearer_one(
    value: float, one: float, other: float
) -> None:
    bounds = bounds_of(max(one, other), min(one, other))
    told = telling_bound(value, bounds)
    assert told.holds(value) == all(bound.holds(value) for bound in bounds)
    if told.holds(value):
        assert abs(exactly(value) - exactly(told.limit)) == min(abs(exactly(value) - exactly(b.limit)) for b in bounds)


@given(percents)
def test_a_share_is_exactly_the_decimal_that_is_written(percent: Decimal) -> None:
    share = SHARE.validate_python(f"{percent:f}%")
    assert exactly(share) == Fraction(percent) / 100
    assert [bound.limit for bound in share_bounds(share, None)] == [Fraction(percent) / 100]


@pytest.mark.parametrize(
    "text",
    [
        "0.1",
        0.1,
        5,
        True,
        None,
        "100.1%",
        "-1%",
        "1e-2%",
        "1_0%",
        " 1%",
        "1 %",
        "%",
        ".1%",
        "1.%",
        "nan%",
        "\u0661%",
        "0.1%\n",
    ],
)
def test_a_share_is_written_in_one_way(text: object) -> None:
    with pytest.raises(ValidationError, match="written with its sign"):
        SHARE.validate_python(text)


@pytest.mark.parametrize("value", [True, "5", None, 1.1e15, -1.1e15, float("nan"), float("inf"), 10**400])
def test_a_number_is_finite_and_not_too_large(value: object) -> None:
    with pytest.raises(ValidationError, match="a bound is a number"):
        NUMBER.validate_python(value)


@pytest.mark.parametrize(
    "text",
    [
        "kind: value, source: prometheus, value: x, max: 1, min: 2",
        "kind: ratio, source: prometheus, bad: x, total: y, max: 1%, min: 2%, min_events: 1",
    ],
)
def test_bounds_that_leave_nothing_between_them_are_refused(text: str) -> None:
    assert problems(text) == ["no number is at most `max` and at least `min`"]
