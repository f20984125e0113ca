"""Numbers as they are read: few digits, thousands apart, and never on the wrong side of their bound."""

import math
import re
from fractions import Fraction

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rollout_cli.checks.numbers import exact_text, exactly, number_text, share_text

finite = st.floats(allow_nan=False, allow_infinity=False)
percents = st.decimals(min_value=0, max_value=100, places=9)
counts = st.integers(min_value=0, max_value=10**15)


def read(text: str) -> Fraction:
    """A number as a reader reads it."""
    return Fraction(text.replace(" ", "").removesuffix("%"))


def side(value: Fraction, bound: Fraction) -> int:
    return (value > bound) - (value < bound)


@given(finite, finite)
@example(0.30000000000000004, 0.3)
@example(1e15 + 0.25, 1e15)
@example(5e-324, 0.0)
@example(-5e-324, 0.0)
@example(1.7976931348623157e308, 1e15)
def test_rounding_never_moves_a_number_across_its_bound(value: float, bound: float) -> None:
    shown, limit = read(number_text(value, bound)), read(exact_text(bound))
    assert side(shown, limit) == side(exactly(value), exactly(bound))


@given(finite)
@example(0.7)
def test_the_neighbours_of_a_bound_are_told_from_it(bound: float) -> None:
    for value in (bound, *_neighbours(bound)):
        assert side(read(number_text(value, bound)), read(exact_text(bound))) == (value > bound) - (value < bound)


def _neighbours(value: float) -> list[float]:
    return [each for each in (math.nextafter(value, -math.inf), math.nextafter(value, math.inf)) if math.isfinite(each)]


@given(counts, st.integers(min_value=1, max_value=10**15), percents)
@example(1, 1000, Fraction(1, 10))
@example(10**14 + 1, 10**15, 10)
@example(7, 1000, Fraction(7, 10))
def test_rounding_never_moves_a_share_across_its_bound(part: int, total: int, percent: Fraction) -> None:
    share, bound = Fraction(min(part, total), total), Fraction(percent) / 100
    assert side(read(share_text(share, bound)), Fraction(percent)) == side(share, bound)


@given(finite)
def test_a_bound_is_shown_in_all_its_digits(bound: float) -> None:
    assert float(read(exact_text(bound))) == bound


@given(finite)
def test_a_number_without_a_bound_keeps_two_digits_that_count(value: float) -> None:
    shown, exact = read(number_text(value)), exactly(value)
    assert abs(shown - exact) <= abs(exact) / 20


@given(finite)
def test_numbers_have_a_sign_digits_thousands_and_a_point_or_an_exponent(value: float) -> None:
    assert re.fullmatch(r"-?\d{1,3}(?: \d{3})*(?:\.\d+)?|-?\d(?:\.\d+)?e[+-]\d+", number_text(value))


@pytest.mark.parametrize(
    ("value", "bound", "text"),
    [
        (12840, None, "12 840"),
        (-1234567, None, "-1 234 567"),
        (0.0, None, "0"),
        (-0.0, None, "0"),
        (3.0021, None, "3"),
        (12840.37, None, "12 840"),
        (0.000123456, None, "0.00012"),
        (199.96, 200, "199.96"),
        (200, 200, "200"),
        (99.7, 100, "99.7"),
        (1e15, None, "1 000 000 000 000 000"),
        (1e300, None, "1e+300"),
        (2e-30, 0, "2e-30"),
        (2.5, 2.5, "2.5"),
    ],
)
def test_numbers_in_few_digits(value: float, bound: float | None, text: str) -> None:
    assert number_text(value, bound) == text


@pytest.mark.parametrize(
    ("share", "bound", "text"),
    [
        (Fraction(3, 12840), Fraction(1, 1000), "0.023 %"),
        (Fraction(999, 1_000_000), Fraction(1, 1000), "0.0999 %"),
        (Fraction(1, 1000), Fraction(1, 1000), "0.1 %"),
        (Fraction(99985, 100_000), None, "99.985 %"),
        (Fraction(1), Fraction(99, 100), "100 %"),
        (Fraction(0), Fraction(99, 100), "0 %"),
        (Fraction(999_999_999, 1_000_000_000), Fraction(1), "99.9999999 %"),
        (Fraction(1, 2), None, "50 %"),
    ],
)
def test_shares_in_few_digits(share: Fraction, bound: Fraction | None, text: str) -> None:
    assert share_text(share, bound) == text
