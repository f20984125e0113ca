"""Patterns over foreign text are RE2's: what could take for ever is refused, and what is accepted is quick."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollout_cli.checks.patterns import matches
from tests.checks.asking import problems


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        ("(?=a)b", "invalid perl operator: (?= (it looks neither ahead nor behind)"),
        ("(?!a)b", "it looks neither ahead nor behind"),
        ("(?<=a)b", "it looks neither ahead nor behind"),
        ("(?<!a)b", "it looks neither ahead nor behind"),
        (r"(a)\1", r"invalid escape sequence: \1 (it has no back-references)"),
        ("(a", "missing ): (a"),
        ("a{1001}", "invalid repetition size: {1001}"),
        ("((a{100}){100}){100}", "invalid repetition size: {100}"),
        (r"(\pL{100}){9}", "pattern too large"),
    ],
)
def test_what_cannot_be_searched_in_time_is_refused_with_the_reason(pattern: str, why: str) -> None:
    (hint,) = problems(f"kind: file, path: a, contains: '{pattern}'")
    assert hint.startswith("not a pattern of RE2's syntax: ")
    assert why in hint


def test_a_pattern_is_neither_empty_nor_endless() -> None:
    assert problems("kind: file, path: a, contains: ''")
    assert problems(f"kind: file, path: a, contains: {'a' * 501}")
    assert not problems(f"kind: file, path: a, contains: {'a' * 500}")


@pytest.mark.parametrize("pattern", ["(a+)+$", "(a|a)*b", "(.*)*x", "(a?){50}a{50}c", "([a-z]+)*[0-9]"])
def test_a_pattern_that_breaks_other_engines_ends_quickly_on_a_megabyte(pattern: str) -> None:
    begun = time.perf_counter()
    matches(pattern, "a" * 1_000_000 + "!")
    assert time.perf_counter() - begun < 2


@given(st.text(st.characters() | st.sampled_from("\ud800\udfff\0\n")), st.text("abc", min_size=1, max_size=5))
def test_whatever_the_text_a_plain_pattern_is_found_exactly_where_it_is(text: str, pattern: str) -> None:
    assert matches(pattern, text) == (pattern in text)
    assert matches(pattern, text + pattern)
