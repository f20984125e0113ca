"""Planting: what is put around the parts of a run, so that something goes wrong on purpose."""

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any

from rollout_cli.pipeline.event_store import EventStore
from rollout_cli.pipeline.new_path import Normalizer
from rollout_cli.pipeline.routing.teams import Teams
from rollout_cli.pipeline.switches import Flags
from rollout_cli.simulate.beside import Beside
from rollout_cli.simulate.evidence import Evidence
from rollout_cli.simulate.run import Take


@dataclass(frozen=True)
class Planting:
    """What the new path is given instead of its parts; the judge keeps to the real ones.

    Attributes:
        normalizer: around what makes events of bodies.
        store: around the store that the new path writes to.
        flags: around whoever answers the new path for flags.
        teams: around those who know the teams.
        take: around the whole new path.
        beside: around the legacy path with its compat layer.
        evidence: around what is read from the store afterwards.
    """

    normalizer: Callable[[Normalizer], Normalizer] = lambda part: part
    store: Callable[[EventStore], EventStore] = lambda part: part
    flags: Callable[[Flags], Flags] = lambda part: part
    teams: Callable[[Teams], Teams] = lambda part: part
    take: Callable[[Take], Take] = lambda part: part
    beside: Callable[[Beside], Beside] = lambda part: part
    evidence: Callable[[Evidence], Evidence] = lambda part: part

    def within(self, other: "Planting") -> "Planting":
        """Both: this one around the parts, and the other around what that makes of them."""
        return Planting(
            **{each.name: _both(getattr(self, each.name), getattr(other, each.name)) for each in fields(self)}
        )


def _both(inner: Callable[[Any], Any], outer: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda part: outer(inner(part))


NOTHING = Planting()
