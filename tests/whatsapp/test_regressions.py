"""What must hold for any bytes at all: for each body that once broke it, and for thousands that are made up."""

import json
import random
from pathlib import Path

import pytest

from fuzz.delivered import Delivered
from fuzz.mutate import deliveries
from fuzz.mutations import SECRET, mutated_bytes
from fuzz.promises import BrokenPromiseError, backwards_of, in_other_words, is_hidden, keep
from fuzz.seeds import own

FILES = sorted(Path(__file__).with_name("regressions").glob("*.json"))
SEEDS = list(own())
COUNT = 700
SEED = 6


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_body_that_once_broke_a_promise_does_so_no_more(file: Path) -> None:
    keep(Delivered.from_json(file.read_text()))


def test_the_promises_hold_for_every_body_of_the_cases() -> None:
    refused = [seed for seed in SEEDS if keep(seed) is None]
    assert len(refused) < len(SEEDS) / 20


def test_the_promises_hold_for_mutated_bodies() -> None:
    read = [keep(deliveries(SEED, SEEDS, number)) for number in range(COUNT)]
    assert sum(bool(events) for events in read) > COUNT / 2, "most are bodies still"


@pytest.mark.heavy
def test_the_promises_hold_for_many_mutated_bodies() -> None:
    """The same ones each time: looking for new ones is the fuzzers' (`make fuzz`)."""
    for number in range(6_000):
        keep(deliveries(SEED + 1, SEEDS, number))


# the means themselves


def test_a_seed_always_gives_the_same_mutations() -> None:
    assert [deliveries(1, SEEDS, number) for number in range(30)] == [deliveries(1, SEEDS, n) for n in range(30)]
    assert deliveries(1, SEEDS, 0) != deliveries(2, SEEDS, 0)


def test_a_delivery_that_was_written_to_a_file_is_the_same() -> None:
    for body in (b"{}", b"\xff\x00", "é\u2028".encode()):
        told = Delivered("evolution", body, "call", "loja\udce9", "acme", SECRET)
        assert Delivered.from_json(told.to_json()) == told


def test_a_fuzzers_input_is_any_provider_with_anything_beside_it() -> None:
    told = {Delivered.from_bytes(bytes([one, two]) + b"{}").to_bytes() for one in range(24) for two in range(96)}
    assert len(told) > 24 * 32
    for data in told:
        assert Delivered.from_bytes(data).to_bytes() == data
    assert Delivered.from_bytes(b"").body == b""


def test_a_fuzzers_input_is_mutated_into_another() -> None:
    data = Delivered("baileys", b'{"key": {"id": "A1"}, "message": {"conversation": "oi"}}').to_bytes()
    for number in range(100):
        changed = mutated_bytes(random.Random(number), data, SEEDS)
        assert changed[:2] == data[:2]
    assert mutated_bytes(random.Random(1), b"\x00\x00no JSON", SEEDS) != b"\x00\x00no JSON"


def test_a_body_in_other_words_says_the_same() -> None:
    body = '{"a": ["é", 1.0, {"b": null}], "c": "\\u00e9"}'.encode()
    others = [other for _, other in in_other_words(body)]
    assert len({body, *others}) == 3
    assert all(json.loads(other) == json.loads(body) for other in others)
    assert list(json.loads(backwards_of(body) or b"")) == ["c", "a"]


def test_a_body_that_names_a_field_twice_cannot_be_put_in_other_words() -> None:
    assert list(in_other_words(b'{"a": {"b": 1, "b": 2}}')) == []
    assert backwards_of(b'{"a": {"b": 1, "b": 2}}') is None


def test_a_secret_is_hidden_where_its_field_says_so() -> None:
    assert is_hidden({"a": [{"apikey": [SECRET]}]}, SECRET)
    assert not is_hidden({"a": [{"apikey": SECRET, "b": f"x{SECRET}"}]}, SECRET)
    assert not is_hidden({SECRET: 1}, SECRET)


class _Leaking(Delivered):
    """A delivery to a room that makes mistakes."""

    __slots__ = ()

    def read(self, body: bytes | None = None):
        raise ZeroDivisionError


def test_an_error_that_is_no_refusal_is_a_broken_promise() -> None:
    with pytest.raises(BrokenPromiseError, match="only NormalizeError is raised") as caught:
        keep(_Leaking("evolution", b"{}"))
    assert caught.value.signature.endswith("ZeroDivisionError")
