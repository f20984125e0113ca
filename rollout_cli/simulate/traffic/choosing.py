"""Choosing by weight, in a way that is the same in every version of Python: by `random()` alone."""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from itertools import accumulate
from math import log
from typing import Generic, TypeVar

Item = TypeVar("Item")
Draw = Callable[[], float]
"""A number from 0 to 1, without 1."""


class Choice(Generic[Item]):
    """A choice among things of different weights."""

    def __init__(self, items: Sequence[Item], weights: Sequence[float]) -> None:
        """Put the things in a row.

        Raises:
            ValueError: nothing has any weight.
        """
        self._items = tuple(items)
        self._limits = tuple(accumulate(weights))
        if not self._limits or self._limits[-1] <= 0:
            raise ValueError("nothing has any weight")
        self._whole = self._limits[-1]
        self._last = max(place for place, weight in enumerate(weights) if weight > 0)

    def pick(self, draw: Draw) -> Item:
        """One of them."""
        return self._items[min(bisect_right(self._limits, draw() * self._whole), self._last)]


def gap(draw: Draw, mean: float) -> float:
    """The time until the next of things that happen independently, of a mean."""
    return -log(1.0 - draw()) * mean


def shares(whole: int, weights: Sequence[float]) -> list[int]:
    """A whole number dealt out by weight: nothing is lost, and equal weights differ by one at most."""
    total, dealt, result = sum(weights), 0, []
    so_far = 0.0
    for weight in weights:
        so_far += weight
        upto = round(whole * so_far / total)
        result.append(upto - dealt)
        dealt = upto
    return result
