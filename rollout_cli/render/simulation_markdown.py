"""A simulation as GitHub's Markdown: for the summary of a job, or under a pull request."""

from collections.abc import Sequence

from rollout_cli.render.markdown import cell, table_row
from rollout_cli.render.simulation_text import share_words, value_words
from rollout_cli.render.simulation_words import because, bound_sentence, facts, headline, remarks
from rollout_cli.simulate.report import SimulationReport

_SIGNS = {"PASS": "✅ PASS", "FAIL": "❌ FAIL", "INCONCLUSIVE": "❔ INCONCLUSIVE"}
_MOST = 20
_BAR = 20
Rows = Sequence[Sequence[str]]


def simulation_markdown(report: SimulationReport) -> str:
    """All of it, in a few kilobytes, however much there is to tell."""
    setting = report.setting
    blocks = [
        f"## {cell(setting.rollout)}: simulated at {cell(setting.position)}",
        f"**{_SIGNS[report.verdict.value]}: {headline(report)}.** {cell(because(report))}",
        *(f"**{cell(each)}**" for each in remarks(report)),
        *_kpis(report),
        *_divergences(report),
        *_wrong(report),
        *_folded("What was simulated", ("What", "Value"), facts(report)),
        *_latency(report),
        *_providers(report),
        *_shoppers(report),
        *_folded("Refused bodies", ("Reason", "How many"), [(k, f"{n:,}") for k, n in report.refusals.items()]),
        *_again(report),
    ]
    return "\n\n".join(blocks) + "\n"


def _table(head: Sequence[str], rows: Rows) -> str:
    told = [table_row(head), table_row(["---"] * len(head))]
    return "\n".join([*told, *(table_row([cell(each) for each in row]) for row in rows)])


def _folded(title: str, head: Sequence[str], rows: Rows) -> list[str]:
    if not rows:
        return []
    shown = rows[:_MOST]
    more = [f"and {len(rows) - len(shown):,} more"] if len(rows) > len(shown) else []
    return [f"<details><summary>{title}</summary>", _table(head, shown), *more, "</details>"]


def _kpis(report: SimulationReport) -> list[str]:
    rows = []
    for each in report.kpis:
        sign = "told" if each.verdict is None else _SIGNS[each.verdict.value]
        rows.append((sign, f"{each.title} ({each.id})", value_words(each.value, each.unit), bound_sentence(each),
                     each.sum))  # fmt: skip
    return [_table(("Verdict", "KPI", "Value", "Bound", "Reckoned from"), rows)] if rows else []


def _divergences(report: SimulationReport) -> list[str]:
    rows = [
        (each.severity.value, f"{each.kind.value} {each.path}", f"{each.count:,}", each.legacy or "nothing",
         each.candidate or "nothing")
        for each in report.divergences[:_MOST]
    ]  # fmt: skip
    left = len(report.divergences) - len(rows)
    title = f"### Divergences from {cell(report.setting.legacy or 'the legacy path')}"
    told = [title, _table(("Severity", "What", "How often", "Legacy said", "New path says"), rows)] if rows else []
    return [*told, f"and {left:,} more kinds"] if left else told


def _wrong(report: SimulationReport) -> list[str]:
    rows = [(each.provider, each.event_type, f"{each.count:,}") for each in report.wrong[:_MOST]]
    return ["### Not as they ought to be", _table(("Provider", "Event", "How many"), rows)] if rows else []


def _latency(report: SimulationReport) -> list[str]:
    most = max((each.count for each in report.distribution), default=0) or 1
    rows, begin = [], 0.0
    for bar in report.distribution:
        end = "more" if bar.upto_ms is None else f"{bar.upto_ms:g}"
        drawn = "█" * max(round(bar.count / most * _BAR), 1 if bar.count else 0)
        rows.append((f"{begin:g} to {end}", drawn, f"{bar.count:,}"))
        begin = bar.upto_ms or begin
    return _folded("How many milliseconds deliveries took", ("ms", "Deliveries", "How many"), rows)


def _providers(report: SimulationReport) -> list[str]:
    rows = [
        (each.provider, f"{each.events:,}", share_words(each.normalized / each.events))
        for each in report.providers
        if each.events
    ]
    return _folded("Providers", ("Provider", "Events", "Normalized"), rows)


def _shoppers(report: SimulationReport) -> list[str]:
    rows = [(each.shopper, each.path, each.reason, f"{each.events:,}") for each in report.shoppers]
    return _folded("Shoppers", ("Shopper", "Path", "Reason", "Events"), rows)


def _again(report: SimulationReport) -> list[str]:
    if not report.setting.command:
        return []
    fence = "`" * max(3, 1 + max((len(each) for each in _ticks(report.setting.command)), default=0))
    return [f"The same again:\n\n{fence}\n{report.setting.command}\n{fence}"]


def _ticks(text: str) -> list[str]:
    """Runs of backticks: a fence has to be longer than any."""
    return [each for each in "".join(c if c == "`" else " " for c in text).split() if each]
