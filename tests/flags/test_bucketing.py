"""Buckets: the pinned vectors, the encoding at its borders, and that limits and buckets say the same."""

import hashlib

import mmh3
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rollout_cli.flags.bucketing import (
    BUCKETS,
    Generation,
    bucket,
    bucket_of_hash,
    cbor_text,
    hash_limit,
    hash_v2,
    hash_v3,
    hasher,
)
from tests.flags import reference
from tests.support.examples import examples

VECTORS = [
    ("webhook-v2", "shopper-1", 0x219BB49B, 0x5E34068E),
    ("webhook-v2", "shopper-2", 0x247B0E42, 0xADAB8096),
    ("f", "日本", 0x00F4ECBF, 0x7C92ED27),
]


@pytest.mark.parametrize(("salt", "key", "v2", "v3"), VECTORS)
def test_the_pinned_vectors_hold(salt: str, key: str, v2: int, v3: int) -> None:
    assert (hash_v2(salt, key), hash_v3(salt, key)) == (v2, v3)


@pytest.mark.parametrize(("salt", "key", "v2", "v3"), VECTORS)
def test_a_bucket_is_the_hash_on_a_scale_of_a_hundred_thousand(salt: str, key: str, v2: int, v3: int) -> None:
    assert bucket(Generation.FLAGD_V2, salt, key) == v2 * 100_000 // 2**32
    assert bucket(Generation.FLAGD_V3, salt, key) == v3 * 100_000 // 2**32


def test_hashes_are_unsigned() -> None:
    assert mmh3.hash(reference.cbor_pair("webhook-v2", "shopper-2")) < 0 < hash_v3("webhook-v2", "shopper-2")


@pytest.mark.parametrize("size", [0, 1, 22, 23, 24, 25, 254, 255, 256, 257, 65_534, 65_535, 65_536, 65_537])
def test_lengths_are_encoded_in_the_shortest_form_at_every_border(size: int) -> None:
    text = "k" * size
    assert b"\x82" + cbor_text(b"s") + cbor_text(text.encode()) == reference.cbor_pair("s", text)
    assert hash_v3("s", text) == mmh3.hash(reference.cbor_pair("s", text), signed=False)
    assert hash_v3(text, "k") == mmh3.hash(reference.cbor_pair(text, "k"), signed=False)


def test_a_length_counts_bytes_not_characters() -> None:
    assert cbor_text("日本語日本語日本".encode()).startswith(b"\x78\x18")


def test_the_joined_form_of_the_older_generation_cannot_tell_salt_from_key() -> None:
    assert hash_v2("ab", "c") == hash_v2("a", "bc")
    assert hash_v3("ab", "c") != hash_v3("a", "bc")


@given(st.text(st.characters(exclude_categories=()), max_size=60), st.integers(0, 100))
@settings(max_examples=examples(100), deadline=None)
def test_the_cohort_of_the_replaced_module_is_kept(key: str, percent: int) -> None:
    was_on = int(hashlib.md5(key.encode("utf-8", "surrogatepass")).hexdigest(), 16) % 100 < percent
    assert (bucket(Generation.MD5_MOD_100, "any salt", key) < percent * 1000) == was_on
    assert (hasher(Generation.MD5_MOD_100, "another")(key) < hash_limit(percent * 1000)) == was_on


@given(st.integers(0, 2**32 - 1), st.integers(0, BUCKETS))
@example(0, 0)
@example(0, 1)
@example(2**32 - 1, BUCKETS)
@example(2**32 - 1, BUCKETS - 1)
@settings(max_examples=examples(100), deadline=None)
def test_a_bucket_below_the_percent_is_a_hash_below_the_limit(hashed: int, percent: int) -> None:
    assert (bucket_of_hash(hashed) < percent) == (hashed < hash_limit(percent))


def test_the_limit_is_exact_at_every_border() -> None:
    for percent in (*range(1, 3_000), *range(3_000, BUCKETS, 97), BUCKETS - 1, BUCKETS):
        limit = hash_limit(percent)
        assert bucket_of_hash(limit - 1) == percent - 1
        assert limit == 2**32 or bucket_of_hash(limit) == percent


@given(
    st.sampled_from(list(Generation)),
    st.text(max_size=30),
    st.text(st.characters(exclude_categories=()), max_size=300),
)
@settings(max_examples=examples(100), deadline=None)
def test_buckets_are_those_of_the_reference(generation: Generation, salt: str, key: str) -> None:
    found = bucket(generation, salt, key)
    assert found == reference.bucket(generation, salt, key)
    assert 0 <= found < BUCKETS


@pytest.mark.parametrize("generation", list(Generation))
def test_shoppers_are_spread_evenly(generation: Generation) -> None:
    count = 8_000
    below = sum(bucket(generation, "rollout", f"shopper-{number}") < 25_000 for number in range(count))
    assert abs(below / count - 0.25) < 0.02
