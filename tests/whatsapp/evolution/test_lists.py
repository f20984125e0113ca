"""Evolution: each item of a list leads to an event, in the list's order, with the envelope around it."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollout_cli.whatsapp import CanonicalEvent, NormalizeError, normalize
from rollout_cli.whatsapp.evolution.events import EVENTS
from tests.support.examples import examples
from tests.whatsapp.web_message.order import ITEMS, is_told_in_order

RECEIVED_AT = datetime(2026, 11, 1, 12, tzinfo=UTC)
KEY = {"remoteJid": "1@lid", "id": "A"}
SHOWN = sorted(EVENTS.keys() - {"creds.update"})
"""The events whose data is shown: not the keys of an account."""


def read(body: Any, event: str | None = None) -> list[CanonicalEvent]:
    return normalize("evolution", json.dumps(body).encode(), event=event, received_at=RECEIVED_AT)


def without_messages(items: list[Any]) -> list[Any]:
    """The same without lists of messages: those have events of their own."""
    return [each for each in items if not (isinstance(each, dict) and "messages" in each)]


@settings(max_examples=examples(120), deadline=None)
@given(name=st.sampled_from(SHOWN), items=ITEMS.map(without_messages))
def test_each_item_leads_to_an_event_in_order(name: str, items: list[Any]) -> None:
    events = read({"event": name, "instance": "loja", "data": items})
    assert is_told_in_order(items, [each.raw["data"] for each in events])
    assert {each.source.instance for each in events} <= {"loja"}


@settings(max_examples=examples(60), deadline=None)
@given(data=st.one_of(st.none(), st.text(), st.integers(0, 9), st.booleans()), name=st.sampled_from(SHOWN))
def test_data_of_another_type_is_told_all_the_same(data: Any, name: str) -> None:
    assert [each.raw["data"] for each in read({"event": name, "data": data})] == [data]


def test_the_parts_of_a_list_have_keys_of_their_own() -> None:
    people = [{"remoteJid": f"{number}@lid", "pushName": "Ana"} for number in range(200)]
    events = read({"event": "contacts.upsert", "instance": "loja", "data": people})
    assert len({each.trace.idempotency_key for each in events}) == 200


def test_a_retry_is_the_same_and_a_state_that_comes_again_is_not() -> None:
    def told(at: str) -> str:
        data = {"instance": "loja", "state": "close", "statusReason": 405}
        (event,) = read({"event": "connection.update", "instance": "loja", "data": data, "date_time": at})
        return event.trace.idempotency_key

    assert told("2026-11-01T08:00:01.120Z") == told("2026-11-01T08:00:01.120Z") != told("2026-11-01T08:00:03.440Z")


@pytest.mark.parametrize("reason", [[401], {"code": 401}, "401", None, 401.0])
def test_a_reason_may_be_anything(reason: Any) -> None:
    (event,) = read({"event": "connection.update", "data": {"state": "close", "statusReason": reason}})
    assert event.event_type == "whatsapp.instance.disconnected"
    assert event.security.risk_flags == ()


def test_the_local_time_of_the_server_is_never_the_time_of_an_event() -> None:
    for name in EVENTS:
        for event in read(
            {"event": name, "date_time": "2019-05-05T05:05:05.000Z", "data": {"id": "1@g.us", "key": KEY}}
        ):
            assert event.occurred_at == RECEIVED_AT


@pytest.mark.parametrize("name", sorted({*EVENTS, "galaxy.update"}))
def test_no_credential_leaves(name: str) -> None:
    inner = {"apikey": "SECRET", "token": "SECRET", "hash": {"apikey": "SECRET"}, "id": "1@g.us", "action": "add"}
    body = {"event": name, "apikey": "SECRET", "server_url": "https://u:SECRET@evolution.example/?token=SECRET"}
    for data in (inner, [inner, {**inner, "key": KEY, "message": {"conversation": "oi"}, "state": "open"}]):
        for event in read({**body, "destination": "https://loja.example/webhook?token=SECRET", "data": data}):
            assert "SECRET" not in event.to_json()


@pytest.mark.parametrize("name", ["listMessage", "templateMessage", "eventMessage", "pinInChatMessage", "novoMessage"])
def test_no_credential_leaves_with_a_content(name: str) -> None:
    message = {name: {"title": "oi", "token": "SECRET", "sections": [{"password": "SECRET"}]}}
    (event,) = read({"event": "messages.upsert", "data": {"key": KEY, "message": message}})
    assert "SECRET" not in event.to_json()


@pytest.mark.parametrize("data", [{"Info": {"Chat": "1@lid", "ID": "A"}, "Message": {"conversation": "oi"}}])
def test_another_server_is_refused_by_name(data: Any) -> None:
    with pytest.raises(NormalizeError, match="evolution-go") as refused:
        read({"event": "Message", "data": data})
    assert refused.value.reason == "foreign_format"


def test_a_status_that_the_server_fills_in_beside_votes_is_no_deletion() -> None:
    votes = [{"name": "sábado", "voters": ["1@lid", "2@lid"]}, {"name": "domingo", "voters": []}]
    data = {"keyId": "A", "remoteJid": "1@g.us", "fromMe": True, "status": "DELETED", "pollUpdates": votes}
    (event,) = read({"event": "messages.update", "data": data})
    assert event.message is not None
    assert event.message.type == "poll_vote"
    assert event.actor.wa_id is None  # two have voted, and who did so last is not told


def test_an_edit_names_nobody_where_nobody_is_told() -> None:
    edit = {"key": {"remoteJid": "1@lid", "fromMe": True, "id": "A"}, "type": 14, "timestampMs": 1793530800250}
    (event,) = read({"event": "messages.edited", "data": {**edit, "editedMessage": {"conversation": "olá"}}})
    assert event.message is not None
    assert (event.message.direction, event.actor.role, event.routing.thread_key) == (None, None, None)


def test_each_person_of_a_presence_is_kept_alone() -> None:
    people = {f"{number}@lid": {"lastKnownPresence": "composing"} for number in range(3)}
    events = read({"event": "presence.update", "data": {"id": "1@g.us", "presences": people}})
    assert [each.raw["data"] for each in events] == [
        {"id": "1@g.us", "presences": {person: told}} for person, told in people.items()
    ]
