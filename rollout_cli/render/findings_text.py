"""Findings, decisions and the doctor's report, in words."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from rollout_cli.plan.findings import Finding, Severity
from rollout_cli.render.words import BAD, GOOD, QUIET, STRONG, WAIT, Line, counted, line, value_words

if TYPE_CHECKING:
    from rollout_cli.control.reports import ValidateReport
    from rollout_cli.flags.decision import Decision

_REASONS = {
    "FLAG_NOT_FOUND": "no such flag, so the caller's default",
    "KILLED": "killed by break-glass, so its declared default",
    "DISABLED": "not enabled",
    "PREREQUISITE": "a flag it requires is off for this shopper",
    "DENYLIST": "the shopper is on the denylist",
    "ALLOWLIST": "the shopper is on the allowlist",
    "TARGETING_KEY_MISSING": "a percent needs a shopper, and none was named",
    "NOT_ALLOWLISTED": "it is on for the allowlist only",
    "GLOBAL": "it is on for everybody",
}


def validate_lines(report: "ValidateReport", findings: Sequence[Finding]) -> list[Line]:
    """What is wrong with the files, which checks wait for something, and the sum."""
    lines = list(finding_lines(findings))
    for each in report.pending:
        place = (f"{each.file}:{each.line}:{each.column}", STRONG)
        lines.append(line(place, ": ", ("pending", QUIET), f" [{each.kind}] {each.check} waits for {each.waits_for}"))
    waiting = f", {counted(len(report.pending), 'check')} pending" if report.pending else ""
    word = ("Valid", GOOD) if report.valid else ("Invalid", BAD)
    counts = f": {counted(report.errors, 'error')}, {counted(report.warnings, 'warning')}{waiting}"
    return [*lines, line(word, counts)]


def finding_lines(findings: Sequence[Finding]) -> Iterator[Line]:
    """One finding a line, as compilers write them, with its hint."""
    for finding in findings:
        style = BAD if finding.severity is Severity.ERROR else WAIT
        yield line(
            (f"{finding.file}:{finding.line}:{finding.column}", STRONG), ": ", (finding.severity.value, style),
            f" [{finding.rule}] {finding.message}",
        )  # fmt: skip
        if finding.hint:
            yield line(("-> ", QUIET), finding.hint, indent=4)


def decision_lines(decision: "Decision", shopper: str | None, percent: float | None) -> Iterator[Line]:
    """One decision, explained."""
    answer = (value_words(decision.value), GOOD if decision.enabled else WAIT)
    who = "nobody in particular" if shopper is None else shopper
    yield line((decision.flag, STRONG), f" for {who}: ", answer)
    yield line(f"reason:   {decision.reason}: {explanation(decision, percent)}")
    if decision.bucket is not None:
        yield line(f"bucket:   {decision.bucket:g} (of 0 to 99.999)")
    if decision.shadow:
        yield line("shadow:   what is on runs in shadow only")
    yield line(f"revision: {decision.revision}")


def decisions_lines(decided: "Sequence[tuple[Decision, float | None]]", shopper: str) -> Iterator[Line]:
    """What one shopper gets of each flag, a line each; with each decision the percent that decides it."""
    revision = max((decision.revision for decision, _ in decided), default=0)
    yield line((shopper, STRONG), f": revision {revision}" if decided else ": there are no flags")
    for decision, percent in decided:
        answer = (value_words(decision.value), GOOD if decision.enabled else WAIT)
        parts: list[Any] = [(decision.flag, STRONG), ": ", answer]
        parts += [(" (shadow)", WAIT)] if decision.shadow else []
        yield line(*parts, indent=2)
        yield line((f"{decision.reason}: {explanation(decision, percent)}", QUIET), indent=6)


def explanation(decision: "Decision", percent: float | None) -> str:
    """The reason in a sentence's words."""
    reason = decision.reason.removeprefix("ENV_")
    source = "the environment says: " if reason != decision.reason else ""
    if reason == "PERCENT" and decision.bucket is not None:
        side = "below" if decision.enabled else "not below"
        limit = "the percent" if percent is None else f"{percent:g} %"
        return f"{source}bucket {decision.bucket:g} is {side} {limit}"
    return source + _REASONS.get(reason, reason)
