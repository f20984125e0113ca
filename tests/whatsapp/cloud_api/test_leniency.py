"""A body with one broken part: that part is told as it is, and all others are read as if nothing had happened."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollout_cli.whatsapp import CanonicalEvent
from tests.support.examples import examples
from tests.whatsapp.bodies import (
    ANA,
    ANA_ID,
    BRUNO,
    BRUNO_ID,
    FACTS,
    Fact,
    Json,
    body,
    change,
    contact,
    deliveries,
    element_in,
    element_of,
    forms,
    objects_of,
    read,
    status,
    text,
    value,
)
from tests.whatsapp.written import cases

BODIES = [case.body for case in cases("cloud_api")]
WRONG: st.SearchStrategy[Any] = st.sampled_from(
    [None, True, 7, -1.5, "x", "", [], [[]], {}, {"x": 1}, [7, {}], 1 << 70]
)


def unknowns(told: Any) -> list[Any]:
    return [element_of(event) for event in read(told) if event.event_type == "whatsapp.unknown"]


def values_of(told: Json) -> Iterator[Json]:
    return (each["value"] for entry in told["entry"] for each in entry["changes"])


def lists_of(told: Json) -> Iterator[list[Any]]:
    """The lists of a body whose elements are read one by one."""
    yield told["entry"]
    yield from (entry["changes"] for entry in told["entry"])
    yield from (each[name] for each in values_of(told) for name in ("messages", "statuses") if name in each)


# one part too many


@given(st.lists(FACTS, min_size=1, max_size=5), st.sampled_from([7, "x", True]), st.data())
@settings(max_examples=examples(150), deadline=None)
def test_a_body_with_a_broken_part_is_read_like_one_without(facts: list[Fact], junk: Any, data: st.DataObject) -> None:
    good: Json = json.loads(data.draw(deliveries(facts))[0])
    for each in values_of(good):
        each["contacts"] = [contact("Ana", ANA, ANA_ID), contact("Bruno", BRUNO, BRUNO_ID)]
    expected = forms(good)
    place = data.draw(st.sampled_from(list(lists_of(good))))
    place.insert(data.draw(st.integers(0, len(place))), junk)
    found = forms(good)
    assert [form for form in found if form in expected] == expected
    assert [element_in(form["raw"]) for form in found if form not in expected] == [junk]


@pytest.mark.parametrize(
    "around",
    [
        {"id": 810200300400500},
        {"time": "yesterday"},
        {"time": None},
        {"time": 1 << 70},
        {"more": [1, {}]},
    ],
    ids=lambda around: next(iter(around)),
)
def test_what_stands_around_changes_in_another_form_takes_nothing_from_them(around: Json) -> None:
    told = body(change(value(messages=[text("a")], statuses=[status("b")])))
    expected = [{**form, "raw": None} for form in forms(told)]
    told["entry"][0] |= around
    found = [{**form, "raw": None} for form in forms(told) if form["event_type"] != "whatsapp.unknown"]
    assert found == expected


@pytest.mark.parametrize("contacts", [None, 7, "x", {}, [None], [[]], [{"profile": 7, "wa_id": []}]])
def test_broken_contacts_cost_the_name_and_nothing_else(contacts: Any) -> None:
    told = body(change(value(contacts=contacts, messages=[text("a")], statuses=[status("b")])))
    assert [(event.actor.phone, event.actor.display_name) for event in read(told)] == [(ANA, None)] * 2


def test_a_single_object_in_the_place_of_a_list_is_read() -> None:
    told = body(change(value(contacts=contact("Ana", ANA), messages=text("a"), statuses=status("b"))))
    listed = body(change(value(contacts=[contact("Ana", ANA)], messages=[text("a")], statuses=[status("b")])))
    assert forms(told) == forms(listed)


def test_the_order_of_the_lists_of_a_value_is_no_order_of_events() -> None:
    lists: Json = {"statuses": [status("b")], "messages": [text("a")]}
    for junk in ([], [7]):
        one, other = value(**lists), value(**dict(reversed(lists.items())))
        one["errors"] = other["errors"] = junk
        assert forms(body(change(one))) == forms(body(change(other)))


def test_the_json_form_is_one_line_and_its_own_copy_however_the_body_was_laid_out() -> None:
    laid_out = [json.dumps(told, indent=2).encode() + b"\n" for told in BODIES]
    forms = [event.to_json() for data in laid_out for event in read(data)]
    assert [form for form in forms if "\n" in form] == []
    assert [form for form in forms if CanonicalEvent.from_json(form).to_json() != form] == []


# nothing is lost


@pytest.mark.parametrize("name", ["messages", "statuses"])
def test_a_list_that_is_none_is_told_as_it_is(name: str) -> None:
    other = {"messages": "statuses", "statuses": "messages"}[name]
    lists: Json = {other: [text("a")] if other == "messages" else [status("a")], name: "broken"}
    told = body(change(value(**lists)))
    assert len(read(told)) == 2
    assert "broken" in json.dumps(unknowns(told))


@pytest.mark.parametrize("more", [{}, {"statuses": [status("b")]}, {"errors": [{"code": 1}]}])
def test_a_list_of_tomorrow_beside_messages_is_told_as_it_is(more: Json) -> None:
    told = body(change(value(messages=[text("a")], wishes=[{"id": "w1"}], **more)))
    assert "w1" in json.dumps(unknowns(told))
    assert len(read(told)) == 2 + len(more)


def test_an_entry_that_holds_something_else_than_changes_is_told_as_it_is() -> None:
    told = {"object": "page", "entry": [{"id": "1", "time": 2, "messaging": [{"sender": {"id": "3"}}]}]}
    assert unknowns(told) == told["entry"]


@pytest.mark.parametrize("told", [{}, {"entry": None}, {"entry": 7}, {"field": "messages"}, {"field": 7, "value": {}}])
def test_an_object_that_is_no_delivery_is_told_as_it_is(told: Json) -> None:
    assert unknowns(told) == [told]


# any value of any type anywhere


def spoiled(data: st.DataObject) -> Json:
    """One of our bodies with one value of another type."""
    told: Json = json.loads(json.dumps(data.draw(st.sampled_from(BODIES))))
    place = data.draw(st.sampled_from([each for each in objects_of(told) if each]))
    place[data.draw(st.sampled_from(sorted(place)))] = data.draw(WRONG)
    return told


@given(st.data())
@settings(max_examples=examples(400), deadline=None)
def test_no_value_of_another_type_makes_a_reader_stumble(data: st.DataObject) -> None:
    for event in read(spoiled(data)):
        assert "unreadable" not in event.security.risk_flags
        assert CanonicalEvent.from_json(event.to_json()).to_json() == event.to_json()


@pytest.mark.parametrize("kind", ["system", "reaction", "interactive", "edit", "contacts", "order", "text", "context"])
@pytest.mark.parametrize("wrong", [None, 7, "x", [], {}, {"type": []}, {"type": {}}, {"message_id": {}}])
def test_a_message_whose_content_is_broken_keeps_its_place_and_its_sender(kind: str, wrong: Any) -> None:
    message = {"from": ANA, "id": "wamid.A", "timestamp": "1772366400", "type": kind, kind: wrong}
    (event,) = read(body(change(value(messages=[message]))))
    assert (event.actor.phone, event.message and event.message.message_id) == (ANA, "wamid.A")
    assert element_of(event) == message
