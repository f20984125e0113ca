"""What stands around a body: it is taken off, however many there are, and is never mistaken for the body."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from rollout_cli.whatsapp import PROVIDERS, CanonicalEvent, NormalizeError, Reason, normalize

NOW = datetime(2026, 11, 1, tzinfo=UTC)
MESSAGE = {
    "key": {"remoteJid": "5541999990000@s.whatsapp.net", "id": "A1", "fromMe": False},
    "messageTimestamp": 1760000000,
    "message": {"conversation": "hello"},
}
BODIES: dict[str, Any] = {
    "cloud_api": {"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": [{"field": "messages",
        "value": {
        "metadata": {"phone_number_id": "10"},
        "messages": [{"from": "5541999990000", "id": "wamid.A1", "timestamp": "1760000000", "type": "text",
                      "text": {"body": "hello"}}]}}]}]},
    "evolution": {"event": "messages.upsert", "instance": "shop", "data": MESSAGE},
    "baileys": {"event": "messages.upsert", "data": {"messages": [MESSAGE], "type": "notify"}},
    "simulated": {"kind": "message.inbound", "id": "A1", "at": "2025-10-09T08:53:20Z",
                  "message": {"type": "text", "text": "hello"}},
}  # fmt: skip
every_provider = pytest.mark.parametrize("provider", PROVIDERS)


def wrapped(body: Any, **more: Any) -> dict[str, Any]:
    return {"headers": {"host": "hooks.example.com"}, "params": {}, "query": {}, "body": body, **more}


def read(body: Any, provider: str) -> list[CanonicalEvent]:
    return normalize(provider, json.dumps(body).encode(), received_at=NOW)


def reason(body: Any, provider: str) -> Reason:
    with pytest.raises(NormalizeError) as caught:
        read(body, provider)
    return caught.value.reason


@every_provider
def test_a_wrapped_body_becomes_what_it_becomes_alone(provider: str) -> None:
    alone = read(BODIES[provider], provider)
    assert [event.message.text for event in alone if event.message] == ["hello"]
    assert read(wrapped(BODIES[provider]), provider) == alone
    assert read([wrapped(BODIES[provider])], provider) == alone


@every_provider
@pytest.mark.parametrize("around", ["headers", "params", "query", "webhookUrl", "executionMode"])
def test_one_field_of_a_wrapper_is_enough_to_know_it(provider: str, around: str) -> None:
    body = {around: "x", "body": BODIES[provider]}
    assert read(body, provider) == read(BODIES[provider], provider)


@every_provider
def test_a_body_alone_is_what_is_left_of_a_wrapper(provider: str) -> None:
    body = {"body": BODIES[provider]}
    assert read(body, provider) == read([body], provider) == read(BODIES[provider], provider)


@every_provider
@pytest.mark.parametrize("around", [{"body_params": ...}, {"query_params": [], "body_params": ...}, {"sample": ...}])
def test_other_names_of_a_body_are_known(provider: str, around: dict[str, Any]) -> None:
    body = {name: BODIES[provider] if told is ... else told for name, told in around.items()}
    assert read(body, provider) == read([body], provider) == read(BODIES[provider], provider)


@every_provider
def test_several_wrappers_are_read_in_their_order(provider: str) -> None:
    alone = read(BODIES[provider], provider)
    assert read([wrapped(BODIES[provider])] * 3, provider) == alone * 3


@every_provider
def test_a_wrapper_in_a_wrapper_is_taken_off_too(provider: str) -> None:
    assert read(wrapped(wrapped(BODIES[provider])), provider) == read(BODIES[provider], provider)


@every_provider
def test_nothing_of_a_wrapper_is_in_the_event(provider: str) -> None:
    (event,) = read([wrapped(BODIES[provider], webhookUrl="https://hooks.example.com/secret")], provider)
    assert "hooks.example.com" not in event.to_json()


@every_provider
def test_wrappers_are_taken_off_only_as_deep_as_a_body_may_be(provider: str) -> None:
    body = b'{"query":{},"body":' * 100_000 + b"{}" + b"}" * 100_000
    with pytest.raises(NormalizeError) as caught:
        normalize(provider, body, received_at=NOW)
    assert caught.value.reason == Reason.TOO_DEEP


@every_provider
@pytest.mark.parametrize(
    "body",
    [{"body": {"kind": "call"}, "x": 1}, {"query": {}, "body": "text"}, {"query": {}, "body": None}, {"body": 1}],
)
def test_what_only_looks_like_a_wrapper_is_the_body_itself(provider: str, body: dict[str, Any]) -> None:
    assert all(event.raw | body == event.raw for event in read(body, provider))


@pytest.mark.parametrize("provider", ["cloud_api", "simulated"])
@pytest.mark.parametrize("body", [[], [1], ["a"], [None], [[]], [wrapped({"a": 1}), 1], [wrapped({"a": 1}), {"a": 1}]])
def test_an_array_of_anything_else_is_no_body(provider: str, body: list[Any]) -> None:
    assert reason(body, provider) == Reason.NOT_AN_OBJECT


def test_evolution_may_send_several_bodies_in_an_array() -> None:
    assert read([BODIES["evolution"], BODIES["evolution"]], "evolution") == read(BODIES["evolution"], "evolution") * 2
    assert read([], "evolution") == []
    assert reason([BODIES["evolution"], 1], "evolution") == Reason.NOT_AN_OBJECT


def test_an_array_may_be_the_payload_of_a_baileys_event() -> None:
    (event,) = normalize("baileys", json.dumps([MESSAGE]).encode(), event="messages.upsert", received_at=NOW)
    assert event.message is not None
    assert event.message.text == "hello"
