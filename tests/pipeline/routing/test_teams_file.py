"""Teams and lines of a file: what they become, and what is said of those that cannot be meant."""

import re
from typing import Any

import pytest
import yaml

from rollout_cli.errors import UsageError
from rollout_cli.pipeline.routing.teams import Skm, SkmTeam
from rollout_cli.pipeline.routing.teams_file import teams_from
from tests.support.projects import REPOSITORY


def test_teams_are_found_by_shopper_and_everybody_else_has_the_star() -> None:
    teams, lines = teams_from(
        {
            "teams": {
                "shopper-1": {
                    "default": "ana",
                    "members": [{"id": "ana", "wa_ids": ["+55 41 99890-8495"]}, {"id": "bia"}],
                    "entry_points": {"120363400000000001@g.us": "bia"},
                },
                "*": {"default": "carla"},
            },
            "same_line": {"evolution:loja-centro": "cloud_api:700100"},
        }
    )
    team = teams.of("shopper-1")
    assert team == SkmTeam("ana", (Skm("ana", ("+55 41 99890-8495",)), Skm("bia")), {"120363400000000001@g.us": "bia"})
    assert team is not None
    assert team.by_wa_id == {"5541998908495": "ana"}
    assert teams.of("anybody") == SkmTeam("carla")
    assert lines == {("evolution", "loja-centro"): ("cloud_api", "700100")}


def test_the_file_that_the_page_shows_is_understood() -> None:
    page = (REPOSITORY / "docs" / "pipeline.md").read_text()
    (written,) = re.findall(r"```yaml\n(# teams\.yaml\n.*?)```", page, re.DOTALL)
    teams, lines = teams_from(yaml.safe_load(written))
    team = teams.of("shopper-1")
    assert team is not None
    assert (team.default, len(team.members), len(team.entry_points), len(lines)) == ("skm-ana", 2, 2, 1)


def test_without_a_star_nobody_serves_the_others() -> None:
    assert teams_from({})[0].of("anybody") is None


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ({"teams": {"s": {"members": [{"wa_ids": []}]}}}, "teams.s.members.0.id"),
        ({"teams": {"s": {"defualt": "ana"}}}, "teams.s.defualt"),
        ({"same_line": {"loja": "cloud_api:1"}}, "loja is no channel"),
        ({"same_line": {"evolution:a": "nobody:1"}}, "there is no provider 'nobody'"),
        ({"same_line": {"evolution:a": "cloud_api:1", "cloud_api:1": "evolution:a"}}, "stands for another channel"),
        ({"team": {}}, "team"),
    ],
)
def test_what_cannot_be_meant_is_refused_by_name(written: dict[str, Any], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        teams_from(written)
