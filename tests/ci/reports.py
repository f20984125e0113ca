"""Reports for CI: some written by hand, and any at all."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import xmlschema
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from rollout_cli.checks.verdict import Cause, Verdict
from rollout_cli.control.check import CheckReport
from rollout_cli.control.reports import FindingView, PendingView, ValidateReport
from rollout_cli.control.views import CheckView, PositionView

HERE = Path(__file__).parent
HOSTILE = (
    "::error::owned", "x\n::add-mask::y\r::set-output name=a::b", "##[error]x", "a|b\\|c`d`",
    "<script>alert(1)</script>", "@octocat see #1, GH-2 and org/repo#3", "]]>&amp;<![CDATA[",
    "\x1b[31m\x00\x0b\u2028\u202e\ufffe", "%0A%25::", "[x](javascript:alert(1))",
    "https://evil.example/?a=b www.evil.example", "{0} {1}", "</details>", "$x^2$ ~~no~~",
)  # fmt: skip
"""What people and programs write that is meant for the reader's machine."""


@cache
def junit_schema() -> xmlschema.XMLSchema:
    return xmlschema.XMLSchema(HERE / "junit.xsd")


@cache
def sarif_schema() -> Draft202012Validator:
    import json

    schema = json.loads((HERE / "sarif.schema.json").read_text())
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)


def finding(
    message: str = "EVENS is not declared",
    *,
    severity: str = "error",
    line: int = 3,
    hint: str = "did you mean EVENTS?",
) -> FindingView:
    return FindingView("phases/1-staging.yaml", line, 5, "unknown-flag", severity, message, hint)


WAITS = PendingView("phases/2-beta.yaml", 20, 5, "normalizes", "simulate", "the normalizer")


def files(*findings: FindingView, pending: Sequence[PendingView] = ()) -> ValidateReport:
    errors = sum(each.severity == "error" for each in findings)
    valid = not errors
    return ValidateReport(
        valid, "test-rollout" if valid else None, "abc123" if valid else None, errors, len(findings) - errors,
        list(findings), list(pending),
    )  # fmt: skip


def check(name: str = "error-rate", verdict: str = "PASS", message: str = "3 bad of 12 840", **more: Any) -> CheckView:
    defaults: dict[str, Any] = {
        "section": "gates", "file": "phases/2-beta.yaml", "line": 12, "column": 5, "title": "Few errors",
    }  # fmt: skip
    return CheckView(name, "ratio", verdict, message, {}, more.pop("hint", ""), **{**defaults, **more})


def checks(*views: CheckView, offline: bool = False) -> CheckReport:
    told = {each.verdict for each in views if each.counts}
    verdict = next((each for each in (Verdict.FAIL, Verdict.INCONCLUSIVE) if each.value in told), Verdict.PASS)
    return CheckReport("test-rollout", PositionView(2, "beta", None), offline, [], verdict, list(views))


EVERY_SORT = checks(
    check("passes"),
    check("fails", "FAIL", "40 bad of 100", hint="look at the log", reaction="rollback"),
    check("unclear", "INCONCLUSIVE", "no answer", cause="timeout", reaction="hold", section="alerts"),
    check("warned", "FAIL", "a bit slow", counts=False, reaction="warn"),
    check("dry", "INCONCLUSIVE", "no data", cause="no_data", counts=False),
    check("waits", "INCONCLUSIVE", "waits for simulate", cause="pending", section="preflight"),
    check("unasked", "INCONCLUSIVE", "not asked", cause="offline", counts=False, section="preflight"),
)
"""One check of every weight."""

_words = st.one_of(st.sampled_from(HOSTILE), st.text(max_size=60))
_slugs = st.from_regex(r"[a-z][a-z0-9._-]{0,20}", fullmatch=True)
_places = st.sampled_from([("phases/2-beta.yaml", 12, 5), ("flags.yaml", 1, 1), ("phases/\u00e9 #?%.yaml", 9, 2)])


@st.composite
def any_files(draw: st.DrawFn) -> ValidateReport:
    """Whatever `validate` might say."""
    findings = [
        FindingView(
            *draw(_places), draw(_slugs), draw(st.sampled_from(["error", "warning"])), draw(_words), draw(_words)
        )
        for _ in range(draw(st.integers(0, 6)))
    ]
    return files(*findings, pending=draw(st.lists(st.just(WAITS), max_size=2)))


@st.composite
def any_checks(draw: st.DrawFn) -> CheckReport:
    """Whatever `check` might say."""
    views = []
    for _ in range(draw(st.integers(0, 6))):
        verdict = draw(st.sampled_from([each.value for each in Verdict]))
        cause = draw(st.sampled_from(sorted(Cause))) if verdict == "INCONCLUSIVE" else None
        file, line, column = draw(st.one_of(_places, st.just(("", 0, 0))))
        counts = draw(st.booleans()) and cause is not Cause.OFFLINE
        views.append(
            check(
                draw(_slugs), verdict, draw(_words), hint=draw(_words), title=draw(_words), counts=counts,
                cause=None if cause is None else cause.value, file=file, line=line, column=column,
                section=draw(st.sampled_from(["preflight", "gates", "alerts", ""])),
                reaction=draw(st.sampled_from([None, "hold", "rollback", "warn"])),
            )
        )  # fmt: skip
    return checks(*views, offline=draw(st.booleans()))


any_report = st.one_of(any_files(), any_checks())
