"""Comparing: identical results match and nothing else; each planted difference is found as what it is, and masked."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollout_cli.errors import UsageError
from rollout_cli.flags.pseudonym import pseudonym
from rollout_cli.pipeline.delivery import Delivery, LegacyOutcome
from rollout_cli.pipeline.dual_run.comparators import WAYS, Compare
from rollout_cli.pipeline.dual_run.comparing import DeclaredComparison
from rollout_cli.pipeline.dual_run.facts import FIELDS, facts_of
from rollout_cli.pipeline.dual_run.grouping import divergences
from rollout_cli.pipeline.dual_run.masking import masking
from rollout_cli.pipeline.dual_run.observation import CandidateOutcome, Kind, Observation, Severity
from rollout_cli.pipeline.dual_run.rules import Ignore, Rules, rules_from
from rollout_cli.whatsapp import CanonicalEvent
from tests.support.event_stores import NOW, cloud_text, text_event

EVENTS = [text_event(number) for number in range(4)]
Told = list[dict[str, Any]]


def told(events: Sequence[CanonicalEvent]) -> Told:
    """What a legacy handler says that sees all that the candidate sees."""
    return [{"kind": fact.kind, "id": fact.id, **fact.fields} for fact in facts_of(events)]


def compare(
    legacy: Told | Callable[..., Told],
    events: Sequence[CanonicalEvent] = EVENTS,
    *,
    rules: Rules | None = None,
    legacy_error: str | None = None,
    error: str | None = None,
    seconds: float = 0.0,
) -> list[Observation]:
    extract = legacy if callable(legacy) else lambda _response, _delivery: legacy
    comparison = DeclaredComparison(extract, rules, key=b"key", clock=lambda: NOW)
    outcome = LegacyOutcome("response", legacy_error, 0.010)
    delivery = Delivery("cloud_api", cloud_text(1), NOW, shopper_id="shopper-1", legacy=outcome)
    return list(comparison.compare(delivery, CandidateOutcome(events if error is None else (), error, seconds)))


def found(observations: Sequence[Observation]) -> list[tuple[str, str]]:
    return [(each.kind.value, each.path) for each in observations]


def test_identical_results_are_one_match() -> None:
    (match,) = compare(told(EVENTS), seconds=0.015)
    assert (match.kind, match.severity, match.path) == (Kind.MATCH, Severity.NONE, "")
    assert match.added_ms == pytest.approx(5.0)


@given(st.sets(st.sampled_from(sorted(FIELDS))))
def test_only_what_the_legacy_side_names_is_compared(names: set[str]) -> None:
    legacy = [{key: value for key, value in each.items() if key in {"kind", "id", *names}} for each in told(EVENTS)]
    assert found(compare(legacy)) == [("match", "")]


@given(st.integers(0, 3), st.sampled_from(sorted(FIELDS - {"status.state"})))
def test_a_field_that_differs_is_found_and_nothing_else(place: int, path: str) -> None:
    legacy = told(EVENTS)
    legacy[place][path] = "something else"
    assert found(compare(legacy)) == [("field_difference", path)]


@given(st.integers(0, 3))
def test_a_fact_that_only_one_side_has_is_missing_or_extra(place: int) -> None:
    fewer = EVENTS[:place] + EVENTS[place + 1 :]
    assert found(compare(told(EVENTS), fewer)) == [("missing", "message")]
    assert found(compare(told(fewer), EVENTS)) == [("extra", "message")]


@given(st.integers(0, 3))
def test_a_fact_that_one_side_tells_twice_is_a_duplicate(place: int) -> None:
    twice = [*told(EVENTS), told(EVENTS)[place]]
    assert found(compare(twice)) == [("duplicate", "message")]
    assert found(compare(told(EVENTS), [*EVENTS, EVENTS[place]])) == [("duplicate", "message")]


@given(st.permutations(range(4)))
def test_another_order_is_one_finding(order: list[int]) -> None:
    expected = [("match", "")] if order == sorted(order) else [("order", "order")]
    assert found(compare([told(EVENTS)[place] for place in order])) == expected


@pytest.mark.parametrize(
    ("legacy_error", "error", "expected"),
    [
        ("KeyError", None, [("exception_asymmetry", "legacy")]),
        (None, "NormalizeError", [("exception_asymmetry", "candidate")]),
        ("KeyError", "NormalizeError", [("match", "")]),
        ("KeyError", "RecursionError", [("exception_asymmetry", "exceptions")]),
        ("KeyError", "KeyError", [("match", "")]),
        ("NormalizeError", "NormalizeError", [("match", "")]),
    ],
)
def test_an_exception_is_an_asymmetry_unless_both_refuse_or_raise_the_same(
    legacy_error: str | None, error: str | None, expected: list[tuple[str, str]]
) -> None:
    assert found(compare(told(EVENTS), legacy_error=legacy_error, error=error)) == expected


def test_what_both_raised_is_told_and_may_be_ignored_until_a_day() -> None:
    rules = rules_from(
        {"ignore": [{"path": "exceptions", "reason": "the old parser's KeyError", "expires": "2099-01-01"}]}
    )
    for declared, ignored in ((None, None), (rules, "the old parser's KeyError")):
        (only,) = compare([], legacy_error="KeyError", error="IndexError", rules=declared)
        assert (only.legacy, only.candidate, only.ignored) == ("KeyError", "IndexError", ignored)


@pytest.mark.parametrize(
    ("phone", "digits"),
    [
        ("5541998908495", 13),
        ("+55 (41) 99890-8495", 13),
        ("+55\u00a041\u00a099890\u20118495", 13),
        ("554198908495@s.whatsapp.net", 12),
        ("554198908495:7@c.us", 12),
    ],
)
def test_a_phone_in_any_spelling_is_shown_as_so_many_digits(phone: str, digits: int) -> None:
    shown = masking(b"key")(phone, "actor.phone")
    assert shown == f"digits({digits}, {pseudonym(b'key', phone)})"
    assert shown == masking(b"key")(phone, "message.text")


@pytest.mark.parametrize("wrong", [lambda *_: 1 / 0, lambda *_: [{"id": "x"}], lambda *_: None, lambda *_: [7]])
def test_an_extractor_that_goes_wrong_is_a_finding_and_no_error(wrong: Callable[..., Any]) -> None:
    assert found(compare(wrong)) == [("exception_asymmetry", "extract")]


def test_a_candidate_that_takes_much_longer_is_late() -> None:
    assert found(compare(told(EVENTS), seconds=0.200)) == [("late", "candidate")]
    assert found(compare(told(EVENTS), seconds=0.100)) == [("match", "")]


def test_a_rule_ignores_until_it_expires_and_then_says_so(caplog: pytest.LogCaptureFixture) -> None:
    legacy = told(EVENTS)
    legacy[0]["message.text"] = "other words"
    until = Ignore("the old path cuts texts", NOW.date(), path="message.text")
    (ignored,) = compare(legacy, rules=Rules(ignores=(until,)))
    assert ignored.ignored == "the old path cuts texts"
    over = Ignore("the old path cuts texts", NOW.date() - timedelta(days=1), path="message.text")
    (again,) = compare(legacy, rules=Rules(ignores=(over,)))
    assert again.ignored is None
    assert "has expired" in caplog.text


@pytest.mark.parametrize(
    ("how", "legacy", "candidate", "agree"),
    [
        ("exact", "a", "a", True),
        ("exact", "a", "A", False),
        ("exact", None, "", True),
        ("exact", None, "a", False),
        ("text", "ol\u0061\u0301  Ana\n", "olá Ana", True),
        ("text", "olá", "ola", False),
        ("phone", "+55 41 99890-8495", "554198908495", True),
        ("phone", "5511970000001@s.whatsapp.net", "5511970000001", True),
        ("phone", "5511970000001", "5511970000002", False),
        ("number", "1.0", 1.05, True),
        ("number", 1, 1.2, False),
        ("number", "one", 1, False),
        ("moment", 1_793_000_000, "2026-10-26T07:33:20+00:00", True),
        ("moment", "2026-10-26T07:33:25", "2026-10-26T07:33:20+00:00", False),
        ("moment", "yesterday", "2026-10-26T07:33:20+00:00", False),
        ("presence", "x", "y", True),
        ("presence", "x", None, False),
        ("ignored", "x", "y", True),
    ],
)
def test_each_way_of_comparing(how: str, legacy: Any, candidate: Any, agree: bool) -> None:
    assert Compare("message.text", how, within=0.1).agree(legacy, candidate) is agree


def test_one_of_two_names_is_the_same() -> None:
    how = Compare("message.type", "one_of", synonyms={"conversation": "text"})
    assert how.agree("conversation", "text")
    assert how.agree("text", "text")
    assert not how.agree("conversation", "image")


_values = st.none() | st.text(max_size=20) | st.integers(0, 10**14) | st.floats(allow_nan=False) | st.booleans()


@given(st.sampled_from(sorted(set(WAYS) - {"one_of"})), _values, _values)
def test_it_does_not_matter_which_side_is_which(how: str, one: Any, other: Any) -> None:
    rule = Compare("message.text", how, within=1)
    assert rule.agree(one, other) == rule.agree(other, one)
    assert rule.agree(one, one)


_secret = st.from_regex(r"55119\d{8}", fullmatch=True) | st.from_regex(r"[a-z]{3,9} [a-z]{3,9} \d{3}", fullmatch=True)


@given(_secret, st.sampled_from(sorted(FIELDS)), st.sampled_from(["", "@s.whatsapp.net", "@lid", "!"]))
def test_nothing_of_a_person_is_in_an_observation(secret: str, path: str, tail: str) -> None:
    legacy = told(EVENTS)
    legacy[0][path] = secret + tail
    legacy.append({"kind": "message", "id": secret, "message.text": secret})
    assert secret not in repr(compare(legacy))
    assert secret not in str(masking(b"key")(secret + tail))


def test_equal_values_look_equal_and_others_do_not() -> None:
    mask = masking(b"key")
    assert mask("5511970000001") == mask("5511970000001") != mask("5511970000002")
    assert mask(None, "message.text") is None
    assert mask(5511970000001) != "5511970000001"


@pytest.mark.parametrize(
    ("path", "value", "shown"),
    [
        ("message.type", "text", "text"),
        ("status.state", "read", "read"),
        ("context.forwarded", True, "true"),
        ("occurred_at", "2026-10-26T07:33:20+00:00", "2026-10-26T07:33:20+00:00"),
    ],
)
def test_what_is_known_to_be_harmless_is_shown_where_it_is_and_nowhere_else(path: str, value: Any, shown: str) -> None:
    mask = masking(b"key")
    assert mask(value, path) == shown
    for other in ({*FIELDS, "", "message.unheard_of"} - {path}) - (
        {"security.signature_valid"} if value is True else set()
    ):
        assert mask(value, other) != shown


def test_rules_of_a_file_replace_the_defaults_of_their_fields() -> None:
    rules = rules_from(
        {
            "comparators": [{"path": "message.text", "how": "presence", "severity": "minor"}],
            "ignore": [{"path": "message.type", "reason": "known", "expires": "2026-12-31"}],
            "severities": {"extra": "critical"},
            "late_ms": 50,
        }
    )
    assert next(each for each in rules.comparators if each.path == "message.text").how == "presence"
    assert len(rules.comparators) == len(FIELDS)
    assert rules.ignores == (Ignore("known", date(2026, 12, 31), path="message.type"),)
    assert (rules.severities[Kind.EXTRA], rules.severities[Kind.MISSING]) == (Severity.CRITICAL, Severity.CRITICAL)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"comparators": [{"path": "message.txt"}]}, "there is no field message.txt"),
        ({"comparators": [{"path": "message.text", "how": "roughly"}]}, "one of exact"),
        ({"ignore": [{"path": "message.text", "expires": "2026-12-31"}]}, "ignore.0.reason"),
        ({"ignore": [{"path": "message.text", "reason": "known"}]}, "ignore.0.expires"),
        ({"ignore": [{"reason": "all", "expires": "2026-12-31"}]}, "say a path or a kind"),
        ({"late": 1}, "late"),
    ],
)
def test_rules_that_cannot_be_meant_are_refused_by_name(wrong: Mapping[str, Any], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        rules_from(wrong)


@given(st.permutations(range(3)))
def test_the_order_of_rules_does_not_matter(order: list[int]) -> None:
    every = [Ignore(f"reason {number}", NOW.date(), path=f"message.{number}") for number in range(3)]
    legacy = told(EVENTS)
    legacy[0]["message.text"] = "other words"
    (one,) = compare(legacy, rules=Rules(ignores=tuple(every[place] for place in order)))
    assert one.ignored is None


def observation(kind: Kind, path: str = "", *, delivery: str = "a", ignored: str | None = None) -> Observation:
    severity = Severity.NONE if kind is Kind.MATCH else Severity.CRITICAL if kind is Kind.MISSING else Severity.MINOR
    return Observation(NOW, "cloud_api", kind, severity, path, "old", "new", delivery, None, 1.0, ignored)


def test_divergences_are_grouped_the_worst_first_with_an_example_each() -> None:
    report = divergences(
        "store",
        NOW,
        [
            observation(Kind.MATCH, delivery="a"),
            observation(Kind.FIELD, "message.text", delivery="b"),
            observation(Kind.FIELD, "message.text", delivery="c"),
            observation(Kind.MISSING, "message", delivery="c"),
            observation(Kind.FIELD, "actor.role", delivery="d", ignored="known"),
        ],
        with_ignored=True,
    )
    assert (report.compared, report.matched, report.critical, report.minor) == (4, 2, 1, 2)
    assert [(each.path, each.count, each.share) for each in report.groups] == [
        ("message", 1, 0.25), ("message.text", 2, 0.5), ("actor.role", 1, 0.25),
    ]  # fmt: skip
    assert report.groups[0].legacy == "old"
    assert report.added_ms_p95 == 1.0


def test_where_nothing_was_compared_nothing_is_said_of_it() -> None:
    report = divergences("store", datetime.now(UTC), [])
    assert (report.compared, report.groups, report.added_ms_p50) == (0, [], None)


@pytest.mark.parametrize(("count", "half", "most"), [(1, 0, 0), (2, 0, 1), (20, 9, 18), (21, 10, 19)])
def test_quantiles_of_what_was_added_are_those_of_the_metrics(count: int, half: float, most: float) -> None:
    at = datetime(2026, 1, 5, tzinfo=UTC)
    found = [
        Observation(at, "evolution", Kind.MATCH, Severity.NONE, delivery=str(each), added_ms=each)
        for each in range(count)
    ]
    report = divergences("here", at, reversed(found))
    assert (report.added_ms_p50, report.added_ms_p95) == (half, most)
