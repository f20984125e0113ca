"""Values as they come: every field may have any type, and none of them raises."""

import math
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollout_cli.whatsapp import wire

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["low", "high", "x"]), inner),
)
READERS: list[tuple[Callable[[Any], Any], tuple[type, ...]]] = [
    (wire.text, (str, type(None))),
    (wire.scalar, (str, type(None))),
    (wire.mapping, (dict,)),
    (wire.items, (list,)),
    (wire.objects, (list,)),
    (wire.strings, (tuple,)),
    (wire.truth, (bool,)),
    (wire.known_truth, (bool, type(None))),
    (wire.whole, (int, type(None))),
    (wire.decimal, (float, type(None))),
]


@pytest.mark.parametrize(("read", "types"), READERS, ids=lambda each: getattr(each, "__name__", ""))
@given(value=anything)
def test_each_gives_its_own_type_for_whatever_comes(
    read: Callable[[Any], Any], types: tuple[type, ...], value: Any
) -> None:
    assert type(read(value)) in types


def test_an_empty_string_is_none() -> None:
    assert (wire.text(""), wire.scalar("")) == (None, None)
    assert wire.strings(["a", "", None, 1, "b"]) == ("a", "b")


@pytest.mark.parametrize(
    ("value", "expected"),
    [("a", "a"), (5, "5"), (0, "0"), (-1, "-1"), (2**64 - 1, str(2**64 - 1)), (2**64, None), (-(2**63) - 1, None),
     (True, None), (1.0, None), (None, None), ([], None)],
)  # fmt: skip
def test_an_id_may_be_a_string_or_a_whole_number(value: Any, expected: str | None) -> None:
    assert wire.scalar(value) == expected


def test_one_object_counts_as_a_list_of_one() -> None:
    assert wire.items({"a": 1}) == [{"a": 1}]
    assert wire.items([1, {"a": 1}]) == [1, {"a": 1}]
    assert wire.objects([1, {"a": 1}, None]) == [{"a": 1}]
    assert wire.objects("abc") == wire.items("abc") == wire.items(None) == []


def test_what_is_no_object_is_read_as_an_empty_one() -> None:
    assert wire.mapping([1]) == wire.mapping(None) == wire.mapping("a") == {}
    assert wire.EMPTY == {}


@pytest.mark.parametrize(("value", "expected"), [(True, True), (1, True), ("true", True), ("True", True), (0, False),
    (False, False), ("false", False), ("yes", False), (2, False), ([], False), (None, False)])  # fmt: skip
def test_a_truth_may_be_a_word_or_a_number(value: Any, expected: bool) -> None:
    assert wire.truth(value) is expected
    assert wire.known_truth(value) is (None if value is None else expected)


@pytest.mark.parametrize(
    ("value", "expected"),
    [(5, 5), ("5", 5), ("+5", 5), ("-5", -5), (5.9, 5), (-5.9, -5), ("5.9", None), ("", None), (" 5", None),
     ("5\n", None), ("\u0665", None), ("1" * 19, int("1" * 19)), ("1" * 20, None), (True, None), (math.inf, None),
     (math.nan, None), (2.0**64, None), ({"low": 7, "high": 0}, 7),
     ({"low": -1, "high": 0}, 2**32 - 1), ({"low": 0, "high": 1}, 2**32),
     ({"low": -1, "high": -1}, -1), ({"low": 2135212342, "high": 411}, 411 * 2**32 + 2135212342), ({"low": 7}, None),
     ({"low": 7.0, "high": 0}, None), ({}, None), ([5], None)],
)  # fmt: skip
def test_a_whole_number_in_each_of_its_forms(value: Any, expected: int | None) -> None:
    assert wire.whole(value) == expected


@given(st.integers(-(2**63), 2**63 - 1))
def test_a_long_in_two_halves_is_the_number_that_was_split(number: int) -> None:
    low, high = number & 0xFFFFFFFF, number >> 32
    signed = low - 2**32 if low >= 2**31 else low
    assert wire.whole({"low": low, "high": high}) == wire.whole({"low": signed, "high": high}) == number


@pytest.mark.parametrize(
    ("value", "expected"),
    [(1.5, 1.5), (1, 1.0), ("1.5", 1.5), ("-25.4", -25.4), ("1", 1.0), ("1.", None), (".5", None), ("1e5", None),
     ("nan", None), ("inf", None), ("1_0", None), (2**64, None), (True, None), (None, None), ({}, None)],
)  # fmt: skip
def test_a_decimal_in_each_of_its_forms(value: Any, expected: float | None) -> None:
    assert wire.decimal(value) == expected
