"""The SKMs of shoppers that do not exist, and who of them ought to serve whom."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping

from rollout_cli.pipeline.routing.teams import Skm, SkmTeam
from rollout_cli.pipeline.switches import Mode
from rollout_cli.simulate.evidence import Held
from rollout_cli.simulate.traffic.cast import Lane

_MEMBERS = 3


class SimulatedTeams:
    """A team of three for each shopper: the first serves by default, the second whatever comes in by a group."""

    def __init__(self, instances: Mapping[str, Iterable[str]]) -> None:
        """Know the instances of each shopper."""
        self._instances = instances
        self._teams: dict[str, SkmTeam] = {}

    @classmethod
    def of_lanes(cls, lanes: Iterable[Lane]) -> "SimulatedTeams":
        """The teams of a cast."""
        return cls({each.id: [one.id for one in each.instances] for lane in lanes for each in lane.shoppers})

    def of(self, shopper_id: str) -> SkmTeam:
        """A shopper's team."""
        team = self._teams.get(shopper_id)
        if team is None:
            ids = [f"{shopper_id}-skm-{number}" for number in range(1, _MEMBERS + 1)]
            entries = dict.fromkeys(self._instances.get(shopper_id, ()), ids[1])
            team = self._teams[shopper_id] = SkmTeam(ids[0], tuple(map(Skm, ids)), entries)
        return team


class ExpectedAssignments:
    """Who ought to serve whom, by the policy of each shopper."""

    def __init__(self, teams: SimulatedTeams, mode_of: Callable[[str], Mode]) -> None:
        self._teams = teams
        self._mode_of = mode_of

    def wrong(self, conversations: Iterable[Held]) -> int:
        """How many conversations have another SKM than they ought to."""
        wrong = 0
        turns: dict[str, Counter[str | None]] = {}
        for each in conversations:
            shopper = each.shopper_id or ""
            team = self._teams.of(shopper)
            if each.chat_type == "group":
                wrong += each.skm_id != team.members[1].id
            elif self._mode_of(shopper).policy == "round_robin":
                turns.setdefault(shopper, Counter())[each.skm_id] += 1
            else:
                wrong += each.skm_id != team.default
        return wrong + sum(_unfair(self._teams.of(shopper), counts) for shopper, counts in turns.items())


def _unfair(team: SkmTeam, counts: Counter[str | None]) -> int:
    """How many conversations of a shopper would have to move for everybody to have had their turn."""
    whole, turns = sum(counts.values()), len(team.members)
    have = sorted((counts[each.id] for each in team.members), reverse=True)
    ought = (whole // turns + (place < whole % turns) for place in range(turns))
    return sum(max(wanted - has, 0) for wanted, has in zip(ought, have, strict=True))
