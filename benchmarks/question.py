"""The question that everybody is asked: is the flag on for this id; denied, allowed, else 25 % by the id."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

FLAG = "WHATSAPP_ROUTING_ENABLED"
ROLLOUT = "whatsapp-canonical-events"
PERCENT = 25
IDS = 100_000

Count = Callable[[Sequence[str]], int]
"""Asks for every id, in a plain loop with an `if`, and returns for how many the flag is on."""


@dataclass(frozen=True, slots=True)
class Question:
    """The ids, and those of them that are on a list."""

    ids: tuple[str, ...]
    allow: tuple[str, ...]
    deny: tuple[str, ...]

    def others(self) -> Iterator[str]:
        """The ids that no list names."""
        named = {*self.allow, *self.deny}
        return (each for each in self.ids if each not in named)


@dataclass(frozen=True, slots=True)
class Competitor:
    """Somebody who answers.

    Attributes:
        name: as the table shows it.
        package: whose version the table shows; empty for what has none.
        open: gets ready to answer a question, with a folder for files.
    """

    name: str
    package: str
    open: Callable[[Question, Path], AbstractContextManager[Count]]


class UnequalError(Exception):
    """Somebody does not answer the question, so that how fast it is says nothing."""


def question(listed: int, ids: int = IDS) -> Question:
    """Ids of shoppers, with so many of them allowed and so many denied, evenly spread."""
    known = tuple(f"shopper-{number:06d}" for number in range(ids))
    if not listed:
        return Question(known, (), ())
    apart = ids // (2 * listed)
    return Question(known, known[::apart][1::2][:listed], known[::apart][::2][:listed])


def verify(name: str, count: Count, asked: Question) -> None:
    """Everybody allowed is on, nobody denied is, and about 25 % of the others.

    Raises:
        UnequalError: it is not so.
    """
    allowed, denied = count(asked.allow), count(asked.deny)
    if allowed != len(asked.allow) or denied:
        raise UnequalError(f"{name}: {allowed} of {len(asked.allow)} allowed and {denied} denied ids are on")
    others = tuple(asked.others())
    sample = others[:: max(1, len(others) // 4_000)]
    share = 100 * count(sample) / len(sample)
    if abs(share - PERCENT) > 3:  # noqa: PLR2004 - four standard deviations of such a sample
        raise UnequalError(f"{name}: {share:.1f} % of the others are on, not {PERCENT} %")
