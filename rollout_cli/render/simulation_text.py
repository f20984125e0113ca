"""A simulation in words: the verdict, the KPIs, how long deliveries took, who was on and off."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from rollout_cli.render.words import BAD, QUIET, STRONG, VERDICT_STYLES, WAIT, Line, counted, line, names_words

if TYPE_CHECKING:
    from rollout_cli.simulate.kpis import Finding
    from rollout_cli.simulate.report import SimulationReport

_BAR, _MOST = 30, 12


def simulation_lines(report: "SimulationReport") -> Iterator[Line]:
    """All of it."""
    setting, events = report.setting, report.events
    yield line((setting.rollout, STRONG), ": simulated at ", (setting.position, STRONG))
    told = f"seed {report.seed}" if report.seed is not None else setting.source
    yield line(
        f"{events.delivered:,} events ({events.unique:,} different) in {report.seconds:.1f} s, "
        f"{report.throughput_per_s:,.0f} a second; {told}; store: {setting.store}",
        indent=2,
    )
    if report.about is not None:
        it = report.about
        told = f"{it.persons:,} persons, {it.threads:,} threads and {it.events:,} different events"
        yield line(f"About {told} were told of.", indent=2)
    if setting.injected:
        yield line(("Faults planted on purpose: ", WAIT), ", ".join(setting.injected), indent=2)
    yield from kpi_lines(report.kpis)
    yield from _latency(report)
    yield from _divergences(report)
    yield from _ways(report)
    yield from _wrong(report)
    verdict = report.verdict.value
    if held_up := held_up_words(report):
        yield line((held_up, WAIT), indent=2)
    yield line("Verdict: ", (verdict, VERDICT_STYLES[verdict]), _of_how_many(report.kpis))


def kpi_lines(kpis: "Sequence[Finding]") -> Iterator[Line]:
    """The KPIs, one a line: verdict, value, bound, and what it was reckoned from."""
    yield line(("KPIs", STRONG), indent=2)
    if not kpis:
        yield line("Nothing came through that could be judged: the new path is off for everybody.", indent=4)
    values = [value_words(each.value, each.unit) for each in kpis]
    bounds = [bound_words(each) for each in kpis]
    names, widest, bound_width = (max(map(len, each), default=0) for each in ([k.id for k in kpis], values, bounds))
    for kpi, value, bound in zip(kpis, values, bounds, strict=True):
        word = "told" if kpi.verdict is None else kpi.verdict.value
        style = QUIET if kpi.verdict is None else VERDICT_STYLES[word]
        yield line(
            (f"{word:<12}", style), " ", (f"{kpi.id:<{names}}", STRONG), f"  {value:>{widest}}",
            (f"  {bound:<{bound_width}}  ", QUIET), (kpi.sum, QUIET), indent=4,
        )  # fmt: skip


def value_words(value: float | None, unit: str) -> str:
    """A KPI's value as people read it."""
    if value is None:
        return "no data"
    if unit == "share":
        return share_words(value)
    if unit == "ms":
        return f"{value:,.1f} ms"
    return f"{value:,.0f}"


def share_words(value: float) -> str:
    """A share, never rounded to a whole that it is not."""
    percent = value * 100
    for digits in (1, 2, 3, 4):
        text = f"{percent:.{digits}f}"
        if float(text) not in (0.0, 100.0) or value in (0.0, 1.0):
            return f"{text} %"
    return "< 100 %" if value > 0.5 else "> 0 %"  # noqa: PLR2004 - the nearer end


def bound_words(kpi: "Finding") -> str:
    """A KPI's bound."""
    if kpi.threshold is None:
        return ""
    sign = "<=" if kpi.side == "max" else ">="
    return f"{sign} {value_words(kpi.threshold, kpi.unit).replace('.0 ', ' ')}"


def held_up_words(report: "SimulationReport") -> str:
    """Which KPIs cannot be judged because the machine had other things to do, and what to do; empty without any."""
    held_up = [each.id for each in report.kpis if each.verdict == "INCONCLUSIVE" and each.value is not None]
    if not held_up:
        return ""
    fewer = ", or with fewer workers" if report.setting.workers > 1 else ""
    return (f"Other programs had the processor for so long that {names_words(held_up)} cannot be judged: "
            f"run it again when less runs on this machine{fewer}.")  # fmt: skip


def _latency(report: "SimulationReport") -> Iterator[Line]:
    found = report.latency_ms
    if found.p50 is None:
        return
    marks = ", ".join(f"{name} {_short(value)}" for name, value in (("p50", found.p50), ("p95", found.p95),
                      ("p99", found.p99), ("largest", found.max)) if value is not None)  # fmt: skip
    yield line(("Latency", STRONG), f" in ms: {marks}", indent=2)
    most = max((each.count for each in report.distribution), default=0)
    width, before = len(f"{most:,}"), 0.0
    for bar in report.distribution:
        end = "more" if bar.upto_ms is None else f"{bar.upto_ms:g}"
        length = round(bar.count / most * _BAR) if most else 0
        drawn = "#" * max(length, 1 if bar.count else 0)
        yield line(f"{before:>7g} - {end:<6}", (f"{drawn:<{_BAR}}", QUIET), f" {bar.count:>{width},}", indent=4)
        before = bar.upto_ms or before


def _short(milliseconds: float) -> str:
    return f"{milliseconds:,.1f}" if milliseconds >= 1 else f"{milliseconds:.2g}"


def _divergences(report: "SimulationReport") -> Iterator[Line]:
    if not report.divergences:
        return
    yield line(("Divergences", STRONG), f" from {report.setting.legacy or 'the legacy path'}", indent=2)
    for group in report.divergences[:_MOST]:
        style = BAD if group.severity == "critical" else WAIT
        example = f"{group.legacy or 'nothing'} -> {group.candidate or 'nothing'}"
        yield line((f"{group.severity:<8}", style), f" {group.count:>8,}  {group.kind.value} {group.path}",
                   (f"  {example}", QUIET), indent=4)  # fmt: skip
    if len(report.divergences) > _MOST:
        yield line(f"and {len(report.divergences) - _MOST:,} more kinds", indent=4)


def _ways(report: "SimulationReport") -> Iterator[Line]:
    yield line(("Shoppers", STRONG), indent=2)
    for path in ("live", "shadow", "off"):
        own = [each for each in report.shoppers if each.path == path]
        if own:
            events = sum(each.events for each in own)
            reasons = sorted({each.reason for each in own if each.reason})
            shown = names_words([each.shopper for each in own], 3)
            yield line(f"{path:<7} {counted(len(own), 'shopper'):<12} {events:>10,} events  ",
                       (f"{'/'.join(reasons)}: {shown}", QUIET), indent=4)  # fmt: skip


def _wrong(report: "SimulationReport") -> Iterator[Line]:
    if report.wrong:
        yield line(("Not as they ought to be", STRONG), indent=2)
    for each in report.wrong[:_MOST]:
        yield line((f"{each.count:>8,}", BAD), f"  {each.provider} {each.event_type}", indent=4)


def _of_how_many(kpis: "Sequence[Finding]") -> str:
    judged = [each for each in kpis if each.verdict is not None]
    passed = sum(each.verdict == "PASS" for each in judged)
    return f" ({passed} of {len(judged)} KPIs)" if judged else ""
