"""Match keys: one phone under all its spellings, and nothing else under them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollout_cli.whatsapp.match_keys import match_keys

national = st.from_regex(r"[0-9]{6,13}", fullmatch=True)
phones = st.builds(
    "".join, st.tuples(st.sampled_from(["55", "54", "52", "549", "521", "551", "1", "351", ""]), national)
)


@pytest.mark.parametrize(
    ("short", "long"),
    [
        ("554198905555", "5541998905555"),
        ("551161234567", "5511961234567"),
        ("558586660000", "5585986660000"),
        ("541131370000", "5491131370000"),
        ("525512340000", "5215512340000"),
    ],
)
def test_a_mobile_is_found_with_and_without_its_extra_digit(short: str, long: str) -> None:
    assert match_keys(short) == match_keys(long) == {short, long}


@pytest.mark.parametrize("first", "2345")
def test_a_brazilian_landline_is_never_taken_for_a_mobile(first: str) -> None:
    landline, mobile = f"5541{first}3334444", f"55419{first}3334444"
    assert match_keys(landline) == {landline}
    assert match_keys(mobile) == {mobile}


@pytest.mark.parametrize(
    "phone",
    [
        "5541899990000",  # nine digits, but the first is no 9
        "55419999000",  # too short
        "55419999900001",  # too long
        "5541",
        "55",
        "5",
        "351912345678",
        "14155550100",
        "54113137000",  # Argentina with nine digits
        "5481131370000",  # Argentina with eleven that do not begin with 9
        "5225512340000",  # Mexico with eleven that do not begin with 1
    ],
)
def test_a_phone_without_such_a_rule_has_one_spelling(phone: str) -> None:
    assert match_keys(phone) == {phone}


@pytest.mark.parametrize(
    "written",
    [
        "+55 41 99890-5555",
        "+55 (41) 99890.5555",
        "55\u00a041\u00a099890\u00a05555",
        " 5541998905555\n",
        "5541998905555@s.whatsapp.net",
        "5541998905555@c.us",
        "5541998905555@hosted",
        "5541998905555:90@s.whatsapp.net",
        "5541998905555_1@s.whatsapp.net",
        "5541998905555_1:90@s.whatsapp.net",
        "+5541998905555@s.whatsapp.net",
    ],
)
def test_however_a_phone_is_written_it_is_the_same(written: str) -> None:
    assert match_keys(written) == {"5541998905555", "554198905555"}


@pytest.mark.parametrize(
    ("written", "only"),
    [
        ("5541998905555@lid", "5541998905555@lid"),
        ("5541998905555:7@lid", "5541998905555@lid"),
        ("5541998905555@hosted.lid", "5541998905555@lid"),
        ("5541998905555@g.us", "5541998905555@g.us"),
        ("5541998905555-1600000000@g.us", "5541998905555-1600000000@g.us"),
        ("5541998905555@newsletter", "5541998905555@newsletter"),
        ("5541998905555@broadcast", "5541998905555@broadcast"),
        ("BR.5541998905555", "BR.5541998905555"),
        ("BR.ENT.5541998905555", "BR.ENT.5541998905555"),
        ("lid", "lid"),
        ("s.whatsapp.net", "s.whatsapp.net"),
        ("ana", "ana"),
    ],
)
def test_what_is_no_phone_is_known_by_itself_alone(written: str, only: str) -> None:
    assert match_keys(written) == {only}
    assert not match_keys(written) & match_keys("5541998905555")


@pytest.mark.parametrize("empty", ["", " ", "@s.whatsapp.net", ":1@c.us"])
def test_nobody_is_found_under_an_empty_id(empty: str) -> None:
    assert match_keys(empty) == frozenset()


@given(phones)
def test_whoever_finds_is_found(phone: str) -> None:
    keys = match_keys(phone)
    assert phone in keys
    assert len(keys) <= 2
    assert all(match_keys(each) == keys for each in keys)


@given(st.text(st.characters(exclude_characters="@")))
def test_the_keys_of_a_key_are_the_same_whatever_was_written(written: str) -> None:
    keys = match_keys(written)
    assert all(match_keys(each) == keys for each in keys)


@given(phones, phones)
def test_two_phones_share_all_keys_or_none(one: str, other: str) -> None:
    assert match_keys(one) == match_keys(other) or not match_keys(one) & match_keys(other)
