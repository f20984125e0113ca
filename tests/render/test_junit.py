"""JUnit XML: what test viewers make of a report."""

from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings

from rollout_cli.control.check import CheckReport
from rollout_cli.control.reports import ValidateReport
from rollout_cli.render.ci import ci_text
from tests.ci.reports import EVERY_SORT, HOSTILE, WAITS, any_report, check, checks, files, finding, junit_schema
from tests.support.examples import examples


def suites(report: ValidateReport | CheckReport) -> ET.Element:
    text = ci_text("junit", report)
    junit_schema().validate(text)
    return ET.fromstring(text)


def outcomes(report: ValidateReport | CheckReport) -> dict[str, str]:
    """What every test case came to, by name."""
    return {each.attrib["name"]: each[0].tag for each in suites(report).iter("testcase")}


def test_a_check_fails_errs_passes_or_is_skipped_by_its_verdict_and_its_say() -> None:
    assert outcomes(EVERY_SORT) == {
        "passes": "system-out",
        "fails": "failure",
        "unclear": "error",
        "warned": "skipped",
        "dry": "skipped",
        "waits": "error",
        "unasked": "skipped",
    }


def test_there_is_a_suite_for_every_list_and_the_counts_are_right() -> None:
    root = suites(EVERY_SORT)
    counts = {each.attrib["name"]: [each.attrib[key] for key in ("tests", "failures", "errors", "skipped")]
              for each in root}  # fmt: skip
    assert counts == {"gates": ["4", "1", "0", "2"], "alerts": ["1", "0", "1", "0"], "preflight": ["2", "0", "1", "1"]}
    assert [root.attrib[key] for key in ("name", "tests", "failures", "errors")] == ["rollout check", "7", "1", "2"]


def test_a_check_is_called_by_its_phase_and_list_and_says_what_to_do() -> None:
    case = suites(EVERY_SORT).findall(".//testcase[@name='fails']")[0]
    assert case.attrib["classname"] == "rollout.2-beta.gates"
    assert case[0].attrib == {"type": "check/ratio", "message": "40 bad of 100"}
    assert case[0].text == (
        "FAIL, calls for a rollback: 40 bad of 100\nFew errors\n-> look at the log\nphases/2-beta.yaml:12:5"
    )


def test_properties_say_what_was_asked_about() -> None:
    properties = suites(EVERY_SORT).find("testsuite/properties")
    assert properties is not None
    told = {each.attrib["name"]: each.attrib["value"] for each in properties}
    assert told == {"rollout": "test-rollout", "position": "phase 2 (beta)", "verdict": "FAIL"}


def test_findings_stand_in_the_suite_of_their_file_and_warnings_are_skipped() -> None:
    root = suites(files(finding(), finding("also", severity="warning", line=9)))
    assert [(each.attrib["name"], each.attrib["file"]) for each in root] == [("phases/1-staging.yaml",) * 2]
    cases = [(each.attrib["name"], each.attrib["classname"], each[0].tag) for each in root.iter("testcase")]
    assert cases == [
        ("unknown-flag 3:5", "rollout.1-staging", "failure"),
        ("unknown-flag 9:5", "rollout.1-staging", "skipped"),
    ]


@pytest.mark.parametrize("report", [files(), files(finding(severity="warning")), checks(), checks(check())])
def test_where_nothing_failed_a_test_has_passed(report: ValidateReport | CheckReport) -> None:
    assert outcomes(report)["verdict"] == "system-out"


def test_files_that_are_unusable_for_no_stated_reason_fail() -> None:
    assert outcomes(ValidateReport(False, None, None, 0, 0, [], []))["verdict"] == "failure"


def test_a_pending_check_of_the_files_is_skipped() -> None:
    assert outcomes(files(pending=[WAITS])) == {"normalizes": "skipped", "verdict": "system-out"}


def test_a_dot_in_a_name_makes_no_package_of_its_own() -> None:
    root = suites(checks(check(file="phases/2-v1.2.yaml")))
    assert root.findall(".//testcase")[0].attrib["classname"] == "rollout.2-v1-2.gates"


@pytest.mark.parametrize("words", HOSTILE)
def test_foreign_words_arrive_as_words(words: str) -> None:
    outcome = suites(files(finding(words))).findall(".//failure")[0]
    assert len(list(outcome)) == 0
    if words.isascii() and words.isprintable():
        assert outcome.attrib["message"] == words
        assert words in (outcome.text or "")


@settings(max_examples=examples(60), deadline=None)
@given(report=any_report)
def test_every_report_is_a_valid_document_in_ascii_that_fails_exactly_when_the_report_does(
    report: ValidateReport | CheckReport,
) -> None:
    root = suites(report)
    assert ci_text("junit", report).isascii()
    bad = int(root.attrib["failures"]) + int(root.attrib["errors"])
    good = report.valid if isinstance(report, ValidateReport) else report.verdict.value == "PASS"
    assert (bad == 0) == good
    assert int(root.attrib["tests"]) == len(list(root.iter("testcase")))
