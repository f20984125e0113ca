"""A guess at what a misspelt word means, quick whatever the words are."""

import pytest

from rollout_cli.plan.suggestion import closest

KNOWN = ("enabled", "percent", "allowlist", "denylist")


@pytest.mark.parametrize(
    ("word", "meant"),
    [("enabld", "enabled"), ("percnt", "percent"), ("alowlist", "allowlist"), ("zzz", None), ("", None)],
)
def test_the_closest_known_word_is_meant_when_it_is_close(word: str, meant: str | None) -> None:
    assert closest(word, KNOWN) == meant


def test_nothing_is_guessed_about_words_that_are_too_long_to_be_misspelt() -> None:
    long = "a" * 100
    assert closest(long, [long]) is None
    assert closest("a" * 65, ["a" * 64]) is None
    assert closest("a" * 64, [long, "a" * 63]) == "a" * 63


def test_only_so_many_words_are_looked_at() -> None:
    asked = []

    def words():
        for number in range(10_000):
            asked.append(number)
            yield f"w{number}"

    assert closest("w5", words()) == "w5"
    assert len(asked) <= 201
