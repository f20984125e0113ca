"""A number against a bound: the words and the verdict that all measured checks share."""

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BeforeValidator, WithJsonSchema

from rollout_cli.checks.numbers import Real, exactly
from rollout_cli.plan.fields import refuse_comma

_SHARE = re.compile(r"([0-9]{1,3}(?:\.[0-9]{1,9})?)%")
_LARGEST = 1e15


@dataclass(frozen=True, slots=True)
class Bound:
    """What a number is held against: the most, or the least, that still passes."""

    limit: Real
    is_upper: bool

    def holds(self, value: Real) -> bool:
        """Whether a value is on the right side; the limit itself is."""
        return value <= self.limit if self.is_upper else value >= self.limit

    def sign(self, value: Real) -> str:
        """The sign that stands between a value and the limit."""
        if value == self.limit:
            return "="
        return "<" if value < self.limit else ">"


def _share(value: Any) -> float:
    refuse_comma(value)
    found = _SHARE.fullmatch(value) if isinstance(value, str) else None
    percent = None if found is None else Decimal(found[1])
    if percent is None or percent > 100:  # noqa: PLR2004
        raise ValueError("a share is a percent from 0% to 100%, written with its sign and a point: 0.1%")
    return float(percent / 100)  # reckoned as a decimal: 0.7 / 100 would be a little less than 0.007


def _number(value: Any) -> float:
    refuse_comma(value)
    percent = _SHARE.fullmatch(value) if isinstance(value, str) else None
    if percent is not None:
        raise ValueError(f"write {percent[1]}, and `unit: '%'`: only shares have the sign")
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not abs(value) <= _LARGEST:  # NaN is not less than anything
        raise ValueError("a bound is a number, without quotes, at most 1e15")
    return float(value)


ShareField = Annotated[
    float,
    BeforeValidator(_share),
    WithJsonSchema({"type": "string", "examples": ["0.1%"], "pattern": f"^{_SHARE.pattern}$"}),
]
NumberField = Annotated[float, BeforeValidator(_number), WithJsonSchema({"type": "number"})]


def bounds_of(highest: float | None, lowest: float | None) -> list[Bound]:
    """The bounds that a check says; at least one, which a lint rule asks for."""
    upper = [] if highest is None else [Bound(highest, is_upper=True)]
    return upper + ([] if lowest is None else [Bound(lowest, is_upper=False)])


def share_bounds(highest: float | None, lowest: float | None) -> list[Bound]:
    """The same for shares, which are reckoned exactly."""
    return [Bound(exactly(bound.limit), bound.is_upper) for bound in bounds_of(highest, lowest)]


def telling_bound(value: Real, bounds: list[Bound]) -> Bound:
    """The bound to show: the one that is broken, else the nearer one."""
    return min(bounds, key=lambda bound: (bound.holds(value), abs(exactly(value) - exactly(bound.limit))))


def checked_order(highest: float | None, lowest: float | None) -> None:
    """Refuse bounds that leave no number between them.

    Raises:
        ValueError: they do.
    """
    if highest is not None and lowest is not None and lowest > highest:
        raise ValueError("no number is at most `max` and at least `min`")
