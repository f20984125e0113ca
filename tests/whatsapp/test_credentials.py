"""Credentials: none of them is in anything that leaves the room, however its field is spelled."""

import gc
import json
import pickle
import tracemalloc
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollout_cli.whatsapp import PROVIDERS, CanonicalEvent, normalize
from rollout_cli.whatsapp.credentials import (
    ADDRESSES,
    CREDENTIALS,
    REDACTED,
    is_free_of_secrets,
    is_secret_name,
    redacted,
    without_secrets,
)
from tests.whatsapp.building import is_harmless, json_values

NOW = datetime(2026, 11, 1, tzinfo=UTC)
SECRET = "B6D711FC-DE4D-4FD5"


WORDS = (
    "api key", "x api key", "token", "access token", "refresh token", "api token", "auth token", "instance token",
    "user token", "bearer token", "authorization", "proxy authorization", "webhook verify token", "verify token",
    "hub verify token", "password", "passwd", "client secret", "app secret", "webhook secret", "secret key",
    "api secret", "jwt key", "jwt", "bearer", "cookie", "set cookie", "private key", "proxy password",
    "qr code",
)  # fmt: skip
ADDRESS_WORDS = ("destination", "server url", "webhook url")


@st.composite
def spelled(draw: st.DrawFn, names: tuple[str, ...]) -> str:
    """A name as programs write it: in any case, its words with or without a separator."""
    name = draw(st.sampled_from(names)).replace(" ", draw(st.sampled_from(["", "_", "-", ".", " "])))
    return draw(st.sampled_from([name, name.upper(), name.title(), name[0] + name.title()[1:]]))


def test_the_words_are_those_of_all_names() -> None:
    assert {each.replace(" ", "") for each in WORDS} == CREDENTIALS
    assert {each.replace(" ", "") for each in ADDRESS_WORDS} == ADDRESSES


def escaped(name: str) -> str:
    return "".join(f"\\u{ord(each):04x}" for each in name)


def events_of(body: dict[str, Any], provider: str) -> list[CanonicalEvent]:
    return normalize(provider, json.dumps(body).encode(), received_at=NOW)


def everything_of(event: CanonicalEvent) -> str:
    return event.to_json() + repr(event) + json.dumps(event.to_cloudevents()) + pickle.dumps(event).decode("latin-1")


@given(spelled(WORDS))
def test_a_credential_is_known_by_its_name_in_any_spelling(name: str) -> None:
    assert is_secret_name(name)


@given(name=spelled(WORDS))
def test_a_credential_is_redacted_however_it_is_spelled(name: str) -> None:
    body = {"outer": [{"kept": 1, name: SECRET}]}
    expected = {"outer": [{"kept": 1, name: REDACTED}]}
    assert redacted(body) == expected


@given(name=spelled(WORDS + ADDRESS_WORDS))
def test_the_short_look_finds_a_credential_however_it_is_spelled(name: str) -> None:
    assert not is_free_of_secrets(msgspec.json.encode({"outer": [{"kept": 1, name: SECRET}]}))


@given(name=spelled(WORDS + ADDRESS_WORDS).filter(lambda name: "k" in name.lower()))
def test_the_short_look_finds_a_credential_with_a_kelvin_sign(name: str) -> None:
    disguised = name.replace("k", "\u212a").replace("K", "\u212a")
    assert not is_free_of_secrets(msgspec.json.encode({disguised: SECRET}))


def test_no_other_character_beyond_ascii_becomes_a_letter_of_a_name() -> None:
    beyond = (chr(code) for code in range(0x80, 0x110000) if not 0xD800 <= code < 0xE000)
    assert [each for each in beyond if each.lower().isascii()] == ["\u212a"]


@given(json_values)
def test_what_the_short_look_lets_go_holds_nothing_to_redact(value: Any) -> None:
    assert not is_free_of_secrets(msgspec.json.encode(value)) or redacted(value) == value


@given(name=spelled(WORDS))
def test_a_credential_is_redacted_however_its_name_is_escaped(name: str) -> None:
    body = f'{{"kept":1,"{escaped(name)}":"{SECRET}"}}'
    assert redacted(json.loads(body)) == {"kept": 1, name: REDACTED}


@pytest.mark.parametrize("value", [SECRET, 12345, True, [SECRET], {"value": SECRET, "deeper": [SECRET]}])
def test_whatever_is_in_such_a_field_is_replaced_as_a_whole(value: Any) -> None:
    assert redacted({"apikey": value}) == {"apikey": REDACTED}


@pytest.mark.parametrize("value", [None, "", False])
def test_that_there_is_none_is_no_secret(value: Any) -> None:
    assert redacted({"apikey": value}) == {"apikey": value}


@pytest.mark.parametrize(
    "name",
    [
        "key",
        "id",
        "pushName",
        "mediaKey",
        "keyId",
        "tokens_used",
        "secret",
        "participant",
        "text",
        "passport",
        "messageSecret",
    ],
)
def test_other_fields_are_kept(name: str) -> None:
    assert redacted({name: "value"}) == {name: "value"}


@given(st.dictionaries(st.text(max_size=5).filter(is_harmless), st.text(), max_size=4))
def test_what_has_no_credentials_stays_as_it_was(value: dict[str, str]) -> None:
    assert redacted({"a": [value]}) == {"a": [value]}


def test_the_words_of_a_customer_are_not_redacted() -> None:
    body = {"text": 'my password is "1234", token: 5', "apikey": SECRET}
    assert redacted(json.loads(json.dumps(body))) == {**body, "apikey": REDACTED}


@pytest.mark.parametrize(
    ("address", "kept"),
    [
        ("https://hooks.example.com/in/messages-upsert", "https://hooks.example.com/in/messages-upsert"),
        ("https://user:word@hooks.example.com:8443/in", "https://hooks.example.com:8443/in"),
        ("https://hooks.example.com/in?token=1&x=2#part", "https://hooks.example.com/in"),
        ("https://hooks.example.com?token=1", "https://hooks.example.com"),
        ("https://hooks.example.com#token", "https://hooks.example.com"),
        ("https://user:w@rd@hooks.example.com/a@b", "https://hooks.example.com/a@b"),
        ("hooks.example.com/in?token=1", "hooks.example.com/in"),
        ("user:word@hooks.example.com", "hooks.example.com"),
        ("", ""),
    ],
)
def test_an_address_is_kept_without_what_may_be_secret_in_it(address: str, kept: str) -> None:
    assert without_secrets(address) == kept


@given(spelled(ADDRESS_WORDS))
def test_an_address_is_cleaned_however_its_field_is_spelled(name: str) -> None:
    body = {"outer": [{name: "https://user:word@hooks.example.com/in?key=1"}]}
    expected = {"outer": [{name: "https://hooks.example.com/in"}]}
    assert redacted(body) == expected


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize(
    "body",
    [
        {"apikey": SECRET},
        {"event": "messages.upsert", "apikey": SECRET, "instance": "shop", "data": {"key": {"id": "A1"}}},
        {"event": "messages.upsert", "instance": "shop", "data": [{"key": {"id": "A1"}, "Authorization": SECRET}]},
        {"event": "who.knows", "instance": "shop", "data": {"deep": [{"access_token": {"value": SECRET}}]}},
        {"event": "instance.create", "instance": "shop", "data": {"hash": {"apikey": SECRET}, "token": SECRET}},
        {"event": "creds.update", "instance": "shop", "data": {"deep": [{"privateKey": SECRET}]}},
        {"event": "chats.update", "instance": "shop", "data": [{"id": "1@lid", "more": {"jwt": SECRET}}]},
        {"event": "messages.upsert", "webhookVerifyToken": SECRET, "data": {"messages": [{"key": {"id": "A1"}}]}},
        {"object": "x", "entry": [{"id": "1", "changes": [{"field": "who", "value": {"client-secret": SECRET}}]}]},
        {"object": "x", "entry": [{"id": "1", "changes": [{"field": "account_update", "value": {
         "event": "PARTNER_ADDED", "info": {"access_token": SECRET}}}]}]},
        {"kind": "message.inbound", "id": "1", "message": {"type": "text", "text": "a"}, "password": SECRET},
        {"kind": "account.updated", "id": "1", "details": {"settings": {"accessToken": SECRET}}},
        {"event": "connection.update", "instance": "shop", "server_url": f"https://a:{SECRET}@api.example.com",
         "destination": f"https://hooks.example.com/in?{SECRET}", "data": {"state": "open"}},
        {"headers": {"authorization": SECRET}, "query": {"apikey": SECRET},
         "body": {"event": "call", "data": {"id": "1"}}},
    ],
    ids=lambda body: ",".join(body)[:40],
)  # fmt: skip
def test_no_credential_leaves_the_room_with_an_event(provider: str, body: dict[str, Any]) -> None:
    events = events_of(body, provider)
    assert events
    assert all(SECRET not in everything_of(event) for event in events)


def test_nothing_of_a_body_is_remembered() -> None:
    tracemalloc.start()
    try:
        for number in range(20):
            body = {"apikey": SECRET, f"{number}{'n' * 500_000}": 1, "server_url": f"https://{number}{'a' * 500_000}"}
            assert SECRET not in events_of(body, "simulated")[0].to_json()
        gc.collect()
        assert tracemalloc.get_traced_memory()[0] < 2_000_000
    finally:
        tracemalloc.stop()


# JSON that stands in a string

JSON_WORDS = ("params json", "response json", "button params json", "json", "disconnection object")


@given(field=spelled(JSON_WORDS), name=spelled(WORDS), is_escaped=st.booleans())
def test_a_credential_in_json_that_stands_in_a_string_is_redacted(field: str, name: str, is_escaped: bool) -> None:
    inside = f'{{"kept":"é","list":[{{"{escaped(name) if is_escaped else name}":"{SECRET}"}}]}}'
    told = {"outer": [{field: inside}]}
    assert not is_free_of_secrets(msgspec.json.encode(told))
    found = redacted(told)["outer"][0][field]
    assert json.loads(found) == {"kept": "é", "list": [{name: REDACTED}]}
    assert redacted({field: found}) == {field: found}


def test_it_is_found_in_json_in_a_string_in_json_in_a_string() -> None:
    told: dict[str, Any] = {"apikey": SECRET, "kept": 1}
    for _ in range(3):
        told = {"paramsJson": json.dumps(told)}
    assert SECRET not in json.dumps(redacted(told))


@pytest.mark.parametrize(
    "written",
    [
        "",
        "token",
        "{token",
        '["a", 1 ]',
        '{ "kept": [1.0, "token"] }',
        '{"apikey": null}',
        '{"a": "\\u0061"}',
        "[" * 99,
    ],
)
def test_what_is_no_json_or_holds_no_credential_stays_as_it_is_written(written: str) -> None:
    assert redacted({"paramsJson": written}) == {"paramsJson": written}


@pytest.mark.parametrize("name", ["text", "body", "conversation", "caption", "payload", "jsonp", "id"])
def test_json_that_somebody_wrote_is_their_own(name: str) -> None:
    assert redacted({name: f'{{"token": "{SECRET}"}}'}) == {name: f'{{"token": "{SECRET}"}}'}


def test_json_in_strings_is_never_too_deep_to_be_looked_at() -> None:
    told: dict[str, Any] = {"apikey": SECRET}
    for level in range(60):
        told = {"aJson": json.dumps(told)} if level < 12 else {"a": [told]}
    assert redacted(told)


FLOW = json.dumps({"screen": "a", "accessToken": SECRET})
NATIVE = {"nativeFlowResponseMessage": {"name": "flow", "paramsJson": FLOW}}
OFFER = {"nativeFlowMessage": {"buttons": [{"name": "cta_url", "buttonParamsJson": FLOW}]}}
KEY = {"remoteJid": "1@lid", "id": "A1"}
ANSWER = {"id": "A1", "from": "1", "type": "interactive", "interactive": {"type": "nfm_reply", "nfm_reply": {
    "response_json": FLOW}}}  # fmt: skip
CODES: dict[str, tuple[str, Any]] = {
    "flow reply": ("evolution", {"event": "messages.upsert", "data": {"key": KEY, "message": {
        "interactiveResponseMessage": NATIVE}}}),
    "offer": ("baileys", {"key": KEY, "message": {"interactiveMessage": OFFER}}),
    "flow reply of the Cloud API": ("cloud_api", {"field": "messages", "value": {"messages": [ANSWER]}}),
    "why an instance is gone": ("evolution", {"event": "status.instance", "data": {
        "status": "closed", "disconnectionObject": json.dumps({"error": {"headers": {"authorization": SECRET}}})}}),
    "code": ("evolution", {"event": "qrcode.updated", "data": {"qrcode": {"code": SECRET, "pairingCode": SECRET}}}),
    "bare code": ("evolution", {"event": "qrcode.updated", "data": {"code": SECRET, "base64": SECRET, "count": 1}}),
    "code of Baileys": ("baileys", {"event": "connection.update", "data": {"qr": SECRET}}),
    "code as an image": ("baileys", {"connection": "connecting", "qrDataUrl": SECRET, "pairingCode": SECRET}),
    "code for a phone": ("baileys", {"event": "connection.update", "data": {
        "isNewLogin": True, "pairingCode": SECRET}}),
    "code in whatever": ("evolution", {"event": "who.knows", "data": {"QrCode": SECRET}}),
}  # fmt: skip


@pytest.mark.parametrize("what", CODES)
def test_neither_a_code_to_pair_with_nor_a_credential_in_a_string_leaves_the_room(what: str) -> None:
    provider, body = CODES[what]
    events = events_of(body, provider)
    assert events
    for event in events:
        assert SECRET not in everything_of(event)
        assert REDACTED in event.to_json()
        again = normalize(provider, json.dumps(event.raw).encode(), received_at=NOW)
        assert [each.to_json() for each in again if each.event_type == event.event_type] == [event.to_json()]


def test_why_a_connection_was_closed_is_no_code_to_pair_with() -> None:
    (event,) = events_of({"event": "connection.update", "data": {"state": "close", "code": 401}}, "evolution")
    assert event.raw["data"]["code"] == 401
