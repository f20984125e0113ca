"""Which field went where: what is said of it holds of the normalizer as it is."""

import json
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollout_cli.whatsapp import CanonicalEvent, NormalizeError, normalize
from rollout_cli.whatsapp import explaining as module
from rollout_cli.whatsapp.explaining import Explanation, Leaf, Outcome, Target, explain
from tests.support.for_each import for_each
from tests.whatsapp.written import Case, cases

RECEIVED_AT = datetime(2026, 11, 1, 12, tzinfo=UTC)
SECRET = "k-4711-secret"
EVOLUTION: dict[str, Any] = {
    "event": "messages.upsert",
    "instance": "store-1",
    "data": {
        "key": {"remoteJid": "5541999990101@s.whatsapp.net", "fromMe": False, "id": "3EB0AA01"},
        "pushName": "Ana",
        "message": {"conversation": "Is the blue one still there?", "unheardOf": 7},
        "messageTimestamp": 1790857800,
        "instanceId": "5f0c3f1e-0000-4000-8000-000000000001",
    },
    "apikey": SECRET,
}


def normalizer(provider: str = "simulated", event: str | None = None) -> Callable[[bytes], list[CanonicalEvent]]:
    return partial(normalize, provider, event=event, received_at=RECEIVED_AT)


def explained(body: Any, provider: str = "simulated", event: str | None = None) -> Explanation:
    return explain(normalizer(provider, event), json.dumps(body).encode())


def leaves(body: Any, provider: str = "simulated") -> dict[str, Leaf]:
    return {leaf.path: leaf for leaf in explained(body, provider).leaves}


def went(leaf: Leaf) -> set[str]:
    return {target.path for target in leaf.to}


def told(kind: str = "message.inbound", **more: Any) -> dict[str, Any]:
    return {"kind": kind, "id": "m-1", "at": "2026-10-01T23:00:00Z", "from": {"phone": "5541999990101"}, **more}


def test_a_message_is_taken_apart_field_by_field() -> None:
    found = leaves(EVOLUTION, "evolution")
    ids = {"message.message_id", "source.provider_message_id", "trace.idempotency_key"}
    person = {"routing.thread_key", "actor.wa_id", "actor.phone", "context.chat_id", "context.chat_aliases.0"}
    assert went(found["data.key.id"]) == ids
    assert went(found["data.key.remoteJid"]) == person
    assert went(found["data.message.conversation"]) == {"message.text"}
    assert went(found["data.messageTimestamp"]) == {"occurred_at"}
    assert went(found["data.pushName"]) == {"actor.display_name"}
    assert went(found["instance"]) == {"source.instance", "routing.thread_key"}
    assert found["event"].decides == found["data.key.fromMe"].decides == "event_type"


def test_what_no_event_shows_is_in_raw_alone() -> None:
    leaf = leaves(EVOLUTION, "evolution")["data.message.unheardOf"]
    assert leaf == Leaf("data.message.unheardOf", redacted=False, decides=None, to=(), kept=True)


def test_what_stands_around_the_element_that_an_event_was_read_from_is_not_kept() -> None:
    body = {"comment": "around", "events": [told()]}
    assert leaves(body)["comment"] == Leaf("comment", redacted=False, decides=None, to=(), kept=False)


def test_a_code_to_pair_with_is_redacted_where_it_stands() -> None:
    body = {"event": "connection.update", "data": {"connection": "connecting", "qr": SECRET}}
    assert leaves(body, "baileys")["data.qr"].redacted


def test_a_credential_is_redacted_and_its_value_said_nowhere() -> None:
    explanation = explained(EVOLUTION, "evolution")
    (leaf,) = [each for each in explanation.leaves if each.redacted]
    assert (leaf.path, leaf.to) == ("apikey", ())
    assert SECRET not in str(asdict(explanation))


def test_what_another_value_would_make_another_kind_of_event_decides() -> None:
    assert leaves(told())["kind"].decides == "event_type"


def test_what_decides_is_kept_where_raw_has_it() -> None:
    found = leaves(EVOLUTION, "evolution")
    assert found["event"].kept
    assert found["data.key.fromMe"].kept
    assert leaves(told())["kind"].kept


def test_of_what_decides_how_many_events_there_are_raw_is_searched() -> None:
    def twice_if_changed(body: bytes) -> list[CanonicalEvent]:
        events = normalize("simulated", body, received_at=RECEIVED_AT)
        return events if b'"here":"a"' in body and b'"there":["a"]' in body and b'"around":"a"' in body else events * 2

    body = {"around": "a", "events": [told(here="a", there=["a"])]}
    found = {leaf.path: leaf for leaf in explain(twice_if_changed, json.dumps(body).encode()).leaves}
    asked = [found[path] for path in ("events.0.here", "events.0.there.0", "around")]
    assert [(leaf.decides, leaf.kept) for leaf in asked] == [
        ("number_of_events", True),
        ("number_of_events", True),
        ("number_of_events", False),
    ]


def test_what_another_value_would_make_another_number_of_events_decides() -> None:
    body = {"data": {"id": "5541999990101@s.whatsapp.net", "presences": {}, "status": None}, "event": "presence.update"}
    count = iter([1, *[2] * 10])

    def growing(_: bytes) -> list[CanonicalEvent]:
        return normalize("simulated", json.dumps({"events": [told()] * next(count)}).encode(), received_at=RECEIVED_AT)

    assert {each.decides for each in explain(growing, json.dumps(body).encode()).leaves} == {"number_of_events"}


def test_what_another_value_would_have_refused_decides() -> None:
    def strict(body: bytes) -> list[CanonicalEvent]:
        if b"sesame" not in body:
            normalize("simulated", b"7", received_at=RECEIVED_AT)  # no object: refused
        return normalize("simulated", body, received_at=RECEIVED_AT)

    (leaf, *_) = explain(strict, json.dumps({"word": "sesame", **told()}).encode()).leaves
    assert leaf == Leaf("word", redacted=False, decides="refused", to=(), kept=None)


def test_a_body_that_is_refused_as_it_is_explains_nothing() -> None:
    with pytest.raises(NormalizeError):
        explained(7)
    with pytest.raises(NormalizeError):
        explain(normalizer(), b"{")


def test_of_several_events_it_is_said_which() -> None:
    body = {"instance": "store-1", "events": [told(message={"text": "one"}), told(id="m-2", message={"text": "two"})]}
    explanation = explained(body)
    found = {leaf.path: leaf for leaf in explanation.leaves}
    assert explanation.events == (Outcome("whatsapp.message.inbound", "text", "msg"),) * 2
    assert found["events.1.message.text"].to == (Target("message.text", (1,)),)
    assert Target("source.instance", (0, 1)) in found["instance"].to


@pytest.mark.parametrize(
    ("body", "path", "to"),
    [
        (told(at=1790857800123), "at", "occurred_at"),  # milliseconds, of which the last are cut off
        (told(at="1790857800123"), "at", "occurred_at"),
        (told(at="2026-10-01T23:59:59.999-03:00"), "at", "occurred_at"),
        (told(forwarded=False), "forwarded", "context.forwarded"),
        (told(reply_to=None), "reply_to", "context.reply_to"),
        (told(reply_to=""), "reply_to", "context.reply_to"),
        (told(message={"type": "audio", "media": None}), "message.media", "message.media"),
        (told("message.reaction", emoji="👍"), "emoji", "message.reaction.emoji"),
        (told(details={"what": "é"}), "details.what", "details.what"),
        (told(message={"text": "0a…"}), "message.text", "message.text"),
        (told(mentions=["900000000000101:12@lid"]), "mentions.0", "context.mentions.0"),
        (told(message={"location": {"latitude": -25.5}}), "message.location.latitude", "message.location.latitude"),
    ],
)
def test_a_value_of_any_kind_is_followed(body: Any, path: str, to: str) -> None:
    leaf = leaves(body)[path]
    assert to in went(leaf) or (to == "message.media" and leaf.decides == "event_type")


@pytest.mark.parametrize("value", [[*range(9)], {str(number): number for number in range(9)}])
def test_an_array_of_bytes_is_one_field(value: Any) -> None:
    leaf = leaves(told(details={"hash": value}))["details.hash"]
    assert went(leaf) == {"details.hash.0"}


def test_a_short_list_of_numbers_is_none_of_bytes() -> None:
    assert {"details.n.0", "details.n.1"} <= leaves(told(details={"n": [1, 2]})).keys()


def test_a_name_that_may_be_somebodys_id_is_not_shown() -> None:
    body = told("presence", details={"5541999990101@s.whatsapp.net": {"state": "there"}, "BR.12345678": 1, "ok": 1})
    found = leaves(body)
    assert {"details.*.state", "details.*", "details.ok"} <= found.keys()
    assert went(found["details.*.state"]) == {"details.*.state"}


@for_each("case", cases(), ids=lambda case: case.name)
def test_of_every_case_it_says_something_and_nothing_of_what_was_said(case: Case) -> None:
    explanation = explained(case.body, case.provider, case.event)
    events = normalize(case.provider, case.data, event=case.event, received_at=RECEIVED_AT)
    assert [each.event_type for each in explanation.events] == [each.event_type for each in events]
    shown = json.dumps([asdict(leaf) for leaf in explanation.leaves])
    texts = {each.message.text for each in events if each.message and each.message.text}
    phones = {each.actor.phone for each in events if each.actor.phone}
    assert not [each for each in phones | {text for text in texts if " " in text} if each in shown]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**31), 2**31) | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=10,
)


@given(st.dictionaries(st.sampled_from(["id", "from", "chat", "message", "status", "details", "kind"]), JSON))
def test_every_field_is_looked_at_once_and_left_as_it_was(body: dict[str, Any]) -> None:
    seen: list[bytes] = []

    def watched(data: bytes) -> list[CanonicalEvent]:
        seen.append(data)
        return normalize("simulated", data, received_at=RECEIVED_AT)

    explain(watched, json.dumps({"kind": "call", **body}).encode())
    original = json.loads(seen[0])
    for data in seen[1:]:
        assert differences(original, json.loads(data)) == 1


def differences(one: Any, other: Any) -> int:
    """In how many leaves two values of one shape differ."""
    if isinstance(one, dict) and isinstance(other, dict):
        assert one.keys() == other.keys()
        return sum(differences(one[name], other[name]) for name in one)
    if isinstance(one, list) and isinstance(other, list):
        return sum(differences(a, b) for a, b in zip(one, other, strict=True))
    return 0 if one is other or (type(one) is type(other) and one == other) else 1


def test_of_a_body_with_more_fields_than_the_limit_the_rest_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_LEAVES", 5)
    explanation = explained(told(details={f"n{n}": n for n in range(6)}))
    assert (len(explanation.leaves), explanation.leaves_left) == (5, 5)


def test_of_a_body_that_is_large_fewer_fields_are_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_WORK", 3 * 1000)
    explanation = explained(told(message={"text": "x" * 850}))
    assert (len(explanation.leaves), explanation.leaves_left) == (3, 2)
