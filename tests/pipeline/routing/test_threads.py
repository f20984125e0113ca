"""Threads: one for each person and instance, whichever of their ids a body has, in whatever order bodies come."""

import random
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from rollout_cli.pipeline.delivery import Delivery
from rollout_cli.store.events.sql_event_store import SqlEventStore
from rollout_cli.store.events.tables import contacts, participants
from rollout_cli.whatsapp import CanonicalEvent
from tests.support.event_stores import NOW, events_of, new_events_file
from tests.support.routed import (
    REACTION,
    START,
    all_conversations,
    baileys,
    cloud,
    cloud_status,
    evolution,
    forged,
    jid,
    open_ones,
    routed,
    said,
    threads,
)

ANA, NINE, LID, BSUID = "554198908495", "5541998908495", "201100000000777@lid", "BR.13490000000000000001"
BIA = "5511970000002"
THREAD = f"shopper-1:shop:{ANA}"


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.heavy)])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> SqlEventStore:
    return events_of(request, tmp_path)


def people(store: SqlEventStore) -> int:
    with store.reading() as connection:
        count: int = connection.execute(select(func.count()).select_from(contacts)).scalar_one()
    return count


# ids


@pytest.mark.parametrize("batched", [True, False])
def test_whichever_ids_of_a_person_a_body_has_it_is_one_thread(store: SqlEventStore, batched: bool) -> None:
    work = [
        baileys(0, jid(ANA)),
        baileys(1, LID, remoteJidAlt=jid(NINE)),
        baileys(2, LID),
        baileys(3, f"{NINE}:12@s.whatsapp.net", me=True),
        baileys(4, LID, me=True),
        baileys(5, f"{ANA}@c.us", senderLid=LID),
    ]
    path = routed(store)
    for some in [work] if batched else [[each] for each in work]:
        path.take(some)
    assert (threads(store), people(store), len(all_conversations(store))) == ({THREAD}, 1, 1)


def test_a_person_without_a_phone_is_one_thread_by_the_business_id_alone(store: SqlEventStore) -> None:
    path = routed(store)
    path.take([cloud(1, sender="", user_id=BSUID), cloud(2, sender="", user_id=BSUID)])
    assert (len(threads(store)), people(store)) == (1, 1)
    path.take([cloud(3, sender=ANA, user_id=BSUID), cloud(4, sender=NINE)])
    assert (len(threads(store)), people(store), len(all_conversations(store))) == (1, 1, 1)


def test_a_status_is_of_the_thread_of_whoever_it_was_sent_to(store: SqlEventStore) -> None:
    routed(store).take([
        cloud(1, sender=ANA, user_id=BSUID),
        cloud_status(2, "sent", "wamid.O1", recipient_id=NINE),
        cloud_status(3, "read", "wamid.O1", recipient_user_id=BSUID),
    ])  # fmt: skip
    assert len(threads(store)) == 1
    assert None not in {each.routing.conversation_id for each in said(store)}


def test_somebody_who_has_changed_their_number_stays_one_thread(store: SqlEventStore) -> None:
    body = cloud(1, sender=ANA).body.replace(
        b'"type": "text", "text": {"body": "good morning"}',
        b'"type": "system", "system": {"type": "user_changed_number", "body": "changed", "wa_id": "5511970000055"}',
    )
    assert b"user_changed_number" in body
    path = routed(store)
    path.take([cloud(0, sender=ANA), Delivery("cloud_api", body, NOW, shopper_id="shopper-1")])
    path.take([cloud(2, sender="5511970000055")])
    assert (len(threads(store)), len(open_ones(store))) == (1, 1)


def test_one_person_has_a_thread_in_each_instance_and_is_somebody_else_for_each_shopper(store: SqlEventStore) -> None:
    path = routed(store)
    path.take([baileys(1, jid(ANA)), baileys(1, jid(ANA), instance="other"), baileys(1, jid(ANA), shopper="shopper-2")])
    assert threads(store) == {THREAD, f"shopper-1:other:{ANA}", f"shopper-2:shop:{ANA}"}
    assert (people(store), len(all_conversations(store))) == (2, 3)


def test_a_landline_and_a_mobile_that_differ_by_a_nine_are_two(store: SqlEventStore) -> None:
    routed(store).take([baileys(1, jid("554133334444")), baileys(2, jid("5541933334444"))])
    assert people(store) == 2


# two who are one


@pytest.mark.parametrize("first", [0, 1])
def test_when_two_turn_out_to_be_one_all_that_is_theirs_follows(store: SqlEventStore, first: int) -> None:
    path = routed(store, "round_robin")
    both = [baileys(1, LID, pushName="Ana"), baileys(2, jid(ANA))]
    path.take([both[first]])
    path.take([both[1 - first]])
    before = {each.routing.conversation_id for each in said(store)}
    path.take([baileys(3, LID, said=REACTION)])
    path.take([baileys(4, jid(ANA), remoteJidAlt=LID)])
    (only,) = open_ones(store)
    assert (only.thread_key, only.opened_at.timestamp()) == (THREAD, START + 1)
    assert {each.routing.conversation_id for each in said(store)} == {only.id} < before
    assert (threads(store), people(store)) == ({THREAD}, 1)
    assert only.last_event_at is not None
    assert only.last_event_at.timestamp() == START + 4
    with store.reading() as connection:
        who = connection.execute(select(participants.c.contact_id).distinct()).scalars().all()
    assert who == [only.contact_id]


def test_what_has_opened_no_conversation_follows_as_well(store: SqlEventStore) -> None:
    path = routed(store)
    path.take([baileys(1, LID, said=REACTION)])
    path.take([baileys(2, LID, history=True)])
    path.take([baileys(3, jid(ANA))])
    path.take([baileys(4, jid(ANA), remoteJidAlt=LID)])
    assert threads(store) == {THREAD}


@pytest.mark.parametrize("restarted", [True, False])
def test_what_has_opened_nothing_follows_in_every_instance_of_the_shopper_and_in_no_other(
    store: SqlEventStore, *, restarted: bool
) -> None:
    path = routed(store)
    for number, where in enumerate([{"instance": "other"}, {"shopper": "shopper-2"}]):
        path.take([baileys(number, LID, said=REACTION, **where), baileys(9 - number, jid(ANA), said=REACTION, **where)])
    path = routed(store) if restarted else path
    path.take([baileys(5, jid(ANA), remoteJidAlt=LID)])
    others = {f"shopper-2:shop:{LID}", f"shopper-2:shop:{ANA}"}
    assert threads(store) == {THREAD, f"shopper-1:other:{ANA}", *others}


def test_threads_of_every_instance_follow(store: SqlEventStore) -> None:
    path = routed(store)
    for instance in ("shop", "other"):
        path.take([baileys(1, LID, instance=instance), baileys(2, jid(ANA), instance=instance)])
    path.take([baileys(3, LID, instance="third")])
    assert len(threads(store)) == 5
    path.take([baileys(4, jid(ANA), remoteJidAlt=LID)])
    assert threads(store) == {f"shopper-1:{instance}:{ANA}" for instance in ("shop", "other", "third")}
    assert len(open_ones(store)) == 3


def test_an_skm_is_kept_where_only_one_of_the_two_had_one(store: SqlEventStore) -> None:
    routed(store, team=None).take([baileys(1, LID)])
    routed(store).take([baileys(2, jid(ANA))])
    routed(store, team=None).take([baileys(3, jid(ANA), remoteJidAlt=LID)])
    assert [each.skm_id for each in open_ones(store)] == ["ana"]


# statuses that tell no chat


def own(number: int, phone: str, *, instance: str = "shop", me: bool = True) -> Delivery:
    key = {"remoteJid": jid(phone), "fromMe": me, "id": f"3EB0{number:016X}"}
    data = {"key": key, "message": {"conversation": "hello"}, "messageTimestamp": START + number}
    return evolution("messages.upsert", data, instance=instance)


def bare_status(number: int, state: str = "READ", *, instance: str = "shop") -> Delivery:
    return evolution("messages.update", {"keyId": f"3EB0{number:016X}", "status": state}, instance=instance)


@pytest.mark.parametrize("batched", [True, False])
def test_a_status_without_a_chat_joins_its_message(store: SqlEventStore, batched: bool) -> None:
    path = routed(store)
    work = [own(1, ANA), bare_status(1, "DELIVERY_ACK"), bare_status(1)]
    for some in [work, work[1:]] if batched else [[each] for each in work]:
        path.take(some)
    assert threads(store) == {THREAD}
    assert len({each.routing.conversation_id for each in said(store)}) == 1


@pytest.mark.parametrize("restarted", [True, False])
@pytest.mark.parametrize("batches", [(0, 3), (0, 1, 3), (0, 1, 2, 3), (0, 2, 3)])
def test_a_status_before_its_message_joins_it_as_well(
    store: SqlEventStore, batches: tuple[int, ...], *, restarted: bool
) -> None:
    work, path = [bare_status(1, "DELIVERY_ACK"), bare_status(1), own(1, ANA)], routed(store)
    for start, end in pairwise(batches):
        path = routed(store) if restarted else path
        path.take(work[start:end])
    assert threads(store) == {THREAD}
    assert {each.routing.conversation_id for each in said(store)} == {open_ones(store)[0].id}
    assert {each.routing.skm_id for each in said(store)} == {"ana"}


def test_a_status_before_its_message_waits_for_the_one_of_its_own_instance(store: SqlEventStore) -> None:
    path = routed(store)
    for each in (bare_status(1), own(1, BIA, instance="other"), own(1, ANA)):
        path.take([each])
    assert [each.routing.thread_key for each in said(store)] == [THREAD, f"shopper-1:other:{BIA}", THREAD]


def test_what_is_badly_signed_joins_no_message_and_no_message_joins_it(store: SqlEventStore) -> None:
    path = routed(store)
    for each in (forged(bare_status(1)), bare_status(2), forged(own(2, BIA)), own(1, ANA)):
        path.take([each])
    assert [each.routing.thread_key for each in said(store)] == [None, None, f"shopper-1:shop:{BIA}", THREAD]


def test_failures_that_came_before_their_messages_count(store: SqlEventStore) -> None:
    path = routed(store)
    numbers = range(3)
    path.take([bare_status(number, "ERROR") for number in numbers])
    path.take([own(number, ANA) for number in numbers])
    assert [each.security.risk_flags for each in said(store)[:3]] == [(), (), ("multiple_failures",)]
    assert open_ones(store)[0].failures == 3


@pytest.mark.parametrize("batched", [True, False])
def test_a_status_never_joins_a_message_that_another_instance_has_under_the_same_id(
    store: SqlEventStore, batched: bool
) -> None:
    path = routed(store)
    work = [own(1, BIA, instance="other", me=False), bare_status(1)]
    for some in [work] if batched else [[each] for each in work]:
        path.take(some)
    assert said(store)[-1].routing.thread_key is None


@pytest.mark.parametrize("batched", [True, False])
def test_a_status_joins_the_message_of_its_own_instance_whichever_was_told_first(
    store: SqlEventStore, batched: bool
) -> None:
    path = routed(store)
    work = [own(1, BIA, instance="other", me=False), own(1, ANA), bare_status(1), bare_status(1, instance="other")]
    for some in [work] if batched else [[each] for each in work]:
        path.take(some)
    assert [each.routing.thread_key for each in said(store)[2:]] == [THREAD, f"shopper-1:other:{BIA}"]


def test_what_is_badly_signed_gives_no_status_its_thread(store: SqlEventStore) -> None:
    path = routed(store)
    for each in (forged(own(1, BIA)), bare_status(1)):
        path.take([each])
    assert said(store)[-1].routing.thread_key is None


def test_a_status_of_a_message_that_nobody_knows_is_stored_without_a_thread(store: SqlEventStore) -> None:
    routed(store).take([bare_status(7)])
    assert [each.routing.thread_key for each in said(store)] == [None]


# whom nobody may trust


def test_what_is_badly_signed_teaches_nothing(store: SqlEventStore) -> None:
    path = routed(store)
    path.take([baileys(1, LID), baileys(2, jid(ANA))])
    path.take([forged(baileys(3, jid(ANA), remoteJidAlt=LID)), forged(cloud(4, sender=BIA, user_id=BSUID))])
    assert people(store) == 2
    path.take([baileys(5, LID), cloud(6, sender="", user_id=BSUID)])
    assert people(store) == 3
    assert len({each.routing.thread_key for each in said(store) if each.security.signature_valid is not False}) == 3
    assert {each.routing.conversation_id for each in said(store) if each.security.signature_valid is False} == {None}


def test_with_routing_off_events_keep_the_thread_that_their_body_had_and_nobody_is_met(store: SqlEventStore) -> None:
    off = routed(store, flags={"WHATSAPP_ROUTING_ENABLED": False})
    off.take([baileys(1, LID), baileys(2, jid(ANA), remoteJidAlt=LID)])
    assert (len(threads(store)), people(store), all_conversations(store)) == (2, 0, [])


# in any order


PERSONS = {"ana": (jid(ANA), jid(NINE), LID), "bia": (jid(BIA), "201100000000778@lid")}


def work_of(who: str, first: int) -> list[Delivery]:
    """What a person says under each of their ids, and what tells that two of them are one's."""
    ids = PERSONS[who]
    return [
        *(baileys(first + place, one) for place, one in enumerate(ids)),
        baileys(first + 10, ids[0], remoteJidAlt=ids[-1]),
        baileys(first + 11, ids[-1], me=True),
        baileys(first + 12, ids[-1], said=REACTION),
        baileys(first + 13, ids[0], history=True),
    ]


WORK = [*work_of("ana", 100), *work_of("bia", 200)]


def partition(found: list[CanonicalEvent]) -> list[list[int]]:
    """Which messages share a thread, by the seconds at which they were sent."""
    by_thread: dict[Any, list[int]] = {}
    for each in sorted(found, key=lambda event: event.occurred_at):
        by_thread.setdefault(each.routing.thread_key, []).append(int(each.occurred_at.timestamp()) - START)
    return list(by_thread.values())


def is_live(event: CanonicalEvent) -> bool:
    """Whether it is a message, and no history."""
    return event.event_type.endswith("bound") and event.source.webhook_event == "messages.upsert"


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(order=st.randoms(use_true_random=False), repeats=st.integers(0, 8), size=st.integers(1, 20))
def test_in_any_order_and_batches_and_however_often_the_same_keys_are_in_the_same_threads(
    tmp_path_factory: pytest.TempPathFactory, order: random.Random, repeats: int, size: int
) -> None:
    store = new_events_file(tmp_path_factory.mktemp("order"))
    work = [*WORK, *order.choices(WORK, k=repeats)]
    order.shuffle(work)
    path = routed(store)
    for start in range(0, len(work), size):
        path.take(work[start : start + size])
    found = said(store)
    assert partition(found) == [[100, 101, 102, 110, 111, 112, 113], [200, 201, 210, 211, 212, 213]]
    assert len({each.trace.idempotency_key for each in found}) == len(WORK)
    opened = [each.id for each in open_ones(store)]
    assert (len(opened), people(store)) == (2, 2)
    assert {each.routing.conversation_id for each in found if is_live(each)} == set(opened)
    store.close()
