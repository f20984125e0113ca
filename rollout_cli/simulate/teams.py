"""The SKMs of shoppers that do not exist, and who of them ought to serve whom."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from rollout_cli.pipeline.routing.teams import Skm, SkmTeam
from rollout_cli.pipeline.switches import Mode
from rollout_cli.simulate.evidence import Held
from rollout_cli.simulate.traffic.cast import Lane
from rollout_cli.simulate.traffic.people import Instance, number_of_group
from rollout_cli.simulate.truth import ThreadTruth

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

    def of_group(self, group: str) -> str | None:
        """Who has to serve a group because of where it comes in; None for nobody."""
        return self._skm if self._instances else self.get(group)


class SimulatedTeams:
    """A team of three for each shopper: the first serves by default, the second groups that come in somewhere.

    A third of the groups of shoppers with one number come in nowhere: the third SKM serves those in which they are
    mentioned, and nobody the others.
    """

    def __init__(self, instances: Mapping[str, Sequence[Instance]]) -> None:
        """Know the instances of each shopper."""
        self._instances = instances
        self._teams: dict[str, SkmTeam] = {}
        self._entrances: dict[str, _Entrances] = {}

    @classmethod
    def of_lanes(cls, lanes: Iterable[Lane]) -> "SimulatedTeams":
        """The teams of a cast."""
        return cls({each.id: each.instances for lane in lanes for each in lane.shoppers})

    def of(self, shopper_id: str) -> SkmTeam:
        """A shopper's team."""
        team = self._teams.get(shopper_id)
        if team is None:
            ids = [f"{shopper_id}-skm-{number}" for number in range(1, _MEMBERS + 1)]
            instances = self._instances.get(shopper_id, ())
            skms = (Skm(ids[0]), Skm(ids[1]), Skm(ids[2], tuple(each.attendant for each in instances)))
            entrances = self._entrances[shopper_id] = _Entrances((each.id for each in instances), ids[1])
            team = self._teams[shopper_id] = SkmTeam(ids[0], skms, entrances)
        return team

    def of_group(self, shopper_id: str, group: str, *, is_called: bool) -> str | None:
        """Who has to serve a group, in which somebody mentioned an SKM or not; None for nobody."""
        called = self.of(shopper_id).members[2].id if is_called else None
        return self._entrances[shopper_id].of_group(group) or called


class ExpectedAssignments:
    """Who ought to serve whom, by the policy of each shopper."""

    def __init__(
        self, teams: SimulatedTeams, mode_of: Callable[[str], Mode], threads: Mapping[int, ThreadTruth]
    ) -> None:
        """Know who there is.

        Args:
            teams: the SKMs.
            mode_of: says which policy is a shopper's.
            threads: what is known of each thread, by its number: where an SKM was called.
        """
        self._teams = teams
        self._mode_of = mode_of
        self._threads = threads

    def wrong(self, conversations: Iterable[Held]) -> int:
        """How many conversations have another SKM than they ought to."""
        wrong = 0
        turns: dict[str, Counter[str | None]] = {}
        for each in conversations:
            shopper = each.shopper_id or ""
            team = self._teams.of(shopper)
            if each.chat_type == "group":
                wrong += each.skm_id != self._of_group(shopper, each.thread_key.rpartition(":")[2])
            elif self._mode_of(shopper).policy == "round_robin":
                turns.setdefault(shopper, Counter())[each.skm_id] += 1
            else:
                wrong += each.skm_id != team.default
        return wrong + sum(_unfair(self._teams.of(shopper), counts) for shopper, counts in turns.items())

    def _of_group(self, shopper_id: str, group: str) -> str | None:
        number = number_of_group(group)
        known = None if number is None else self._threads.get(number)
        return self._teams.of_group(shopper_id, group, is_called=known is not None and known.is_called)


def _unfair(team: SkmTeam, counts: Counter[str | None]) -> int:
    """How many conversations of a shopper would have to move for everybody to have had their turn."""
    whole, turns = sum(counts.values()), len(team.members)
    have = sorted((counts[each.id] for each in team.members), reverse=True)
    ought = (whole // turns + (place < whole % turns) for place in range(turns))
    return sum(max(wanted - has, 0) for wanted, has in zip(ought, have, strict=True))
