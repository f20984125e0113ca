"""The canonical event: one stable JSON form, with every key always there."""

import json
import pickle
import re
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings

from rollout_cli.whatsapp import CanonicalEvent, normalize
from rollout_cli.whatsapp.events import VERSION
from tests.support.examples import examples
from tests.whatsapp.building import any_event, forms

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
TEXT = b"""{"kind": "message.inbound", "id": "m-1", "at": "2026-01-31T12:00:00-03:00", "instance": "store-1",
 "chat": {"type": "private", "id": "5541999990000"}, "from": {"phone": "5541999990000", "name": "Ana"},
 "message": {"type": "text", "text": "ol\\u00e1"}}"""
KEYS = {
    "": "event_id event_type event_version occurred_at source routing actor context message status details trace "
        "security raw",
    "source": "provider instance account_id provider_message_id webhook_event",
    "routing": "shopper_id skm_id conversation_id thread_key",
    "actor": "role wa_id phone lid bsuid display_name",
    "context": "chat_type chat_id group_id reply_to forwarded mentions chat_aliases",
    "message": "message_id direction type text media location contacts interactive reaction order poll "
               "original_message_id referral system errors",
    "trace": "idempotency_key correlation_id",
    "security": "signature_valid risk_flags",
}  # fmt: skip
few = settings(max_examples=examples(30), suppress_health_check=[HealthCheck.too_slow])
RFC_3339 = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,6})?Z")


def text_event(**options: Any) -> CanonicalEvent:
    (event,) = normalize("simulated", TEXT, received_at=NOW, **options)
    return event


@few
@given(forms)
def test_a_form_survives_the_event_and_the_event_its_form(form: dict[str, Any]) -> None:
    event = CanonicalEvent.from_json(msgspec.json.encode(form))
    assert event.to_dict() == json.loads(event.to_json()) == form
    assert event.raw == form["raw"]
    assert CanonicalEvent.from_json(event.to_json()) == CanonicalEvent.from_json(event.to_json().encode()) == event
    assert CanonicalEvent.from_json(event.to_json()).to_json() == event.to_json()
    assert len(event.to_json().encode().splitlines()) == 1
    assert RFC_3339.fullmatch(event.to_dict()["occurred_at"])


@few
@given(any_event)
def test_an_event_survives_a_trip_between_processes(event: CanonicalEvent) -> None:
    assert pickle.loads(pickle.dumps(event)) == event


@pytest.mark.parametrize("path", KEYS)
def test_every_key_is_there_in_its_order_with_null_for_what_is_not_told(path: str) -> None:
    form = text_event().to_dict()
    assert list(form[path] if path else form) == KEYS[path].split()


def test_every_key_is_there_for_what_nobody_knows() -> None:
    (event,) = normalize("simulated", b'{"who":"knows"}', received_at=NOW)
    form = event.to_dict()
    assert list(form) == KEYS[""].split()
    assert (form["message"], form["status"], form["details"]) == (None, None, None)
    assert form["actor"] == dict.fromkeys(KEYS["actor"].split())


def test_an_event_says_what_it_was_told() -> None:
    form = text_event(tenant="shop", signature_valid=True, headers={"X-Request-ID": "r-1"}).to_dict()
    assert form["event_type"] == "whatsapp.message.inbound"
    assert form["event_version"] == VERSION == "1.0"
    assert form["occurred_at"] == "2026-01-31T15:00:00Z"
    assert form["message"]["text"] == "olá"
    assert form["trace"] == {"idempotency_key": "shop:simulated:msg:store-1:m-1", "correlation_id": "r-1"}
    assert form["security"] == {"signature_valid": True, "risk_flags": []}
    assert form["raw"] == json.loads(TEXT)


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ('"2026-01-31T12:00:00-03:00"', "2026-01-31T15:00:00Z"),
        ('"2026-01-31T12:00:00.5+14:00"', "2026-01-30T22:00:00.500000Z"),
        ("1769860800", "2026-01-31T12:00:00Z"),
        ("null", "2026-11-01T12:00:00Z"),
    ],
)
def test_a_time_is_written_in_utc_as_rfc_3339(written: str, told: str) -> None:
    (event,) = normalize("simulated", b'{"kind":"call","at":' + written.encode() + b"}", received_at=NOW)
    assert event.to_dict()["occurred_at"] == told
    assert event.occurred_at.utcoffset() == NOW.utcoffset()


def test_an_event_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        text_event().event_id = "other"  # type: ignore[misc]


def test_what_is_changed_in_a_form_changes_no_event() -> None:
    event = text_event()
    event.to_dict()["raw"]["id"] = event.raw["id"] = "other"
    assert event.raw["id"] == "m-1"


FORM = text_event().to_dict()


def test_a_newer_form_with_more_keys_is_read() -> None:
    newer = {**FORM, "new": 1, "source": {**FORM["source"], "new": [2]}}
    assert CanonicalEvent.from_json(json.dumps(newer)) == text_event()


CHANGES: list[dict[str, Any]] = [
    {"event_type": "whatsapp.other"}, {"event_type": None}, {"event_version": "2.0"}, {"event_id": 5},
    {"occurred_at": "yesterday"}, {"occurred_at": 5}, {"occurred_at": None},
    {"occurred_at": "2026-01-31T12:00:00"},
    {"source": {}}, {"source": {"provider": "other"}}, {"source": None}, {"trace": {}}, {"trace": None},
    {"message": []}, {"message": {"type": "other"}}, {"status": {}}, {"status": {"state": "other"}},
    {"details": []}, {"security": {"risk_flags": "x"}}, {"context": {"mentions": [None]}},
]  # fmt: skip


@pytest.mark.parametrize(
    "rubbish",
    [
        "", "x", "null", "[]", "{}", "1", '"text"', b"\xff", b"\x00", b"\xef\xbb\xbf{}", "\ud800", "{" * 100_000,
        '{"raw":' + "[" * 100_000,
        json.dumps(FORM)[:-1], json.dumps(FORM) + "x",
        *(json.dumps({**FORM, **change}) for change in CHANGES),
        *(json.dumps({key: value for key, value in FORM.items() if key != missing})
          for missing in ("event_id", "event_type", "occurred_at", "source", "trace", "raw")),
    ],
    ids=lambda each: repr(each)[-40:],
)  # fmt: skip
def test_rubbish_is_refused_with_a_value_error(rubbish: str | bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - what it says is the decoder's
        CanonicalEvent.from_json(rubbish)
