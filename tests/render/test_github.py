"""GitHub's workflow commands: what its runner makes of a report."""

import re
from dataclasses import replace

import pytest
from hypothesis import given, settings

from rollout_cli.control.check import CheckReport
from rollout_cli.control.reports import ValidateReport
from rollout_cli.render.ci import ci_text
from rollout_cli.render.visible import visible
from tests.ci.reports import EVERY_SORT, HOSTILE, WAITS, any_report, check, checks, files, finding
from tests.support.examples import examples

_COMMAND = re.compile(r"::(?P<level>error|warning|notice) (?P<properties>(?:(?!::).)*)::(?P<message>.*)")
_UNESCAPES = {"%0D": "\r", "%0A": "\n", "%3A": ":", "%2C": ",", "%25": "%"}


def commands(report: ValidateReport | CheckReport, base: str = "") -> list[dict[str, str]]:
    """The annotations as the runner reads them: a command a line, properties apart at commas."""
    found = []
    for line in ci_text("github", report, base).splitlines():
        command = _COMMAND.fullmatch(line)
        assert command is not None, line
        properties = dict(pair.split("=", 1) for pair in command["properties"].split(","))
        told = {name: _unescaped(value) for name, value in properties.items()}
        found.append({"level": command["level"], "message": _unescaped(command["message"]), **told})
    return found


def _unescaped(text: str) -> str:
    return re.sub("%0D|%0A|%3A|%2C|%25", lambda found: _UNESCAPES[found[0]], text)


def test_a_finding_is_an_annotation_at_its_place_and_the_summary_comes_last() -> None:
    assert commands(files(finding())) == [
        {
            "level": "error",
            "file": "phases/1-staging.yaml",
            "line": "3",
            "col": "5",
            "title": "unknown-flag",
            "message": "EVENS is not declared\n-> did you mean EVENTS?",
        },
        {"level": "notice", "title": "rollout validate", "message": "invalid: 1 error, 0 warnings"},
    ]


def test_what_matters_most_comes_first_and_what_passed_or_was_not_asked_is_only_counted() -> None:
    told = commands(EVERY_SORT)
    assert [(each["level"], each["title"]) for each in told] == [
        ("error", "fails: FAIL, calls for a rollback"),
        ("error", "unclear: INCONCLUSIVE"),
        ("warning", "warned: FAIL, only a warning"),
        ("warning", "dry: INCONCLUSIVE, has no say"),
        ("notice", "waits: pending"),
        ("notice", "rollout check"),
    ]
    assert told[-1]["message"] == (
        "test-rollout, phase 2 (beta)\n"
        "FAIL: 1 failed, 1 inconclusive, 2 only a warning, 1 pending, 1 not asked, 1 passed"
    )


def test_the_summary_is_among_the_ten_notices_that_are_shown() -> None:
    waiting = [check(f"w{each}", "INCONCLUSIVE", "waits", cause="pending") for each in range(30)]
    failing = [check(f"f{each}", "FAIL", "no") for each in range(30)]
    told = commands(checks(*waiting, *failing))
    assert [each["level"] for each in told] == ["error"] * 30 + ["notice"] * 10
    assert told[-1]["title"] == "rollout check"
    assert "21 more of them are in the other formats" in told[-1]["message"]


def test_pending_checks_of_files_are_counted_only() -> None:
    told = commands(files(pending=[WAITS, WAITS]))
    assert [each["message"] for each in told] == ["test-rollout\nvalid: 0 errors, 0 warnings, 2 checks pending"]


def test_files_are_named_from_the_root_of_the_checkout() -> None:
    assert commands(files(finding()), "services/x,y")[0]["file"] == "services/x,y/phases/1-staging.yaml"


def test_what_belongs_to_no_file_has_no_place() -> None:
    assert commands(checks(check("a", "FAIL", file="", line=0, column=0)))[0].keys() == {"level", "title", "message"}


@pytest.mark.parametrize("words", HOSTILE)
def test_foreign_words_are_no_commands_wherever_they_stand(words: str) -> None:
    view = replace(check("a", "FAIL", words, hint=words, title=words), id=words, file=words)
    told = commands(checks(view))
    assert [each["level"] for each in told] == ["error", "notice"]
    if words.isascii() and words.isprintable():
        assert told[0]["message"] == f"{words}\n{words}\n-> {words}"
        assert told[0]["file"] == words


@settings(max_examples=examples(60), deadline=None)
@given(report=any_report)
def test_every_line_is_one_of_our_annotations(report: ValidateReport | CheckReport) -> None:
    told = commands(report)
    assert told[-1]["title"].startswith("rollout ")
    assert all(visible(each) == each for each in ci_text("github", report).split("\n"))
