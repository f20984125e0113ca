"""Measuring side by side: everybody once a round, in turn, so that what disturbs one disturbs all."""

import gc
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from statistics import median
from typing import TypeVar

Reading = TypeVar("Reading")


def interleave(runs: Mapping[str, Callable[[int], Reading]], rounds: int) -> dict[str, list[Reading]]:
    """Run everybody in every round, beginning with another one each time.

    Args:
        runs: by name, what takes the number of the round and measures.
        rounds: how often.

    Returns:
        By name, one reading for each round, in the order of the rounds.
    """
    names = list(runs)
    readings: dict[str, list[Reading]] = {name: [] for name in names}
    for number in range(rounds):
        first = number % len(names)
        for name in (*names[first:], *names[:first]):
            readings[name].append(runs[name](number))
    return readings


def paired_ratio(values: Sequence[float], references: Sequence[float]) -> float:
    """The median of the ratios within the rounds: a slow minute of the machine is in both parts of each."""
    return median(value / reference for value, reference in zip(values, references, strict=True))


@contextmanager
def undisturbed() -> Iterator[None]:
    """Without the garbage collector of Python, which would strike whoever happens to run."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
