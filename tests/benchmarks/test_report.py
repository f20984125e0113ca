"""The page of the benchmarks: its tables, and that it does not flatter."""

import re
import sys
import types
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks import __main__ as program
from benchmarks import decisions, million
from benchmarks.report import Section, Verdict, at_least, at_most, page, renewed, section_text, surroundings, table
from tests.support.program import text

MISSED = Section(
    "Speed", "How it was measured.", ("who", "ns"), (("us", "1,234"), ("them", "5")), (at_most("us to them", 2.51, 2),)
)
MET = Section("Size", "By weight.", ("who", "kg"), (("us", "1.50"),), (at_least("them to us", 8.0, 8),))


@pytest.mark.parametrize(
    ("verdict", "met"),
    [
        (at_most("a to b", 2.0, 2), True),
        (at_most("a to b", 2.001, 2), False),
        (at_least("a to b", 8.0, 8), True),
        (at_least("a to b", 7.999, 8), False),
        (at_most("a to b", None, 2), None),
        (at_least("a to b", None, 2), None),
    ],
)
def test_a_ratio_is_held_against_what_was_wanted(verdict: Verdict, met: bool | None) -> None:
    assert verdict.met is met


def test_numbers_stand_to_the_right_and_words_to_the_left() -> None:
    assert table(("who", "ns"), (("us", "1,234"), ("them", "5"))) + "\n" == text("""
        | who  |    ns |
        | ---- | ----: |
        | us   | 1,234 |
        | them |     5 |
        """)


def test_a_section_has_its_method_its_table_and_its_verdicts() -> None:
    assert section_text(MISSED) == text("""
        ## Speed

        How it was measured.

        | who  |    ns |
        | ---- | ----: |
        | us   | 1,234 |
        | them |     5 |

        - MISSED: us to them: at most 2 x; measured 2.51 x
        """)


def test_a_page_says_first_what_was_missed() -> None:
    unmeasured = Section("Rest", "Not at all.", ("who",), (("us",),), (at_most("us to rest", None, 3),))
    assert page([MET, MISSED, unmeasured], "Somewhere, once.").split("## ")[0] == text("""
        # Measured side by side

        Somewhere, once.

        1 of 3 wanted numbers are met.

        Not met:

        - us to them: at most 2 x; measured 2.51 x
        - us to rest: at most 3 x; not measured

        """)


def test_a_section_that_is_measured_anew_says_when_and_the_others_stay() -> None:
    better = Section("Speed", "Another way.", ("who",), (("us",),), (at_most("us to them", 1.0, 2),))
    other = Section("Weight", "With scales.", ("who",), (("us",),))
    whole = renewed(
        page([MISSED, MET], "Here, in spring."), [better, other], "There, in autumn. Written by `make bench`."
    )
    assert whole.startswith("# Measured side by side\n\nHere, in spring.\n\n2 of 2 wanted numbers are met.\n\n## Speed")
    assert (
        whole.index("## Speed") < whole.index("There, in autumn.") < whole.index("## Size") < whole.index("## Weight")
    )
    assert (whole.count("There, in autumn."), whole.count("MISSED"), "Written by" in whole) == (2, 0, False)
    assert renewed(whole, [better, other], "There, in autumn.") == whole


def test_a_page_on_which_all_is_met_ends_with_a_line_and_has_no_list_of_the_missed() -> None:
    whole = page([MET], "Somewhere, once.")
    assert "Not met" not in whole
    assert whole.endswith("- met: them to us: at least 8 x; measured 8 x\n")


def test_a_page_tells_the_date_and_the_versions_and_not_the_name_of_the_machine() -> None:
    pattern = r"Measured on \d{4}-\d\d-\d\d \d\d:\d\d UTC, rollout \S+, \w+ 3\.\S+, \w+ \S+, .+, \d+ cores\."
    assert re.match(pattern, surroundings())


def invented(**nanoseconds: float) -> decisions.Rounds:
    ours = {each.name: [10_000.0, 10_000.0] for each in decisions.COMPETITORS}
    named = {"floor": decisions.FLOOR, "hand": decisions.HAND_WRITTEN, "ours": decisions.IS_ENABLED}
    return {**ours, **{named[name].name: [value, value] for name, value in nanoseconds.items()}}


def test_decisions_that_are_near_far_and_flat_enough_are_said_to_be() -> None:
    quick = invented(floor=100, hand=300, ours=500)
    assert [each.met for each in decisions.verdicts({0: quick, 1_000: quick})] == [True] * 5


def test_decisions_that_are_too_slow_in_any_way_are_said_to_be() -> None:
    alone, listed = invented(floor=100, hand=300, ours=700), invented(floor=100, hand=400, ours=1_300)
    found = decisions.verdicts({0: alone, 1_000: listed})
    assert [each.met for each in found] == [False, True, False, False, False]
    assert [each.measured for each in found] == [
        "measured 2.33 x", "measured 14.3 x", "measured 3.25 x", "measured 7.69 x", "measured 1.86 x",
    ]  # fmt: skip


def test_the_fastest_sdk_of_each_length_is_the_one_to_be_ahead_of() -> None:
    first, second = (each.name for each in decisions.PEERS[:2])
    alone = {**invented(floor=100, hand=300, ours=500), first: [4_000.0, 5_000.0]}
    listed = {**invented(floor=100, hand=300, ours=500), second: [3_000.0, 4_500.0]}
    found = decisions.verdicts({0: alone, 1_000: listed})
    assert f"fastest SDK ({first}) to is_enabled, no lists: at least 8 x" in [each.wanted for each in found]
    assert f"fastest SDK ({second}) to is_enabled, 1,000 + 1,000 listed: at least 8 x" in [
        each.wanted for each in found
    ]
    assert [found[1].measured, found[3].measured] == ["measured 9 x", "measured 7.5 x"]


def test_the_peak_of_a_process_is_its_own_and_not_that_of_whoever_started_it(tmp_path: Path) -> None:
    large = bytearray(200 * 2**20)
    taken = million.measure_process([sys.executable, "-S", "-c", "print('done')"], tmp_path / "out", tmp_path)
    assert len(large) / 2**20 > 4 * taken.peak
    assert 0 < taken.seconds < 60
    assert (tmp_path / "out").read_text() == "done\n"


def test_a_process_that_fails_is_not_measured(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="exited with 3"):
        million.measure_process([sys.executable, "-S", "-c", "raise SystemExit(3)"], tmp_path / "out", tmp_path)


@pytest.fixture
def results(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """The program with two sections that are made up, and a page of its own."""
    for name, section in {"one": MET, "two": MISSED}.items():
        module = types.ModuleType(f"made_up_{name}")
        module.__dict__["section"] = lambda _quick, section=section: section
        monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setattr(program, "SECTIONS", {"one": "made_up_one", "two": "made_up_two"})
    monkeypatch.setattr(program, "RESULTS", tmp_path / "RESULTS.md")
    return tmp_path / "RESULTS.md"


def test_a_full_run_prints_every_section_and_writes_the_page(results: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert program.main([]) == 0
    assert capsys.readouterr().out == f"{section_text(MET)}\n{section_text(MISSED)}\n"
    assert results.read_text() == page([MET, MISSED], results.read_text().split("\n\n")[1])


@pytest.mark.parametrize("arguments", [["--quick"], ["two"]])
def test_a_run_that_is_quick_or_of_one_section_leaves_the_page_alone(
    results: Path, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    assert program.main(arguments) == 0
    assert "## Speed" in capsys.readouterr().out
    assert not results.exists()


def test_a_section_that_there_is_not_is_a_usage_error(results: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        program.main(["three"])
    assert "there is no section three; there are one, two" in capsys.readouterr().err
    assert not results.exists()
