"""The small pieces that reports are made of."""

import pytest

from rollout_cli.control.views import CheckView, PositionView
from rollout_cli.render.words import (
    Line,
    check_lines,
    counted,
    duration_words,
    line,
    names_words,
    position_words,
    value_words,
)


def test_a_line_is_harmless_in_all_its_parts() -> None:
    made = line(("red\x1b[0m", "red"), " and \u202e", 3, indent=2)
    assert made.plain == r"  red\x1b[0m and \u202e3"
    assert Line().plain == ""


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0s"), (59.9, "59s"), (60, "1m"), (3_661, "1h 1m"), (90_000, "1d 1h"), (604_800, "7d"), (86_405, "1d 5s")],
)
def test_a_duration_is_said_in_its_two_largest_units(seconds: float, words: str) -> None:
    assert duration_words(seconds) == words


def test_numbers_agree_with_their_nouns() -> None:
    assert [counted(number, "flag") for number in (0, 1, 2, 1234)] == ["0 flags", "1 flag", "2 flags", "1,234 flags"]


def test_many_names_are_cut_with_how_many_are_left() -> None:
    names = [f"s{number}" for number in range(1_012)]
    assert names_words(names[:10]) == "s0, s1, s2, s3, s4, s5, s6, s7, s8, s9"
    assert names_words(names).endswith("s9 and 1,002 more")


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "none"),
        (True, "true"),
        (False, "false"),
        ([], "nobody"),
        (["a", "b"], "a, b"),
        (12.5, "12.5"),
        ("x", "x"),
    ],
)
def test_a_value_is_said_as_people_read_it(value: object, words: str) -> None:
    assert value_words(value) == words


def test_a_position_is_said_with_its_step() -> None:
    assert position_words(None) == "off"
    assert position_words(PositionView(2, "beta", None)) == "phase 2 (beta)"
    assert position_words(PositionView(3, "production", 12.5)) == "phase 3 (production) at 12.5 %"


def test_a_check_that_passes_needs_no_hint() -> None:
    passed = CheckView("a", "flag", "PASS", "all good", {}, "a hint", "A title")
    failed = CheckView("b", "flag", "FAIL", "not good", {}, "mend it")
    assert [each.plain for each in check_lines([passed, failed])] == [
        "  PASS         a: all good",
        "               A title",
        "  FAIL         b: not good",
        "               -> mend it",
    ]
