"""After a rollback: rounds of post-checks in virtual time, and what they come to."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollout_cli.checks.verdict import Cause, CheckResult, Outcome, Verdict, failed, passed, unclear
from rollout_cli.checks.words import say
from rollout_cli.control.recovery import Recovered, Round, observe_recovery, pause_between, recovery_view, settled

OUTCOMES: dict[str, Outcome] = {
    "+": passed(say("good")),
    "-": failed(say("bad"), say("mend it")),
    "?": unclear(Cause.UNREACHABLE, say("gone"), say("look")),
}
QUARTER_HOUR = timedelta(minutes=15)


class VirtualTime:
    """A `Pacer` whose pauses take no time; asking takes what a test says."""

    def __init__(self) -> None:
        self.now = 0.0

    def elapsed(self) -> float:
        return self.now

    def pause(self, seconds: float) -> None:
        assert seconds >= 0
        self.now += seconds


def result(mark: str, *, counts: bool = True) -> CheckResult:
    return CheckResult("webhooks", "http", OUTCOMES[mark], counts=counts)


def observed(marks: str, *, observe: float = 90, asking: float = 0.0) -> tuple[str, list[float]]:
    """What an observation comes to whose rounds answer with these marks, the last of them from then on."""
    time, at = VirtualTime(), list[float]()

    def ask() -> Sequence[CheckResult]:
        at.append(time.now)
        time.now += asking
        return [result(marks[min(len(at), len(marks)) - 1])]

    recovery = observe_recovery(ask, time, timedelta(seconds=observe), timedelta(seconds=10), lambda *_: None)
    return recovery.outcome.value, at


@pytest.mark.parametrize(
    ("marks", "outcome"),
    [
        ("+", "recovered"),
        ("-", "not recovered"),
        ("?", "cannot say"),
        ("----++++++", "recovered"),
        ("+++++++++-", "not recovered"),
        ("+++++++-++", "not recovered"),
        ("++++++++?+", "recovered"),
        ("+++++++++?", "recovered"),
        ("++++++????", "cannot say"),
    ],
)
def test_the_last_third_of_the_time_decides(marks: str, outcome: str) -> None:
    assert observed(marks) == (outcome, [float(at) for at in range(0, 100, 10)])


def test_the_last_look_is_at_the_end_of_the_time() -> None:
    assert observed("+", observe=25)[1] == [0, 10, 20, 25]


def test_slow_answers_do_not_stretch_the_observation_by_more_than_one_look() -> None:
    _, at = observed("+", observe=60, asking=45)
    assert at == [0, 55]


def test_a_very_short_time_still_means_a_look_at_its_beginning_and_its_end() -> None:
    assert observed("-+", observe=1) == ("recovered", [0, 1])


def test_what_has_no_say_does_not_make_a_rollback_a_failure() -> None:
    rounds = [Round(0.0, (result("+"), result("-", counts=False)))]
    recovery = observe_recovery(lambda: rounds[0].results, VirtualTime(), QUARTER_HOUR, QUARTER_HOUR, lambda *_: None)
    assert recovery.outcome is Recovered.RECOVERED


def test_nothing_that_counts_is_nothing_known() -> None:
    recovery = observe_recovery(
        lambda: [result("+", counts=False)], VirtualTime(), QUARTER_HOUR, QUARTER_HOUR, lambda *_: None
    )
    assert recovery.outcome is Recovered.CANNOT_SAY


def test_the_watcher_sees_every_round_and_the_whole_time() -> None:
    seen: list[tuple[int, float]] = []
    observe_recovery(
        lambda: [result("+")], VirtualTime(), timedelta(seconds=20), timedelta(seconds=10),
        lambda rounds, seconds: seen.append((len(rounds), seconds)),
    )  # fmt: skip
    assert seen == [(1, 20.0), (2, 20.0), (3, 20.0)]


def test_the_view_says_how_long_and_how_often_it_looked() -> None:
    recovery = observe_recovery(
        lambda: [result("-")], VirtualTime(), timedelta(seconds=20), timedelta(seconds=10), lambda *_: None
    )
    view = recovery_view(recovery)
    assert (view.outcome, view.verdict, view.observed_seconds, view.rounds) == ("not recovered", "FAIL", 20.0, 3)
    assert [(each.id, each.verdict) for each in view.checks] == [("webhooks", "FAIL")]


def test_a_long_observation_looks_sixty_times_a_short_one_every_five_seconds() -> None:
    assert pause_between(QUARTER_HOUR) == timedelta(seconds=15)
    assert pause_between(timedelta(seconds=30)) == timedelta(seconds=5)


@given(st.lists(st.text("+-?", min_size=3, max_size=3), min_size=1, max_size=12))
def test_each_check_settles_by_itself_and_a_late_failure_always_counts(rows: list[str]) -> None:
    seconds = float(max(len(rows) - 1, 1))
    rounds = [Round(float(at), tuple(result(mark) for mark in row)) for at, row in enumerate(rows)]
    late = [row for at, row in enumerate(rows) if at >= seconds * 2 / 3] or rows[-1:]
    for index, found in enumerate(settled(rounds, seconds)):
        column = {row[index] for row in late}
        wanted = Verdict.FAIL if "-" in column else Verdict.PASS if "+" in column else Verdict.INCONCLUSIVE
        assert found.verdict is wanted
