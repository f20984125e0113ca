"""Evolution API and Baileys: every place in a thread, every companion in a body, and what is particular to each."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from rollout_cli.simulate.traffic.happening import SPEAKING, STATES, Happening
from rollout_cli.simulate.traffic.ids import mixed
from rollout_cli.simulate.traffic.kinds import ABOUT_A_MESSAGE, IN_GROUPS, OF_INSTANCES, OURS, THEIRS, TO_MANY
from rollout_cli.simulate.traffic.people import Thread, audience_of, group_id, instance, person
from rollout_cli.simulate.traffic.writers.pattern import pattern
from rollout_cli.simulate.traffic.writing import writer_of
from rollout_cli.whatsapp import CanonicalEvent, normalize

AT = 1_767_614_400_000
BOTH = ("evolution", "baileys")
THREAD = 7


def happening(
    kind: str, place: int = 3, *, provider: str, group: bool = False, out: bool = False, spelling: int = 0,
    at: int = AT, forwarded: bool = False, sort: str = "",
) -> Happening:  # fmt: skip
    where = Thread(
        THREAD, instance(1, provider, "shopper-1"), person(12), group_id(THREAD) if group else None,
        audience_of(sort, THREAD) if sort else None,
    )  # fmt: skip
    ours = out or kind in OURS or kind in STATES
    return Happening(
        kind, where, person(13 if group else 12), place, mixed(THREAD, place), at,
        about=mixed(THREAD, 1_000_000) if kind in ABOUT_A_MESSAGE or kind in STATES else "",
        about_outbound=kind in STATES, outbound=ours, words='é azul? \\"M\\"', spelling=spelling,
        is_forwarded=forwarded,
    )  # fmt: skip


def bodies(provider: str, happenings: Sequence[Happening]) -> list[str]:
    """As few bodies as the writer lets them be."""
    writer = writer_of(provider)
    together: dict[str, list[str]] = {}
    for each in happenings:
        written = writer.write(each)
        alone = f" {each.place} {each.spelling}" if writer.most == 1 else ""
        together.setdefault(f"{written.folder}|{alone}", []).append(written.told)
    where = happenings[0].thread.instance
    return [writer.body(where, folder.partition("|")[0], items) for folder, items in together.items()]


def told(provider: str, *happenings: Happening) -> list[CanonicalEvent]:
    received_at = datetime.fromtimestamp(AT / 1000, UTC) + timedelta(days=1)
    return [
        event
        for body in bodies(provider, happenings)
        for event in normalize(provider, body.encode(), received_at=received_at, tenant="shopper-1")
    ]


def told_as(provider: str, what: Happening) -> dict[str, Any]:
    (body,) = bodies(provider, [what])
    found: dict[str, Any] = json.loads(body)
    return found


@st.composite
def anything(draw: st.DrawFn, provider: str) -> Happening:
    group = draw(st.booleans())
    kinds = sorted(kind for kind in writer_of(provider).kinds if group or kind not in IN_GROUPS)
    kind = draw(st.sampled_from(kinds))
    out = kind not in THEIRS and draw(st.booleans())
    place, at = draw(st.integers(0, 100_000)), AT + draw(st.integers(0, 60_000))
    return happening(kind, place, provider=provider, group=group, out=out, at=at, forwarded=draw(st.booleans()))


@st.composite
def posts(draw: st.DrawFn, provider: str) -> Happening:
    sort = draw(st.sampled_from(sorted(TO_MANY)))
    kind = draw(st.sampled_from(sorted(TO_MANY[sort])))
    out = sort != "newsletter" and draw(st.booleans())
    place, at = draw(st.integers(0, 100_000)), AT + draw(st.integers(0, 60_000))
    return happening(kind, place, provider=provider, out=out, at=at, forwarded=draw(st.booleans()), sort=sort)


def _again(what: Happening, spelling: int) -> Happening:
    return happening(
        what.kind, what.place, provider=what.thread.instance.provider, group=what.thread.group is not None,
        out=what.outbound, spelling=spelling, at=what.at, forwarded=what.is_forwarded,
    )  # fmt: skip


@pytest.mark.parametrize("provider", BOTH)
@given(data=st.data())
def test_wherever_it_stands_it_is_one_event_in_every_spelling(provider: str, data: st.DataObject) -> None:
    what = data.draw(anything(provider))
    writer = writer_of(provider)
    (usual,) = told(provider, what)
    assert usual.event_type == writer.kinds[what.kind].event_type(what)
    if what.kind in SPEAKING - {"stub"}:
        assert usual.message is not None
        assert usual.message.type == what.kind
        assert usual.context.forwarded is what.is_forwarded
    for spelling in writer.respelled.get(what.kind, ()):
        (again,) = told(provider, _again(what, spelling))
        assert (again.event_id, again.event_type) == (usual.event_id, usual.event_type)


@pytest.mark.parametrize("provider", BOTH)
@given(data=st.data())
def test_what_is_usual_tells_the_phone_and_the_thread(provider: str, data: st.DataObject) -> None:
    what = data.draw(anything(provider))
    if what.kind in OF_INSTANCES or (provider == "evolution" and what.kind == "edit"):
        return  # Evolution's edits name no chat
    (event,) = told(provider, what)
    thread = what.thread
    assert event.routing.thread_key is not None
    is_of_one = thread.group is None or what.kind == "contact"  # a contact is somebody's, in whatever group they are
    expected = what.actor.phone if is_of_one else f"{thread.group}@g.us"
    assert event.routing.thread_key.endswith(f":{expected}")
    if thread.group is None and event.actor.role == "customer":
        assert event.actor.phone == thread.person.phone


@pytest.mark.parametrize("provider", BOTH)
@given(data=st.data())
def test_what_is_said_to_many_tells_its_chat_and_who_said_it_and_is_in_no_thread(
    provider: str, data: st.DataObject
) -> None:
    what = data.draw(posts(provider))
    (event,) = told(provider, what)
    assert event.event_type == writer_of(provider).kinds[what.kind].event_type(what)
    assert (event.context.chat_id, event.routing.thread_key) == (what.thread.audience, None)
    if what.thread.is_newsletter:
        assert (event.actor.role, event.actor.wa_id) == ("participant", None)
    elif not what.outbound:
        assert {event.actor.phone, event.actor.lid} & {what.actor.phone, f"{what.actor.lid}@lid"}


@pytest.mark.parametrize("provider", BOTH)
@given(data=st.data())
def test_no_two_of_one_moment_are_one_event_and_none_hides_another_of_its_body(
    provider: str, data: st.DataObject
) -> None:
    kind = data.draw(st.sampled_from(sorted(writer_of(provider).kinds.keys() - {"revoke", *STATES})))
    group, out = kind in IN_GROUPS, kind in OURS
    first = data.draw(st.integers(0, 100_000))
    many = [happening(kind, place, provider=provider, group=group, out=out) for place in range(first, first + 8)]
    events = told(provider, *many)
    assert len({each.event_id for each in events}) == len(events) == len(many)


@pytest.mark.parametrize("provider", BOTH)
@given(data=st.data())
def test_an_item_in_another_body_is_the_same_event(provider: str, data: st.DataObject) -> None:
    what = data.draw(anything(provider))
    other = happening(what.kind, what.place + 1, provider=provider, group=what.thread.group is not None, at=what.at + 9)
    (alone,) = told(provider, what)
    assert alone.event_id in {each.event_id for each in told(provider, other, what)}


def test_evolutions_clock_is_three_hours_behind_and_calls_itself_utc() -> None:
    body = told_as("evolution", happening("text", provider="evolution"))
    shown = datetime.fromisoformat(body["date_time"])
    behind = datetime.fromtimestamp(body["data"]["messageTimestamp"], UTC) - shown
    assert timedelta(hours=2, minutes=59) < behind <= timedelta(hours=3)


def test_evolution_tells_its_own_number_once_it_is_paired() -> None:
    assert "sender" in told_as("evolution", happening("text", provider="evolution"))
    assert "sender" not in told_as("evolution", happening("qr", provider="evolution"))


def test_evolution_makes_a_plain_text_of_every_text_that_is_not_wrapped() -> None:
    names = {
        place: told_as("evolution", happening("text", place, provider="evolution", forwarded=place % 2 == 0))["data"][
            "messageType"
        ]
        for place in range(1, 12)
    }
    assert names == dict.fromkeys(range(1, 11), "conversation") | {11: "ephemeralMessage"}


def test_evolution_tells_an_own_message_by_either_of_two_events() -> None:
    for place in range(6):
        first, second = (
            told_as("evolution", happening("text", place, provider="evolution", out=True, spelling=spelling))["event"]
            for spelling in (0, 2)
        )
        assert {first, second} == {"messages.upsert", "send.message"}


def test_baileys_tells_in_a_group_which_member_has_read_it() -> None:
    private = told_as("baileys", happening("read", provider="baileys"))
    group = told_as("baileys", happening("read", provider="baileys", group=True))
    assert (private["event"], group["event"]) == ("messages.update", "message-receipt.update")
    assert group["data"][0]["receipt"]["userJid"] == f"{person(13).lid}@lid"


def test_a_status_post_names_its_author_beside_a_chat_that_everybody_has() -> None:
    body = told_as("evolution", happening("image", 3, provider="evolution", sort="status"))
    assert body["data"]["key"]["remoteJid"] == "status@broadcast"
    assert body["data"]["key"]["participant"] == f"{person(12).phone}@s.whatsapp.net"
    crossed = told_as("evolution", happening("image", 4, provider="evolution", sort="status"))["data"]["key"]
    assert (crossed["participant"], crossed["remoteJidAlt"]) == (
        f"{person(12).lid}@lid", f"{person(12).phone}@s.whatsapp.net",
    )  # fmt: skip


def test_baileys_marks_what_is_broadcast_and_numbers_what_a_newsletter_says() -> None:
    marked = {
        sort: told_as("baileys", happening("text", provider="baileys", sort=sort))["data"]["messages"][0]
        for sort in ("", "status", "list", "newsletter")
    }
    assert {sort: each["broadcast"] for sort, each in marked.items()} == {
        "": False, "status": True, "list": True, "newsletter": False,
    }  # fmt: skip
    assert {sort for sort, each in marked.items() if "server_id" in each["key"]} == {"newsletter"}


def test_who_has_seen_a_status_post_is_told_like_who_has_read_it_in_a_group() -> None:
    seen = told_as("baileys", happening("read", provider="baileys", sort="status"))
    assert seen["event"] == "message-receipt.update"
    assert seen["data"][0]["receipt"]["userJid"] == f"{person(12).lid}@lid"


@pytest.mark.parametrize("provider", BOTH)
@given(data=st.data())
def test_a_message_calls_an_skm_where_it_is_said_to_and_nowhere_else(provider: str, data: st.DataObject) -> None:
    what = data.draw(anything(provider))
    where = replace(what.thread, number=data.draw(st.integers(1, 100)))
    place = data.draw(st.sampled_from([1, 7, 14, 77]))
    what = replace(what, thread=where, place=place, spelling=data.draw(st.sampled_from([0, 1, 2])))
    writer = writer_of(provider)
    if what.spelling and what.spelling not in writer.respelled.get(what.kind, ()):
        what = replace(what, spelling=0)
    (event,) = told(provider, what)
    is_called = f"{where.instance.attendant}@s.whatsapp.net" in event.context.mentions
    assert writer.told(what).calls == (is_called and not event.context.forwarded)


def test_a_stub_of_baileys_leaves_its_id_to_the_message() -> None:
    (stub,) = told("baileys", happening("stub", provider="baileys"))
    (text,) = told("baileys", happening("text", provider="baileys"))
    assert stub.source.provider_message_id == text.source.provider_message_id
    assert stub.event_id != text.event_id


def test_in_a_group_the_author_is_told_in_each_of_three_ways() -> None:
    for provider in BOTH:
        people = {
            (event.actor.phone is not None, event.actor.lid is not None)
            for place in range(3)
            for event in told(provider, happening("text", place, provider=provider, group=True))
        }
        assert people == {(True, True), (False, True), (True, False)}


def test_a_pattern_takes_its_fields_from_a_value_and_leaves_all_else() -> None:
    what = happening("text", provider="baileys")
    assert pattern('{"a":"100% %s"}')(what) == '{"a":"100% %s"}'
    assert pattern('{"a":"<id>"}')(what) == f'{{"a":"{what.id}"}}'
    many = pattern("<id>,<place>;<at> <thread.person.lid>!<kind>")
    assert many(what) == f"{what.id},{what.place};{what.at} {what.thread.person.lid}!text"
