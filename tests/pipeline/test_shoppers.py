"""Whose a request is, by what the application says tells it; and what cannot be told is nobody's."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollout_cli.pipeline.shoppers import ByField, ByHeader, ByInstance, FirstOf, Request, Shoppers, usable
from tests.support.asked_to_end import OutOfTimeError, asked_to_end, give_up, heard_by

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "b", "0"]), inner, max_size=3),
    max_leaves=12,
)


def request(body: bytes = b"{}", **known: Any) -> Request:
    return Request("evolution", body, **known)


class Broken:
    def shopper_of(self, _: Request) -> str | None:
        raise LookupError("no")


def test_an_instance_has_a_shopper_and_the_map_may_change() -> None:
    shops = {"north": "shopper-1"}
    resolver = ByInstance(shops)
    assert resolver.shopper_of(request(instance="north")) == "shopper-1"
    assert resolver.shopper_of(request(instance="south")) is None
    assert resolver.shopper_of(request()) is None
    shops["south"] = "shopper-2"
    assert resolver.shopper_of(request(instance="south")) == "shopper-2"


@pytest.mark.parametrize(
    ("path", "body", "expected"),
    [
        ("data.shop", b'{"data": {"shop": "s-1"}}', "s-1"),
        ("data.shop", b'{"data": {"shop": 42}}', "42"),
        ("entry.0.id", b'{"entry": [{"id": "s-1"}]}', "s-1"),
        (("entry", 0, "a.b"), b'{"entry": [{"a.b": "s-1"}]}', "s-1"),
        (("0",), b'{"0": "s-1"}', "s-1"),
        ("data.shop", b'{"data": {"shop": null}}', None),
        ("data.shop", b'{"data": {"shop": true}}', None),
        ("data.shop", b'{"data": {"shop": ["s-1"]}}', None),
        ("data.shop", b'{"data": "s-1"}', None),
        ("data.shop", b"{}", None),
        ("entry.3", b'{"entry": []}', None),
        ("data", b"not json", None),
        ("data", b"", None),
        ("data", b'{"data": "\xff"}', None),
        ("data.shop", b'{"data":' * 5000, None),
    ],
)
def test_a_field_tells_the_shopper(path: Any, body: bytes, expected: str | None) -> None:
    assert ByField(path).shopper_of(request(body)) == expected


def test_what_a_field_says_may_be_looked_up() -> None:
    resolver = ByField("phone_number_id", {"100": "shopper-1"})
    assert resolver.shopper_of(request(b'{"phone_number_id": 100}')) == "shopper-1"
    assert resolver.shopper_of(request(b'{"phone_number_id": "101"}')) is None


def test_a_long_body_is_not_looked_into() -> None:
    body = json.dumps({"filler": "x" * 100, "shop": "s-1"}).encode()
    assert ByField("shop", most_bytes=len(body)).shopper_of(request(body)) == "s-1"
    assert ByField("shop", most_bytes=len(body) - 1).shopper_of(request(body)) is None


@given(JSON, st.lists(st.sampled_from(["a", "b", "0", 0, 1]), min_size=1, max_size=3))
def test_a_field_is_found_as_a_whole_decode_finds_it(value: Any, path: list[str | int]) -> None:
    found = value
    try:
        for step in path:
            if isinstance(found, dict) != isinstance(step, str) or not isinstance(found, dict | list):
                raise LookupError
            found = found[step]
    except LookupError:
        found = None
    expected = None if isinstance(found, bool) or not isinstance(found, str | int) else str(found)
    assert ByField(path).shopper_of(request(json.dumps(value).encode())) == expected


@given(st.binary(max_size=200))
def test_no_body_makes_a_field_raise(body: bytes) -> None:
    ByField("a.0.b").shopper_of(request(body))


def test_a_header_tells_the_shopper_in_whatever_case() -> None:
    resolver = ByHeader("X-Shopper-Id")
    assert resolver.shopper_of(request(headers={"x-shopper-id": "s-1"})) == "s-1"
    assert resolver.shopper_of(request(headers={"X-SHOPPER-ID": "s-1"})) == "s-1"
    assert resolver.shopper_of(request(headers={"other": "s-1"})) is None
    assert resolver.shopper_of(request()) is None
    assert ByHeader("key", {"k": "s-2"}).shopper_of(request(headers={"Key": "k"})) == "s-2"


@pytest.mark.parametrize(
    ("resolvers", "expected"),
    [
        ([ByInstance({"i": "first"}), ByHeader("h")], "first"),
        ([ByInstance({}), ByHeader("h")], "second"),
        ([Broken(), ByHeader("h")], "second"),
        ([Broken()], None),
        ([], None),
    ],
)
def test_the_first_that_answers_counts_and_one_that_raises_does_not_answer(
    resolvers: list[Shoppers], expected: str | None
) -> None:
    assert FirstOf(*resolvers).shopper_of(request(instance="i", headers={"h": "second"})) == expected


class Interrupted:
    def shopper_of(self, _: Request) -> str | None:
        asked_to_end()
        return "first"


def test_one_that_an_application_is_asked_to_give_up_in_is_not_one_that_raises() -> None:
    with heard_by(give_up), pytest.raises(OutOfTimeError):
        FirstOf(Interrupted(), ByHeader("h")).shopper_of(request(headers={"h": "second"}))


@pytest.mark.parametrize("found", [None, "", 7, b"s-1", "x" * 257, "a\0b", "\udc80", object()])
def test_only_a_text_of_some_length_that_can_be_stored_can_be_a_shopper(found: object) -> None:
    assert usable(found) is None
    assert usable("s-1") == "s-1"
