"""Canonical events as lines of JSON, and what was counted on the way."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rollout_cli.render.documents import json_text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rollout_cli.whatsapp import CanonicalEvent


@dataclass(slots=True)
class Counts:
    """How many there were so far."""

    bodies: int = 0
    events: int = 0
    unknown: int = 0
    refused: int = 0

    @property
    def is_all_unknown(self) -> bool:
        """Whether there were events, and none of a known kind."""
        return 0 < self.events == self.unknown

    @property
    def words(self) -> str:
        """The counts in one line."""
        bodies = "1 body" if self.bodies == 1 else f"{self.bodies:,} bodies"
        events = "1 event" if self.events == 1 else f"{self.events:,} events"
        return f"{bodies}, {events}, {self.unknown:,} unknown, {self.refused:,} refused"


def event_lines(events: "Iterable[CanonicalEvent]", *, ascii_only: bool) -> str:
    """One event a line.

    Args:
        events: of one body, in its order.
        ascii_only: for a screen, and for a stream in an encoding that does not have every character: the same JSON,
            with everything beyond ASCII escaped.
    """
    if ascii_only:
        return "".join(json_text(each.to_dict(), indent=None) + "\n" for each in events)
    return "".join(_one_line(each.to_json()) + "\n" for each in events)


def _one_line(text: str) -> str:
    """The same JSON on one line: one may end between its values, and never within one."""
    return text.replace("\n", " ").replace("\r", " ")
