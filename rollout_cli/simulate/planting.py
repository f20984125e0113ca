"""Planting: what is put around the parts of a run, so that something goes wrong on purpose."""

from collections.abc import Callable
from dataclasses import dataclass

from rollout_cli.pipeline.event_store import EventStore
from rollout_cli.pipeline.routing.teams import Teams
from rollout_cli.pipeline.switches import Flags
from rollout_cli.simulate.beside import Beside
from rollout_cli.simulate.evidence import Evidence
from rollout_cli.simulate.run import Take


@dataclass(frozen=True)
class Planting:
    """What the new path is given instead of its parts; the judge keeps to the real ones.

    Attributes:
        store: around the store that the new path writes to.
        flags: around whoever answers the new path for flags.
        teams: around those who know the teams.
        take: around the whole new path.
        beside: around the legacy path with its compat layer.
        evidence: around what is read from the store afterwards.
    """

    store: Callable[[EventStore], EventStore] = lambda part: part
    flags: Callable[[Flags], Flags] = lambda part: part
    teams: Callable[[Teams], Teams] = lambda part: part
    take: Callable[[Take], Take] = lambda part: part
    beside: Callable[[Beside], Beside] = lambda part: part
    evidence: Callable[[Evidence], Evidence] = lambda part: part


NOTHING = Planting()
