"""Evolution: the same fact gives the same key in whatever shape it is told; different facts never do."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.support.examples import examples
from tests.whatsapp.web_message.telling import (
    GROUP,
    GROUP_KEYS,
    INSIDE,
    LID,
    MEMBER_LID,
    OWN,
    PHONE,
    PRIVATE_KEYS,
    Fact,
    Telling,
    facts,
    key_of,
    tellings,
)

Shape = tuple[Any, str | None]
UUID = "0b9f6a52-7c1e-4d55-9f0a-3d1c5e7a9b01"
LOCAL = "2026-11-01T08:00:01.120Z"


def envelope(event: str | None, data: Any, fact: Fact, **more: Any) -> dict[str, Any]:
    """A body as the server posts it."""
    named = {} if event is None else {"event": event}
    around = {"date_time": LOCAL, "sender": OWN, "server_url": "https://evolution.example", "apikey": "EXAMPLE"}
    return {**named, "instance": fact.instance, "data": data, **around, **more}


def of_message(message: dict[str, Any], fact: Fact) -> list[Shape]:
    """Every event and envelope of a message."""
    data = {**message, "status": "DELIVERY_ACK", "messageType": "unknown", "source": "web", "contextInfo": None}
    usual = envelope("messages.upsert", data, fact)
    return [
        (usual, None),
        (envelope("send.message", {**data, "status": "PENDING"}, fact), None),
        (envelope("MESSAGES_UPSERT", data, fact, date_time="2026-11-01T08:00:31.120Z"), None),
        (envelope(None, data, fact), "messages-upsert"),
        (envelope("messages.set", [data], fact), None),
        (envelope("messages.upsert", {"messages": [message]}, fact), None),
        (envelope("messages.upsert", {**data, "owner": fact.instance}, fact), None),
        ([{"headers": {}, "params": {}, "query": {}, "body": usual}], None),
        ({"headers": {}, "params": {}, "query": {}, "body": usual, "executionMode": "test"}, None),
    ]


def bare(fact: Fact, telling: Telling) -> list[Shape]:
    """An edit or a revoke as a bare protocol message, and what the server says of a revoke beside."""
    key = {"remoteJid": OWN, "fromMe": True, "id": fact.id}
    at = telling.time(fact.second * 1000 + 250)
    edit = {"key": key, "editedMessage": {"conversation": "olá"}, "timestampMs": at}
    if fact.kind == "edit":
        return [
            (envelope("messages.edited", {**edit, "type": 14}, fact), None),
            (envelope("messages.edited", {**edit, "type": 14, "instanceId": UUID}, fact), None),
            (envelope("MESSAGES_EDITED", {**edit, "type": "MESSAGE_EDIT"}, fact), None),
            (envelope("send.message.update", {**edit, "type": "MESSAGE_EDIT"}, fact), None),
        ]
    about = {**telling.key, "fromMe": fact.is_own, "id": fact.id}
    record = {"id": "cm0dbid", "key": about, "status": "DELETED", "instanceId": UUID}
    return [
        (envelope("messages.edited", {"key": key, "type": "REVOKE"}, fact), None),
        (envelope("messages.edited", {"key": key, "type": 0}, fact), None),
        (envelope("messages.delete", about, fact), None),
        (envelope("messages.delete", record, fact), None),
    ]


def of_status(fact: Fact) -> list[Shape]:
    """A status in both versions, and in the shapes that only people write."""
    keys = (
        PRIVATE_KEYS
        if fact.member is None
        else tuple({"remoteJid": GROUP, "participant": each} for each in (fact.member, fact.member.replace("@", ":5@")))
    )
    number = {"DELIVERY_ACK": 3, "READ": 4, "PLAYED": 5}[fact.state]
    told: list[dict[str, Any]] = []
    for key in keys:
        plain = {**key, "fromMe": True}
        told += [
            {**plain, "messageId": "cm0dbid", "keyId": fact.id, "status": fact.state},
            {**plain, "id": fact.id, "status": fact.state, "datetime": fact.second * 1000, "owner": fact.instance},
            {"key": {**plain, "id": fact.id}, "status": fact.state.lower()},
            {"key": {**plain, "id": fact.id}, "update": {"status": number}},
            {**plain, "keyId": fact.id, "update": {"status": number}},
        ]
    return [
        (envelope(name, data, fact), None)
        for each in told
        for name, data in (("messages.update", each), ("MESSAGES_UPDATE", [each]))
    ]


def shapes(fact: Fact, telling: Telling) -> list[Shape]:
    """Every shape of a fact, told in one way."""
    if fact.kind == "status":
        return of_status(fact)
    told = of_message(telling.web_message(fact), fact)
    return [*told, *bare(fact, telling)] if fact.kind in ("edit", "revoke") else told


def keys_of(fact: Fact, telling: Telling) -> set[str]:
    return {key_of("evolution", body, fact, event) for body, event in shapes(fact, telling)}


ANY = ("message", "reaction", "edit", "revoke", "vote", "status")


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
    first, second = (
        replace(fact, member=member) if fact.kind == "status" else fact
        for fact, member in zip((one, other), members, strict=True)
    )
    assume(first.identity != second.identity)
    body, event = shapes(first, telling)[0]
    other_body, other_event = shapes(second, telling)[-1]
    assert key_of("evolution", body, first, event) != key_of("evolution", other_body, second, other_event)


@pytest.mark.parametrize("kind", ["message", "reaction", "vote"])
def test_the_uuid_stands_for_the_instance_whatever_its_name(kind: str) -> None:
    fact = Fact(kind, "A")
    message = {**Telling({"remoteJid": PHONE}).web_message(fact), "instanceId": UUID}
    keys = {
        key_of("evolution", body, fact, event)
        for name in ("loja", "loja nova", "+5511955550100")
        for body, event in of_message(message, replace(fact, instance=name))[:5]
    }
    assert len(keys) == 1
    assert UUID in keys.pop()


def test_edits_a_millisecond_apart_are_two() -> None:
    fact = Fact("edit", "A")
    told = [
        {"key": {"id": "A"}, "type": 14, "editedMessage": {"conversation": "olá"}, "timestampMs": 1793530800250 + each}
        for each in (0, 1)
    ]
    assert len({key_of("evolution", envelope("messages.edited", data, fact), fact) for data in told}) == 2


def test_an_edit_without_a_time_is_told_apart_by_what_it_reads_now() -> None:
    fact = Fact("edit", "A")
    edited = {"extendedTextMessage": {"text": "olá", "previewType": "NONE"}}
    again = {"extendedTextMessage": {"previewType": "NONE", "text": "olá"}}
    other = {"extendedTextMessage": {"text": "opa", "previewType": "NONE"}}
    keys = [
        key_of(
            "evolution",
            envelope("messages.edited", {"key": {"id": "A"}, "type": 14, "editedMessage": each}, fact),
            fact,
        )
        for each in (edited, again, other)
    ]
    assert keys[0] == keys[1] != keys[2]


def test_the_ids_of_the_database_are_in_no_key() -> None:
    for body, event in [*of_status(Fact("status", "A")), *bare(Fact("revoke", "A"), Telling({"remoteJid": PHONE}))]:
        assert "cm0dbid" not in key_of("evolution", body, Fact("status", "A"), event)


def test_the_inner_key_is_never_the_key_of_a_reaction_or_vote() -> None:
    for kind in INSIDE.keys() - {"edit", "revoke"}:
        fact = Fact(kind, "TARGET", own_id="OWN")
        keys = keys_of(fact, Telling({"remoteJid": PHONE}))
        assert all("TARGET" not in key and key.endswith(":OWN") for key in keys)
