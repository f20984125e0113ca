"""The history of a rollout, in words."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from rollout_cli.render.words import (
    BAD,
    GOOD,
    QUIET,
    STRONG,
    Line,
    counted,
    line,
    position_words,
    value_words,
)

if TYPE_CHECKING:
    from rollout_cli.control.history import HistoryReport, RevisionView, VerifyReport


def history_lines(report: "HistoryReport") -> Iterator[Line]:
    """The history, newest first."""
    yield line((report.rollout, STRONG), f": {counted(len(report.revisions), 'revision')}")
    for problem in report.problems:
        yield line(("damaged: ", BAD), problem)
    for revision in report.revisions:
        yield from _revision_lines(revision)


def verify_lines(report: "VerifyReport") -> Iterator[Line]:
    """Whether the chain holds."""
    if report.sound:
        yield line(
            ("Sound", GOOD),
            f": {counted(report.revisions, 'revision')} of {report.rollout}, each follows from the one before",
        )
        if report.head:
            yield line((f"head {report.head}", QUIET))
        return
    yield line(("Not sound", BAD), f": the history of {report.rollout} is not what was written")
    for problem in report.problems:
        yield line(f"- {problem}", indent=2)


def _revision_lines(revision: "RevisionView") -> Iterator[Line]:
    forced = " (forced)" if revision.forced else ""
    here, there = position_words(revision.from_), position_words(revision.to)
    way = there if here == there else f"{here} -> {there}"
    when = f"{revision.at:%Y-%m-%d %H:%M:%S} "
    yield line((f"r{revision.revision:<4}", STRONG), when, (revision.action + forced, STRONG), f" {way}")
    yield line((f"by {revision.actor}", QUIET), f": {revision.reason}" if revision.reason else "", indent=5)
    for change in revision.changes:
        before, after = _short(change["before"]), _short(change["after"])
        yield line((f"{change['flag'] or 'rollout'}.{change['field']}: {before} -> {after}", QUIET), indent=5)


def _short(value: Any) -> str:
    if isinstance(value, list):
        return f"{len(value)} ids" if len(value) > 1 else value_words(value)
    return value_words(value)
