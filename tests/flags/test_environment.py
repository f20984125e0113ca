"""The fallback for when there is no store: the variables that the deployments set by hand."""

import pytest

from rollout_cli.flags.environment import answers_from_environment, is_set, state_from_environment
from rollout_cli.flags.kill import Kills
from rollout_cli.flags.model import FlagDefinition, FlagState, FlagType, Snapshot

EVENTS = FlagDefinition("EVENTS", FlagType.BOOLEAN, False)
ROUTING = FlagDefinition("ROUTING", FlagType.BOOLEAN, False, requires=("EVENTS",))
SHADOW = FlagDefinition("SHADOW", FlagType.BOOLEAN, True)
POLICY = FlagDefinition("POLICY", FlagType.STRING, "default", ("default", "sticky"))
FREE = FlagDefinition("FREE", FlagType.STRING, "default")
SNAPSHOT = Snapshot("test", definitions={each.name: each for each in (EVENTS, ROUTING, SHADOW, POLICY, FREE)})
NO_KILLS = Kills()


def said(flag: str, key: str | None = "ann", kills: Kills = NO_KILLS, **environment: str) -> tuple[str, object]:
    decision = answers_from_environment(SNAPSHOT, environment, kills).decide(flag, key)
    return str(decision.reason), decision.value


@pytest.mark.parametrize("word", ["true", "TRUE", "1", "yes", "Yes", "on", " on "])
def test_these_words_turn_a_flag_on(word: str) -> None:
    assert said("EVENTS", EVENTS=word) == ("ENV_GLOBAL", True)


@pytest.mark.parametrize("word", ["false", "0", "no", "off", "", " ", "ture", "2", "enabled", "tru\u0435"])
def test_anything_else_leaves_a_flag_off(word: str) -> None:
    assert said("EVENTS", EVENTS=word) == ("ENV_DISABLED", False)


@pytest.mark.parametrize(
    ("word", "on"), [("false", False), ("OFF", False), ("true", True), ("", True), ("flase", True)]
)
def test_what_cannot_be_read_leaves_a_flag_at_its_default(word: str, on: bool) -> None:
    assert said("SHADOW", SHADOW=word)[1] is on


def test_a_denylist_alone_does_not_turn_off_what_is_on_by_default() -> None:
    assert said("SHADOW", SHADOW_DENYLIST="bob") == ("ENV_GLOBAL", True)
    assert said("SHADOW", "bob", SHADOW_DENYLIST="bob") == ("ENV_DENYLIST", False)


def test_a_flag_that_the_environment_does_not_mention_is_at_its_default() -> None:
    assert said("EVENTS") == ("DISABLED", False)
    assert said("SHADOW", EVENTS="true") == ("GLOBAL", True)


@pytest.mark.parametrize(
    "variable", ["EVENTS", "EVENTS_ALLOWLIST", "EVENTS_DENYLIST", "EVENTS_PERCENT", "EVENTS_SHADOW_MODE"]
)
def test_each_of_its_variables_mentions_a_flag(variable: str) -> None:
    assert is_set("EVENTS", {variable: ""})
    assert said("EVENTS", **{variable: "x"})[0].startswith("ENV_")
    assert not is_set("EVENTS", {f"{variable}_2": "x"})


@pytest.mark.parametrize("text", ["ann,bob", " ann , bob ", "ann,,bob,", ",ann,bob"])
def test_lists_may_hold_spaces_and_empty_places(text: str) -> None:
    assert state_from_environment(EVENTS, {"EVENTS_ALLOWLIST": text}).allowlist == {"ann", "bob"}
    assert state_from_environment(EVENTS, {"EVENTS_DENYLIST": text}).denylist == {"ann", "bob"}


def test_a_list_of_nobody_is_no_list() -> None:
    assert said("EVENTS", EVENTS="true", EVENTS_ALLOWLIST=" , ") == ("ENV_GLOBAL", True)


def test_lists_decide_as_in_the_store() -> None:
    variables = {"EVENTS": "true", "EVENTS_ALLOWLIST": "ann,bob", "EVENTS_DENYLIST": "bob"}
    assert said("EVENTS", "ann", **variables) == ("ENV_ALLOWLIST", True)
    assert said("EVENTS", "bob", **variables) == ("ENV_DENYLIST", False)
    assert said("EVENTS", "cid", **variables) == ("ENV_NOT_ALLOWLISTED", False)


@pytest.mark.parametrize(
    ("text", "percent"),
    [("0", 0), ("25", 25_000), ("12.5", 12_500), (" 100 ", 100_000), ("0.001", 1), ("", None), ("  ", None)],
)
def test_a_percent_is_read(text: str, percent: int | None) -> None:
    assert state_from_environment(EVENTS, {"EVENTS_PERCENT": text}).percent == percent


@pytest.mark.parametrize("text", ["101", "-1", "nan", "inf", "1e999", "a lot", "25 %", "0.0001", "1,5", "0x10"])
def test_a_percent_that_cannot_be_read_is_nobody(text: str) -> None:
    assert said("EVENTS", EVENTS="true", EVENTS_PERCENT=text) == ("ENV_PERCENT", False)


def test_prerequisites_hold_in_the_environment_too() -> None:
    assert said("ROUTING", ROUTING="true") == ("ENV_PREREQUISITE", False)
    assert said("ROUTING", ROUTING="true", EVENTS="true") == ("ENV_GLOBAL", True)


def test_a_string_flag_carries_the_value_of_its_variable() -> None:
    assert said("POLICY", POLICY=" sticky ") == ("ENV_GLOBAL", "sticky")
    assert said("FREE", FREE="true") == ("ENV_GLOBAL", "true")


@pytest.mark.parametrize("text", ["", "stikcy", "true"])
def test_a_value_that_a_string_flag_does_not_have_is_not_handed_on(text: str) -> None:
    assert said("POLICY", POLICY=text) == ("ENV_DISABLED", "default")


@pytest.mark.parametrize(
    ("text", "shadow"), [("true", True), ("", False), ("false", False), ("0", False), ("ture", True)]
)
def test_shadow_is_read_and_when_in_doubt_on(text: str, shadow: bool) -> None:
    assert state_from_environment(EVENTS, {"EVENTS": "1", "EVENTS_SHADOW_MODE": text}).shadow is shadow


def test_break_glass_wins_over_the_environment_and_says_so() -> None:
    assert said("EVENTS", kills=Kills(everything=True), EVENTS="true") == ("KILLED", False)


def test_an_unknown_flag_is_not_invented_by_a_variable() -> None:
    assert said("NO_SUCH", NO_SUCH="true") == ("FLAG_NOT_FOUND", None)


def test_everything_a_flag_can_say_is_read_at_once() -> None:
    variables = {
        "EVENTS": "on",
        "EVENTS_PERCENT": "5",
        "EVENTS_ALLOWLIST": "ann",
        "EVENTS_DENYLIST": "bob",
        "EVENTS_SHADOW_MODE": "1",
    }
    ann, bob = frozenset({"ann"}), frozenset({"bob"})
    assert state_from_environment(EVENTS, variables) == FlagState(True, 5_000, ann, bob, None, True)  # type: ignore[arg-type]
