"""The SKMs of shoppers that do not exist, and who of them ought to serve whom."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping

from rollout_cli.pipeline.routing.teams import Skm, SkmTeam
from rollout_cli.pipeline.switches import Mode
from rollout_cli.simulate.evidence import Held
from rollout_cli.simulate.traffic.cast import Lane
from rollout_cli.simulate.traffic.people import number_of_group

_MEMBERS = 3
_UNSERVED = 3
"""One group of so many is no entry point: nobody has to serve it."""


class _Entrances(Mapping[str, str]):
    """Where groups come in: by each number of a shopper with several; of all others, by most groups themselves."""

    def __init__(self, instances: Iterable[str], skm: str) -> None:
        """Know the numbers.

        Args:
            instances: of the shopper.
            skm: who serves whatever comes in.
        """
        known = tuple(instances)
        self._instances = known if len(known) > 1 else ()
        self._skm = skm

    def __getitem__(self, key: str) -> str:
        number = number_of_group(key)
        if key in self._instances or (number is not None and number % _UNSERVED):
            return self._skm
        raise KeyError(key)

    def __iter__(self) -> Iterator[str]:
        return iter(self._instances)  # groups cannot be counted: each is made when somebody first writes in it

    def __len__(self) -> int:
        return len(self._instances)

    def of_group(self, thread_key: str) -> str | None:
        """Who has to serve the group of a thread; None for nobody."""
        return self._skm if self._instances else self.get(thread_key.rpartition(":")[2])


class SimulatedTeams:
    """A team of three for each shopper: the first serves by default, the second groups that come in somewhere.

    A third of the groups of shoppers with one number come in nowhere. Nobody mentions an SKM there, and no SKM reacts:
    nobody serves them.
    """

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
            entrances = _Entrances(self._instances.get(shopper_id, ()), ids[1])
            team = self._teams[shopper_id] = SkmTeam(ids[0], tuple(map(Skm, ids)), entrances)
        return team

    def of_group(self, shopper_id: str, thread_key: str) -> str | None:
        """Who has to serve the group of a thread; None for nobody."""
        entrances = self.of(shopper_id).entry_points
        return entrances.of_group(thread_key) if isinstance(entrances, _Entrances) else None


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
                wrong += each.skm_id != self._teams.of_group(shopper, each.thread_key)
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
