"""A report as remarks: what the formats for CI have in common, before each of them says it in its own way."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from rollout_cli.control.check import CheckReport
from rollout_cli.control.reports import FindingView, PendingView, ValidateReport
from rollout_cli.control.views import CheckView
from rollout_cli.render.words import counted, position_words


class Weight(StrEnum):
    """How much a remark matters, the heaviest first; the value is the word for it in a count."""

    FAILED = "failed"
    UNCLEAR = "inconclusive"
    WARNED = "only a warning"
    PENDING = "pending"
    DECLARED = "declared and pending"
    UNASKED = "not asked"
    PASSED = "passed"


@dataclass(frozen=True, slots=True)
class Remark:
    """One thing that a report says: a finding, or an answered check.

    Attributes:
        name: the check's id; a finding has its rule's.
        rule: what other findings of its sort share.
        word: how it stands, as a person reads it.
        counts: whether it is held against the whole.
        group: the list of a check, the file of a finding.
        file: where it is said, from the project's folder; empty when nowhere.
        line: from 1, as the column is; 0 for the whole file.
    """

    name: str
    rule: str
    weight: Weight
    word: str
    counts: bool
    group: str
    message: str
    hint: str = ""
    title: str = ""
    file: str = ""
    line: int = 0
    column: int = 0

    @property
    def is_finding(self) -> bool:
        """Whether it speaks of a place in a file; else of a check."""
        return self.name == self.rule


@dataclass(frozen=True, slots=True)
class Remarks:
    """A report for CI.

    Attributes:
        command: whose report it is.
        verdict: what all came to, in a word.
        is_good: whether there is nothing to mend.
        summary: how much there is of each, in a line.
        about: what the report speaks of, by name.
    """

    command: str
    verdict: str
    is_good: bool
    summary: str
    remarks: tuple[Remark, ...]
    about: Mapping[str, str] = field(default_factory=dict)

    def weighing(self, *weights: Weight) -> tuple[Remark, ...]:
        """The remarks of these weights, the heaviest first, else in the order of the report."""
        wanted = [each for each in self.remarks if each.weight in weights]
        return tuple(sorted(wanted, key=lambda each: list(Weight).index(each.weight)))

    def groups(self) -> Iterator[tuple[str, tuple[Remark, ...]]]:
        """The remarks of every group."""
        for name in dict.fromkeys(each.group for each in self.remarks):
            yield name, tuple(each for each in self.remarks if each.group == name)


def remarks_of(report: ValidateReport | CheckReport) -> Remarks:
    """What a report says, remark by remark."""
    return _of_files(report) if isinstance(report, ValidateReport) else _of_checks(report)


def _of_files(report: ValidateReport) -> Remarks:
    about = {"rollout": report.rollout or "", "plan": report.digest or ""}
    waiting = f", {counted(len(report.pending), 'check')} pending" if report.pending else ""
    return Remarks(
        command="validate",
        verdict="valid" if report.valid else "invalid",
        is_good=report.valid,
        summary=f"{counted(report.errors, 'error')}, {counted(report.warnings, 'warning')}{waiting}",
        remarks=(*(_of_finding(each) for each in report.findings), *(_of_pending(each) for each in report.pending)),
        about={name: value for name, value in about.items() if value},
    )


def _of_finding(finding: FindingView) -> Remark:
    is_error = finding.severity == "error"
    return Remark(
        name=finding.rule,
        rule=finding.rule,
        weight=Weight.FAILED if is_error else Weight.WARNED,
        word=finding.severity,
        counts=is_error,
        group=finding.file,
        message=finding.message,
        hint=finding.hint,
        file=finding.file,
        line=finding.line,
        column=finding.column,
    )


def _of_pending(pending: PendingView) -> Remark:
    """A check that nobody asks yet: no complaint, and no secret."""
    return Remark(
        name=pending.check,
        rule=f"check/{pending.kind}",
        weight=Weight.DECLARED,
        word="pending",
        counts=False,
        group=pending.file,
        message=f"waits for {pending.waits_for}",
        file=pending.file,
        line=pending.line,
        column=pending.column,
    )


def _of_checks(report: CheckReport) -> Remarks:
    remarks = tuple(_of_check(each) for each in report.checks)
    counts = Counter(each.weight for each in remarks)
    asked = sum(each.weight not in {Weight.UNASKED, Weight.PENDING} for each in remarks)
    of_files = f", from files alone: {asked} of {len(remarks)} checks" if report.offline else ""
    place = position_words(report.target) + of_files
    return Remarks(
        command="check",
        verdict=report.verdict.value,
        is_good=report.verdict.value == "PASS",
        summary=", ".join(f"{counts[each]} {each}" for each in Weight if counts[each]) or "nothing is asked here",
        remarks=remarks,
        about={"rollout": report.rollout, "position": place, **_besides(report)},
    )


def _besides(report: CheckReport) -> dict[str, str]:
    return {"besides": "; ".join(report.obstacles)} if report.obstacles else {}


def _of_check(check: CheckView) -> Remark:
    weight = _weight(check)
    return Remark(
        name=check.id,
        rule=f"check/{check.kind}",
        weight=weight,
        word=_word(check, weight),
        counts=check.counts,
        group=check.section or "checks",
        message=check.message,
        hint="" if weight is Weight.PASSED else check.hint,
        title=check.title,
        file=check.file,
        line=check.line,
        column=check.column,
    )


def _weight(check: CheckView) -> Weight:
    if check.verdict == "PASS":
        return Weight.PASSED
    apart = {"offline": Weight.UNASKED, "later": Weight.UNASKED, "pending": Weight.PENDING}.get(check.cause or "")
    if apart is not None:
        return apart
    if not check.counts:
        return Weight.WARNED
    return Weight.FAILED if check.verdict == "FAIL" else Weight.UNCLEAR


def _word(check: CheckView, weight: Weight) -> str:
    if weight in {Weight.PASSED, Weight.PENDING, Weight.UNASKED}:
        return {Weight.PASSED: "PASS"}.get(weight, weight.value)
    if weight is Weight.WARNED:
        return f"{check.verdict}, {weight if check.reaction == 'warn' else 'has no say'}"
    return f"{check.verdict}, calls for a rollback" if check.reaction == "rollback" else check.verdict
