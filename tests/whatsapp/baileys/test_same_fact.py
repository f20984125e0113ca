"""Baileys: the same fact gives the same key in whatever shape it is told; different facts never do."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.support.examples import examples
from tests.whatsapp.web_message.telling import (
    GROUP_KEYS,
    LID,
    MEMBER_LID,
    PRIVATE_KEYS,
    RECEIVED_AT,
    Fact,
    Telling,
    events_of,
    facts,
    key_of,
    long_of,
    tellings,
)

Shape = tuple[Any, str | None]
STATES = {"DELIVERY_ACK": 3, "READ": 4, "PLAYED": 5}


def of_message(message: dict[str, Any]) -> list[Shape]:
    """Every envelope of a message."""
    upsert = {"messages": [message], "type": "notify"}
    return [
        (upsert, None),
        ({"type": "append", "requestId": "3EB0R", "messages": [message]}, None),
        (message, None),
        ([message], "messages.upsert"),
        ({"event": "messages.upsert", "data": upsert, "webhookVerifyToken": "t"}, None),
        ({"eventType": "MESSAGES_UPSERT", "payload": upsert, "ts": 1793530801}, None),
        ({"messageType": "conversation", **message}, None),
        ({"event_type": "message", "payload": {"id": "x", "text": "oi", "raw": message}, "ts": 1}, None),
        ({"cmd": "receive", "data": {"messages": [message]}}, None),
        ({"cmd": "receive", "data": {"event": "chats.update", "data": [in_chat(message)]}}, None),
        ([in_chat(message)], "chats.update"),
        ({"chats": [], "contacts": [], "messages": [message], "isLatest": True}, None),
        ([{"headers": {}, "query": {}, "body": {"event": "messages-upsert", "data": upsert}}], None),
    ]


def in_chat(message: dict[str, Any]) -> dict[str, Any]:
    """The chat that a new message rides in."""
    return {"id": LID, "messages": [{"message": message}], "conversationTimestamp": 1793530800, "unreadCount": 1}


def told_again(fact: Fact, telling: Telling) -> list[Shape]:
    """The second form of what is told twice: beside the message, an event of its own."""
    about = {"key": {**telling.key, "fromMe": fact.is_own, "id": fact.id}}
    own = {**telling.key, "fromMe": fact.is_own, "id": fact.own_id}
    at = telling.time(fact.second * 1000 + 250)
    edited = {"editedMessage": {"message": {"conversation": "olá"}}}
    edit = {"message": edited, "messageTimestamp": telling.time(fact.second)}
    vote = {"pollUpdateMessageKey": own, "vote": {"selectedOptions": ["a"]}, "senderTimestampMs": at}
    second: dict[str, Shape] = {
        "reaction": ({"reaction": {"key": own, "text": "👍", "senderTimestampMs": at}}, "messages.reaction"),
        "edit": ({"update": edit}, "messages.update"),
        "revoke": ({"update": {"message": None, "messageStubType": 1, "key": own}}, "messages.update"),
        "vote": ({"update": {"pollUpdates": [vote]}}, "messages.update"),
    }
    if fact.kind not in second:
        return []
    told, event = second[fact.kind]
    return [([{**about, **told}], event)]


def of_status(fact: Fact) -> list[Shape]:
    """A status in every shape: a private one for the chat, one in a group for a member."""
    if fact.member is None:
        keys = [{**key, "fromMe": True, "id": fact.id} for key in PRIVATE_KEYS]
        updates = [{"status": STATES[fact.state]}, {"status": fact.state, "messageTimestamp": str(fact.second)}]
        return [([{"key": key, "update": update}], "messages.update") for key in keys for update in updates]
    name = {"DELIVERY_ACK": "receiptTimestamp", "READ": "readTimestamp", "PLAYED": "playedTimestamp"}[fact.state]
    key = {"remoteJid": GROUP_KEYS[0]["remoteJid"], "fromMe": True, "id": fact.id}
    members = (fact.member, fact.member.replace("@", ":5@"))
    times = (fact.second, str(fact.second), long_of(fact.second))
    return [([{"key": key, "receipt": {"userJid": member, name: time}}], None) for member in members for time in times]


def shapes(fact: Fact, telling: Telling) -> list[Shape]:
    """Every shape of a fact, told in one way."""
    if fact.kind == "status":
        return of_status(fact)
    return [*of_message(telling.web_message(fact)), *told_again(fact, telling)]


def keys_of(fact: Fact, telling: Telling) -> set[str]:
    return {key_of("baileys", body, fact, event) for body, event in shapes(fact, telling)}


ANY = ("message", "stub", "reaction", "edit", "revoke", "vote", "status")


@settings(max_examples=examples(60), deadline=None)
@given(fact=facts(*ANY), one=tellings(), other=tellings())
def test_a_fact_has_one_key_however_it_is_told(fact: Fact, one: Telling, other: Telling) -> None:
    assert len(keys_of(fact, one) | keys_of(fact, other)) == 1


@settings(max_examples=examples(20), deadline=None)
@given(fact=facts(*ANY[:-1]), one=tellings(GROUP_KEYS), other=tellings(GROUP_KEYS))
def test_a_fact_of_a_group_has_one_key_however_it_is_told(fact: Fact, one: Telling, other: Telling) -> None:
    assert len(keys_of(fact, one) | keys_of(fact, other)) == 1


@settings(max_examples=examples(200), deadline=None)
@given(
    one=facts(*ANY), other=facts(*ANY), telling=tellings(),
    members=st.tuples(*[st.sampled_from((None, MEMBER_LID, LID))] * 2),
)  # fmt: skip
def test_different_facts_never_have_one_key(
    one: Fact, other: Fact, telling: Telling, members: tuple[str | None, str | None]
) -> None:
    first, second = (_with(fact, member) for fact, member in zip((one, other), members, strict=True))
    assume(first.identity != second.identity)
    body, event = shapes(first, telling)[0]
    other_body, other_event = shapes(second, telling)[-1]
    assert key_of("baileys", body, first, event) != key_of("baileys", other_body, second, other_event)


def _with(fact: Fact, member: str | None) -> Fact:
    return replace(fact, member=member) if fact.kind == "status" else fact


@pytest.mark.parametrize("state", STATES)
def test_each_member_of_a_group_has_a_status_of_their_own(state: str) -> None:
    told = [Fact("status", "A", state=state, member=member) for member in (LID, MEMBER_LID)]
    keys = {key_of("baileys", body, fact, event) for fact in told for body, event in of_status(fact)}
    assert len(keys) == 2


def test_what_has_no_id_is_told_apart_by_what_it_says() -> None:
    fact = Fact("message", "")
    bodies = [
        Telling({"remoteJid": LID}).web_message(Fact("message", "")) | {"pushName": name} for name in ("Ana", "Eva")
    ]
    events = [event for body in bodies for event in events_of("baileys", body, fact)]
    assert len({event.trace.idempotency_key for event in events}) == 2
    assert all("no_id" in event.security.risk_flags for event in events)


@pytest.mark.parametrize("untold", [None, 0, "0", {"low": 0, "high": 0, "unsigned": False}])
def test_an_edit_that_tells_no_time_of_its_own_has_that_of_its_message(untold: Any) -> None:
    fact = Fact("edit", "A")
    telling = Telling(PRIVATE_KEYS[0])
    message = telling.web_message(fact)
    message["message"]["protocolMessage"]["timestampMs"] = untold
    again, event = told_again(fact, telling)[0]
    assert key_of("baileys", message, fact) == key_of("baileys", again, fact, event)


def test_the_event_id_follows_from_the_key_and_not_from_when_it_came() -> None:
    fact = Fact("message", "A")
    message = Telling(PRIVATE_KEYS[0]).web_message(fact)
    (one,) = events_of("baileys", message, fact)
    assert one.occurred_at < RECEIVED_AT
    assert {
        each.event_id
        for body, event in of_message(message)
        for each in events_of("baileys", body, fact, event)
        if each.message
    } == {one.event_id}
