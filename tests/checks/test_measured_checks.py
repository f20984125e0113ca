"""Measured kinds: exact sums, the window in the query, enough events, fresh data."""

import json
import re
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from rollout_cli.checks.facts import Facts
from rollout_cli.checks.measured import Measured
from rollout_cli.checks.quantile_check import QuantileCheck
from rollout_cli.checks.questions import Number, NumberQuestion
from rollout_cli.checks.ratio_check import RatioCheck
from rollout_cli.checks.value_check import ValueCheck
from rollout_cli.checks.verdict import Cause, Outcome, Verdict
from rollout_cli.plan.models import CheckEntry
from rollout_cli.store.events.tables import moment_text
from tests.checks.asking import NOW, OFF, ask, check, problems

RATIO = "kind: ratio, source: prometheus, bad: b, total: t, max: 0.1%, min_events: 100"
GOOD = "kind: ratio, source: prometheus, good: g, total: t, min: 99.5%, min_events: 100"
WITHIN = "kind: quantile, source: prometheus, quantile: 95%, max: 200, unit: ms, within: w, total: t, min_events: 100"
VALUE = "kind: quantile, source: prometheus, quantile: 99.9%, max: 200, unit: ms, value: v, total: t, min_events: 100"
ENTRY = CheckEntry.model_validate({"id": "c", "kind": "ratio"})
FACTS = Facts(NOW, OFF, OFF)
MEASURE = {"source": "prometheus", "total": "t", "min_events": 1}
totals = st.integers(min_value=1, max_value=10**15)
parts = st.integers(min_value=0, max_value=10**15)
percents = st.decimals(min_value=0, max_value=100, places=9)


def asked(text: str, **values: float) -> Outcome:
    return ask(text, answers={name: Number(value) for name, value in values.items()})


def judged(kind: Measured, **values: float) -> Outcome:
    """The outcome without a file, for many examples."""
    return kind.judge(ENTRY, FACTS, {name: Number(value) for name, value in values.items()})


def sides(outcome: Outcome) -> tuple[Fraction, str, Fraction]:
    """The two percents of a sum, and the sign between them, as a reader reads them."""
    found = re.search(r"= ([0-9.e-]+) % ([<=>]) ([0-9.e-]+) %$", str(outcome.message))
    assert found is not None
    return Fraction(found[1]), found[2], Fraction(found[3])


def test_a_share_shows_its_whole_sum() -> None:
    assert str(asked(RATIO, bad=3, total=12840).message) == "3 bad of 12 840 = 0.023 % < 0.1 %"
    assert str(asked(GOOD, good=12801, total=12840).message) == "12 801 good of 12 840 = 99.7 % > 99.5 %"


@pytest.mark.parametrize(
    ("bad", "total", "message"),
    [
        (12, 12000, "12 bad of 12 000 = 0.1 % = 0.1 %"),
        (13, 12840, "13 bad of 12 840 = 0.101 % > 0.1 %"),
        (0, 12840, "0 bad of 12 840 = 0 % < 0.1 %"),
        (9_999_999_999, 10**13, "9 999 999 999 bad of 10 000 000 000 000 = 0.09999999999 % < 0.1 %"),
        (2.0000372, 3000.11, "2 bad of 3 000 = 0.067 % < 0.1 %"),
        (1000.3, 1000, "1 000 bad of 1 000 = 100 % > 0.1 %"),
    ],
)
def test_the_sum_of_a_share_is_short_and_never_contradicts_its_verdict(bad: float, total: float, message: str) -> None:
    outcome = asked(RATIO, bad=bad, total=total)
    assert str(outcome.message) == message
    assert (outcome.verdict is Verdict.FAIL) == (">" in message)


@given(parts, totals, percents, st.booleans())
@example(7, 1000, Decimal("0.7"), True)
@example(10**14 + 1, 10**15, Decimal(10), True)
@example(10**14 - 1, 10**15, Decimal(10), False)
def test_a_share_is_judged_by_exact_arithmetic(part: int, total: int, percent: Decimal, is_upper: bool) -> None:
    assume(part <= total)
    side, bound = ("bad", "max") if is_upper else ("good", "min")
    kind = RatioCheck.model_validate({**MEASURE, side: "x", bound: f"{percent:f}%"})
    outcome = judged(kind, **{side: part, "total": total})
    share, limit = Fraction(part, total), Fraction(percent) / 100
    assert outcome.verdict is (Verdict.PASS if (share <= limit if is_upper else share >= limit) else Verdict.FAIL)
    shown, sign, shown_limit = sides(outcome)
    assert shown_limit == Fraction(percent)
    assert {"<": shown < shown_limit, "=": shown == shown_limit, ">": shown > shown_limit}[sign]


@given(parts, totals, percents.filter(lambda percent: 0 < percent < 100))
@example(95, 100, Decimal(95))
@example(999, 1000, Decimal("99.9"))
def test_a_quantile_is_judged_by_the_exact_share_above_its_limit(within: int, total: int, percent: Decimal) -> None:
    assume(within <= total)
    kind = QuantileCheck.model_validate({**MEASURE, "within": "w", "max": 200, "quantile": f"{percent:f}%"})
    outcome = judged(kind, within=within, total=total)
    assert outcome.verdict is (Verdict.PASS if Fraction(within, total) >= Fraction(percent) / 100 else Verdict.FAIL)
    shown, sign, allowed = sides(outcome)
    assert allowed == 100 - Fraction(percent)
    assert {"<": shown < allowed, "=": shown == allowed, ">": shown > allowed}[sign]


def test_a_quantile_shows_its_sum_whichever_way_it_is_asked() -> None:
    assert str(asked(WITHIN, within=12300, total=12840).message) == "540 of 12 840 above 200 ms = 4.2 % < 5 %"
    assert str(asked(WITHIN, within=11000, total=12840).message) == "1 840 of 12 840 above 200 ms = 14 % > 5 %"
    assert str(asked(VALUE, value=187.3, total=12840).message) == "p99.9 = 187 ms < 200 ms, of 12 840 events"
    assert str(asked(VALUE, value=200.04, total=12840).message) == "p99.9 = 200.04 ms > 200 ms, of 12 840 events"


@pytest.mark.parametrize(
    ("total", "message", "hint"),
    [
        (0, "no events: 0 counted", "wait for traffic, or see whether the source counts what you mean"),
        (61, "only 61 events, 100 are needed", "wait for about 39 more"),
        (99.7, "only 99.7 events, 100 are needed", "wait for about 1 more"),
    ],
)
def test_with_too_few_events_it_says_how_many_more_are_needed(total: float, message: str, hint: str) -> None:
    outcome = asked(RATIO, bad=0, total=total)
    assert (str(outcome.message), str(outcome.hint)) == (message, hint)


@pytest.mark.parametrize(
    ("text", "asked_for"),
    [
        ("kind: ratio, source: prometheus, bad: 'b[{window}]', max: 1%", "bad"),
        ("kind: quantile, source: prometheus, quantile: 95%, max: 2, within: 'w[{window}]'", "within"),
        ("kind: count, source: prometheus, count: 'c[{window}]', max: 1", "count"),
    ],
)
def test_the_window_is_named_only_where_the_events_are_counted_in_one(text: str, asked_for: str) -> None:
    none = {asked_for: 0.0, "total": 0.0}
    assert str(asked(f"{text}, min_events: 9, total: 't[{{window}}]'", **none).message) == "no events in 1h"
    assert str(asked(f"{text}, min_events: 9, total: 't {{since}}'", **none).message) == "no events in 1h"
    assert str(asked(f"{text}, min_events: 9, total: t", **none).message) == "no events: 0 counted"


@pytest.mark.parametrize(
    ("bounds", "value", "verdict", "message"),
    [
        ("min: 1, unit: events", 2000, Verdict.PASS, "2 000 events, at least 1 wanted"),
        ("max: 1, unit: events", 2000, Verdict.FAIL, "2 000 events, at most 1 wanted"),
        ("max: 0, unit: duplicates", 0, Verdict.PASS, "0 duplicates, at most 0 wanted"),
        ("min: 0", 0, Verdict.PASS, "0, at least 0 wanted"),
        ("min: 10, max: 100", 30, Verdict.PASS, "30, at least 10 wanted"),
        ("min: 10, max: 100", 80, Verdict.PASS, "80, at most 100 wanted"),
        ("min: 10, max: 100", 9.99, Verdict.FAIL, "9.99, at least 10 wanted"),
        ("min: 10, max: 100", 101, Verdict.FAIL, "101, at most 100 wanted"),
    ],
)
@pytest.mark.parametrize(("kind", "key"), [("value", "value"), ("count", "count"), ("sql", "query")])
def test_one_number_says_what_is_wanted_of_it(
    kind: str, key: str, bounds: str, value: float, verdict: Verdict, message: str
) -> None:
    outcome = asked(f"kind: {kind}, source: store, {key}: select 1, {bounds}", **{key: value})
    assert (outcome.verdict, str(outcome.message)) == (verdict, message)


@given(st.floats(min_value=-1e6, max_value=1e6), st.floats(min_value=-1e6, max_value=1e6))
@example(1.0, 1.0)
def test_no_sentence_about_a_number_stands_for_two_verdicts(value: float, limit: float) -> None:
    seen: dict[str, Verdict] = {}
    for bound in ("max", "min"):
        outcome = judged(ValueCheck.model_validate({"source": "s", "value": "v", bound: limit}), value=value)
        assert seen.setdefault(str(outcome.message), outcome.verdict) is outcome.verdict


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (2000.0, "2000"), (-0.0, "0"), (0.25, "0.25"), (float(2**53), "9007199254740992"),
        (float(2**54), "1.8014398509481984e+16"),
    ],
)  # fmt: skip
def test_whole_numbers_of_the_evidence_are_written_without_a_point(value: float, written: str) -> None:
    evidence = asked("kind: value, source: prometheus, value: v, min: 1, max: 10000", value=value).evidence
    assert json.dumps(evidence) == f'{{"value": {written}, "max": 10000, "min": 1, "unit": ""}}'


@given(st.floats(min_value=0, max_value=1e15), st.integers(min_value=1, max_value=10**15))
def test_fewer_events_than_the_least_never_pass_and_never_fail(total: float, least: int) -> None:
    kind = RatioCheck.model_validate({**MEASURE, "bad": "b", "max": "50%", "min_events": least})
    for bad in (0.0, total):
        outcome = judged(kind, bad=bad, total=total)
        assert (outcome.verdict is Verdict.INCONCLUSIVE) == (total < least)
        assert outcome.cause in {None, Cause.TOO_FEW, Cause.NO_DATA}


def window(text: str, entered_at: datetime | None) -> str:
    """What `{window}` becomes."""
    found = check(f"{text}, source: prometheus, max: 1, value: 'x[{{window}}] {{{{}}}} {{window}}'")
    question = found.kind.questions(found.entry, Facts(NOW, OFF, OFF, entered_at=entered_at))["value"]
    assert isinstance(question, NumberQuestion)
    spelled = re.fullmatch(r"x\[(.*)\] \{\{\}\} (.*)", question.query)
    assert spelled is not None
    assert spelled[1] == spelled[2]
    return spelled[1]


@pytest.mark.parametrize(
    ("ago", "more", "expected"),
    [
        (timedelta(hours=26), "", NOW - timedelta(hours=26)),
        (timedelta(seconds=61.9), "", NOW - timedelta(seconds=61)),
        (timedelta(seconds=-30), "", NOW - timedelta(seconds=60)),
        (None, "", NOW - timedelta(hours=1)),
        (timedelta(hours=26), ", window: 15m", NOW - timedelta(minutes=15)),
    ],
)
def test_since_is_the_moment_at_which_the_window_begins(ago: timedelta | None, more: str, expected: datetime) -> None:
    found = check(f"kind: sql, source: store, max: 0, query: \"SELECT 1 WHERE a >= '{{since}}'\"{more}")
    facts = Facts(NOW, OFF, OFF, entered_at=None if ago is None else NOW - ago)
    question = found.kind.questions(found.entry, facts)["query"]
    assert isinstance(question, NumberQuestion)
    assert question.query == f"SELECT 1 WHERE a >= '{moment_text(expected)}'"


@pytest.mark.parametrize(
    ("ago", "expected"),
    [
        (timedelta(hours=26), "93600s"),
        (timedelta(seconds=61.9), "61s"),
        (timedelta(seconds=5), "60s"),
        (timedelta(0), "60s"),
        (timedelta(seconds=-30), "60s"),
        (None, "3600s"),
    ],
)
def test_the_window_is_the_time_since_the_entry_and_never_less_than_a_minute(
    ago: timedelta | None, expected: str
) -> None:
    assert window("kind: value", None if ago is None else NOW - ago) == expected


def test_a_window_that_is_said_counts_whenever_the_position_was_entered() -> None:
    for entered_at in (None, NOW, NOW - timedelta(days=9)):
        assert window("kind: value, window: 30s", entered_at) == "30s"


def test_only_queries_that_are_said_are_asked() -> None:
    found = check("kind: count, source: prometheus, max: 1, count: c, newest: n")
    assert found.kind.questions(found.entry, FACTS) == {
        "count": NumberQuestion("prometheus", "c"), "newest": NumberQuestion("prometheus", "n"),
    }  # fmt: skip


FRESH = "kind: value, source: prometheus, value: v, max: 1, newest: n"


@given(st.floats(min_value=-1e6, max_value=1e6))
@example(300.0)
@example(-300.0)
@example(300.001)
@example(-300.001)
def test_data_are_fresh_for_five_minutes_and_clocks_may_differ_by_as_much(age: float) -> None:
    newest = NOW.timestamp() - age
    age = NOW.timestamp() - newest
    outcome = asked(FRESH, value=0, newest=newest)
    expected = None if -300 <= age <= 300 else Cause.STALE if age > 0 else Cause.BAD_ANSWER
    assert outcome.cause is expected


def test_data_that_are_too_old_say_how_old_they_are_and_what_would_do() -> None:
    outcome = asked(f"{FRESH}, stale_after: 90s", value=0, newest=NOW.timestamp() - 3720)
    assert str(outcome.message) == "the newest datum of prometheus is 1h2m old"
    assert str(outcome.hint) == "find out why nothing arrives; 1m30s would do"


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        (f"{RATIO}, good: g", "say one of `bad` and `good`"),
        ("kind: ratio, source: prometheus, total: t, max: 1%, min_events: 1", "say one of `bad` and `good`"),
        (f"{WITHIN}, value: v", "say one of `within` and `value`"),
        (WITHIN.replace("95%", "100%"), "a quantile lies between 0% and 100%"),
        (WITHIN.replace("95%", "0%"), "a quantile lies between 0% and 100%"),
        (f"{RATIO}, window: 0s", "a window of 0s looks back at nothing"),
        (f"{RATIO}, stale_after: 5m", "`stale_after` needs `newest`: the query for the time of the newest datum"),
        ("kind: value, source: prometheus, value: v, max: 1, total: t", "`total` and `min_events` go together"),
        ("kind: value, source: prometheus, value: v, max: 1, min_events: 1", "`total` and `min_events` go together"),
    ],
)
def test_a_question_that_is_not_whole_is_refused(text: str, hint: str) -> None:
    assert problems(text) == [hint]


def test_a_negative_quantile_is_no_answer() -> None:
    outcome = ask(VALUE, answers={"value": Number(-5), "total": Number(1_000)})
    assert (outcome.verdict, outcome.cause) == (Verdict.INCONCLUSIVE, Cause.BAD_ANSWER)
