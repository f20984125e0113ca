"""Numbers as people read them: `12 840`, `0.023 %`. Rounding never moves a number across its bound."""

import math
from collections.abc import Callable
from decimal import Context, Decimal
from fractions import Fraction

Real = float | Fraction
"""A finite number. Floats are what was measured, and mean the decimal that people write for them."""

_DIGITS = range(2, 18)
_WIDEST = 15  # with more digits before or after the point, a number is written with an exponent
_CONTEXT = Context(prec=400)


def number_text(value: Real, bound: Real | None = None) -> str:
    """A number with its thousands apart, in few digits; in more when that tells it from its bound."""
    if value == bound or value == math.floor(value):
        return exact_text(value)
    return _written(_rounded(exactly(value), None if bound is None else exactly(bound)))


def share_text(share: Real, bound: Real | None = None) -> str:
    """A share of 0 to 1 as a percent, the bound a share, too; near 100 % the digits of what is missing count."""
    percent, limit = exactly(share) * 100, None if bound is None else exactly(bound) * 100
    if percent == limit or not percent:
        return f"{exact_text(percent)} %"
    return f"{_written(_rounded(percent, limit, full=100 if 50 < percent < 100 else 0))} %"  # noqa: PLR2004


def exact_text(value: Real) -> str:
    """A number with all its digits, like a bound: whoever wrote it wants to read it again."""
    exact = exactly(value)
    return _written(Context(prec=40).divide(Decimal(exact.numerator), Decimal(exact.denominator)))


def exactly(value: Real) -> Fraction:
    """What a number means, without the error that is in a float."""
    return value if isinstance(value, Fraction) else Fraction(repr(float(value)))


def _rounded(value: Fraction, bound: Fraction | None, full: int = 0) -> Decimal:
    """Two digits that count, counted from `full`; more when the bound is that near, at last the right side alone."""
    first = _first_place(abs(value - full))
    for digits in _DIGITS:
        shown = _at(value, min(first + 1 - digits, 0), round)
        if bound is None or _side(value, bound) == _side(Fraction(shown), bound):
            return shown
    return _at(value, first + 1 - max(_DIGITS), math.ceil if _side(value, bound or Fraction(0)) > 0 else math.floor)


def _side(value: Fraction, bound: Fraction) -> int:
    return (value > bound) - (value < bound)


def _first_place(size: Fraction) -> int:
    """The power of ten of the first digit."""
    guess = len(str(size.numerator)) - len(str(size.denominator))
    return guess if size >= Fraction(10) ** guess else guess - 1


def _at(value: Fraction, place: int, whole: Callable[[Fraction], int]) -> Decimal:
    """The number, made whole at a power of ten."""
    return Decimal(whole(value / Fraction(10) ** place)).scaleb(place, _CONTEXT)


def _written(number: Decimal) -> str:
    """Thousands apart, no zeros at the end."""
    plain = number.normalize(_CONTEXT)
    if plain and not -_WIDEST <= plain.adjusted() <= _WIDEST:
        return f"{plain:e}"
    whole, point, rest = f"{abs(plain):f}".partition(".")
    return f"{'-' if plain < 0 else ''}{int(whole):,}".replace(",", " ") + point + rest
