"""Who of a simulated team ought to serve is reckoned, and not asked of the router."""

from collections.abc import Sequence

import pytest

from rollout_cli.pipeline.switches import Mode, Path
from rollout_cli.simulate.evidence import Held
from rollout_cli.simulate.teams import ExpectedAssignments, SimulatedTeams
from rollout_cli.simulate.traffic.people import group_id, instance, number_of_group
from rollout_cli.simulate.truth import ThreadTruth

SHOPPER = "shopper-1"
ONE, TWO = instance(1, "evolution", SHOPPER), instance(2, "baileys", SHOPPER)


def served(by: Sequence[int | None]) -> list[Held]:
    """Private conversations, with the numbers of the SKMs that serve them; 9 is nobody of the team."""
    names = [None if each is None else f"{SHOPPER}-skm-{each}" for each in by]
    return [Held(f"c-{place}", f"t-{place}", "private", SHOPPER, name) for place, name in enumerate(names)]


@pytest.mark.parametrize(
    ("by", "wrong"),
    [
        ([1, 2, 3, 1], 0),
        ([3, 3, 1, 2, 2], 0),
        ([1, 1, 2, 2], 1),
        ([1, 1, 1, 1, 1, 1], 4),
        ([1, 2, 9], 1),
        ([1, None, 3], 1),
        ([], 0),
    ],
)
def test_in_turn_nobody_serves_two_more_than_another(by: list[int | None], wrong: int) -> None:
    expected = ExpectedAssignments(SimulatedTeams({}), lambda _: Mode(Path.LIVE, False, True, True, "round_robin"), {})
    assert expected.wrong(served(by)) == wrong


def test_by_default_the_first_serves() -> None:
    expected = ExpectedAssignments(SimulatedTeams({}), lambda _: Mode(Path.LIVE, False, True, True, "default"), {})
    assert expected.wrong(served([1, 2, None])) == 2


def groups(numbers: Sequence[int], by: str | None) -> list[Held]:
    return [Held(f"c-{each}", f"{SHOPPER}:i:{group_id(each)}@g.us", "group", SHOPPER, by) for each in numbers]


def test_a_group_that_comes_in_nowhere_is_served_by_nobody_and_every_other_by_whoever_is_there() -> None:
    teams = SimulatedTeams({SHOPPER: [ONE]})
    expected = ExpectedAssignments(teams, lambda _: Mode(Path.LIVE, False, True, True, "default"), {})
    entries = teams.of(SHOPPER).entry_points
    served = [each for each in range(300) if entries.get(f"{group_id(each)}@g.us") is not None]
    left = sorted(set(range(300)) - set(served))
    assert len(left) == 100
    assert expected.wrong([*groups(served, f"{SHOPPER}-skm-2"), *groups(left, None)]) == 0
    assert expected.wrong([*groups(served[:3], None), *groups(left[:2], f"{SHOPPER}-skm-2")]) == 5


def test_a_group_that_comes_in_nowhere_is_served_by_whoever_is_called_there() -> None:
    teams = SimulatedTeams({SHOPPER: [ONE]})
    threads = {each: ThreadTruth(SHOPPER, True, is_called=True) for each in (6, 7)}
    expected = ExpectedAssignments(teams, lambda _: Mode(Path.LIVE, False, True, True, "default"), threads)
    assert teams.of(SHOPPER).members[2].wa_ids == (ONE.attendant,)
    assert expected.wrong([*groups([6], f"{SHOPPER}-skm-3"), *groups([7], f"{SHOPPER}-skm-2")]) == 0
    assert expected.wrong([*groups([6], None), *groups([7], f"{SHOPPER}-skm-3")]) == 2


def test_where_a_shopper_has_two_numbers_each_is_where_its_groups_come_in() -> None:
    teams = SimulatedTeams({SHOPPER: [ONE, TWO]})
    expected = ExpectedAssignments(teams, lambda _: Mode(Path.LIVE, False, True, True, "default"), {})
    assert dict(teams.of(SHOPPER).entry_points) == dict.fromkeys((ONE.id, TWO.id), f"{SHOPPER}-skm-2")
    assert expected.wrong(groups(range(30), f"{SHOPPER}-skm-2")) == 0
    assert expected.wrong(groups(range(30), None)) == 30


@pytest.mark.parametrize("told", ["loja-1", "", "120363", "x@g.us", "120363400000000000009@g.us"])
def test_what_is_no_group_of_the_traffic_has_no_number(told: str) -> None:
    assert number_of_group(told) is None
