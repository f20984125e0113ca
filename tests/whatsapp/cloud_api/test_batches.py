"""How facts are batched says nothing: each is one event with one key, and no two facts share theirs."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.examples import examples
from tests.whatsapp.bodies import (
    ANA,
    ANA_ID,
    BRUNO,
    CONTACTS,
    FACTS,
    GROUP,
    INSTANCE,
    SENT_AT,
    SHOP,
    Fact,
    Json,
    backwards,
    body,
    change,
    contact,
    deliveries,
    element_of,
    keys,
    read,
    status,
    text,
    value,
)
from tests.whatsapp.written import cases

JUNK: st.SearchStrategy[Any] = st.sampled_from([None, 7, 1.5, True, "wamid.A", [], [{}]])
ELEMENTS = st.one_of(FACTS.map(lambda fact: fact.element), JUNK)


@st.composite
def values(draw: st.DrawFn) -> Json:
    lists: Json = {name: draw(st.lists(ELEMENTS, max_size=4)) for name in ("messages", "statuses")}
    return value(contacts=draw(CONTACTS), **lists)


ENTRIES = st.lists(st.lists(values().map(change), max_size=3), max_size=3)


@given(ENTRIES)
@settings(max_examples=examples(150), deadline=None)
def test_every_message_and_status_of_a_body_is_one_event_in_its_place(entries: list[list[Json]]) -> None:
    told = {"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": each} for each in entries]}
    values = [each["value"] for changes in entries for each in changes]
    elements = [each for one in values for name in ("messages", "statuses") for each in one[name]]
    assert [element_of(event) for event in read(told)] == elements


@given(st.lists(FACTS, min_size=1, max_size=6), st.data())
@settings(max_examples=examples(150), deadline=None)
def test_the_same_facts_in_other_batches_have_the_same_keys(facts: list[Fact], data: st.DataObject) -> None:
    first = data.draw(deliveries(facts))
    again = data.draw(deliveries(facts + facts[:2]))
    assert {key for told in first for key in keys(told)} == {key for told in again for key in keys(told)}


@given(st.lists(FACTS, min_size=2, max_size=8), st.sampled_from(["", "t1", "t:1"]))
@settings(max_examples=examples(200), deadline=None)
def test_two_facts_have_one_key_exactly_when_they_are_one(facts: list[Fact], tenant: str) -> None:
    found: dict[str, tuple[object, ...]] = {}
    for fact in facts:
        lists = {fact.at: [fact.element]}
        (key,) = keys(body(change(value(phone_number_id=fact.phone_number_id, **lists), fact.field)), tenant=tenant)
        assert found.setdefault(key, fact.identity) == fact.identity, "two facts, one key"
    assert len(set(found.values())) == len(found), "one fact, two keys"


A_STATUS = status("wamid.A", "failed", errors=[{"code": 131026}])
OF_A_GROUP = {"recipient_type": "group", "recipient_participant_id": ANA}


@pytest.mark.parametrize(
    "other",
    [
        {**A_STATUS, "id": "wamid.B"},
        {**A_STATUS, "status": "sent"},
        {**A_STATUS, "errors": [{"code": 131047}]},
        {**A_STATUS, "errors": []},
        {**A_STATUS, **OF_A_GROUP, "recipient_id": GROUP},
    ],
    ids=["another message", "another state", "another reason", "no reason", "of a member of a group"],
)
def test_another_status_has_another_key(other: Json) -> None:
    first, second = keys(body(change(value(statuses=[A_STATUS, other]))))
    assert first != second


def test_each_member_of_a_group_has_a_status_of_their_own_even_where_the_group_is_not_called_one() -> None:
    told = [status("wamid.A", recipient=GROUP, recipient_participant_id=each) for each in (ANA, BRUNO)]
    assert len(set(keys(body(change(value(statuses=told)))))) == 2


def test_another_tenant_or_another_phone_of_the_business_has_other_keys() -> None:
    here, there = (
        body(change(value(messages=[text("a")]))),
        body(change(value(phone_number_id="7", messages=[text("a")]))),
    )
    assert len({*keys(here), *keys(there), *keys(here, tenant="t1"), *keys(here, tenant="t2")}) == 4


@pytest.mark.parametrize(
    ("one", "other"),
    [(("a:b", "c"), ("a", "b:c")), (("a%3Ab", "c"), ("a:b", "c")), (("a", ":c"), ("a:", "c"))],
)
def test_no_id_can_pass_for_a_part_of_another_key(one: tuple[str, str], other: tuple[str, str]) -> None:
    found = [keys(body(change(value(phone_number_id=where, messages=[text(what)])))) for where, what in (one, other)]
    assert found[0] != found[1]


def test_a_body_that_a_proxy_wrote_anew_has_the_keys_that_it_had() -> None:
    changed = []
    for case in cases("cloud_api"):
        anew = (json.dumps(case.body, indent=2), json.dumps(backwards(case.body)))
        if any(sorted(keys(again.encode())) != sorted(keys(case.data)) for again in anew):
            changed.append(case.name)
    assert changed == []


def test_a_message_has_one_key_when_two_accounts_deliver_it() -> None:
    told = change(value(messages=[text("a")]))
    assert keys(body(told, account="1")) == keys(body(told, account="2")) == keys(body(told, time=5))


def test_a_message_has_one_key_live_and_in_the_history() -> None:
    past = {"threads": [{"id": ANA, "messages": [text("a"), text("b", sender=SHOP)]}]}
    assert keys(body(change(value(history=[past]), "history"))) == [
        *keys(body(change(value(messages=[text("a")])))),
        *keys(body(change(value(message_echoes=[text("b", sender=SHOP, to=ANA)]), "smb_message_echoes"))),
    ]


def test_what_a_customer_wants_has_one_key_whatever_contacts_stand_beside_it() -> None:
    wish = {"user_id": ANA_ID, "value": "stop", "timestamp": 1772366400}
    found = [
        keys(body(change(value(contacts=contacts, user_preferences=[wish]), "user_preferences")))
        for contacts in ([], [contact("Ana", None, ANA_ID)], [contact("Ana", ANA, ANA_ID)])
    ]
    assert found == [found[0]] * 3


# what has no id of its own


def account_update(time: int | None = 1772366400, **told: str) -> list[str]:
    more: Json = {} if time is None else {"time": time}
    return keys(body(change({"event": "DISABLED_UPDATE", **told}, "account_update"), **more))


def test_an_account_event_is_told_apart_by_its_time_and_by_what_it_says() -> None:
    assert account_update() == account_update()
    others = [
        account_update(1772366401),
        account_update(None),
        account_update(event="VERIFIED_ACCOUNT"),
        account_update(x="1"),
    ]
    assert account_update() not in others


@pytest.mark.parametrize("field", ["account_update", "account_alerts", "security", "flows"])
def test_the_same_value_of_another_field_or_account_is_another_event(field: str) -> None:
    told = change({"event": "X"}, field)
    assert keys(body(told, time=1)) != keys(body(change({"event": "X"}, "business_status_update"), time=1))
    assert keys(body(told, time=1, account="1")) != keys(body(told, time=1, account="2"))


def test_the_same_error_at_another_time_is_another_event() -> None:
    error = change(value(errors=[{"code": 130429, "title": "Rate limit hit"}]))
    assert keys(body(error, time=1772366400)) == keys(body(error, time=1772366400))
    assert keys(body(error, time=1772366400)) != keys(body(error, time=1772370000))


def of_group(kind: str, **more: object) -> list[str]:
    element = {"group_id": GROUP, "type": kind, "timestamp": SENT_AT, **more}
    return keys(body(change(value(groups=[element]), "group_participants_update")))


@pytest.mark.parametrize("kind", ["group_join_request_created", "group_join_request_revoked"])
def test_two_people_who_ask_to_join_in_one_second_are_two_events(kind: str) -> None:
    hers = of_group(kind, join_request_id="j1", wa_id=ANA)
    assert hers == of_group(kind, join_request_id="j1", wa_id=ANA)
    assert hers != of_group(kind, join_request_id="j2", wa_id=BRUNO)
    assert of_group(kind, user_id=ANA_ID) != of_group(kind, user_id="BR.1")


def test_members_who_join_have_one_key_in_whatever_order_they_are_named() -> None:
    both = [{"wa_id": ANA}, {"wa_id": BRUNO}]
    first = of_group("group_participants_add", added_participants=both)
    assert first == of_group("group_participants_add", added_participants=both[::-1])
    assert first != of_group("group_participants_add", added_participants=both[:1])
    assert first != of_group("group_participants_add", added_participants=both, timestamp="1772366401")
    assert first != of_group("group_participants_remove", removed_participants=both)


def test_a_request_for_a_group_has_one_key_by_its_id() -> None:
    first = of_group("group_settings_update", request_id="r1")
    assert first == of_group("group_settings_update", request_id="r1", timestamp="1772366401")
    assert first != of_group("group_settings_update", request_id="r2")


def test_each_step_of_a_call_is_an_event_of_its_own() -> None:
    steps = ["connect", "terminate"]
    calls = [{"id": "c", "from": ANA, "event": each, "timestamp": SENT_AT} for each in steps]
    rings = [{"id": "c", "type": "call", "status": each, "recipient_id": ANA} for each in ("RINGING", "ACCEPTED")]
    told = body(change(value(calls=calls, statuses=rings), "calls"))
    assert len(set(keys(told))) == 4
    assert keys(told) == keys(json.dumps(told, indent=1).encode())
    assert all(INSTANCE in key for key in keys(told))
