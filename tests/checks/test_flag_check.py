"""Kind `flag`: it compares how a flag stands with what is wanted, for everybody or for one shopper."""

import pytest

from rollout_cli.checks.verdict import Cause, Verdict
from rollout_cli.flags.model import FlagState, Snapshot
from tests.checks.asking import OFF, ask, percent, problems, standing

ON = FlagState(enabled=True)
BETA = FlagState(enabled=True, allowlist=frozenset({"s1", "both"}), denylist=frozenset({"s2", "both"}))
TENTH = FlagState(enabled=True, percent=percent(10))


@pytest.mark.parametrize(
    ("question", "current", "verdict"),
    [
        ("flag: A, enabled: false", OFF, "PASS"),
        ("flag: A, enabled: true", OFF, "FAIL"),
        ("flag: A, enabled: true", standing(A=ON), "PASS"),
        ("flag: A, shadow: false", standing(A=ON), "PASS"),
        ("flag: A, shadow: true", standing(A=ON), "FAIL"),
        ("flag: A, shadow: true, enabled: true", standing(A=FlagState(enabled=True, shadow=True)), "PASS"),
        ("flag: A, shadow: true, enabled: false", standing(A=FlagState(enabled=True, shadow=True)), "FAIL"),
        ("flag: A, percent: 10", standing(A=TENTH), "PASS"),
        ("flag: A, percent: 10.001", standing(A=TENTH), "FAIL"),
        ("flag: A, percent: 0", standing(A=ON), "FAIL"),
        ("flag: A, percent: 0", standing(A=FlagState(enabled=True, percent=percent(0))), "PASS"),
        ("flag: S, value: x", OFF, "PASS"),
        ("flag: S, value: y", OFF, "FAIL"),
        ("flag: S, value: y", standing(S=FlagState(enabled=True, value="y")), "PASS"),
    ],
)
def test_the_flag_as_a_whole(question: str, current: Snapshot, verdict: str) -> None:
    assert ask(f"kind: flag, {question}", current=current).verdict == verdict


@pytest.mark.parametrize(
    ("question", "current", "verdict"),
    [
        ("flag: A, shopper: s1, enabled: true", standing(A=BETA), "PASS"),
        ("flag: A, shopper: s2, enabled: true", standing(A=BETA), "FAIL"),
        ("flag: A, shopper: both, enabled: false", standing(A=BETA), "PASS"),
        ("flag: A, shopper: anybody, enabled: false", standing(A=BETA), "PASS"),
        ("flag: B, shopper: s1, enabled: true", standing(B=ON), "FAIL"),
        ("flag: B, shopper: s1, enabled: true", standing(A=BETA, B=ON), "PASS"),
        ("flag: S, shopper: s1, value: y", standing(S=FlagState(enabled=True, value="y")), "PASS"),
        ("flag: S, shopper: s1, value: y", standing(S=FlagState(value="y")), "FAIL"),
    ],
)
def test_the_flag_for_one_shopper(question: str, current: Snapshot, verdict: str) -> None:
    assert ask(f"kind: flag, {question}", current=current).verdict == verdict


def test_the_planned_state_is_asked_only_where_the_file_says_so() -> None:
    assert ask("kind: flag, flag: A, enabled: false, state: planned", current=standing(A=ON)).verdict is Verdict.PASS
    assert ask("kind: flag, flag: A, enabled: false, state: planned", planned=standing(A=ON)).verdict is Verdict.FAIL
    assert ask("kind: flag, flag: A, enabled: false", planned=standing(A=ON)).verdict is Verdict.PASS


def test_the_message_says_what_stands_and_what_was_wanted() -> None:
    result = ask("kind: flag, flag: A, enabled: true, percent: 25", current=standing(A=TENTH))
    assert str(result.message) == "A: enabled true, percent 10; wanted percent 25"
    assert result.evidence["actual"]["percent"] == 10
    assert str(ask("kind: flag, flag: A, percent: 5").message) == "A: percent none; wanted percent 5"
    assert str(ask("kind: flag, flag: A, enabled: false, shopper: s1").message) == "A for s1: enabled false"


def test_a_flag_that_a_store_does_not_know_is_inconclusive() -> None:
    unknown = Snapshot("test")
    result = ask("kind: flag, flag: A, enabled: false", current=unknown)
    assert (result.verdict, result.cause) == (Verdict.INCONCLUSIVE, Cause.UNKNOWN_FLAG)


def test_a_value_of_many_lines_stays_one_short_line() -> None:
    result = ask("kind: flag, flag: S, value: y", current=standing(S=FlagState(enabled=True, value="a\nb" * 1000)))
    assert result.verdict is Verdict.FAIL
    assert len(str(result.message)) < 300
    assert result.evidence["actual"]["value"] == "a\nb" * 1000


def test_a_check_that_asks_nothing_is_refused() -> None:
    assert problems("kind: flag, flag: A") == ["say at least one of enabled, percent, value, shadow"]
    assert problems("kind: flag, flag: A, shopper: s1")
    assert problems("kind: flag, enabled: true") == ["add the key `flag`"]


def test_a_check_about_an_undeclared_flag_is_refused() -> None:
    assert problems("kind: flag, flag: AA, enabled: true") == ["did you mean A?"]
