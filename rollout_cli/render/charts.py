"""Charts: SVG for shapes, HTML for words, so that the words can be read at any width."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor, log10

from rollout_cli.render.html import NOTHING, Piece, tag

_WIDE, _HIGH = 600.0, 120.0


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a chart over time.

    Attributes:
        begin, end: seconds.
        value: how high it is; None where there is none.
    """

    begin: float
    end: float
    value: float | None


def over_time(title: str, columns: Sequence[Column], unit: str) -> Piece:
    """Columns over time, with both axes.

    Args:
        title: what they show.
        columns: in the order of time.
        unit: of their values.
    """
    told = [each.value for each in columns if each.value is not None]
    if not told:
        return NOTHING
    top, end = axis_top(max(told)), max(each.end for each in columns)
    words = f"{title}: from {number(min(told))} to {number(max(told))} {unit} within {seconds(end)}"
    drawing = tag(
        "svg", *(_column(each, top, end) for each in columns if each.value is not None),
        viewBox=f"0 0 {_WIDE:g} {_HIGH:g}", preserveAspectRatio="none", role="img", aria_label=words,
    )  # fmt: skip
    return tag(
        "figure",
        tag("figcaption", tag("b", title), " ", unit),
        tag("div", *(tag("span", number(each)) for each in (top, top / 2, 0.0)), class_="y", aria_hidden="true"),
        tag("div", drawing, class_="plot"),
        tag("div", *(tag("span", seconds(each)) for each in (0.0, end / 2, end)), class_="x", aria_hidden="true"),
        class_="chart",
    )  # fmt: skip


def _column(it: Column, top: float, end: float) -> Piece:
    """Never less than a trace: what is there can be seen."""
    value = it.value or 0.0
    high = max(min(value / top, 1.0) * _HIGH, 1.0 if value else 0.0)
    left, right = it.begin / end * _WIDE, it.end / end * _WIDE
    what = tag("title", f"{seconds(it.begin)} to {seconds(it.end)}: {number(value)}")
    return tag(
        "g", what,
        tag("rect", x=f"{left:.1f}", y=f"{_HIGH - high:.1f}", width=f"{max(right - left - 1, 0.5):.1f}",
            height=f"{high:.1f}"),
    )  # fmt: skip


def axis_top(value: float) -> float:
    """The end of an axis: the least of 1, 2, 2.5, 5 and 10 times a power of ten that is not below a value."""
    if value <= 0:
        return 1.0
    power = 10.0 ** floor(log10(value))
    return next((each * power for each in (1.0, 2.0, 2.5, 5.0) if each * power >= value), 10 * power)


def number(value: float) -> str:
    """A number of an axis, in three digits or all of a whole one."""
    return f"{ceil(value - 0.5):,}" if value >= 100 or value == floor(value) else f"{value:.3g}"  # noqa: PLR2004


def seconds(value: float) -> str:
    """A time of an axis: `0 s`, `2.5 s`, `1:30 min`."""
    if value < 60:  # noqa: PLR2004 - a minute
        return f"{value:.3g} s"
    whole = round(value)
    if whole < 3600:  # noqa: PLR2004 - an hour
        return f"{whole // 60}:{whole % 60:02} min"
    return f"{whole // 3600}:{whole % 3600 // 60:02} h"
