"""Planted faults: over generated results, each is found as exactly what it is, and nothing of a person is shown."""

import logging
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollout_cli.errors import UsageError
from rollout_cli.pipeline.delivery import Delivery, LegacyOutcome
from rollout_cli.pipeline.dual_run.comparators import DEFAULT_COMPARATORS, Compare
from rollout_cli.pipeline.dual_run.comparing import DeclaredComparison
from rollout_cli.pipeline.dual_run.facts import FIELDS, facts_of
from rollout_cli.pipeline.dual_run.grouping import divergences
from rollout_cli.pipeline.dual_run.observation import CandidateOutcome, Kind, Observation, Severity
from rollout_cli.pipeline.dual_run.rules import Ignore, Rules, rules_from
from rollout_cli.render.divergences_text import divergence_lines
from rollout_cli.whatsapp import CanonicalEvent
from rollout_cli.whatsapp.events import Message, Status
from rollout_cli.whatsapp.vocabulary import MESSAGE_TYPES
from tests.support.event_stores import NOW, text_event
from tests.support.examples import examples

Told = list[dict[str, Any]]
CONTENT = {
    "whatsapp.message.inbound": "message",
    "whatsapp.message.outbound": "message",
    "whatsapp.message.reaction": "reaction",
    "whatsapp.message.edited": "edit",
    "whatsapp.message.revoked": "revoke",
}
STATES = ("sent", "delivered", "read", "failed")
TEMPLATE = text_event(1)


def content(event_type: str, message_id: str | None, text: str, type_: str) -> CanonicalEvent:
    message = Message(message_id, "inbound", type_, text)
    source = msgspec.structs.replace(TEMPLATE.source, provider_message_id=message_id)
    return msgspec.structs.replace(TEMPLATE, event_type=event_type, message=message, source=source)


def status(state: str, about: str = "wamid.S1", participant: str | None = None) -> CanonicalEvent:
    source = msgspec.structs.replace(TEMPLATE.source, provider_message_id=about)
    return msgspec.structs.replace(
        TEMPLATE, event_type=f"whatsapp.message.status.{state}", message=None, source=source,
        status=Status(state, message_id=about, participant_id=participant),
    )  # fmt: skip


def told(events: Sequence[CanonicalEvent]) -> Told:
    return [{"kind": fact.kind, "id": fact.id, **fact.fields} for fact in facts_of(events)]


def compare(
    legacy: Any, events: Sequence[CanonicalEvent], rules: Rules | None = None, *, seconds: float = 0.01
) -> list[Observation]:
    comparison = DeclaredComparison(lambda *_: legacy, rules, key=b"key", clock=lambda: NOW)
    delivery = Delivery("cloud_api", b"{}", NOW, shopper_id="shopper-1", legacy=LegacyOutcome("response", None, 0.01))
    return list(comparison.compare(delivery, CandidateOutcome(events, None, seconds)))


def found(observations: Sequence[Observation]) -> list[tuple[str, str]]:
    return [(each.kind.value, each.path) for each in observations]


MATCH = [("match", "")]
MASKED = re.compile(r"(text\(\d+ characters|digits\(\d+), id-[0-9a-f]{16}\)")
few = settings(max_examples=examples(40))
_contents = st.builds(
    content,
    st.sampled_from(sorted(CONTENT)),
    st.integers(0, 10**6).map("wamid.{}".format),
    st.text(min_size=1, max_size=12),
    st.sampled_from(MESSAGE_TYPES),
)
_statuses = st.builds(status, st.sampled_from(STATES), st.integers(0, 3).map("wamid.S{}".format))


def _name(event: CanonicalEvent) -> tuple[Any, ...]:
    (fact,) = facts_of([event])
    return (fact.kind, fact.id, fact.variant)


_results = st.lists(_contents | _statuses, min_size=1, max_size=6, unique_by=_name)
_place = st.integers(0, 5)


@few
@given(st.lists(_contents | _statuses, max_size=6), st.data())
def test_identical_results_are_exactly_one_match_even_where_both_repeat_themselves(
    events: list[CanonicalEvent], data: st.DataObject
) -> None:
    repeated = [*events, *(data.draw(st.lists(st.sampled_from(events), max_size=3)) if events else [])]
    assert found(compare(told(repeated), repeated)) == MATCH


@few
@given(_results, _place)
def test_a_fact_left_out_is_missing_or_extra_and_nothing_else(events: list[CanonicalEvent], place: int) -> None:
    place %= len(events)
    fewer = [*events[:place], *events[place + 1 :]]
    kind = told(events)[place]["kind"]
    assert found(compare(told(events), fewer)) == [("missing", kind)]
    assert found(compare(told(fewer), events)) == [("extra", kind)]


@few
@given(_results, _place, _place)
def test_a_fact_told_once_more_is_a_duplicate_and_nothing_else(
    events: list[CanonicalEvent], place: int, where: int
) -> None:
    again = events[place % len(events)]
    where = max(where % (len(events) + 1), events.index(again))
    repeated = [*events[:where], again, *events[where:]]
    kind = told([again])[0]["kind"]
    assert found(compare(told(repeated), events)) == [("duplicate", kind)]
    assert found(compare(told(events), repeated)) == [("duplicate", kind)]


@few
@given(_results, st.randoms(use_true_random=False))
def test_another_order_is_that_and_nothing_else(events: list[CanonicalEvent], chance: Any) -> None:
    shuffled = chance.sample(events, len(events))
    expected = MATCH if shuffled == events else [("order", "order")]
    assert found(compare(told(events), shuffled)) == expected
    assert found(compare(told(shuffled), events)) == expected


@few
@given(_results, _place, st.sampled_from(sorted(FIELDS - {"status.state", "status.participant_id"})))
def test_a_field_that_differs_is_that_and_nothing_else(events: list[CanonicalEvent], place: int, path: str) -> None:
    legacy = told(events)
    legacy[place % len(events)][path] = "planted, and nowhere else"
    assert found(compare(legacy, events)) == [("field_difference", path)]


@given(st.sampled_from(STATES), st.sampled_from(STATES))
def test_another_state_of_the_same_message_is_a_difference_of_its_state(one: str, other: str) -> None:
    expected = MATCH if one == other else [("field_difference", "status.state")]
    assert found(compare(told([status(one)]), [status(other)])) == expected


def test_states_pair_with_their_like_and_what_is_left_differs() -> None:
    legacy = told([status("sent"), status("delivered")])
    (one,) = compare(legacy, [status("sent"), status("read")])
    assert (one.kind, one.path, one.legacy, one.candidate) == (Kind.FIELD, "status.state", "delivered", "read")


def test_a_status_whose_state_the_legacy_side_does_not_tell_is_paired_by_its_message() -> None:
    assert found(compare([{"kind": "status", "id": "wamid.S1"}], [status("read")])) == MATCH


def test_a_state_by_another_name_is_the_same_where_the_rules_say_so() -> None:
    rules = rules_from(
        {"comparators": [{"path": "status.state", "how": "one_of", "synonyms": {"DELIVERY_ACK": "delivered"}}]}
    )
    legacy = [{"kind": "status", "id": "wamid.S1", "status.state": "DELIVERY_ACK"}]
    assert found(compare(legacy, [status("delivered")], rules)) == MATCH
    (one,) = compare(legacy, [status("read")], rules)
    assert (one.legacy, one.candidate) == ("DELIVERY_ACK", "read")


def test_each_member_of_a_group_may_have_read_the_same_message() -> None:
    events = [status("read", participant=f"551197000000{number}@s.whatsapp.net") for number in range(3)]
    assert found(compare(told(events), events)) == MATCH
    assert found(compare(told(events), events[1:])) == [("missing", "status")]


@given(st.integers(1, 5))
def test_facts_without_an_id_are_paired_by_their_place(number: int) -> None:
    events = [content("whatsapp.presence", None, str(each), "text") for each in range(number)]
    assert found(compare(told(events), events)) == MATCH
    (one,) = compare(told(events), events[:-1])
    assert (one.kind, one.path, one.legacy, one.candidate) == (Kind.MISSING, "presence", "no id", None)


def test_thousands_of_statuses_of_one_message_are_paired_in_a_moment() -> None:
    events = [status("read", participant=str(number)) for number in range(3000)]
    legacy = [{"kind": "status", "id": "wamid.S1", "status.state": "unheard of"} for _ in events]
    assert len(compare(legacy, events)) < 2 * len(events)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"kind": "message", "message.txt": "secret words"}, "a field that there is not: message.txt"),
        ({"kind": "message", "Ana Souza": "secret words"}, "a field that there is not"),
        ({"kind": "message", "message.5511970000001": 1}, "a field that there is not"),
        ({"kind": "5511970000001"}, "no kind that there is"),
        ({"kind": "message", "id": object()}, "an id that is a object"),
        ({"kind": "message", "id": True}, "an id that is a bool"),
        ("secret words", "is a str and no mapping"),
    ],
)
def test_what_cannot_be_meant_never_counts_as_a_match_and_the_log_says_why(
    wrong: Any, words: str, caplog: pytest.LogCaptureFixture
) -> None:
    assert found(compare([wrong], [TEMPLATE])) == [("exception_asymmetry", "extract")]
    assert words in caplog.text
    for secret in ("secret words", "Souza", "5511970000001", "object at"):
        assert secret not in caplog.text


class Unknown:
    """Something of the application."""

    def __repr__(self) -> str:
        raise AssertionError("nobody's repr is asked")

    __str__ = __repr__


@pytest.mark.parametrize(
    "value",
    [Unknown(), [Unknown()], 10**5000, -(10**5000), b"bytes", {"a": 1}, 2.5, Decimal(1)],
    ids=["unknown", "list", "huge", "negative", "bytes", "mapping", "number", "decimal"],
)
def test_a_value_of_any_type_is_compared_and_harms_nobody(value: Any) -> None:
    assert found(compare([{**told([TEMPLATE])[0], "message.text": value}], [TEMPLATE])) == [
        ("field_difference", "message.text")
    ]


_texts = st.sampled_from(
    ["read", "text", "message", "customer", "call", "2026-01-01T00:00:00+00:00", "application/pdf", "true"]
) | st.text(st.characters(categories=["L"]), min_size=4, max_size=30)
_phones = st.integers(10**9, 10**14 - 1).map(str)
_shapes = st.sampled_from(["{}", "+{}", "{}@s.whatsapp.net", "{}:12@s.whatsapp.net", "{}@lid", "{} "])


def _shown(observations: Sequence[Observation]) -> list[str]:
    return [value for each in observations for value in (each.legacy, each.candidate) if value is not None]


@given(_texts)
def test_a_text_is_never_shown_even_where_it_is_a_word_of_the_vocabulary(text: str) -> None:
    legacy = told([TEMPLATE])
    legacy[0]["message.text"] = legacy[0]["actor.display_name"] = text
    for value in _shown(compare(legacy, [TEMPLATE])):
        assert MASKED.fullmatch(value)


@given(_phones, _shapes, st.sampled_from(sorted(FIELDS)), st.booleans())
def test_a_phone_is_never_shown_wherever_it_is_planted(phone: str, shape: str, path: str, as_number: bool) -> None:
    legacy = told([TEMPLATE])
    legacy[0][path] = int(phone) if as_number else shape.format(phone)
    legacy[0]["id"] = phone
    assert phone not in repr([(each.path, each.legacy, each.candidate) for each in compare(legacy, [TEMPLATE])])


@given(st.integers(0, 9999) | st.floats(-180, 180), st.sampled_from(["message.text", "message.location.latitude"]))
def test_a_small_number_is_hidden_too_for_it_may_be_a_code_or_a_place(number: float, path: str) -> None:
    legacy = [{**told([TEMPLATE])[0], path: number}]
    (one,) = compare(legacy, [TEMPLATE])
    assert one.legacy is not None
    assert one.legacy.startswith("number(id-")


@few
@given(_results, _results)
def test_what_is_missing_one_way_is_extra_the_other(one: list[CanonicalEvent], other: list[CanonicalEvent]) -> None:
    def names(observations: Sequence[Observation], kind: Kind) -> list[str]:
        return sorted(each.path for each in observations if each.kind is kind)

    there, back = compare(told(one), other), compare(told(other), one)
    assert names(there, Kind.MISSING) == names(back, Kind.EXTRA)
    assert names(there, Kind.EXTRA) == names(back, Kind.MISSING)
    assert names(there, Kind.ORDER) == names(back, Kind.ORDER)


@pytest.mark.parametrize("nothing", [None, ""])
def test_what_is_ignored_is_ignored_even_where_one_side_says_nothing(nothing: Any) -> None:
    assert Compare("actor.lid", "ignored").agree("a", nothing)
    assert Compare("actor.lid", "ignored").agree(nothing, "a")


_TODAY = NOW.date()
_RULES = [
    Ignore("the old path cuts texts", _TODAY, path="message.text"),
    Ignore("all fields of this provider", _TODAY + timedelta(days=9), kind=Kind.FIELD, provider="cloud_api"),
    Ignore("not any more", _TODAY - timedelta(days=1), path="message.text"),
    Ignore("another provider", _TODAY, path="message.text", provider="evolution"),
]


@given(st.permutations(_RULES), st.permutations(DEFAULT_COMPARATORS))
def test_the_order_of_the_rules_changes_nothing(ignores: list[Ignore], comparators: list[Compare]) -> None:
    legacy = told([TEMPLATE])
    legacy[0]["message.text"] = "other words"
    expected = compare(legacy, [TEMPLATE], Rules(ignores=tuple(_RULES)))
    assert expected[0].ignored is not None
    assert compare(legacy, [TEMPLATE], Rules(tuple(comparators), tuple(ignores))) == expected


def test_a_rule_that_has_expired_is_named_once_whatever_was_found(caplog: pytest.LogCaptureFixture) -> None:
    comparison = DeclaredComparison(lambda *_: told([TEMPLATE]), Rules(ignores=tuple(_RULES)), clock=lambda: NOW)
    delivery = Delivery("cloud_api", b"{}", NOW, legacy=LegacyOutcome())
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            assert found(comparison.compare(delivery, CandidateOutcome([TEMPLATE]))) == MATCH
    assert caplog.text.count("has expired") == 1
    assert "not any more" in caplog.text


def test_a_time_that_nobody_measured_is_neither_added_nor_late() -> None:
    comparison = DeclaredComparison(lambda *_: told([TEMPLATE]))
    delivery = Delivery("cloud_api", b"{}", NOW, legacy=LegacyOutcome("response", None, 0.0))
    (match,) = comparison.compare(delivery, CandidateOutcome([TEMPLATE], None, 9.0))
    assert (match.kind, match.added_ms) == (Kind.MATCH, None)


SOUND = {"reason": "known", "expires": "2026-12-31"}


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"comparators": [{"path": "message.text"}, {"path": "message.text"}]}, "more than once: message.text"),
        ({"comparators": [{"path": "message.text", "synonyms": {"a": "b"}}]}, "synonyms are for one_of"),
        ({"comparators": [{"path": "message.text", "within": 1}]}, "within is for number and moment"),
        ({"comparators": [{"path": "occurred_at", "how": "moment", "within": float("inf")}]}, "finite"),
        ({"comparators": [{"path": "message.text", "severity": "none"}]}, "'minor' or 'critical'"),
        ({"ignore": [{**SOUND, "path": "message.txt"}]}, "message.txt"),
        ({"ignore": [{**SOUND, "path": "message.text", "reason": "  "}]}, "ignore.0.reason"),
        ({"ignore": [{**SOUND, "path": "message.text", "expires": 20261231}]}, "a day, like 2026-12-31"),
        ({"ignore": [{**SOUND, "path": "message.text", "provider": "evolutoin"}]}, "ignore.0.provider"),
        ({"ignore": [{**SOUND, "kind": "match"}]}, "ignore.0.kind"),
        ({"severities": {"field_difference": "minor"}}, "severities.field_difference"),
        ({"severities": {"match": "critical"}}, "severities.match"),
        ({"late_ms": float("inf")}, "late_ms"),
        (None, "all of it"),
    ],
)
def test_a_rule_that_would_do_nothing_or_hide_everything_is_refused(wrong: Any, words: str) -> None:
    with pytest.raises(UsageError) as refused:
        rules_from(wrong)
    assert words in refused.value.message
    assert "<" not in refused.value.message


def test_everything_that_is_wrong_with_the_rules_is_said_at_once() -> None:
    with pytest.raises(UsageError) as refused:
        rules_from({"ignore": [{"path": "message.txt"}], "comparators": [{"path": "message.txt"}], "late_ms": 0})
    for place in ("comparators.0.path", "ignore.0.path", "ignore.0.reason", "ignore.0.expires", "late_ms"):
        assert place in refused.value.message
    assert refused.value.hint


def test_a_rule_may_be_about_a_kind_of_fact_or_a_side() -> None:
    rules = rules_from(
        {"ignore": [{**SOUND, "path": path} for path in ("presence", "candidate", "order", "actor.lid")]}
    )
    assert {each.expires for each in rules.ignores} == {date(2026, 12, 31)}


SAMPLE = Observation(NOW, "cloud_api", Kind.MISSING, Severity.CRITICAL, "message", "first", None, "id-a")


def test_the_share_of_a_group_counts_deliveries_and_its_times_hold_in_any_order() -> None:
    later = replace(SAMPLE, at=NOW + timedelta(days=1), delivery="id-b", legacy="second")
    report = divergences(
        "store", NOW, [later, SAMPLE, SAMPLE, later, replace(SAMPLE, delivery="id-c", kind=Kind.MATCH)]
    )
    (group,) = report.groups
    assert (group.count, group.share) == (4, pytest.approx(2 / 3))
    assert (group.first_at, group.last_at, group.legacy) == (SAMPLE.at, later.at, "first")


def test_a_group_is_shown_with_whole_shares_and_the_day_it_ended() -> None:
    report = divergences("store", NOW, [SAMPLE, replace(SAMPLE, at=NOW + timedelta(days=1), delivery="id-b")])
    lines = [each.plain for each in divergence_lines(report)]
    assert lines[1] == "2 x missing at message (critical, 100 %)"
    assert lines[3] == "  2026-11-02 09:00:00 to 2026-11-03 09:00:00, cloud_api"
