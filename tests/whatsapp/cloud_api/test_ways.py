"""A body is decoded in one of several ways, by what it holds and how long it is: the events are the same in each."""

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from rollout_cli.whatsapp import CanonicalEvent
from rollout_cli.whatsapp.cloud_api.envelope import _read_any, read
from rollout_cli.whatsapp.cloud_api.plain import read_plain
from rollout_cli.whatsapp.decoding import SMALL, checked
from rollout_cli.whatsapp.delivery import Delivery
from tests.support.examples import examples
from tests.support.for_each import for_each
from tests.whatsapp.bodies import ANA, BRUNO, FACTS, Fact, body, change, contact, deliveries, text, value
from tests.whatsapp.test_cases import RECEIVED_AT
from tests.whatsapp.written import Case, cases

DELIVERY = Delivery("cloud_api", RECEIVED_AT)
ODD = st.sampled_from([None, "", 7, "x", [], {}, {"x": 1}, "BR.1", ANA, BRUNO, "x" * 300, "a:b%c", "1", "0" * 10])


def forms(events: list[CanonicalEvent]) -> list[dict[str, Any]]:
    return [event.to_dict() for event in events]


@for_each("case", cases("cloud_api"), ids=lambda case: case.name)
def test_a_short_body_a_long_one_and_one_taken_apart_bit_by_bit_are_read_alike(case: Case) -> None:
    data = checked(case.data)
    expected = forms(read(DELIVERY, data))
    assert forms(read(DELIVERY, data + b" " * SMALL)) == expected
    assert forms(_read_any(DELIVERY, data)) == expected


@settings(max_examples=examples(100), deadline=None)
@given(st.lists(FACTS, max_size=5), st.data())
def test_facts_in_any_batches_are_read_alike_in_every_way(facts: list[Fact], data: st.DataObject) -> None:
    for told in data.draw(deliveries(facts)):
        expected = forms(read(DELIVERY, told))
        assert forms(read(DELIVERY, told + b" " * SMALL)) == expected
        assert forms(_read_any(DELIVERY, told)) == expected


def test_a_plain_text_is_read_by_the_short_way() -> None:
    told = body(change(value(contacts=[contact("Ana", ANA)], messages=[text("a"), text("b")])))
    assert read_plain(DELIVERY, json.dumps(told).encode()) is not None


@settings(max_examples=examples(300), deadline=None)
@given(st.data())
def test_the_short_way_for_plain_texts_reads_what_the_usual_way_does(data: st.DataObject) -> None:
    people, texts = [contact("Ana", ANA), contact("Bruno", BRUNO)], [text("a"), text("b", sender=BRUNO)]
    told = body(change(value(contacts=people, messages=texts)))
    entry = told["entry"][0]
    places = [entry, entry["changes"][0]["value"]["metadata"], *people, *texts, people[0]["profile"]]
    for _ in range(data.draw(st.integers(0, 2))):
        place = data.draw(st.sampled_from(places))
        place[data.draw(st.sampled_from([*place, "user_id", "from_user_id", "context", "errors"]))] = data.draw(ODD)
    sent = json.dumps(told).encode()
    plain = read_plain(DELIVERY, sent)
    assert plain is None or forms(plain) == forms(read(DELIVERY, sent))
