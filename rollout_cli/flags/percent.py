"""Percents as whole thousandths, so that no comparison ever depends on a float."""

from decimal import Decimal, InvalidOperation
from typing import NewType

Percent = NewType("Percent", int)
"""Thousandths of a percent: 0 is nobody, 100_000 everybody, 12_500 is 12.5 %."""

EVERYBODY = Percent(100_000)
_SCALE = 1000


def percent_from_number(number: float | Decimal) -> Percent:
    """Read a percent of at most three decimals.

    Raises:
        ValueError: outside 0 to 100, not a number, or finer than a thousandth.
    """
    try:
        exact = Decimal(str(number)) * _SCALE
    except InvalidOperation:
        raise ValueError("a percent is a number from 0 to 100") from None
    if not exact.is_finite() or not 0 <= exact <= EVERYBODY:
        raise ValueError("a percent is a number from 0 to 100")
    if exact != exact.to_integral_value():
        raise ValueError("a percent has at most three decimals")
    return Percent(int(exact))


def percent_number(percent: int) -> int | float:
    """The percent as people and JSON write it: 25, or 12.5."""
    return percent // _SCALE if percent % _SCALE == 0 else percent / _SCALE


def percent_text(percent: int) -> str:
    """The percent with its sign: `25 %`, `12.5 %`."""
    return f"{percent_number(percent)} %"
