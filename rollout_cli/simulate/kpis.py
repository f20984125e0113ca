"""The KPIs: how each is reckoned, and what a run says of it. What each has to be is in `rollout_cli.checks.kpis`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from rollout_cli.checks.kpis import KPI_BOUNDS, Side
from rollout_cli.checks.verdict import Verdict
from rollout_cli.simulate.sketch import Sketch
from rollout_cli.simulate.totals import Totals


@dataclass(frozen=True, slots=True)
class Finding:
    """One KPI of one run.

    Attributes:
        value: a share from 0 to 1, a number, or milliseconds; None where nothing was measured.
        threshold: its bound in the same unit; None where it is told and not judged.
        side: whether the threshold is the most or the least.
        sum: the numbers that it was reckoned from, in words.
        verdict: None where it is told and not judged.
        without_waits: of a latency, what it is without what was waited for a processor that other programs had; None
            of anything else, and where the system does not tell.
    """

    id: str
    title: str
    unit: str
    value: float | None
    threshold: float | None
    side: Side
    sum: str
    verdict: Verdict | None
    without_waits: float | None = None


_P95 = 0.95
_LOADED, _LOADED_MS = 0.1, 1.0
"""Waits that are more than such a share of a latency, and more than so many milliseconds, are told."""
_NAMED = 3
"""How many fields a sum names."""
Reckoned = tuple[float | None, str]
"""A value and the words of its sum. A value of None says that the run ought to have said something, and did not."""


@dataclass(frozen=True, slots=True)
class Kpi:
    """How a KPI is reckoned.

    Attributes:
        reckon: what a run says of it.
        applies: whether a run of this kind is asked at all.
        apart: the value without what was waited for a processor; None where that is no question, or not known.
    """

    reckon: Callable[[Totals], Reckoned]
    applies: Callable[[Totals], bool]
    apart: Callable[[Totals], float | None] = lambda _: None


def _share(bad: int, whole: int, what: str, of: str) -> Reckoned:
    """The share that is right."""
    if not whole:
        return None, f"no {of}"
    return (whole - bad) / whole, f"{bad:,} {what} of {whole:,} {of}"


def _normalized(it: Totals) -> Reckoned:
    told = it.tallied
    return _share(told.well_formed - told.right, told.well_formed, "not as they ought to be", "events in sound bodies")


def _fields(it: Totals) -> Reckoned:
    """Fields are named with their providers: that is all there is to find them by."""
    value, told = _share(it.tallied.mistaken, it.tallied.held, "with a field that differs", "normalized events")
    which = ", ".join(f"{field} of {whose} {count:,}" for (whose, field), count in it.mistaken.most_common(_NAMED))
    return value, f"{told}: {which}" if which else told


def _refused(it: Totals) -> Reckoned:
    told = it.tallied
    return _share(told.spoiled - told.refused, told.spoiled, "taken for sound", "malformed bodies")


def _formed(it: Totals) -> Reckoned:
    return _share(it.tallied.misformed, it.tallied.formed, "not as the schema says", "events that were read back")


def _idempotency(it: Totals) -> Reckoned:
    return _share(it.tallied.unlike, it.tallied.repeats, "with another key", "events that came again")


def _duplicates(it: Totals) -> Reckoned:
    if not it.audit.rows:
        return None, "nothing was stored"
    return it.audit.duplicates, f"{it.audit.duplicates:,} of {it.audit.rows:,} rows have a key that another has"


def _errors(it: Totals) -> Reckoned:
    told = it.tallied
    tried = told.taken + told.lost
    if not tried:
        return None, "no delivery was tried"
    return told.failed / tried, f"{told.failed:,} failed attempts for {tried:,} deliveries"


def _read(it: Totals) -> Reckoned:
    """What was not read was not judged: then nobody knows how the whole would have been."""
    if not it.records:
        return None, "there is no record in it"
    if it.unreadable:
        return None, f"{it.unreadable:,} of {it.records:,} records could not be read"
    return 1.0, f"{it.records:,} records"


def _stored(it: Totals) -> Reckoned:
    """Of a recording nobody knows what has to be there but for what was said to be new."""
    have = it.audit.stored
    if not it.expected.count and not have.count:
        return None, "nothing had to be stored"
    missing, surplus = it.expected.against(have)
    whole = max(it.expected.count, have.count)
    if not missing and 0 < surplus <= it.tallied.forgotten:
        return None, f"{surplus:,} more than {it.expected.count:,} events: they may have been lost first, and forgotten"
    return max(
        whole - missing - surplus, 0
    ) / whole, f"{missing:,} missing and {surplus:,} too many of {whole:,} events"


def _threads(it: Totals) -> Reckoned:
    return _share(it.audit.threads_wrong, it.audit.threads, "split, thrown together, or of what has none", "threads")


def _conversations(it: Totals) -> Reckoned:
    return _share(it.audit.conversations_wrong, it.audit.conversing, "wrong", "threads with a conversation to have")


def _assignments(it: Totals) -> Reckoned:
    return _share(it.audit.unassigned, it.audit.conversations, "with another SKM", "conversations")


def _quiet(it: Totals) -> Reckoned:
    audit = it.audit
    effects = audit.foreign + it.tallied.strayed + (0 if it.is_live else audit.signals)
    if not it.silent_events:
        return None, "nothing came for a shopper who is off or in shadow"
    return effects, f"{effects:,} stored or announced of {it.silent_events:,} events that must leave nothing"


def _signals(it: Totals) -> Reckoned:
    missing, surplus, whole = it.audit.unsignalled, it.audit.unfounded, it.audit.rows - it.audit.duplicates
    return missing + surplus, f"{missing:,} missing and {surplus:,} too many for {whole:,} stored events"


def _latency(it: Totals) -> Reckoned:
    value = it.measures.latency.quantile(_P95)
    return value, f"{it.measures.latency.count:,} deliveries{_waits_words(it, value, _latency_apart(it))}"


def _latency_apart(it: Totals) -> float | None:
    return _p95(it.measures.latency_apart())


def _added(it: Totals) -> Reckoned:
    value, count = it.measures.added.quantile(_P95), it.measures.added.count
    return value, f"{count:,} deliveries that both paths had{_waits_words(it, value, _added_apart(it))}"


def _added_apart(it: Totals) -> float | None:
    return _p95(it.measures.added_apart())


def _p95(apart: Sketch | None) -> float | None:
    return None if apart is None else apart.quantile(_P95)


def _waits_words(it: Totals, value: float | None, apart: float | None) -> str:
    """What is to be known of the machine to read a latency; nothing of a quiet one."""
    if it.measures.untold:
        return "; this system does not tell what of that was waiting for a processor"
    if value is None or apart is None or abs(value - apart) <= max(_LOADED * value, _LOADED_MS):
        return ""
    return f"; without waits for a processor that others had: {apart:,.1f} ms"


def _untouched(it: Totals) -> Reckoned:
    told = it.tallied
    if not told.legacy_called:
        return None, "the legacy path was not called"
    if not told.legacy_answered and not told.legacy_changed:
        return None, f"there was no legacy answer: it raised something for each of {told.legacy_called:,} bodies"
    return told.legacy_changed, f"{told.legacy_changed:,} of {told.legacy_called:,} legacy answers were changed"


def _legacy_errors(it: Totals) -> Reckoned:
    failed, sound = it.tallied.legacy_failed, it.tallied.legacy_sound
    if not sound:
        return None, "the legacy path had no sound body"
    which = ", ".join(f"{name} {count:,}" for name, count in it.legacy_errors.most_common(_NAMED))
    return failed / sound, f"it raised at {failed:,} of {sound:,} sound bodies{which and f': {which}'}"


def _divergences(it: Totals) -> Reckoned:
    """Where no answer says what came, nothing was compared: that nothing differs is no match."""
    told = f"{it.legible:,} of {it.answers:,} legacy answers say what came"
    if not it.legible and not it.diverged:
        return None, f"nothing was compared in {it.compared:,} deliveries: {told}"
    return it.diverged, f"{it.diverged:,} divergences in {it.compared:,} compared deliveries; {told}"


KPIS: Mapping[str, Kpi] = {
    "records_read": Kpi(_read, lambda it: not it.knows_truth),
    "normalized_rate": Kpi(_normalized, lambda it: it.is_on),
    "fields_correct": Kpi(_fields, lambda it: it.is_on and it.knows_truth),
    "malformed_refused": Kpi(_refused, lambda it: it.is_on and it.tallied.spoiled > 0),
    "schema_kept": Kpi(_formed, lambda it: it.is_on),
    "idempotency": Kpi(_idempotency, lambda it: it.is_on and (it.knows_truth or it.tallied.repeats > 0)),
    "duplicates_stored": Kpi(_duplicates, lambda it: it.is_live),
    "error_rate": Kpi(_errors, lambda it: it.is_on),
    "stored_rate": Kpi(_stored, lambda it: it.is_live),
    "latency_p95_ms": Kpi(_latency, lambda it: it.is_on, _latency_apart),
    "added_latency_p95_ms": Kpi(_added, lambda it: it.measures.added.count > 0, _added_apart),
    "threads_correct": Kpi(_threads, lambda it: it.routes and it.knows_truth),
    "conversations_correct": Kpi(
        _conversations, lambda it: it.knows_truth and (it.routes or it.audit.conversations_wrong > 0)
    ),
    "assignments_correct": Kpi(_assignments, lambda it: it.routes and it.knows_assignments),
    "signals_missing": Kpi(_signals, lambda it: it.is_live and it.counts_signals),
    "shadow_effects": Kpi(_quiet, lambda it: it.silent_events > 0),
    "legacy_changed": Kpi(_untouched, lambda it: it.has_legacy),
    "legacy_error_rate": Kpi(_legacy_errors, lambda it: it.has_legacy),
    "divergences": Kpi(_divergences, lambda it: it.compared > 0),
}
"""For each of `KPI_BOUNDS`, in whose order they are shown."""


def findings(totals: Totals, bounds: Mapping[str, float] | None = None) -> tuple[Finding, ...]:
    """What a run says of each KPI that it is asked.

    Args:
        totals: of the run.
        bounds: what KPIs have to be instead of the usual.
    """
    told = bounds or {}
    return tuple(
        _found(name, totals, told.get(name, bound.usual))
        for name, bound in KPI_BOUNDS.items()
        if KPIS[name].applies(totals)
    )


def _found(name: str, totals: Totals, threshold: float | None) -> Finding:
    bound, kpi = KPI_BOUNDS[name], KPIS[name]
    (value, told), apart = kpi.reckon(totals), kpi.apart(totals)
    verdict = None if threshold is None else _verdict(bound.holds(value, threshold, apart))
    return Finding(name, bound.title, bound.unit, value, threshold, bound.side, told, verdict, apart)


def _verdict(holds: bool | None) -> Verdict:  # noqa: FBT001 - what is asked
    return Verdict.INCONCLUSIVE if holds is None else Verdict.PASS if holds else Verdict.FAIL


def overall(found: tuple[Finding, ...]) -> Verdict:
    """FAIL where one fails; else INCONCLUSIVE where one is, or none was judged."""
    verdicts = [each.verdict for each in found if each.verdict is not None]
    if Verdict.FAIL in verdicts:
        return Verdict.FAIL
    return Verdict.PASS if verdicts and Verdict.INCONCLUSIVE not in verdicts else Verdict.INCONCLUSIVE
