"""Where a rollout stands: off, or a phase with, on a ramp, the percent of its step."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import total_ordering
from typing import Any

from rollout_cli.flags.percent import Percent, percent_from_number, percent_number


@total_ordering
@dataclass(frozen=True, slots=True)
class Position:
    """A phase, and the percent of the step when the phase is a ramp. Ordered as the rollout goes."""

    phase: int
    name: str
    percent: Percent | None = None

    @property
    def key(self) -> tuple[int, int]:
        """What makes two positions the same: the phase's name is only its label."""
        return self.phase, -1 if self.percent is None else self.percent

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Position) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)

    def __lt__(self, other: "Position") -> bool:
        return self.key < other.key

    def __str__(self) -> str:
        return f"{self.phase}" if self.percent is None else f"{self.phase}@{percent_number(self.percent)}"


def position_text(position: Position | None) -> str:
    """The position as people say it: `off`, `phase 2 (beta)`, `phase 3 (production) at 25 %`."""
    if position is None:
        return "off"
    step = "" if position.percent is None else f" at {percent_number(position.percent)} %"
    return f"phase {position.phase} ({position.name}){step}"


def position_document(position: Position | None) -> dict[str, Any] | None:
    """The position as JSON carries it."""
    if position is None:
        return None
    percent = None if position.percent is None else percent_number(position.percent)
    return {"phase": position.phase, "name": position.name, "percent": percent}


def position_from_document(document: Mapping[str, Any] | None) -> Position | None:
    """Read `position_document` back.

    Raises:
        KeyError, TypeError, ValueError: the document is not one.
    """
    if document is None:
        return None
    percent = document["percent"]
    return Position(document["phase"], document["name"], None if percent is None else percent_from_number(percent))
