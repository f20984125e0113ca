"""Teams and lines as a file has them: for the gateway, and for applications that keep them in one."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from rollout_cli.errors import UsageError
from rollout_cli.pipeline.lines import Channel, Lines
from rollout_cli.pipeline.routing.teams import FixedTeams, Skm, SkmTeam

EVERYBODY = "*"
"""The team of shoppers that have none of their own."""


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _Member(_Model):
    id: str = Field(min_length=1)
    wa_ids: list[str] = []


class _Team(_Model):
    default: str | None = None
    members: list[_Member] = []
    entry_points: dict[str, str] = {}

    def team(self) -> SkmTeam:
        members = tuple(Skm(each.id, tuple(each.wa_ids)) for each in self.members)
        return SkmTeam(self.default, members, self.entry_points)


class _TeamsFile(_Model):
    teams: dict[str, _Team] = {}
    same_line: dict[str, str] = {}

    @field_validator("same_line")
    @classmethod
    def _are_channels(cls, lines: dict[str, str]) -> dict[str, str]:
        for each in (*lines, *lines.values()):
            if ":" not in each:
                raise ValueError(f"{each} is no channel: write provider:instance, like evolution:loja-centro")
        return lines


def teams_from(written: Mapping[str, Any]) -> tuple[FixedTeams, dict[Channel, Channel]]:
    """Teams by shopper, and second channels of one number with the first channel of each.

    Args:
        written: `teams`, by shopper (`*` for everybody else) with `default`, `members` (`id`, `wa_ids`) and
            `entry_points`; `same_line`, like `{"evolution:loja-centro": "cloud_api:700100"}`.

    Raises:
        UsageError: it cannot be meant; all that is wrong is said.
    """
    try:
        told = _TeamsFile.model_validate(written)
    except ValidationError as error:
        problems = [f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors()]
        raise UsageError(f"the teams cannot be used: {'; '.join(problems)}", hint="see docs/pipeline.md") from None
    teams = {shopper: each.team() for shopper, each in told.teams.items()}
    otherwise = teams.pop(EVERYBODY, None)
    lines = {_channel(second): _channel(first) for second, first in told.same_line.items()}
    Lines(lines)  # refuses what contradicts itself
    return FixedTeams(teams, otherwise), lines


def _channel(written: str) -> Channel:
    provider, _, instance = written.partition(":")
    return provider, instance
