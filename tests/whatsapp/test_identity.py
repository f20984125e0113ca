"""Who is meant: told by server and shape, whatever the field is called."""

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollout_cli.whatsapp.identity import (
    LID_SERVERS,
    NO_ONE,
    PHONE_SERVERS,
    Person,
    bare,
    cloud_person,
    is_broadcast,
    is_bsuid,
    is_group,
    is_newsletter,
    person,
    steady,
)

PHONE, LID = "5541999990000@s.whatsapp.net", "240000000000001@lid"
users = st.from_regex(r"[0-9]{1,20}", fullmatch=True)
phone_servers, lid_servers = st.sampled_from(sorted(PHONE_SERVERS)), st.sampled_from(sorted(LID_SERVERS))
devices = st.sampled_from(["", ":0", ":90", "_1", "_1:90", "_0:1"])


@given(users, devices, phone_servers, users, devices, lid_servers)
def test_phone_and_lid_are_told_apart_by_server_in_any_order(
    phone: str, device: str, server: str, lid: str, lid_device: str, lid_server: str
) -> None:
    ids = [f"{phone}{device}@{server}", f"{lid}{lid_device}@{lid_server}"]
    for order in permutations(ids):
        assert person(order) == Person(order[0], phone, f"{lid}@lid")


def test_the_first_of_each_server_counts() -> None:
    assert person([PHONE, "5541888880000@c.us", LID, "99@lid"]) == Person(PHONE, "5541999990000", LID)


def test_a_lid_is_never_a_phone_however_much_it_looks_like_one() -> None:
    assert person(["551199998888777@lid"]).phone is None


@pytest.mark.parametrize("server", ["g.us", "broadcast", "newsletter", "call", "bot", "LID", "S.WHATSAPP.NET", ""])
def test_nobody_is_known_by_a_group_or_by_an_unknown_server(server: str) -> None:
    told = person([f"120363000000000001@{server}"])
    assert (told.phone, told.lid, told.bsuid) == (None, None, None)
    assert told.wa_id == f"120363000000000001@{server}"


@pytest.mark.parametrize("empty", ["", "@lid", "@s.whatsapp.net", "5541999990000"])
def test_what_has_no_user_or_no_server_is_nobodys_jid(empty: str) -> None:
    assert person([empty]) == NO_ONE
    assert person([empty, LID]) == Person(LID, None, LID)


@pytest.mark.parametrize("user", ["status", "abc", "+5541999990000", "٥٥٤١", "1" * 21])
def test_a_phone_has_ascii_digits_and_at_most_twenty(user: str) -> None:
    assert person([f"{user}@s.whatsapp.net"]).phone is None


def test_the_phone_may_come_after_what_is_none() -> None:
    assert person(["status@s.whatsapp.net", PHONE]).phone == "5541999990000"


def test_ids_are_kept_as_they_were_written() -> None:
    assert person(["5541999990000_1:90@s.whatsapp.net"]).wa_id == "5541999990000_1:90@s.whatsapp.net"


@pytest.mark.parametrize(
    ("who", "best"),
    [
        (Person("w", "p", "l", "b"), "p"),
        (Person("w", None, "l", "b"), "l"),
        (Person("w", None, None, "b"), "b"),
        (Person("w"), "w"),
        (NO_ONE, None),
    ],
)
def test_a_thread_is_named_after_the_steadiest_id(who: Person, best: str | None) -> None:
    assert who.best == best


@pytest.mark.parametrize(
    ("jid", "expected"),
    [
        ("5541999990000:90@s.whatsapp.net", PHONE),
        ("5541999990000_1:90@s.whatsapp.net", PHONE),
        ("5541999990000_1@s.whatsapp.net", PHONE),
        (PHONE, PHONE),
        ("240000000000001:12@lid", LID),
        ("120363000000000001@g.us", "120363000000000001@g.us"),
        ("5541999990000-1600000000@g.us", "5541999990000-1600000000@g.us"),
        ("status@broadcast", "status@broadcast"),
        ("5541999990000", "5541999990000"),
        ("BR.a_b:c", "BR.a_b:c"),
        ("", ""),
    ],
)
def test_device_and_agent_are_no_part_of_an_id(jid: str, expected: str) -> None:
    assert bare(jid) == expected


@given(st.text())
def test_a_bare_id_stays_as_it_is(jid: str) -> None:
    assert bare(bare(jid)) == bare(jid)
    assert bare(jid).rpartition("@")[2] == jid.rpartition("@")[2]


@pytest.mark.parametrize(
    ("jid", "kinds"),
    [
        ("120363000000000001@g.us", (True, False, False)),
        ("status@broadcast", (False, True, False)),
        ("123@broadcast", (False, True, False)),
        ("120363000000000001@newsletter", (False, False, True)),
        (PHONE, (False, False, False)),
        ("g.us", (False, False, False)),
        ("1@xg.us", (False, False, False)),
    ],
)
def test_groups_lists_and_channels_are_known_by_their_server(jid: str, kinds: tuple[bool, bool, bool]) -> None:
    assert (is_group(jid), is_broadcast(jid), is_newsletter(jid)) == kinds


@pytest.mark.parametrize("bsuid", ["BR.1", "US.ENT.12ab", "BR." + "9" * 128, "user.93ab"])
def test_a_business_scoped_id_has_its_country_in_front(bsuid: str) -> None:
    assert is_bsuid(bsuid)
    assert cloud_person(bsuid) == Person(bsuid, None, None, bsuid)


@pytest.mark.parametrize("other", ["", "BR.", "br.1", "BRA.1", "BR.1-2", "BR." + "9" * 129, "5541999990000", "BR.1\n"])
def test_what_has_another_shape_is_no_business_scoped_id(other: str) -> None:
    assert not is_bsuid(other)


def test_a_cloud_field_may_hold_a_phone_a_business_scoped_id_or_neither() -> None:
    assert cloud_person("5541999990000", "BR.1") == Person("5541999990000", "5541999990000", None, "BR.1")
    assert cloud_person(None, "BR.1") == Person("BR.1", None, None, "BR.1")
    assert cloud_person("somebody") == Person("somebody")
    assert cloud_person(None) == NO_ONE
    assert cloud_person(None, "") == NO_ONE


# what stands for a person in keys, and phones that somebody typed


def test_a_person_is_known_in_keys_by_what_never_changes_where_it_is_told() -> None:
    phone, lid = "5541999990101@s.whatsapp.net", "201100000000101@lid"
    assert (
        steady(person((phone, lid)))
        == steady(person((lid.replace("@", ":3@"), phone)))
        == steady(person((lid,)))
        == lid
    )
    assert steady(person((phone,))) == steady(person(("5541999990101_1:9@c.us",))) == phone
    assert steady(cloud_person("5541999990101", "BR.1")) == steady(cloud_person(None, "BR.1")) == "BR.1"
    assert steady(cloud_person("5541999990101")) == "5541999990101"
    assert steady(cloud_person("somebody")) == "somebody"
    assert steady(NO_ONE) == ""


@pytest.mark.parametrize("written", ["+5541999990101", "+55 41 99999-0101", "+55 (41) 99999.0101"])
def test_a_phone_that_somebody_typed_is_that_phone(written: str) -> None:
    assert cloud_person(written) == Person(written, "5541999990101")


@pytest.mark.parametrize("written", ["+", "+abc", "55 41 99999-0101", "+BR.13", "+1" * 21])
def test_what_only_looks_like_a_typed_phone_is_none(written: str) -> None:
    assert cloud_person(written).phone is None
