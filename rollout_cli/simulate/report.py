"""The report of a run: what it was, what it showed, and the verdict. `render` has its readings."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from math import inf, isfinite

from rollout_cli.checks.verdict import Verdict
from rollout_cli.pipeline.dual_run.grouping import Group
from rollout_cli.simulate.distinct import Variety
from rollout_cli.simulate.diverging import shared
from rollout_cli.simulate.kpis import Finding, findings, overall
from rollout_cli.simulate.sketch import Sketch
from rollout_cli.simulate.totals import Totals


@dataclass(frozen=True, slots=True)
class EventCounts:
    """How many events of which fate.

    Attributes:
        delivered: told by all bodies.
        unique: told for the first time.
        normalized: became what they ought to.
        unknown: of a type that is not known.
        malformed: bodies that were refused.
        persisted: in the store; those of the router not counted.
        duplicates_stored: rows whose key another has.
    """

    delivered: int
    unique: int
    normalized: int
    unknown: int
    malformed: int
    persisted: int
    duplicates_stored: int


@dataclass(frozen=True, slots=True)
class Latency:
    """Milliseconds; None without any delivery."""

    p50: float | None
    p95: float | None
    p99: float | None
    max: float | None


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of the distribution of latencies: how many deliveries took at most so many milliseconds.

    Attributes:
        upto_ms: its end, and where the next one begins; None for the last one, which has none.
    """

    upto_ms: float | None
    count: int


@dataclass(frozen=True, slots=True)
class Moment:
    """A piece of the run's time.

    Attributes:
        at_seconds: its end, since the beginning.
        events_per_s: how many events were taken in it.
        slowest_ms: how long its slowest batch took; None where there was none.
    """

    at_seconds: float
    events_per_s: float
    slowest_ms: float | None


@dataclass(frozen=True, slots=True)
class ShopperWay:
    """Which way a shopper's traffic went, and why.

    Attributes:
        reason: of the decision on WHATSAPP_CANONICAL_EVENTS_ENABLED.
    """

    shopper: str
    path: str
    reason: str
    events: int


@dataclass(frozen=True, slots=True)
class ProviderSeen:
    """How much of a provider's traffic became what it ought to."""

    provider: str
    events: int
    normalized: int


@dataclass(frozen=True, slots=True)
class Wrong:
    """Events that did not become what they ought to."""

    provider: str
    event_type: str
    count: int


@dataclass(frozen=True, slots=True)
class About:
    """About how many there were in a recording, within three percent; each person once for each shopper."""

    persons: int
    threads: int
    events: int


@dataclass(frozen=True, slots=True)
class Setting:
    """What the run was.

    Attributes:
        rollout: its name.
        position: in words.
        phase, percent: None where it is off.
        source: `traffic`, or what was replayed.
        store: where events were kept, without secrets; `temporary` for a store of the run's own.
        workers, engine: who ran it.
        legacy: what the new path was compared with; None where nothing was.
        injected: the faults that were planted.
        command: what runs the same again, without secrets; empty where that is no command.
    """

    rollout: str
    position: str
    phase: int | None
    percent: float | None
    source: str
    seed: int | None
    store: str
    workers: int = 1
    engine: str = "local"
    legacy: str | None = None
    injected: tuple[str, ...] = ()
    began_at: datetime | None = None
    command: str = ""


@dataclass(frozen=True, slots=True)
class SimulationReport:
    """What `rollout simulate` says.

    Attributes:
        seed: of the traffic; None for a recording.
        seconds: wall clock, of the run itself.
        divergences: grouped, the worst first.
        refusals: why bodies were refused.
        about: how much there was of a recording; None for traffic, which knows that.
    """

    setting: Setting
    seed: int | None
    events: EventCounts
    kpis: tuple[Finding, ...]
    latency_ms: Latency
    added_latency_ms: Latency
    distribution: tuple[Bar, ...]
    timeline: tuple[Moment, ...]
    throughput_per_s: float
    seconds: float
    divergences: tuple[Group, ...]
    shoppers: tuple[ShopperWay, ...]
    providers: tuple[ProviderSeen, ...]
    wrong: tuple[Wrong, ...]
    refusals: Mapping[str, int] = field(default_factory=dict)
    about: About | None = None
    verdict: Verdict = Verdict.INCONCLUSIVE


def report_of(
    totals: Totals,
    setting: Setting,
    *,
    bounds: Mapping[str, float] | None = None,
    reasons: Mapping[str, str] | None = None,
) -> SimulationReport:
    """Make a report of totals.

    Args:
        totals: of all workers.
        setting: what the run was.
        bounds: what KPIs have to be instead of the usual.
        reasons: for each shopper, why they went the way they went.
    """
    found = findings(totals, bounds)
    why = reasons or {}
    shoppers = sorted(totals.shoppers.items(), key=lambda each: (-each[1].events, each[0]))
    return SimulationReport(
        setting=setting,
        seed=setting.seed,
        events=_counts(totals),
        kpis=found,
        latency_ms=_latency(totals.measures.latency),
        added_latency_ms=_latency(totals.measures.added),
        distribution=_bars(totals.measures.latency),
        timeline=_moments(totals),
        throughput_per_s=totals.tallied.facts / totals.seconds if totals.seconds > 0 else 0.0,
        seconds=totals.seconds,
        divergences=tuple(shared(totals.groups, totals.compared)),
        shoppers=tuple(ShopperWay(name, seen.path, why.get(name, ""), seen.events) for name, seen in shoppers),
        providers=tuple(
            ProviderSeen(name, counts["facts"], counts["right"]) for name, counts in sorted(totals.providers.items())
        ),
        wrong=tuple(Wrong(*what, count) for what, count in totals.wrong.most_common()),
        refusals=dict(sorted(totals.reasons.items())),
        about=None if totals.knows_truth else _about(totals.variety),
        verdict=overall(found),
    )


def _about(it: Variety) -> About:
    return About(it.persons.count(), it.threads.count(), it.events.count())


def _counts(totals: Totals) -> EventCounts:
    told, audit = totals.tallied, totals.audit
    return EventCounts(
        told.facts, told.unique, told.right, told.unknown, told.malformed, audit.rows - audit.told, audit.duplicates
    )


def _latency(sketch: Sketch) -> Latency:
    if not sketch.count:
        return Latency(None, None, None, None)
    return Latency(sketch.quantile(0.5), sketch.quantile(0.95), sketch.quantile(0.99), sketch.largest)


_ENDS = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0, 2000.0, 5000.0, 10_000.0)


def _bars(sketch: Sketch) -> tuple[Bar, ...]:
    """The cells of a sketch in few bars, each twice or more as wide as the one before; empty ends are left out."""
    counts: dict[float, int] = dict.fromkeys((*_ENDS, inf), 0)
    for end, count in sketch.cells():
        counts[next((each for each in _ENDS if end <= each * _TOLERANCE), inf)] += count
    bars = [Bar(end if isfinite(end) else None, count) for end, count in counts.items()]
    while bars and not bars[-1].count:
        bars.pop()
    while bars and not bars[0].count:
        bars.pop(0)
    return tuple(bars)


def _moments(totals: Totals) -> tuple[Moment, ...]:
    """The timeline; its last piece is as long as the run lasted in it."""
    line, told = totals.timeline, []
    for place, each in enumerate(line.spans):
        end = min((place + 1) * line.width, max(totals.seconds, place * line.width + _SHORTEST))
        length = end - place * line.width
        told.append(Moment(end, each.events / length, each.slowest_ms if each.batches else None))
    return tuple(told)


_SHORTEST = 0.001
_TOLERANCE = 1.02
"""A cell's end may be past a bar's by its own width."""
