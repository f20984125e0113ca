"""A ledger says how many events another one lacks, and how many it has too many."""

from collections import Counter

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from rollout_cli.simulate.ledger import Ledger

KEYS = st.lists(st.text(max_size=3), max_size=60)


def entered(keys: list[str], event_type: str = "whatsapp.call") -> Ledger:
    ledger = Ledger()
    for each in keys:
        ledger.enter(event_type, each)
    return ledger


@given(KEYS, KEYS)
def test_two_are_alike_where_they_have_the_same_and_only_there(one: list[str], other: list[str]) -> None:
    missing, surplus = entered(one).against(entered(other))
    assert (missing, surplus) == (0, 0) if Counter(one) == Counter(other) else missing + surplus > 0
    assert missing - surplus == len(one) - len(other)
    assert min(missing, surplus) >= 0


@given(KEYS, KEYS)
def test_parts_together_are_the_whole_in_any_order(one: list[str], other: list[str]) -> None:
    assert entered(one) + entered(other) == entered(other + one)


def test_of_a_few_that_differ_it_says_how_many() -> None:
    both = [f"key-{number}" for number in range(10_000)]
    assert entered(both[3:]).against(entered(both[:-5])) == (5, 3)


def test_of_many_that_differ_it_says_about_how_many_and_never_that_there_are_none() -> None:
    one, other = ([f"{name}-{number}" for number in range(20_000)] for name in ("one", "other"))
    missing, surplus = entered(one).against(entered(other))
    assert missing == surplus
    assert 0.9 < missing / 20_000 < 1.1


def test_where_one_has_nothing_it_says_exactly_how_many_however_many() -> None:
    many = entered([f"key-{number}" for number in range(20_000)])
    assert many.against(Ledger()) == (20_000, 0)
    assert Ledger().against(many) == (0, 20_000)


def test_the_same_key_of_another_type_is_another_event() -> None:
    assert entered(["a"]).against(entered(["a"], "whatsapp.presence")) == (1, 1)


def test_it_is_kept_as_it_is() -> None:
    ledger = entered(["a", "b", "\ud800"])
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(ledger), type=Ledger) == ledger
