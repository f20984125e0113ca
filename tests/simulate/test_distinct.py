"""Distinct counts are about right at any size, and those of parts are those of the whole."""

import json
import pickle
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from rollout_cli.simulate.distinct import Distinct, Variety
from rollout_cli.whatsapp import CanonicalEvent, normalize
from rollout_cli.whatsapp.events import Actor

NOW = datetime(2026, 1, 1, tzinfo=UTC)
THINGS = st.lists(st.text(max_size=4), max_size=100)


def counted(things: list[str]) -> Distinct:
    distinct = Distinct()
    for each in things:
        distinct.add(each)
    return distinct


@given(THINGS, THINGS)
def test_parts_together_are_the_whole(one: list[str], other: list[str]) -> None:
    parts = counted(one)
    parts.merge(counted(other))
    assert parts == counted(one + other)


@given(THINGS)
def test_what_comes_again_counts_once_in_any_order(things: list[str]) -> None:
    assert counted(things) == counted(sorted(set(things)))
    assert abs(counted(things).count() - len(set(things))) <= 1


def test_nothing_is_nothing() -> None:
    assert Distinct().count() == 0


@pytest.mark.parametrize("name", ["person", "thread", "key"])
def test_up_to_a_hundred_thousand_the_error_is_below_three_percent(name: str) -> None:
    distinct = Distinct()
    for number in range(1, 100_001):
        distinct.add(f"{name} {number}")
        if number in (10, 100, 1_000, 10_000, 20_000, 40_000, 80_000, 100_000):
            assert abs(distinct.count() - number) <= 0.03 * number


@pytest.mark.heavy
def test_up_to_a_million_the_error_is_below_three_percent() -> None:
    distinct = Distinct()
    for number in range(1, 1_000_001):
        distinct.add(f"{number}")
        if number % 50_000 == 0:
            assert abs(distinct.count() - number) <= 0.03 * number


def test_it_can_be_sent_elsewhere() -> None:
    distinct = counted(["a", "b"])
    assert pickle.loads(pickle.dumps(distinct)) == distinct


def told(*, shopper: str, phone: str | None = None, lid: str | None = None, key: str = "k") -> CanonicalEvent:
    body = {"kind": "call", "id": key}
    (event,) = normalize("simulated", json.dumps(body).encode(), tenant=shopper, received_at=NOW)
    actor = Actor(role="customer", phone=phone, lid=lid)
    routing = replace(event.routing, shopper_id=shopper, thread_key=f"{shopper}:{phone or lid}")
    return replace(event, actor=actor, routing=routing)


def test_a_recording_has_as_many_persons_threads_and_events_as_it_tells_of() -> None:
    variety = Variety()
    variety.add([told(shopper="a", phone="551100000001", key="1"), told(shopper="a", phone="551100000001", key="2")])
    variety.add([told(shopper="a", lid="9@lid", key="3"), told(shopper="a", phone="551100000001", key="2")])
    variety.add([told(shopper="b", phone="551100000001", key="3")])
    assert (variety.persons.count(), variety.threads.count(), variety.events.count()) == (3, 3, 4)
