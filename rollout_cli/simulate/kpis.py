"""The KPIs: what each is, what it has to be, and what a run says of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from rollout_cli.checks.numbers import exactly
from rollout_cli.checks.verdict import Verdict
from rollout_cli.simulate.totals import Totals

Side = Literal["max", "min"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One KPI of one run.

    Attributes:
        value: a share from 0 to 1, a number, or milliseconds; None where nothing was measured.
        threshold: its bound in the same unit; None where it is told and not judged.
        side: whether the threshold is the most or the least.
        sum: the numbers that it was reckoned from, in words.
        verdict: None where it is told and not judged.
    """

    id: str
    title: str
    unit: str
    value: float | None
    threshold: float | None
    side: Side
    sum: str
    verdict: Verdict | None


@dataclass(frozen=True, slots=True)
class Kpi:
    """What a KPI is.

    Attributes:
        unit: `share`, `ms`, or what is counted.
        bound: what it has to be, until something else is said; None: it is told only.
        side: whether the bound is the most or the least.
        reckon: the value and the words of its sum; None for what this run says nothing of. A value of None says that
            it ought to have said something.
        applies: whether a run of this kind is asked at all.
    """

    id: str
    title: str
    unit: str
    bound: float | None
    side: Side
    reckon: Callable[[Totals], tuple[float | None, str]]
    applies: Callable[[Totals], bool] = field(default=lambda _: True)


def _share(bad: int, whole: int, what: str, of: str) -> tuple[float | None, str]:
    """The share that is right."""
    if not whole:
        return None, f"no {of}"
    return (whole - bad) / whole, f"{bad:,} {what} of {whole:,} {of}"


def _normalized(it: Totals) -> tuple[float | None, str]:
    told = it.tallied
    return _share(told.well_formed - told.right, told.well_formed, "not as they ought to be", "events in sound bodies")


def _refused(it: Totals) -> tuple[float | None, str]:
    told = it.tallied
    return _share(told.spoiled - told.refused, told.spoiled, "taken for sound", "malformed bodies")


def _formed(it: Totals) -> tuple[float | None, str]:
    return _share(it.tallied.misformed, it.tallied.formed, "not as the schema says", "events that were read back")


def _idempotency(it: Totals) -> tuple[float | None, str]:
    return _share(it.tallied.unlike, it.tallied.repeats, "with another key", "events that came again")


def _duplicates(it: Totals) -> tuple[float | None, str]:
    if not it.tallied.repeats and not it.tallied.claimed:
        return None, "nothing was stored"
    return it.audit.duplicates, f"{it.audit.duplicates:,} of {it.audit.rows:,} rows have a key that another has"


def _errors(it: Totals) -> tuple[float | None, str]:
    told = it.tallied
    tried = told.taken + told.lost
    if not tried:
        return None, "no delivery was tried"
    return told.failed / tried, f"{told.failed:,} failed attempts for {tried:,} deliveries"


def _read(it: Totals) -> tuple[float | None, str]:
    """What was not read was not judged: then nobody knows how the whole would have been."""
    if it.unreadable or not it.records:
        return None, f"{it.unreadable:,} of {it.records:,} records could not be read"
    return 1.0, f"{it.records:,} records"


def _stored(it: Totals) -> tuple[float | None, str]:
    if not it.knows_truth:
        return _stored_of_recording(it)
    expected, have = it.expected, it.audit.by_type
    missing = sum((expected - have).values())
    surplus = sum((have - expected).values())
    whole = sum(expected.values())
    if not whole:
        return None, "nothing had to be stored"
    return max(
        whole - missing - surplus, 0
    ) / whole, f"{missing:,} missing and {surplus:,} too many of {whole:,} events"


def _stored_of_recording(it: Totals) -> tuple[float | None, str]:
    """Nobody knows what has to be there but for what was said to be new, each under a key of its own."""
    claimed, have = it.tallied.claimed, it.audit.rows - it.audit.duplicates - it.audit.told
    if not claimed and not have:
        return None, "nothing had to be stored"
    right = min(claimed, have) / max(claimed, have)
    return right, f"{have:,} stored of {claimed:,} events that were new"


def _threads(it: Totals) -> tuple[float | None, str]:
    return _share(it.audit.threads_wrong, it.audit.threads, "split or thrown together", "threads")


def _conversations(it: Totals) -> tuple[float | None, str]:
    return _share(it.audit.conversations_wrong, it.audit.spoken, "wrong", "threads in which somebody spoke")


def _assignments(it: Totals) -> tuple[float | None, str]:
    return _share(it.audit.unassigned, it.audit.conversations, "with another SKM", "conversations")


def _quiet(it: Totals) -> tuple[float | None, str]:
    audit = it.audit
    effects = audit.foreign + it.tallied.strayed + (0 if it.is_live else audit.letters + audit.signals)
    if not it.silent_events:
        return None, "nothing came for a shopper who is off or in shadow"
    return effects, f"{effects:,} stored or announced of {it.silent_events:,} events that must leave nothing"


def _signals(it: Totals) -> tuple[float | None, str]:
    rows = it.audit.rows - it.audit.duplicates
    told = it.audit.signals
    return abs(rows - told), f"{told:,} signals for {rows:,} stored events"


def _latency(it: Totals) -> tuple[float | None, str]:
    return it.measures.latency.quantile(0.95), f"{it.measures.latency.count:,} deliveries"


def _added(it: Totals) -> tuple[float | None, str]:
    return it.measures.added.quantile(0.95), f"{it.measures.added.count:,} deliveries that both paths had"


def _untouched(it: Totals) -> tuple[float | None, str]:
    told = it.tallied
    if not told.legacy_called:
        return None, "the legacy path was not called"
    return told.legacy_changed, f"{told.legacy_changed:,} of {told.legacy_called:,} legacy answers were changed"


def _divergences(it: Totals) -> tuple[float | None, str]:
    return it.diverged, f"{it.diverged:,} divergences in {it.compared:,} compared deliveries"


KPIS: tuple[Kpi, ...] = (
    Kpi("records_read", "Each record can be read", "share", 1.0, "min", _read, lambda it: not it.knows_truth),
    Kpi("normalized_rate", "Events are normalized", "share", 0.99, "min", _normalized, lambda it: it.is_on),
    Kpi("malformed_refused", "Malformed bodies are refused", "share", 1.0, "min", _refused,
        lambda it: it.is_on and it.tallied.spoiled > 0),
    Kpi("schema_kept", "Events keep to their schema", "share", 1.0, "min", _formed, lambda it: it.is_on),
    Kpi("idempotency", "What comes again is recognized", "share", 1.0, "min", _idempotency,
        lambda it: it.is_on and (it.knows_truth or it.tallied.repeats > 0)),
    Kpi("duplicates_stored", "No event is stored twice", "rows", 0, "max", _duplicates, lambda it: it.is_live),
    Kpi("error_rate", "Deliveries are taken", "share", 0.001, "max", _errors, lambda it: it.is_on),
    Kpi("stored_rate", "What has to be stored is", "share", 1.0, "min", _stored, lambda it: it.is_live),
    Kpi("latency_p95_ms", "The new path is quick (95 %)", "ms", 200, "max", _latency, lambda it: it.is_on),
    Kpi("added_latency_p95_ms", "It takes little longer than the legacy path (95 %)", "ms", 100, "max", _added,
        lambda it: it.measures.added.count > 0),
    Kpi("threads_correct", "Each person is one thread", "share", 1.0, "min", _threads,
        lambda it: it.routes and it.knows_truth),
    Kpi("conversations_correct", "Each thread has its conversation", "share", 1.0, "min", _conversations,
        lambda it: it.routes and it.knows_truth),
    Kpi("assignments_correct", "The right SKM serves it", "share", 1.0, "min", _assignments,
        lambda it: it.routes and it.knows_assignments),
    Kpi("signals_missing", "Each stored event is announced once", "signals", 0, "max", _signals,
        lambda it: it.is_live and it.counts_signals),
    Kpi("shadow_effects", "Shadow leaves nothing behind", "effects", 0, "max", _quiet,
        lambda it: it.silent_events > 0),
    Kpi("legacy_changed", "Legacy answers are untouched", "answers", 0, "max", _untouched,
        lambda it: it.has_legacy),
    Kpi("divergences", "Legacy and new path agree", "divergences", None, "max", _divergences,
        lambda it: it.compared > 0),
)  # fmt: skip
"""In the order in which they are shown."""
IDS = tuple(each.id for each in KPIS)


def findings(totals: Totals, bounds: Mapping[str, float] | None = None) -> tuple[Finding, ...]:
    """What a run says of each KPI that it is asked.

    Args:
        totals: of the run.
        bounds: what KPIs have to be instead of the usual.
    """
    told = bounds or {}
    return tuple(_found(each, totals, told.get(each.id, each.bound)) for each in KPIS if each.applies(totals))


def _found(kpi: Kpi, totals: Totals, bound: float | None) -> Finding:
    value, told = kpi.reckon(totals)
    verdict = None if bound is None else _verdict(value, bound, kpi.side)
    return Finding(kpi.id, kpi.title, kpi.unit, value, bound, kpi.side, told, verdict)


def _verdict(value: float | None, bound: float, side: Side) -> Verdict:
    if value is None:
        return Verdict.INCONCLUSIVE
    holds = exactly(value) <= exactly(bound) if side == "max" else exactly(value) >= exactly(bound)
    return Verdict.PASS if holds else Verdict.FAIL


def overall(found: tuple[Finding, ...]) -> Verdict:
    """FAIL where one fails; else INCONCLUSIVE where one is, or none was judged."""
    verdicts = [each.verdict for each in found if each.verdict is not None]
    if Verdict.FAIL in verdicts:
        return Verdict.FAIL
    return Verdict.PASS if verdicts and Verdict.INCONCLUSIVE not in verdicts else Verdict.INCONCLUSIVE
