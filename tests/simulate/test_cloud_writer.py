"""What is particular about the Cloud API's bodies: what shares a value, who is told by which id, what an id holds."""

import json
import re
from datetime import UTC, datetime
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollout_cli.simulate.traffic.happening import STATES, Happening
from rollout_cli.simulate.traffic.ids import mixed
from rollout_cli.simulate.traffic.people import Thread, instance, person
from rollout_cli.simulate.traffic.writers.cloud_api import CLOUD_API
from rollout_cli.whatsapp import CanonicalEvent, normalize
from tests.support.for_each import for_each

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)
AT = 1_767_614_400_000
SHOP = instance(1, "cloud_api", "shopper-1")


def happening(kind: str = "text", place: int = 1, *, who: int = 12, out: bool = False, spelling: int = 0) -> Happening:
    is_state = kind in STATES
    return Happening(
        kind,
        Thread(7, SHOP, person(who)),
        person(who),
        place,
        mixed(7, place),
        AT + place * 1000,
        about=mixed(7, 0),
        about_outbound=is_state,
        outbound=out or is_state,
        words="bom dia",
        spelling=spelling,
    )


def body(*happenings: Happening) -> str:
    written = [CLOUD_API.write(each) for each in happenings]
    assert len({each.folder for each in written}) == 1
    return CLOUD_API.body(SHOP, written[0].folder, [each.told for each in written])


def values(told: str) -> list[dict[str, Any]]:
    return [change["value"] for entry in json.loads(told)["entry"] for change in entry["changes"]]


def events(told: str) -> list[CanonicalEvent]:
    return normalize("cloud_api", told.encode(), received_at=NOW, tenant="shopper-1")


def test_messages_and_the_statuses_behind_them_share_one_value() -> None:
    (value,) = values(body(happening(place=1), happening(place=2), happening("read", 3)))
    assert len(value["messages"]) == 2
    assert len(value["statuses"]) == 1


def test_a_message_behind_a_status_stands_in_a_change_of_its_own() -> None:
    first, second = values(body(happening("read", 1), happening(place=2)))
    assert "statuses" in first
    assert "messages" in second


@given(
    kinds=st.lists(st.sampled_from(("text", "image", "reaction", "sent", "failed", "read")), min_size=1, max_size=40)
)
@settings(deadline=None)
def test_whatever_shares_a_body_becomes_events_in_the_order_of_its_items(kinds: list[str]) -> None:
    told = [happening(kind, place, who=place % 3) for place, kind in enumerate(kinds, 1)]
    assert [each.event_type for each in events(body(*told))] == [
        CLOUD_API.kinds[each.kind].event_type(each) for each in told
    ]


@pytest.mark.parametrize("kind", sorted(CLOUD_API.kinds.keys() - {"revoke", *STATES}))
def test_several_of_a_kind_in_a_body_are_as_many_events(kind: str) -> None:
    several = [happening(kind, place) for place in (2, 4, 6)]
    assert len({each.event_id for each in events(body(*several))}) == 3


@pytest.mark.parametrize("kind", sorted({"revoke", *STATES}))
def test_what_can_happen_to_a_message_only_once_is_one_event(kind: str) -> None:
    several = [happening(kind, place) for place in (2, 4, 6)]
    assert len({each.event_id for each in events(body(*several))}) == 1


def test_a_person_stands_among_the_contacts_once_however_much_they_write() -> None:
    (value,) = values(body(*(happening(place=place) for place in (1, 2, 4, 5))))
    assert len(value["contacts"]) == 1


def test_every_third_message_tells_both_ids_and_the_others_the_phone_alone() -> None:
    for place in range(1, 10):
        (event,) = events(body(happening(place=place)))
        assert event.actor.phone == person(12).phone
        assert event.actor.bsuid == (person(12).bsuid if place % 3 == 0 else None)


def test_told_again_it_may_come_without_any_phone_or_with_the_phone_as_people_write_it() -> None:
    (by_id,), (typed,) = (events(body(happening(place=place, who=14, spelling=1))) for place in (1, 2))
    assert (by_id.actor.phone, by_id.actor.bsuid) == (None, person(14).bsuid)
    assert (typed.actor.wa_id, typed.actor.bsuid) == (person(14).typed, None)


def test_a_phone_that_people_write_as_it_is_cannot_be_told_otherwise() -> None:
    assert person(11).typed == person(11).phone
    (event,) = events(body(happening(place=2, who=11, spelling=1)))
    assert event.actor.phone is None


def test_names_are_missing_now_and_then() -> None:
    named = [bool(events(body(happening(place=place)))[0].actor.display_name) for place in range(1, 34)]
    assert 0 < named.count(False) < 6


@given(place=st.integers(0, 2**32 - 1), out=st.booleans())
def test_no_sixteen_hex_digits_of_an_id_stand_before_those_that_tell_it(place: int, out: bool) -> None:
    (event,) = events(body(happening(place=place % 10**6, out=out)))
    told = re.findall(r"[0-9A-F]{16,}", event.source.provider_message_id or "")
    assert told == [mixed(7, place % 10**6)]


def test_a_message_keeps_its_id_in_what_is_said_about_it() -> None:
    ours = happening(place=0, out=True)
    (status,), (message,) = events(body(happening("sent"))), events(body(ours))
    assert status.source.provider_message_id == message.source.provider_message_id


def test_the_business_own_messages_come_as_echoes_of_its_app() -> None:
    told = json.loads(body(happening(out=True)))["entry"][0]["changes"][0]
    assert told["field"] == "smb_message_echoes"
    assert told["value"]["message_echoes"][0]["from"] == SHOP.phone


def test_what_is_missing_in_the_history_leaves_the_message_its_own_key() -> None:
    (stub,), (message,) = events(body(happening("stub"))), events(body(happening("text")))
    assert stub.event_type == "whatsapp.message.undecryptable"
    assert stub.source.provider_message_id == message.source.provider_message_id
    assert stub.event_id != message.event_id


def test_ads_quotes_and_forwards_come_now_and_then() -> None:
    many = [events(body(happening(place=place)))[0] for place in range(1, 80)]
    assert sum(each.message is not None and each.message.referral is not None for each in many) == 2
    assert 5 < sum(each.context.reply_to is not None for each in many) < 15
    forwarded = Happening("image", *(getattr(happening(), name) for name in Happening.__struct_fields__[1:-1]), True)
    assert events(body(forwarded))[0].context.forwarded


@for_each("kind, place", product(sorted(CLOUD_API.kinds), range(1, 13)))
def test_nothing_that_is_told_looks_strange_to_who_reads_it(kind: str, place: int) -> None:
    (event,) = events(body(happening(kind, place)))
    assert event.security.risk_flags == ()
