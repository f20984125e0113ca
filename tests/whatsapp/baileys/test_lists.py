"""Baileys: each item of a list leads to an event, in the list's order."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollout_cli.whatsapp import CanonicalEvent, normalize
from rollout_cli.whatsapp.baileys.events import EVENTS
from tests.support.examples import examples
from tests.whatsapp.web_message.order import ITEMS, is_told_in_order

RECEIVED_AT = datetime(2026, 11, 1, 12, tzinfo=UTC)
HIDDEN = {"creds.update", "messaging.history.set"}
"""What is never shown, and what is no list."""
MESSAGE = {"key": {"remoteJid": "1@lid", "id": "A"}, "message": {"conversation": "oi"}, "messageTimestamp": 1793530800}


def read(body: Any, event: str | None = None) -> list[CanonicalEvent]:
    return normalize("baileys", json.dumps(body).encode(), event=event, received_at=RECEIVED_AT)


def item_of(event: CanonicalEvent) -> Any:
    """The item that an event was read from, without the envelope that it is kept in."""
    raw = event.raw
    return raw["data"] if isinstance(raw, dict) and {"event", "data"} <= raw.keys() else raw


def flat(items: list[Any]) -> list[Any]:
    """The same with the objects of an inner list in its place: some gateways send a list of lists."""
    return [
        each
        for part in items
        for each in (part if isinstance(part, list) and part and all(isinstance(one, dict) for one in part) else [part])
    ]


def without_messages(items: list[Any]) -> list[Any]:
    """The same without chats that messages ride in: those have events of their own."""
    return [each for each in items if not any(isinstance(one, dict) and "messages" in one for one in flat([each]))]


@settings(max_examples=examples(120), deadline=None)
@given(name=st.sampled_from(sorted(EVENTS.keys() - HIDDEN)), items=ITEMS.map(without_messages))
def test_each_item_leads_to_an_event_in_order(name: str, items: list[Any]) -> None:
    for body, event in (({"event": name, "data": items}, None), (items, name)):
        assert is_told_in_order(flat(items), [item_of(each) for each in read(body, event)])


@settings(max_examples=examples(60), deadline=None)
@given(items=ITEMS)
def test_each_message_of_an_upsert_leads_to_an_event_in_order(items: list[Any]) -> None:
    assert is_told_in_order(items, [item_of(each) for each in read({"messages": items, "type": "notify"})])


@settings(max_examples=examples(60), deadline=None)
@given(contacts=ITEMS, chats=ITEMS, messages=ITEMS)
def test_each_item_of_history_leads_to_an_event_people_first(
    contacts: list[Any], chats: list[Any], messages: list[Any]
) -> None:
    body = {"messages": messages, "chats": chats, "contacts": contacts, "progress": 10}
    assert is_told_in_order(
        [*contacts, *chats, *messages], [item_of(each) for each in read(body, "messaging-history.set")]
    )


def test_the_messages_of_a_chat_come_before_it() -> None:
    told = [{"id": "1@lid", "messages": [{"message": MESSAGE}, MESSAGE], "unreadCount": 2}]
    assert [each.event_type for each in read(told, "chats.update")] == [
        "whatsapp.message.inbound", "whatsapp.message.inbound", "whatsapp.chat.updated",
    ]  # fmt: skip


def test_what_a_chat_says_is_told_without_the_messages_in_it() -> None:
    told = [{"id": "1@lid", "messages": [{"message": MESSAGE}], "unreadCount": 2}]
    assert read(told, "chats.update")[-1].details == {"chat": {"id": "1@lid", "unreadCount": 2}}


@pytest.mark.parametrize("body", [{"messages": [], "type": "notify"}, {"event": "call", "data": []}])
def test_an_empty_list_says_nothing(body: Any) -> None:
    assert read(body) == []


def test_the_event_beside_the_body_is_asked_only_where_the_body_names_none() -> None:
    status = [{"key": {"remoteJid": "1@lid", "id": "A", "fromMe": True}, "update": {"status": 4}}]
    (event,) = read({"event": "messages.update", "data": status}, "contacts.update")
    assert event.event_type == "whatsapp.message.status.read"


def test_the_event_is_found_by_the_first_item_that_has_a_shape() -> None:
    events = read([None, {"nobody": "knows"}, MESSAGE, "x"])
    assert [each.event_type for each in events] == [
        "whatsapp.unknown", "whatsapp.unknown", "whatsapp.message.inbound", "whatsapp.unknown",
    ]  # fmt: skip


@pytest.mark.parametrize("told_at", [1793530800, "1793530800", 1793530800123, "2026-11-01T11:00:00Z"])
def test_a_group_told_twice_within_a_minute_is_told_once(told_at: Any) -> None:
    group = {"id": "1@g.us", "author": "2@lid", "participants": ["3@lid"], "action": "add"}
    body = {"event": "group-participants.update", "instance": "loja", "data": group, "ts": told_at}
    (event,) = read(body)
    assert event.trace.idempotency_key.endswith(":3@lid:2026-11-01T11%3A00")


@pytest.mark.parametrize("name", ["creds.update", "CREDS_UPDATE"])
def test_nothing_of_the_keys_is_given_away(name: str) -> None:
    keys = {"noiseKey": {"private": "EXAMPLE-PRIVATE"}, "me": {"id": "EXAMPLE-ME"}, "signedPreKey": ["EXAMPLE-KEY"]}
    for body, event in (({"event": name, "data": keys}, None), ({"event": name, "data": [keys]}, None), (keys, name)):
        (told,) = read(body, event)
        assert "EXAMPLE" not in told.to_json()


def test_votes_without_an_id_are_two() -> None:
    votes = [{"vote": {"selectedOptions": [option]}} for option in "ab"]
    told = [{"key": {"remoteJid": "1@lid", "fromMe": True, "id": "P"}, "update": {"pollUpdates": votes}}]
    assert len({each.trace.idempotency_key for each in read(told, "messages.update")}) == 2
