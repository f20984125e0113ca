"""What a simulation is said in, for who was not there: sentences that the page and the Markdown share."""

from collections import Counter
from collections.abc import Sequence

from rollout_cli.checks.verdict import Verdict
from rollout_cli.render.simulation_text import held_up_words, value_words
from rollout_cli.render.words import counted, names_words
from rollout_cli.simulate.kpis import Finding
from rollout_cli.simulate.report import SimulationReport

_HEADLINES = {
    Verdict.PASS: "The new path does what it has to",
    Verdict.FAIL: "The new path does not do what it has to",
    Verdict.INCONCLUSIVE: "It cannot be said whether the new path does what it has to",
}
_WAYS = {"live": "live on the new path", "shadow": "in shadow", "off": "off"}
PATHS = {
    "live": "The new path serves them.",
    "shadow": "The new path works beside the legacy one; nothing is kept or announced.",
    "off": "The legacy path alone serves them.",
}


def headline(report: SimulationReport) -> str:
    """The verdict as a sentence's beginning."""
    return _HEADLINES[report.verdict]


def because(report: SimulationReport) -> str:
    """Why the verdict is what it is."""
    judged = [each for each in report.kpis if each.verdict is not None]
    if not judged:
        return "Nothing came through that could be judged: the new path is off for everybody."
    failed, open_ = (_titles(judged, each) for each in (Verdict.FAIL, Verdict.INCONCLUSIVE))
    if failed:
        return f"{_of(failed, judged, 'does not hold', 'do not hold')}: {names_words(failed)}. {whose(report)}"
    if open_:
        return f"{_of(open_, judged, 'cannot be judged', 'cannot be judged')}: {names_words(open_)}. {whose(report)}"
    held = "The only KPI holds" if len(judged) == 1 else f"All {len(judged):,} KPIs hold"
    return f"{held}. {whose(report)}"


def whose(report: SimulationReport) -> str:
    """How many events came, of whom, and which way they went."""
    paths, whole = Counter(each.path for each in report.shoppers), len(report.shoppers)
    ways = [
        f"{'all' if paths[path] == whole else format(paths[path], ',')} of them {words}"
        for path, words in _WAYS.items()
        if paths[path]
    ]
    came = f"{counted(report.events.delivered, 'event')} of {counted(whole, 'shopper')} came"
    return f"{came}: {', '.join(ways)}." if ways else f"{came}."


def remarks(report: SimulationReport) -> tuple[str, ...]:
    """What has to be known to read the verdict."""
    told = []
    if report.setting.injected:
        told.append(f"Faults were planted on purpose: {names_words(report.setting.injected)}.")
    told += filter(None, [held_up_words(report)])
    kpis = {each.id: each for each in report.kpis}
    compared, errors = kpis.get("divergences"), kpis.get("legacy_error_rate")
    if compared is not None and compared.value is None:
        told.append(f"Legacy and new path were not held against each other: {compared.sum}.")
    if errors is not None and errors.value:
        told.append(f"The legacy path failed: {errors.sum}.")
    return tuple(told)


def facts(report: SimulationReport) -> tuple[tuple[str, str], ...]:
    """What was simulated: name and value."""
    setting, events = report.setting, report.events
    workers = counted(setting.workers, "worker")
    ran = workers if setting.engine == "local" else f"{workers}, {setting.engine}"
    told = [
        ("Rollout", setting.rollout),
        ("Position", setting.position),
        ("Traffic", f"seed {report.seed}" if report.seed is not None else setting.source),
        ("Events", _different(events.delivered, events.unique)),
        ("Stored", counted(events.persisted, "event")),
        ("Bodies refused", f"{events.malformed:,}"),
        ("Took", f"{report.seconds:,.1f} s, {report.throughput_per_s:,.0f} events a second"),
        ("Run by", ran),
        ("Events kept in", "a temporary store" if setting.store == "temporary" else setting.store),
        ("Compared with", setting.legacy and f"the legacy path {setting.legacy}"),
        ("Began", setting.began_at and setting.began_at.strftime("%Y-%m-%d %H:%M:%S UTC")),
    ]
    return tuple((name, value) for name, value in told if value)


def _different(delivered: int, unique: int) -> str:
    return f"{delivered:,}, all different" if delivered == unique else f"{delivered:,}, of them {unique:,} different"


def bound_sentence(kpi: Finding) -> str:
    """A KPI's bound in words."""
    if kpi.threshold is None:
        return "not judged"
    side = "at most" if kpi.side == "max" else "at least"
    return f"{side} {value_words(kpi.threshold, kpi.unit).replace('.0 ', ' ')}"


def used_up(kpi: Finding) -> float | None:
    """How much of what a KPI allows was used: 0 for nothing, 1 for all, more where it fails; None without a bound.

    Where nothing is allowed it is 0 or 2: there is nothing between.
    """
    if kpi.value is None or kpi.threshold is None:
        return None
    whole = 1.0 if kpi.side == "min" else 0.0
    allowed, used = abs(whole - kpi.threshold), abs(whole - kpi.value)
    if not allowed:
        return 2.0 if used else 0.0
    return used / allowed


def used_words(kpi: Finding) -> str:
    """The same in words."""
    used = used_up(kpi)
    if used is None:
        return "no bound" if kpi.threshold is None else "no data"
    if used > 1:
        return "more than is allowed"
    if not used:
        return "nothing used up"
    return "less than 1 % used up" if used < 0.01 else f"{used * 100:.0f} % used up"  # noqa: PLR2004


def _titles(kpis: Sequence[Finding], verdict: Verdict) -> list[str]:
    return [f"“{each.title}”" for each in kpis if each.verdict is verdict]


def _of(some: Sequence[str], kpis: Sequence[Finding], one: str, several: str) -> str:
    return f"{len(some):,} of {counted(len(kpis), 'KPI')} {one if len(some) == 1 else several}"
