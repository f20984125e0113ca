"""A simulation as one page that a manager can read: no script, nothing from anywhere, all foreign text as text."""

from collections.abc import Sequence

from rollout_cli.pipeline.dual_run.grouping import Group
from rollout_cli.render.charts import Column, over_time
from rollout_cli.render.html import NOTHING, Piece, meter, table, tag, together
from rollout_cli.render.simulation_style import STYLE
from rollout_cli.render.simulation_text import share_words, value_words
from rollout_cli.render.simulation_words import (
    PATHS,
    because,
    bound_sentence,
    facts,
    headline,
    remarks,
    used_up,
    used_words,
)
from rollout_cli.render.words import counted
from rollout_cli.simulate.kpis import Finding
from rollout_cli.simulate.report import ShopperWay, SimulationReport

_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
_SIGNS = {"PASS": "✓ PASS", "FAIL": "✗ FAIL", "INCONCLUSIVE": "? INCONCLUSIVE", "told": "told"}
_MOST, _MOST_NAMES = 50, 200
_FEWEST_MOMENTS = 3
"""Less than so many pieces of time are no course."""


def simulation_html(report: SimulationReport) -> str:
    """The whole page."""
    title = f"{report.setting.rollout}: simulated at {report.setting.position}: {report.verdict.value}"
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=_POLICY),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="referrer", content="no-referrer"),
        tag("title", title),
        tag("style", Piece(STYLE)),
    )
    sections = (
        _verdict, _facts, _kpis, _course, _latency, _providers, _shoppers, _divergences, _wrong, _refusals, _again,
    )  # fmt: skip
    heading = tag("h1", f"Simulation of {report.setting.rollout} at {report.setting.position}")
    body = tag("body", tag("main", heading, *(each(report) for each in sections)))
    return f"<!DOCTYPE html>\n{tag('html', head, body, lang='en')}\n"


def _section(title: str, *content: object) -> Piece:
    return tag("section", tag("h2", title), *content)


def _verdict(report: SimulationReport) -> Piece:
    word = report.verdict.value
    return tag(
        "section",
        tag("h2", tag("b", f"{_SIGNS[word]}: "), headline(report), "."),
        tag("p", because(report)),
        *(tag("p", tag("b", each)) for each in remarks(report)),
        class_=f"verdict {word}",
    )


def _facts(report: SimulationReport) -> Piece:
    told = (tag("div", tag("dt", name), tag("dd", value)) for name, value in facts(report))
    return _section("What was simulated", tag("dl", *told))


def _kpis(report: SimulationReport) -> Piece:
    if not report.kpis:
        return NOTHING
    caption = (
        "Each has a bound. The bar shows how much of what it allows was used up: empty is best, full is the limit."
    )
    head = ("KPI", "Verdict", "Value", "Bound", "Allowance", "Reckoned from")
    return _section("KPIs", table(caption, head, [_kpi(each) for each in report.kpis], class_="wide"))


def _kpi(it: Finding) -> tuple[object, ...]:
    word = "told" if it.verdict is None else it.verdict.value
    used, words = used_up(it), used_words(it)
    bar = NOTHING if used is None else meter(used, words, class_=word)
    return (
        together(it.title, tag("code", it.id)),
        tag("span", _SIGNS[word], class_=f"chip {word}"),
        tag("span", value_words(it.value, it.unit), class_="number"),
        tag("span", bound_sentence(it), class_="number"),
        together(bar, tag("span", words, class_="small", aria_hidden="true" if bar else None)),
        tag("span", it.sum),
    )


def _course(report: SimulationReport) -> Piece:
    moments = report.timeline
    if len(moments) < _FEWEST_MOMENTS:
        return NOTHING
    begins = (0.0, *(each.at_seconds for each in moments))
    spans = [(begin, each) for begin, each in zip(begins, moments, strict=False)]
    rate = [Column(begin, each.at_seconds, each.events_per_s) for begin, each in spans]
    slowest = [Column(begin, each.at_seconds, each.slowest_ms) for begin, each in spans]
    return _section(
        "In the course of time",
        tag(
            "div",
            over_time("Events taken", rate, "a second"),
            over_time("The slowest batch", slowest, "ms for all deliveries in it"),
            class_="charts",
        ),
    )


def _latency(report: SimulationReport) -> Piece:
    found = report.latency_ms
    if found.p50 is None or found.p95 is None or found.p99 is None or found.max is None:
        return NOTHING
    words = (
        f"Half of the deliveries took at most {_ms(found.p50)}, 95 % at most {_ms(found.p95)}, "
        f"99 % at most {_ms(found.p99)}, and the slowest {_ms(found.max)}."
    )
    limit = next((each.threshold for each in report.kpis if each.id == "latency_p95_ms"), None)
    most = max((each.count for each in report.distribution), default=0) or 1
    whole = sum(each.count for each in report.distribution) or 1
    rows, begin = [], 0.0
    for bar in report.distribution:
        end = f"more than {begin:g}" if bar.upto_ms is None else f"{begin:g} to {bar.upto_ms:g}"
        is_late = limit is not None and begin >= limit
        share = share_words(bar.count / whole)
        fill = meter(bar.count / most, f"{share} of all", class_="long FAIL" if is_late else "long")
        count = (tag("span", text, class_="number") for text in (f"{bar.count:,}", f"({share})"))
        rows.append((end, fill, together(next(count), " ", next(count))))
        begin = bar.upto_ms or begin
    return _section(
        "How long deliveries took",
        tag("p", words),
        table("Waiting within their batch included.", ("Milliseconds", "Deliveries", "How many"), rows, class_="bars"),
        _added(report),
    )


def _added(report: SimulationReport) -> Piece:
    added = report.added_latency_ms
    if added.p50 is None or added.p95 is None:
        return NOTHING
    return tag("p", f"Longer than the legacy path: {_ms(added.p50)} for half of them, {_ms(added.p95)} for 95 %.")


def _ms(value: float) -> str:
    return f"{value:.2g} ms" if value < 10 else f"{value:,.0f} ms"  # noqa: PLR2004 - two digits are enough


def _providers(report: SimulationReport) -> Piece:
    rows: list[Sequence[object]] = []
    for each in report.providers:
        if not each.events:
            continue
        share = each.normalized / each.events
        fill = meter(share, f"{share_words(share)} normalized", class_="PASS" if share == 1 else "INCONCLUSIVE")
        rows.append((each.provider, f"{each.events:,}", f"{each.normalized:,}", together(share_words(share), fill)))
    if not rows:
        return NOTHING
    caption = "Events in sound bodies of shoppers who are not off, and those that became what they ought to."
    return _section("Providers", table(caption, ("Provider", "Events", "Normalized", "Share"), rows, class_="wide"))


def _shoppers(report: SimulationReport) -> Piece:
    rows, lists = [], []
    for path, words in PATHS.items():
        own = [each for each in report.shoppers if each.path == path]
        if own:
            events = sum(each.events for each in own)
            rows.append((path, f"{len(own):,}", tag("span", f"{events:,}", class_="number"), words))
            lists.append(_names(path, own))
    if not rows:
        return NOTHING
    head = ("Path", "Shoppers", "Events", "What that means")
    return _section("Who was on and who was off", table("As the flags have it.", head, rows, class_="wide"), *lists)


def _names(path: str, own: Sequence[ShopperWay]) -> Piece:
    shown = own[:_MOST_NAMES]
    rows = [
        (each.shopper or "(nobody's)", tag("span", f"{each.events:,}", class_="number"), tag("code", each.reason))
        for each in shown
    ]
    left = len(own) - len(shown)
    return tag(
        "details",
        tag("summary", f"{counted(len(own), 'shopper')} {'in ' * (path == 'shadow')}{path}"),
        table("The most events first.", ("Shopper", "Events", "Reason"), rows),
        tag("p", f"and {left:,} more") if left else NOTHING,
    )


def _divergences(report: SimulationReport) -> Piece:
    if not report.divergences:
        return NOTHING
    legacy = report.setting.legacy or "the legacy path"
    shown = report.divergences[:_MOST]
    head = ("What differs", "Severity", "How often", "Legacy said", "New path says", "Providers")
    left = len(report.divergences) - len(shown)
    return _section(
        "Divergences",
        table(f"Where the new path differs from {legacy}, with an example each; texts and people are masked.", head,
              [_divergence(each) for each in shown], class_="wide"),
        tag("p", f"and {left:,} more kinds") if left else NOTHING,
    )  # fmt: skip


def _divergence(it: Group) -> tuple[object, ...]:
    tone = "FAIL" if it.severity == "critical" else "INCONCLUSIVE"
    ignored = "told" if it.ignored else tone
    return (
        together(it.kind.value.replace("_", " "), tag("code", it.path)),
        tag("span", f"ignored: {it.ignored}" if it.ignored else it.severity.value, class_=f"chip {ignored}"),
        tag("span", f"{it.count:,} ({share_words(it.share)} of deliveries)"),
        tag("code", it.legacy or "nothing"),
        tag("code", it.candidate or "nothing"),
        ", ".join(it.providers),
    )


def _wrong(report: SimulationReport) -> Piece:
    if not report.wrong:
        return NOTHING
    rows = [(each.event_type, each.provider, f"{each.count:,}") for each in report.wrong[:_MOST]]
    caption = "Events that did not become what their bodies told."
    return _section("Not as they ought to be", table(caption, ("Event", "Provider", "How many"), rows))


def _refusals(report: SimulationReport) -> Piece:
    if not report.refusals:
        return NOTHING
    rows = [(reason, f"{count:,}") for reason, count in report.refusals.items()]
    return _section("Refused bodies", table("Why they could not be read.", ("Reason", "How many"), rows))


def _again(report: SimulationReport) -> Piece:
    if not report.setting.command:
        return NOTHING
    what = "The same seed is the same traffic, to the byte." if report.seed is not None else ""
    return _section("How to run the same again", tag("pre", tag("code", report.setting.command)), tag("p", what))
