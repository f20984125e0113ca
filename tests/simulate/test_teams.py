"""Who of a simulated team ought to serve is reckoned, and not asked of the router."""

from collections.abc import Sequence

import pytest

from rollout_cli.pipeline.switches import Mode, Path
from rollout_cli.simulate.evidence import Held
from rollout_cli.simulate.teams import ExpectedAssignments, SimulatedTeams

SHOPPER = "shopper-1"


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
    expected = ExpectedAssignments(SimulatedTeams({}), lambda _: Mode(Path.LIVE, False, True, True, "round_robin"))
    assert expected.wrong(served(by)) == wrong


def test_by_default_the_first_serves() -> None:
    expected = ExpectedAssignments(SimulatedTeams({}), lambda _: Mode(Path.LIVE, False, True, True, "default"))
    assert expected.wrong(served([1, 2, None])) == 2
