"""Texts that murmur3 cannot tell apart from a salt."""

import random

import mmh3
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rollout_cli.flags.bucketing import cbor_text, hash_v3
from rollout_cli.flags.flagd_prefix import absorb, block_between, equivalent_prefix, halfway
from tests.flags.flagd_reading import has_a_text
from tests.support.examples import examples

words = st.integers(0, 0xFFFFFFFF)
salts = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=40)


def ids_of(length: int) -> list[str]:
    dice = random.Random(length)
    return [
        "".join(chr(dice.randrange(128)) for _ in range(length)),
        "".join(dice.choice("日本語") for _ in range(length // 3)) + ("", "x", "é")[length % 3],
    ]


@given(words, words)
def test_a_block_can_be_found_between_any_two_states(before: int, after: int) -> None:
    assert absorb(before, block_between(before, after)) == after


@settings(deadline=None, max_examples=examples(150))
@given(salts, st.integers(1, 127))
@example("x" * 200, 60)
@example("日" * 100, 9)
def test_a_prefix_hashes_like_the_salt_for_every_id_of_its_length(salt: str, length: int) -> None:
    prefix = equivalent_prefix(salt.encode(), length)
    assert (prefix is not None) == has_a_text(salt, length)
    if prefix is not None:
        for key in ids_of(length):
            assert mmh3.hash(cbor_text((prefix + key).encode()), 0, signed=False) == hash_v3(salt, key)


@pytest.mark.parametrize("salt", ["whatsapp-canonical-events", "webhook-v2", "abcde"])
def test_a_prefix_is_printable_but_for_the_length_of_the_id(salt: str) -> None:
    for length in range(1, 128):
        prefix = equivalent_prefix(salt.encode(), length)
        if prefix is not None:
            assert prefix.removesuffix(chr(length)).isprintable()
            assert prefix.isascii()


@pytest.mark.parametrize(("salt", "length"), [("webhook-v2", 12), ("f", 6), ("abcd", 23), ("x" * 200, 53)])
def test_where_no_text_will_do_there_is_none(salt: str, length: int) -> None:
    assert equivalent_prefix(salt.encode(), length) is None


@settings(deadline=None)
@given(salts, st.integers(1, 200))
def test_halfway_is_where_the_hash_stands_before_the_id(salt: str, length: int) -> None:
    at = halfway(salt.encode(), length)
    before = b"\x82" + cbor_text(salt.encode()) + cbor_text(bytes(length))[:-length]
    pending = at.pending.to_bytes(4, "little")
    assert (at.state if at.weight == 1 else absorb(at.state, pending)) == absorb(0, before + bytes(-len(before) % 4))
    assert at.total == len(before) + length
