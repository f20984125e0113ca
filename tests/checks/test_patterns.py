"""Patterns over foreign text are RE2's: what could take for ever is refused, and what is accepted is quick."""

import random
import time
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollout_cli.checks.patterns import matches, matching_lines
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
        (r"(\pL{111}){9}", "pattern too large"),
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


MEGABYTE = 1_000_000


@cache
def texts(size: int) -> tuple[str, ...]:
    """Texts of so many bytes each."""
    letters = random.Random(1)
    return (
        "".join(letters.choice("ab") for _ in range(size)),
        "a" * size,
        ("a" * 499 + "b") * (size // 500),
        "".join(letters.choice("aéß日b") for _ in range(size * 2 // 5)),
    )


@pytest.mark.parametrize("size", [MEGABYTE // 2, pytest.param(MEGABYTE, marks=pytest.mark.heavy)])
@pytest.mark.parametrize(
    "pattern",
    ["a[ab]{160}c", "(a|b){60}c|a[ab]{100}c", "a([ab][ab]?){54}c", "[ab]*a[ab]{155}c", "a.{0,17}c", "(a?){54}a{54}c",
     r"(?:\b|a)(?:[ab]\b?){52}c", "a" * 500, "a" * 499 + "c", "|".join("a" * n for n in range(1, 31)),
     "(?i)" + "ab" * 245, "(a*b*){40}c", "(.*)*x", "(?s).*a.{10}c", r"[^a]{13}$", "(a|aa|aaa){30}c"],
)  # fmt: skip
def test_whatever_is_accepted_is_searched_in_a_megabyte_in_little_time(pattern: str, size: int) -> None:
    assert not problems(f"kind: file, path: a, contains: '{pattern}'")
    for text in texts(size):
        begun = time.thread_time()
        matches(pattern, text)
        assert time.thread_time() - begun < 3 * size / MEGABYTE  # two seconds, and some for a busy machine


@pytest.mark.parametrize(
    "pattern",
    ["(?:[ab]{500}[ab]{500}){1}c|a[ab]{900}d|b[ab]{900}e|[ab]{800}f", "a[ab]{300}c", "." * 400, ".{0,80}x", r"\pL{3}"],
)
def test_what_takes_long_for_its_size_is_refused_with_a_way_out(pattern: str) -> None:
    (hint,) = problems(f"kind: file, path: a, contains: '{pattern}'")
    assert hint.startswith("the pattern is too large to be searched in time: say `.*` for `.{0,80}`")


LINE = st.text("abA1 .é\r", max_size=8)
PATTERNS = [
    "a", "^a", "a$", "^$", "^", "b?", "[^a]", r"\s", r"\S+$", r"\Aa", r"a\z", r"\ba\b", r"\B", "(?-m)^a", "(?-m:a$)",
    "a|b$",    "(?i)a", "(?s)a.*b", "(?s:.)", ".", r"a\nb", r"[\n]", r"\x0a", "(?:a|^b)", r"\Qa", r"\C", r"\PL", r"\W",
    "(?ims)^a.b$", "a{2}",    r"[[:space:]]", r"(a)|(?P<x>b)", r"\z", "é",
]  # fmt: skip


@given(st.sampled_from(PATTERNS), st.lists(LINE, max_size=6))
def test_lines_that_match_are_counted_as_if_each_were_alone(pattern: str, lines: list[str]) -> None:
    assert matching_lines(pattern, lines) == sum(matches(pattern, each) for each in lines)


def test_a_long_log_is_searched_in_little_time() -> None:
    lines = tuple("x" * 78 + str(number % 10) for number in range(100_000))
    begun = time.thread_time()
    assert (matching_lines("ERROR", lines), matching_lines("x7$", lines)) == (0, 10_000)
    assert time.thread_time() - begun < 0.6
