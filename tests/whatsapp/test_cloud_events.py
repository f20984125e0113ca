"""CloudEvents: the context attributes are as the specification wants them, whatever the ids in them are."""

import re
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from rollout_cli.whatsapp import CanonicalEvent, normalize
from rollout_cli.whatsapp.cloud_events import cloud_event
from rollout_cli.whatsapp.schema import SCHEMA_ID
from tests.support.examples import examples
from tests.whatsapp.building import any_event

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
TEXT = b"""{"kind": "message.inbound", "id": "m-1", "at": "2026-01-31T12:00:00Z", "instance": "%s",
 "chat": {"type": "group", "id": "%s"}}"""
NOT_EMPTY = {"type": "string", "minLength": 1}
SCHEMA = {
    "type": "object",
    "required": ["id", "source", "specversion", "type"],
    "properties": {
        "id": NOT_EMPTY,
        "source": {**NOT_EMPTY, "pattern": r"^(?:[A-Za-z0-9._~/-]|%[0-9A-F]{2})+$"},  # of a URI reference, what is used
        "specversion": {"const": "1.0"},
        "type": NOT_EMPTY,
        "datacontenttype": {"const": "application/json"},
        "dataschema": {**NOT_EMPTY, "pattern": r"^[a-z][a-z0-9+.-]*:[^\s]+$"},
        "subject": NOT_EMPTY,
        "time": {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$"},
        "data": {"type": "object"},
    },
    "propertyNames": {"pattern": "^[a-z0-9]{1,20}$"},
    "patternProperties": {"^(?!data$)": {"type": "string"}},
}
"""The constraints of CloudEvents 1.0, sections 3.1 and following, as far as an event in JSON can break them."""
VALIDATOR = Draft202012Validator(SCHEMA)
FORBIDDEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff\U0001fffe\U0001ffff\U0010fffe\U0010ffff]"
)


def text_event(instance: str = "store-1", chat: str = "5541999990000", **options: Any) -> CanonicalEvent:
    (event,) = normalize("simulated", TEXT % (instance.encode(), chat.encode()), received_at=NOW, **options)
    return event


def test_a_message_is_told_with_all_its_attributes() -> None:
    event = text_event(tenant="shop", headers={"X-Correlation-ID": "c-1"})
    assert event.to_cloudevents() == cloud_event(event) == {
        "specversion": "1.0",
        "id": event.event_id,
        "source": "/whatsapp/simulated/store-1",
        "type": "whatsapp.message.inbound",
        "subject": "shop:store-1:5541999990000",
        "time": "2026-01-31T12:00:00Z",
        "datacontenttype": "application/json",
        "dataschema": SCHEMA_ID,
        "idempotencykey": "shop:simulated:msg:store-1:m-1",
        "correlationid": "c-1",
        "data": event.to_dict(),
    }  # fmt: skip


def test_what_is_not_known_is_left_out() -> None:
    (event,) = normalize("cloud_api", b'{"who":"knows"}', received_at=NOW)
    told = event.to_cloudevents()
    assert told["source"] == "/whatsapp/cloud_api"
    assert not {"subject", "correlationid"} & told.keys()
    assert None not in told.values()


@settings(max_examples=examples(30), suppress_health_check=[HealthCheck.too_slow])
@given(any_event)
def test_every_event_is_a_cloud_event(event: CanonicalEvent) -> None:
    told = event.to_cloudevents()
    VALIDATOR.validate(told)
    assert [name for name, text in told.items() if name != "data" and FORBIDDEN.search(text)] == []
    assert told["data"] == event.to_dict()


@given(st.text(min_size=1))
def test_an_instance_can_be_read_back_from_the_source(instance: str) -> None:
    (event,) = normalize("simulated", b"{}", instance=instance, received_at=NOW)
    path = urlsplit(event.to_cloudevents()["source"]).path
    assert [unquote(each, errors="strict") for each in path.split("/")] == ["", "whatsapp", "simulated", instance]


@pytest.mark.parametrize(
    ("instance", "source"),
    [
        ("My shop", "My%20shop"),
        ("a/b?c#d", "a%2Fb%3Fc%23d"),
        ("+5541999990000", "%2B5541999990000"),
        ("loja-São_1.2~", "loja-S%C3%A3o_1.2~"),
        ("100%", "100%25"),
    ],
)
def test_what_would_end_a_source_is_encoded(instance: str, source: str) -> None:
    assert text_event(instance).to_cloudevents()["source"] == f"/whatsapp/simulated/{source}"


@pytest.mark.parametrize(
    ("written", "told"),
    [("a\\u0000b", "a%00b"), ("a\\nb", "a%0Ab"), ("a\\u0085b", "a%C2%85b"), ("a\\uffffb", "a%EF%BF%BFb"),
     ("a\\ud83f\\udfffb", "a%F0%9F%BF%BFb"), ("é 😀", "é 😀"), ("a%b", "a%25b")],
)  # fmt: skip
def test_what_no_attribute_may_hold_is_encoded_in_attributes_alone(written: str, told: str) -> None:
    event = text_event(chat=written)
    assert event.to_cloudevents()["subject"] == f":store-1:{told}"
    assert event.to_cloudevents()["data"]["routing"]["thread_key"] == event.routing.thread_key
