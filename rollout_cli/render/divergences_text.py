"""What comparisons have found, in words."""

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from rollout_cli.render.words import BAD, GOOD, QUIET, STRONG, WAIT, Line, counted, line

if TYPE_CHECKING:
    from rollout_cli.pipeline.dual_run.grouping import DivergencesReport, Group

_STYLES = {"critical": BAD, "minor": WAIT, "none": QUIET}


def divergence_lines(report: "DivergencesReport") -> Iterator[Line]:
    """The sum, then the groups, the worst first."""
    yield line((f"{counted(report.compared, 'delivery', 'deliveries')} compared", STRONG), *_sum(report))
    if report.added_ms_p95 is not None and report.added_ms_p50 is not None:
        added = f"the new path takes {report.added_ms_p50:+.1f} ms (p50), {report.added_ms_p95:+.1f} ms (p95)"
        yield line((added, QUIET))
    for group in report.groups:
        yield from _group(group)


def _sum(report: "DivergencesReport") -> tuple[object, ...]:
    if not report.compared:
        return (f" since {report.since:%Y-%m-%d %H:%M}",)
    good = (f": {report.matched:,} match", GOOD)
    if not report.critical and not report.minor:
        return (good,)
    return (good, f", {report.critical:,} critical and {report.minor:,} minor divergences")


def _group(group: "Group") -> Iterator[Line]:
    style = QUIET if group.ignored else _STYLES[group.severity]
    where = f" at {group.path}" if group.path else ""
    share = f"{100 * group.share:.3g} %"
    yield line((f"{group.count:,} x {group.kind.replace('_', ' ')}{where}", style), f" ({group.severity}, {share})")
    if group.legacy is not None or group.candidate is not None:
        yield line(f"legacy {group.legacy or 'nothing'}, canonical {group.candidate or 'nothing'}", indent=2)
    last = f"{group.last_at:%H:%M:%S}" if group.first_at.date() == group.last_at.date() else _time(group.last_at)
    times = f"{_time(group.first_at)} to {last}, {', '.join(group.providers)}"
    yield line((times, QUIET), indent=2)
    if group.ignored:
        yield line((f"ignored: {group.ignored}", QUIET), indent=2)


def _time(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}"
