"""Kind `clock`: before the window it is not yet, after it too late; hours, days and zones are a person's."""

import os
import subprocess
import sys
from datetime import UTC, datetime

import pytest

from tests.checks.asking import ask, problems
from tests.support.projects import REPOSITORY


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def verdict(question: str, now: str) -> str:
    return ask(f"kind: clock, {question}", now=at(now)).verdict.value


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2026-01-05T08:59:59Z", "INCONCLUSIVE"),
        ("2026-01-05T09:00:00Z", "PASS"),
        ("2026-01-06T08:59:59Z", "PASS"),
        ("2026-01-06T09:00:00Z", "FAIL"),
    ],
)
def test_a_window_opens_at_its_first_moment_and_is_closed_at_its_last(now: str, expected: str) -> None:
    assert verdict("after: '2026-01-05T09:00:00Z', before: '2026-01-06T06:00:00-03:00'", now) == expected


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2026-01-05T08:59:59Z", "INCONCLUSIVE"),
        ("2026-01-05T09:00:00Z", "PASS"),
        ("2026-01-05T17:29:59Z", "PASS"),
        ("2026-01-05T17:30:00Z", "INCONCLUSIVE"),
    ],
)
def test_hours_include_their_begin_and_not_their_end(now: str, expected: str) -> None:
    assert verdict("hours: '09:00-17:30'", now) == expected


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2026-01-05T21:59:59Z", "INCONCLUSIVE"),
        ("2026-01-05T22:00:00Z", "PASS"),
        ("2026-01-06T00:00:00Z", "PASS"),
        ("2026-01-06T05:59:59Z", "PASS"),
        ("2026-01-06T06:00:00Z", "INCONCLUSIVE"),
    ],
)
def test_hours_may_go_past_midnight(now: str, expected: str) -> None:
    assert verdict("hours: '22:00-06:00'", now) == expected


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2026-01-09T02:00:00Z", "INCONCLUSIVE"),  # the night of Thursday
        ("2026-01-09T22:00:00Z", "PASS"),  # Friday evening
        ("2026-01-10T02:00:00Z", "PASS"),  # still Friday's night
        ("2026-01-10T22:00:00Z", "INCONCLUSIVE"),  # Saturday evening
    ],
)
def test_hours_past_midnight_belong_to_the_day_they_begin_on(now: str, expected: str) -> None:
    assert verdict("days: [fri], hours: '22:00-06:00'", now) == expected


@pytest.mark.parametrize(
    ("now", "expected"), [("2026-01-05T00:00:00Z", "PASS"), ("2026-01-04T23:59:59Z", "INCONCLUSIVE")]
)
def test_days_are_those_of_the_week(now: str, expected: str) -> None:
    assert verdict("days: [mon, tue, wed, thu]", now) == expected


def test_days_and_hours_are_those_of_the_time_zone() -> None:
    question = "days: [mon], hours: '09:00-17:00', timezone: America/Sao_Paulo"
    assert verdict(question, "2026-01-05T09:00:00Z") == "INCONCLUSIVE"
    assert verdict(question, "2026-01-05T12:00:00Z") == "PASS"
    assert verdict("days: [sun], timezone: America/Sao_Paulo", "2026-01-05T02:59:59Z") == "PASS"


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2026-03-27T08:00:00Z", "PASS"),  # winter: 09:00 in Berlin
        ("2026-03-27T07:59:59Z", "INCONCLUSIVE"),
        ("2026-03-30T07:00:00Z", "PASS"),  # summer: 09:00 in Berlin
        ("2026-03-30T06:59:59Z", "INCONCLUSIVE"),
        ("2026-03-29T00:30:00Z", "INCONCLUSIVE"),  # the hour before the one that does not exist
    ],
)
def test_hours_follow_daylight_saving_time(now: str, expected: str) -> None:
    assert verdict("hours: '09:00-17:00', timezone: Europe/Berlin", now) == expected


def test_the_hour_that_comes_twice_counts_twice() -> None:
    for now in ("2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z"):
        assert verdict("hours: '02:00-03:00', timezone: Europe/Berlin", now) == "PASS"


def test_the_message_says_the_time_there_and_what_it_waits_for() -> None:
    result = ask("kind: clock, hours: '09:00-17:00', timezone: America/Sao_Paulo", now=at("2026-01-05T11:30:00Z"))
    assert str(result.message) == "it is Mon 2026-01-05 08:30 America/Sao_Paulo, allowed from 09:00 to 17:00"
    assert str(ask("kind: clock, days: [mon]").message) == "it is Mon 2026-01-05 12:00 UTC, within the window"


@pytest.mark.parametrize(
    ("question", "hint"),
    [
        ("timezone: UTC", "say at least one of after, before, days, hours"),
        ("after: '2026-01-06T00:00:00Z', before: '2026-01-06T00:00:00Z'", "this window never opens"),
        ("after: '2026-01-05T00:00:00'", "needs its offset"),
        ("after: 2026-01-05", "needs its offset"),
        ("after: tomorrow", "is written like"),
        ("after: 5", "is written like"),
        ("after: '0001-01-01T00:00:00+23:59'", "years 1 to 9999"),
        ("before: '9999-12-31T23:59:59-23:59'", "years 1 to 9999"),
        ("hours: '09:00'", "hours are written like"),
        ("hours: '9-25'", "hours are written like"),
        ("hours: '09:00-09:00'", "hours are written like"),
        ("hours: '09:00Z-10:00Z'", "hours are written like"),
        ("hours: 9", "hours are written like"),
        ("days: [monday]", "did you mean `mon`?"),
        ("days: mon", "see `days`"),
        ("days: [mon], timezone: Mars/Olympus", "a name like America/Sao_Paulo"),
        ("days: [mon], timezone: ../../etc/passwd", "a name like America/Sao_Paulo"),
        ("days: [mon], timezone: America", "a name like America/Sao_Paulo"),
        ("days: [mon], timezone: 5", "a name like America/Sao_Paulo"),
    ],
)
def test_a_window_that_makes_no_sense_is_refused(question: str, hint: str) -> None:
    hints = problems(f"kind: clock, {question}")
    assert len(hints) == 1
    assert hint in hints[0]


def test_utc_needs_no_time_zone_data() -> None:
    """Small container images have none; there, only a check that names a zone is a finding."""
    program = """
import sys
sys.modules["tzdata"] = None
from tests.checks.asking import ask, problems
from tests.support.projects import REPOSITORY
print(ask("kind: clock, days: [mon], timezone: UTC").verdict, ask("kind: clock, days: [mon]").verdict)
print(problems("kind: clock, days: [mon], timezone: Europe/Berlin"))
"""
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=REPOSITORY,
        env={**os.environ, "PYTHONTZPATH": "", "PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines() == [
        "PASS PASS",
        "['this machine has no time zone data: install tzdata, or use UTC']",
    ]
