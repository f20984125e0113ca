"""flagd's own evaluator, reading our export, gives our answers. Generation 3 of flagd is what is installed here."""

import random
from dataclasses import replace

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from rollout_cli.flags.evaluator import Evaluator
from rollout_cli.flags.model import FlagDefinition, FlagState, FlagType, Snapshot
from rollout_cli.flags.percent import EVERYBODY, Percent
from tests.flags.flagd_reading import Flagd, at_percent, is_promised
from tests.support.examples import examples

NAMES = ("FIRST", "SECOND", "THIRD", "FOURTH")
NAMED = ("", "shopper-1", "shopper-2", "shopper-1234", "日本", 'a"b\\c', "x" * 40)
SHIPPED = "whatsapp-canonical-events"

salts = st.one_of(
    st.sampled_from([SHIPPED, "webhook-v2", "f", *NAMES]),
    st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=40),
    st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=20),
)
ascii_keys = st.integers(1, 127).flatmap(
    lambda size: st.text(st.characters(codec="ascii"), min_size=size, max_size=size)
)
wide_keys = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=50)
keys = st.one_of(st.sampled_from([None, *NAMED]), ascii_keys, wide_keys)
percents = st.one_of(st.none(), st.sampled_from([0, 1, 99_999, 100_000]), st.integers(0, 100_000))


@st.composite
def snapshots(draw: st.DrawFn) -> Snapshot:
    definitions, states = {}, {}
    for index, name in enumerate(NAMES[: draw(st.integers(1, len(NAMES)))]):
        requires = tuple(draw(st.lists(st.sampled_from(NAMES[:index]), max_size=2, unique=True))) if index else ()
        is_text = draw(st.sampled_from([False, False, True]))
        definitions[name] = FlagDefinition(
            name,
            FlagType.STRING if is_text else FlagType.BOOLEAN,
            default="default" if is_text else draw(st.booleans()),
            values=("default", "sticky") if is_text else (),
            requires=requires,
            salt=draw(st.one_of(st.none(), salts)),
        )
        if draw(st.integers(0, 4)):
            lists = st.frozensets(st.sampled_from(NAMED), max_size=3)
            percent = draw(percents)
            states[name] = FlagState(
                enabled=bool(draw(st.integers(0, 5))),
                percent=None if percent is None else Percent(percent),
                allowlist=draw(lists),
                denylist=draw(lists),
                value=draw(st.sampled_from([None, "default", "sticky"])) if is_text else None,
            )
    return Snapshot(draw(salts), definitions=definitions, states=states)


def salts_that_split(snapshot: Snapshot, flag: str) -> set[str]:
    """The salts that the flag's answer may depend on, but for its own name, which flagd knows by itself."""
    return {snapshot.salt_of(name) for name in snapshot.definitions} - {flag}


@settings(deadline=None, max_examples=examples(60))
@given(snapshots(), st.lists(keys, min_size=1, max_size=6))
def test_flagd_answers_as_we_do(snapshot: Snapshot, asked: list[str | None]) -> None:
    flagd, ours = Flagd(snapshot), Evaluator(snapshot)
    for flag, definition in snapshot.definitions.items():
        for key in asked:
            theirs = flagd.value(flag, key)
            promised = all(is_promised(salt, key or "") for salt in salts_that_split(snapshot, flag))
            if promised or theirs != definition.off:
                assert theirs == ours.value(flag, key)


@settings(deadline=None, max_examples=examples(25))
@given(salts, keys.filter(bool))
@example("webhook-v2", "shopper-1234")  # 25 bytes of CBOR, which no text has
@example("f", "shopper-1")
@example("abcd", "x" * 24)
def test_flagd_draws_the_line_of_a_percent_where_we_do(salt: str, key: str) -> None:
    assume(is_promised(salt, key))
    assert_same_line(salt, key)


@pytest.mark.parametrize("character", "\x00\x7f\x80\u07ff\u0800\ud7ff\ue000\uffff\U00010000\U0010ffff")
@pytest.mark.parametrize("form", ["{}", "shopper-{}", "{}-shopper", "é{}"])
def test_flagd_counts_the_bytes_of_every_width_of_character(form: str, character: str) -> None:
    assert_same_line(SHIPPED, form.format(character))


@pytest.mark.parametrize("end", ["x", "é", "日", "😀"])
def test_flagd_counts_to_the_end_of_the_longest_key(end: str) -> None:
    assert_same_line(SHIPPED, "x" * (127 - len(end.encode())) + end)


def assert_same_line(salt: str, key: str) -> None:
    """flagd takes the key in exactly when the percent is above our bucket."""
    place = Evaluator(at_percent(50, salt)).decide("FLAG", key).bucket
    assert place is not None
    assert Flagd(at_percent(place, salt)).value("FLAG", key) is False
    assert Flagd(at_percent(place + 0.001, salt)).value("FLAG", key) is True


@pytest.mark.parametrize("salt", [SHIPPED, "webhook-v2", "FLAG", "f", "abcd", "ключ"])
def test_flagd_takes_in_the_same_shoppers(salt: str) -> None:
    snapshot = at_percent(50, salt)
    flagd, ours = Flagd(snapshot), Evaluator(snapshot)
    shoppers = [f"{'shopper-'[: 9 - number % 9]}{number}" for number in range(24)]
    assert [flagd.value("FLAG", shopper) for shopper in shoppers] == [ours.is_enabled("FLAG", s) for s in shoppers]


def test_flagd_knows_every_length_of_key() -> None:
    snapshot = at_percent(50, "webhook-v2")
    every = ["".join(chr(33 + (length * 7 + index * 11) % 94) for index in range(length)) for length in range(1, 128)]
    flagd, ours = Flagd(snapshot), Evaluator(snapshot)
    assert [key for key in every if flagd.value("FLAG", key) is not ours.is_enabled("FLAG", key)] == []


@pytest.mark.heavy
@pytest.mark.parametrize(
    "salted", [1, 2, 3, 4, 5, 6, 7, 8, 12, 18, 22, 23, 24, 25, 33, 40]
)  # in CBOR, 24 is another form
def test_flagd_answers_as_we_do_for_every_length_of_key_and_salts_of_many_lengths(salted: int) -> None:
    dice = random.Random(salted)
    salt = "".join(chr(dice.randrange(33, 127)) for _ in range(salted))
    snapshot = at_percent(50, salt)
    flagd, ours = Flagd(snapshot), Evaluator(snapshot)
    for length in range(1, 128):
        ascii_key = "".join(chr(dice.randrange(128)) for _ in range(length))
        wide_key = "".join(dice.choice("日😀é") for _ in range(length // 4)) or "é"
        for key in (ascii_key, wide_key):
            if is_promised(salt, key):
                assert flagd.value("FLAG", key) is ours.is_enabled("FLAG", key)


@pytest.mark.parametrize("salt", [SHIPPED, "webhook-v2", "f"])
@pytest.mark.parametrize("key", ["x" * 128, "日" * 43, "x" * 5000, "\ud800", "shopper\udfff"])
def test_flagd_is_off_for_a_key_that_it_cannot_bucket(salt: str, key: str) -> None:
    assert Flagd(at_percent(99.999, salt)).value("FLAG", key) is False


@pytest.mark.parametrize(("salt", "key"), [("webhook-v2", "日本日本"), ("f", "日本")])
def test_flagd_is_off_for_a_key_beyond_ascii_where_the_hash_must_be_computed(salt: str, key: str) -> None:
    assert not is_promised(salt, key)
    assert Flagd(at_percent(99.999, salt)).value("FLAG", key) is False


@pytest.mark.parametrize("percent", [0, 10, 100])
@pytest.mark.parametrize("key", [None, ""])
def test_flagd_is_off_at_a_percent_without_a_targeting_key(percent: float, key: str | None) -> None:
    assert Flagd(at_percent(percent, "webhook-v2")).value("FLAG", key) is False


@pytest.mark.parametrize("key", [None, "", "shopper-1"])
def test_an_allowlist_of_the_empty_key_lets_nobody_in(key: str | None) -> None:
    snapshot = at_percent(0, "webhook-v2")
    snapshot = replace(snapshot, states={"FLAG": FlagState(enabled=True, allowlist=frozenset({""}))})
    assert Flagd(snapshot).value("FLAG", key) is False


def test_a_denylist_of_the_empty_key_keeps_nobody_out() -> None:
    snapshot = replace(at_percent(0, "f"), states={"FLAG": FlagState(enabled=True, denylist=frozenset({""}))})
    assert Flagd(snapshot).value("FLAG", "") is True


def test_a_required_flag_is_split_by_its_own_salt() -> None:
    """Even where that is its own name: flagd hashes with the name of the flag that is asked for."""
    definitions = {
        "NEEDED": FlagDefinition("NEEDED", FlagType.BOOLEAN, default=False, salt="NEEDED"),
        "FLAG": FlagDefinition("FLAG", FlagType.BOOLEAN, default=False, requires=("NEEDED",)),
    }
    states = {
        "NEEDED": FlagState(enabled=True, percent=Percent(50_000)),
        "FLAG": FlagState(enabled=True, percent=EVERYBODY),
    }
    snapshot = Snapshot(SHIPPED, definitions=definitions, states=states)
    flagd, ours = Flagd(snapshot), Evaluator(snapshot)
    answers = [flagd.value("FLAG", f"shopper-{number}") for number in range(40)]
    assert answers == [ours.is_enabled("FLAG", f"shopper-{number}") for number in range(40)]
    assert len(set(answers)) == 2


@pytest.mark.parametrize("requires", [("MISSING",), ("FLAG",)])
def test_a_flag_with_an_unknown_or_circular_prerequisite_is_off(requires: tuple[str, ...]) -> None:
    definition = FlagDefinition("FLAG", FlagType.BOOLEAN, default=True, requires=requires)
    assert Flagd(Snapshot("rollout", definitions={"FLAG": definition})).value("FLAG", "shopper-1") is False
