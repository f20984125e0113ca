"""Who can serve a shopper's conversations. The application knows; the router asks."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol

from rollout_cli.pipeline.routing.spelling import spelling


@dataclass(frozen=True)
class Skm:
    """One SKM.

    Attributes:
        id: of the SKM.
        wa_ids: under which ids they are mentioned, and react, in groups: phones, JIDs, LIDs or BSUIDs.
    """

    id: str
    wa_ids: tuple[str, ...] = ()


@dataclass(frozen=True)
class SkmTeam:
    """The SKMs of one shopper.

    Attributes:
        default: who serves where nothing else says who; None for nobody.
        members: in the order of their turns.
        entry_points: by group id or instance, the SKM that whoever comes in there is for.
    """

    default: str | None = None
    members: tuple[Skm, ...] = ()
    entry_points: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def by_wa_id(self) -> Mapping[str, str]:
        """SKM ids by the spelling of theirs."""
        return {spelling(each): member.id for member in self.members for each in member.wa_ids}

    def has(self, skm_id: str) -> bool:
        """Whether somebody is in the team."""
        return skm_id == self.default or any(member.id == skm_id for member in self.members)


class Teams(Protocol):
    """Whoever knows the teams. Asked within a transaction: it answers from memory."""

    def of(self, shopper_id: str) -> SkmTeam | None:
        """A shopper's team; None where nobody knows one."""
        ...  # pragma: no cover - a protocol


@dataclass(frozen=True)
class FixedTeams:
    """Teams that are known beforehand."""

    teams: Mapping[str, SkmTeam]
    otherwise: SkmTeam | None = None

    def of(self, shopper_id: str) -> SkmTeam | None:
        """A shopper's team."""
        return self.teams.get(shopper_id, self.otherwise)
