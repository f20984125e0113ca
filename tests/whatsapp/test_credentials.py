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
