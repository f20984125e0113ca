"""Break-glass is read generously: whoever writes it is in a hurry."""

import pytest

from rollout_cli.flags.kill import Kills, kills_from_file, kills_from_variable


@pytest.mark.parametrize(
    ("text", "names", "everything"),
    [
        ("", set(), False),
        ("  ", set(), False),
        (",,", set(), False),
        ("EVENTS", {"EVENTS"}, False),
        ("EVENTS,ROUTING", {"EVENTS", "ROUTING"}, False),
        (" EVENTS , ROUTING ,", {"EVENTS", "ROUTING"}, False),
        ("EVENTS ROUTING", {"EVENTS", "ROUTING"}, False),
        ("'EVENTS'", {"EVENTS"}, False),
        ("*", set(), True),
        ('"*"', set(), True),
        ("EVENTS,*", {"EVENTS"}, True),
    ],
)
def test_the_variable_names_flags_or_all(text: str, names: set[str], everything: bool) -> None:
    assert kills_from_variable(text) == Kills(frozenset(names), everything)


@pytest.mark.parametrize(
    ("text", "names", "everything"),
    [
        ("", set(), False),
        ("# nothing is killed\n\n", set(), False),
        ("EVENTS\nROUTING\n", {"EVENTS", "ROUTING"}, False),
        ("EVENTS\r\nROUTING", {"EVENTS", "ROUTING"}, False),
        ("  EVENTS  # since the incident of Monday, ask ROUTING's owner\n", {"EVENTS"}, False),
        ("EVENTS, ROUTING", {"EVENTS", "ROUTING"}, False),
        ("*", set(), True),
        ("\ufeff*\r\n", set(), True),
        ("\ufeffEVENTS", {"EVENTS"}, False),
        ("*\0\r\0\n\0", set(), True),
        ("# *\nEVENTS", {"EVENTS"}, False),
        ("# rollback by ann: # all of it\n*\n", set(), True),
    ],
)
def test_the_file_names_flags_or_all_a_line_each(text: str, names: set[str], everything: bool) -> None:
    assert kills_from_file(text) == Kills(frozenset(names), everything)


def test_what_either_of_the_two_kills_is_killed() -> None:
    both = kills_from_variable("EVENTS") | kills_from_file("ROUTING\n")
    assert ("EVENTS" in both, "ROUTING" in both, "SHADOW" in both) == (True, True, False)
    assert "SHADOW" in (both | kills_from_variable("*"))


def test_no_kills_are_falsy_so_that_nothing_is_said_about_them() -> None:
    assert not Kills()
    assert Kills(everything=True)
    assert Kills(frozenset({"EVENTS"}))


def test_a_name_in_other_letters_kills_nothing() -> None:
    assert "EVENTS" not in kills_from_variable("events")
