"""SARIF: what code hosts make of a report."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings

from rollout_cli.checks.kinds import KINDS
from rollout_cli.checks.lint_checks import CHECK_RULES
from rollout_cli.control.check import CheckReport
from rollout_cli.control.reports import ValidateReport
from rollout_cli.plan.lint import LINT_RULES
from rollout_cli.plan.reading_rules import ReadingRule
from rollout_cli.render.ci import ci_text
from rollout_cli.version import VERSION
from tests.ci.reports import EVERY_SORT, HOSTILE, WAITS, any_report, check, checks, files, finding, sarif_schema
from tests.support.examples import examples


def run_of(report: ValidateReport | CheckReport, base: str = "") -> Any:
    log = json.loads(ci_text("sarif", report, base))
    sarif_schema().validate(log)
    return log["runs"][0]


def prints(report: ValidateReport | CheckReport) -> list[str]:
    return [each["partialFingerprints"]["rollout/v1"] for each in run_of(report)["results"]]


def test_a_finding_stands_at_its_line_and_column_with_its_rule() -> None:
    run = run_of(files(finding()))
    assert run["results"] == [
        {
            "ruleId": "unknown-flag",
            "ruleIndex": 0,
            "level": "error",
            "message": {"text": "EVENS is not declared\n-> did you mean EVENTS?"},
            "locations": [
                {
                    "physicalLocation": {
                        "artifactLocation": {"uri": "phases/1-staging.yaml", "uriBaseId": "%SRCROOT%"},
                        "region": {"startLine": 3, "startColumn": 5},
                    }
                }
            ],
            "partialFingerprints": run["results"][0]["partialFingerprints"],
        }
    ]
    driver = run["tool"]["driver"]
    assert (driver["name"], driver["version"], len(driver["rules"])) == ("rollout", VERSION, 1)
    assert driver["rules"][0]["shortDescription"]["text"] == LINT_RULES["unknown-flag"][1]


def test_levels_follow_the_weight_and_what_passed_or_was_not_asked_is_no_result() -> None:
    told = {
        each["message"]["text"].split("\n")[1].split(":")[0]: each["level"] for each in run_of(EVERY_SORT)["results"]
    }
    assert told == {"fails": "error", "unclear": "error", "warned": "warning", "dry": "warning", "waits": "note"}


def test_a_pending_check_is_no_complaint_about_files() -> None:
    assert run_of(files(pending=[WAITS]))["results"] == []


def test_a_check_is_a_rule_by_its_kind_and_says_how_it_stands() -> None:
    run = run_of(EVERY_SORT)
    assert [each["id"] for each in run["tool"]["driver"]["rules"]] == ["check/ratio"]
    assert run["results"][0]["message"]["text"] == (
        "Few errors\nfails: FAIL, calls for a rollback: 40 bad of 100\n-> look at the log"
    )


@pytest.mark.parametrize(
    "rule", [*ReadingRule, *LINT_RULES, *CHECK_RULES, *(f"check/{kind}" for kind in KINDS)], ids=str
)
def test_every_rule_and_kind_of_ours_is_described(rule: str) -> None:
    described = run_of(files(replace(finding(), rule=str(rule))))["tool"]["driver"]["rules"][0]
    assert len(described["shortDescription"]["text"]) > 15
    assert "docs/" in described["help"]["text"]
    assert not described["shortDescription"]["text"].startswith(("The rule ", "A check of the kind "))


def test_a_kind_of_another_package_is_named() -> None:
    view = replace(check("x", "FAIL"), kind="moon")
    described = run_of(checks(view))["tool"]["driver"]["rules"][0]
    assert described["shortDescription"]["text"] == "A check of the kind moon."


def test_the_fingerprint_stays_when_lines_move_and_numbers_change() -> None:
    assert prints(files(finding("stands on line 3"))) == prints(files(finding("stands on line 9", line=80)))
    before, after = check("a", "FAIL", "3 of 10"), check("a", "FAIL", "4 of 11", line=99)
    assert prints(checks(before)) == prints(checks(after))


def test_different_things_have_different_fingerprints_also_when_they_say_the_same() -> None:
    same = prints(files(finding(line=3), finding(line=4), finding("other")))
    assert len(set(same)) == 3
    assert same[0].split(":")[0] == same[1].split(":")[0]
    assert len(set(prints(checks(check("a", "FAIL"), check("b", "FAIL"), check("a", "FAIL", section="alerts"))))) == 3


def test_files_are_named_from_the_root_of_the_checkout_as_addresses() -> None:
    odd = replace(finding(), file="phases/1-a b#?%\u00e9.yaml")
    place = run_of(files(odd), "services/x y")["results"][0]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "services/x%20y/phases/1-a%20b%23%3F%25%C3%A9.yaml"


def test_a_name_that_is_no_text_is_the_address_of_its_bytes() -> None:
    odd = replace(finding(), file="phases/1-\udce9.yaml")
    place = run_of(files(odd))["results"][0]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "phases/1-%E9.yaml"


def test_what_belongs_to_no_file_is_shown_at_the_first_without_a_line() -> None:
    place = run_of(checks(check("a", "FAIL", file="", line=0, column=0)))["results"][0]["locations"][0]
    assert place == {"physicalLocation": {"artifactLocation": {"uri": "flags.yaml", "uriBaseId": "%SRCROOT%"}}}


def test_foreign_words_make_no_placeholder_and_no_link() -> None:
    run = run_of(files(finding("{0} [x](javascript:y)", hint="{fail: hold}")))
    assert run["results"][0]["message"]["text"] == r"{{0}} \[x\](javascript:y)" + "\n-> {fail: hold}"


@pytest.mark.parametrize("words", HOSTILE)
def test_foreign_words_hide_nothing(words: str) -> None:
    text = run_of(files(finding(words)))["results"][0]["message"]["text"]
    assert all(line.isprintable() for line in text.split("\n"))


@settings(max_examples=examples(60), deadline=None)
@given(report=any_report)
def test_every_report_is_a_valid_log(report: ValidateReport | CheckReport) -> None:
    run = run_of(report, "a/b")
    assert ci_text("sarif", report).isascii()
    rules = run["tool"]["driver"]["rules"]
    assert all(rules[each["ruleIndex"]]["id"] == each["ruleId"] for each in run["results"])
    found = [each["partialFingerprints"]["rollout/v1"] for each in run["results"]]
    assert len(set(found)) == len(found)
