"""Reports of simulations that nobody ran: one that passes, one that fails, and one of which nothing can be said."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

from rollout_cli.checks.kpis import KPI_BOUNDS
from rollout_cli.checks.verdict import Verdict
from rollout_cli.pipeline.dual_run.grouping import Group
from rollout_cli.pipeline.dual_run.observation import Kind, Severity
from rollout_cli.simulate.kpis import Finding, overall
from rollout_cli.simulate.report import (
    Bar,
    EventCounts,
    Latency,
    Moment,
    ProviderSeen,
    Setting,
    ShopperWay,
    SimulationReport,
    Wrong,
)

NOON = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)
COMMAND = "rollout simulate --phase 2 --events 24000 --shoppers 12 --seed 7"
_SUMS = {
    "normalized_rate": (0.9991, "21 not as they ought to be of 23,960 events in sound bodies"),
    "malformed_refused": (1.0, "0 taken for sound of 118 malformed bodies"),
    "schema_kept": (1.0, "0 not as the schema says of 1,402 events that were read back"),
    "idempotency": (1.0, "0 with another key of 480 events that came again"),
    "duplicates_stored": (0, "0 of 24,410 rows have a key that another has"),
    "error_rate": (0.0, "0 failed attempts for 22,514 deliveries"),
    "stored_rate": (1.0, "0 missing and 0 too many of 23,480 events"),
    "latency_p95_ms": (41.7, "22,514 deliveries"),
    "added_latency_p95_ms": (3.2, "22,514 deliveries that both paths had"),
    "divergences": (14, "14 divergences in 22,514 compared deliveries"),
}


def finding(name: str, value: float | None, told: str) -> Finding:
    """A KPI, judged by its usual bound."""
    kpi, verdict = KPI_BOUNDS[name], None
    if kpi.usual is not None:
        verdict = {None: Verdict.INCONCLUSIVE, True: Verdict.PASS, False: Verdict.FAIL}[kpi.holds(value, kpi.usual)]
    return Finding(name, kpi.title, kpi.unit, value, kpi.usual, kpi.side, told, verdict)


def with_kpis(report: SimulationReport, changed: Mapping[str, tuple[float | None, str]]) -> SimulationReport:
    """A report with other values of some KPIs."""
    kpis = tuple(finding(name, *told) for name, told in {**_SUMS, **changed}.items())
    return replace(report, kpis=kpis, verdict=overall(kpis))


def passing() -> SimulationReport:
    """A run in which everything holds: two shoppers live, one in shadow, the others off."""
    ways = {"shopper_beta_001": "live", "shopper_0001": "live", "shopper_0002": "shadow"}
    shoppers = tuple(
        ShopperWay(name, ways.get(name, "off"), "ALLOWLIST" if name in ways else "NOT_ALLOWLISTED", 6000 // (place + 1))
        for place, name in enumerate(["shopper_beta_001", *(f"shopper_{number:04}" for number in range(1, 12))])
    )
    report = SimulationReport(
        setting=Setting("whatsapp-events", "phase 2 (beta)", 2, None, "traffic", 7, "temporary", began_at=NOON,
                        legacy="reference", command=COMMAND),
        seed=7,
        events=EventCounts(24_007, 23_480, 23_939, 12, 118, 23_480, 0),
        kpis=(),
        latency_ms=Latency(17.4, 41.7, 68.0, 212.5),
        added_latency_ms=Latency(1.1, 3.2, 8.0, 21.0),
        distribution=(Bar(5.0, 312), Bar(10.0, 2_405), Bar(20.0, 11_830), Bar(50.0, 7_290), Bar(100.0, 664),
                      Bar(200.0, 12), Bar(500.0, 1)),
        timeline=tuple(
            Moment(0.25 * (place + 1), 2_400 + 300 * (place % 5) - 20 * place, 30.0 + 7 * (place % 7))
            for place in range(38)
        ),
        throughput_per_s=2_527.0,
        seconds=9.5,
        divergences=(),
        shoppers=shoppers,
        providers=(ProviderSeen("cloud_api", 9_800, 9_800), ProviderSeen("evolution", 14_160, 14_139)),
        wrong=(Wrong("evolution", "whatsapp.message.inbound", 21),),
        refusals={"not_json": 80, "not_utf8": 38},
    )  # fmt: skip
    return with_kpis(report, {})


def failing() -> SimulationReport:
    """A run with a store that went away, events that were stored twice, and a legacy path that says other things."""
    report = passing()
    groups = (
        group(Kind.MISSING, "message", Severity.CRITICAL, 11, "wamid:1f0c", None),
        group(Kind.FIELD, "message.text", Severity.MINOR, 3, "text of 0 characters", "text of 24 characters"),
    )
    timeline = tuple(
        replace(each, events_per_s=0.0, slowest_ms=None) if 12 <= place < 18
        else replace(each, slowest_ms=640.0) if place == 18 else each
        for place, each in enumerate(report.timeline)
    )  # fmt: skip
    report = replace(
        report, divergences=groups, timeline=timeline,
        setting=replace(report.setting, injected=("the store is away for 1.5 s", "one event of 500 under another id")),
    )  # fmt: skip
    return with_kpis(
        report,
        {
            "idempotency": (0.975, "12 with another key of 480 events that came again"),
            "duplicates_stored": (12, "12 of 24,410 rows have a key that another has"),
            "error_rate": (0.0178, "400 failed attempts for 22,514 deliveries"),
        },
    )


def inconclusive() -> SimulationReport:
    """A run in which nothing came again, cut short."""
    report = replace(passing(), timeline=(), wrong=(), refusals={})
    return with_kpis(report, {"idempotency": (None, "no events that came again")})


def all_off() -> SimulationReport:
    """A run in which the new path is off for everybody."""
    report = passing()
    nothing = Latency(None, None, None, None)
    return replace(
        report, kpis=(), verdict=Verdict.INCONCLUSIVE, latency_ms=nothing, added_latency_ms=nothing, distribution=(),
        providers=(), wrong=(), refusals={}, shoppers=(ShopperWay("shopper_0001", "off", "DISABLED", 24_007),),
        setting=replace(report.setting, position="off", phase=None, legacy=None),
    )  # fmt: skip


def group(kind: Kind, path: str, severity: Severity, count: int, legacy: str | None, candidate: str | None) -> Group:
    """Divergences of one kind."""
    return Group(kind, path, severity, count, count / 22_514, ["evolution"], NOON, NOON, legacy, candidate, "d-1", None)
