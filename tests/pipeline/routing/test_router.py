"""Routing: one person is one thread, a thread has one open conversation, and a conversation keeps who serves it."""

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rollout_cli.new_path import Installation
from rollout_cli.pipeline.delivery import Delivery
from rollout_cli.pipeline.event_store import Conversation
from rollout_cli.pipeline.routing.conversations import STEPS, Act, State
from rollout_cli.pipeline.routing.spelling import spelling
from rollout_cli.store.events.publishing import SqlPublication
from rollout_cli.store.events.sql_event_store import SqlEventStore
from rollout_cli.whatsapp.match_keys import match_keys
from tests.support.event_stores import NOW, cloud_text, events_of, new_events_file
from tests.support.examples import examples
from tests.support.routed import START, all_conversations, baileys, jid, routed, said, stored, threads, told

ANA, NINE, LID = "554198908495", "5541998908495", "201100000000777@lid"
GROUP = "120363400000000001@g.us"


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.heavy)])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> SqlEventStore:
    return events_of(request, tmp_path)


# who is who


def test_one_person_is_one_thread_by_phone_and_lid_and_ninth_digit(store: SqlEventStore) -> None:
    path = routed(store)
    path.take([baileys(1, jid(ANA)), baileys(2, LID, remoteJidAlt=jid(ANA)), baileys(3, LID), baileys(4, jid(NINE))])
    assert threads(store) == {f"shopper-1:shop:{ANA}"}
    assert len(all_conversations(store)) == 1


def test_two_people_who_turn_out_to_be_one_move_together(store: SqlEventStore) -> None:
    path = routed(store)
    path.take([baileys(1, LID)])
    path.take([baileys(2, jid(ANA))])
    assert len(threads(store)) == 2
    path.take([baileys(3, jid(ANA), remoteJidAlt=LID)])
    assert threads(store) == {f"shopper-1:shop:{ANA}"}
    kept = [each for each in all_conversations(store) if each.closed_at is None]
    assert len(kept) == 1
    assert {each.routing.conversation_id for each in said(store)} == {kept[0].id}
    assert kept[0].opened_at.timestamp() == START + 1
    path.take([baileys(4, LID)])
    assert threads(store) == {f"shopper-1:shop:{ANA}"}


def test_two_who_become_one_leave_what_is_known_of_others(
    store: SqlEventStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, asked = routed(store), set[str]()
    path.take([baileys(1, LID), baileys(2, jid(ANA)), baileys(3, jid("5511970000009"))])
    look_up = SqlPublication.latest_conversations

    def noting(self: SqlPublication, keys: Collection[str]) -> Mapping[str, Conversation]:
        asked.update(keys)
        return look_up(self, keys)

    monkeypatch.setattr(SqlPublication, "latest_conversations", noting)
    path.take([baileys(4, jid(ANA), remoteJidAlt=LID), baileys(5, LID), baileys(6, jid("5511970000009"))])
    path.take([baileys(7, LID), baileys(8, jid(ANA)), baileys(9, jid("5511970000009"))])
    assert asked == {f"shopper-1:shop:{ANA}"}
    assert len({each.routing.conversation_id for each in said(store)}) == 2


def test_somebody_who_becomes_another_who_becomes_a_third_is_the_third(store: SqlEventStore) -> None:
    path, second = routed(store), "201100000000778@lid"
    path.take([baileys(1, LID), baileys(2, second), baileys(3, jid(ANA))])
    path.take([baileys(4, LID, remoteJidAlt=second)])
    path.take([baileys(5, second, remoteJidAlt=jid(ANA))])
    path.take([baileys(6, LID), baileys(7, second), baileys(8, jid(NINE))])
    assert threads(store) == {f"shopper-1:shop:{ANA}"}
    assert len({each.routing.conversation_id for each in said(store)}) == 1


def test_a_body_with_a_bad_signature_makes_one_person_of_nobody(store: SqlEventStore) -> None:
    path = routed(store)
    forged = baileys(3, jid(ANA), remoteJidAlt=LID)
    path.take([baileys(1, LID), baileys(2, jid(ANA))])
    path.take([Delivery("baileys", forged.body, NOW, "shop", shopper_id="shopper-1", signature_valid=False)])
    assert len(all_conversations(store)) == 2


_people = st.lists(st.lists(st.integers(0, 5), min_size=1, max_size=2), min_size=1, max_size=7)


@settings(max_examples=examples(25), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(told_of=_people, at_once=st.booleans())
def test_people_are_what_all_that_was_told_makes_of_them(
    tmp_path_factory: pytest.TempPathFactory, told_of: list[list[int]], at_once: bool
) -> None:
    ids = [jid("5511970000001"), "201100000000001@lid", jid("5511970000002"), "201100000000002@lid",
           jid("5511970000003"), "201100000000003@lid"]  # fmt: skip
    store = new_events_file(tmp_path_factory.mktemp("people"))
    path = routed(store)
    work = [
        baileys(number, ids[pair[0]], **({"remoteJidAlt": ids[pair[1]]} if len(set(pair)) > 1 else {}))
        for number, pair in enumerate(told_of)
    ]
    for some in [work] if at_once else [[each] for each in work]:
        path.take(some)
    expected = _united(told_of)
    found = [each.routing.thread_key for each in sorted(said(store), key=lambda event: event.occurred_at)]
    for one, first in enumerate(told_of):
        for other, second in enumerate(told_of):
            same = expected[first[0]] == expected[second[0]]
            assert (found[one] == found[other]) is same
    assert len([each for each in all_conversations(store) if each.closed_at is None]) == len(set(found))
    store.close()


def _united(pairs: Iterable[list[int]]) -> dict[int, int]:
    root = {number: number for number in range(6)}
    for pair in pairs:
        first, last = root[pair[0]], root[pair[-1]]
        root = {number: first if each == last else each for number, each in root.items()}
    return root


@given(st.from_regex(r"(55[1-9]{2}9?[2-9]\d{7}|549?11\d{8}|521?55\d{8}|1\d{10})", fullmatch=True), st.data())
def test_all_spellings_of_an_id_share_one(phone: str, data: st.DataObject) -> None:
    other = data.draw(st.sampled_from(sorted(match_keys(phone))))
    assert spelling(other) == spelling(phone) == spelling(f"{phone}:12@s.whatsapp.net")


def test_a_status_that_tells_no_chat_belongs_to_its_message(store: SqlEventStore) -> None:
    body = {"event": "messages.update", "instance": "shop", "data": {"keyId": f"3EB0{1:016X}", "status": "READ"}}
    status = Delivery("evolution", json.dumps(body).encode(), NOW, shopper_id="shopper-1")
    data = {"key": {"remoteJid": jid(ANA), "fromMe": True, "id": f"3EB0{1:016X}"},
            "message": {"conversation": "hello"}, "messageTimestamp": START}  # fmt: skip
    sent = {"event": "messages.upsert", "instance": "shop", "data": data}
    path = routed(store)
    path.take([Delivery("evolution", json.dumps(sent).encode(), NOW, shopper_id="shopper-1")])
    path.take([status])
    message, update = said(store)
    assert update.event_type == "whatsapp.message.status.read"
    assert update.routing.conversation_id == message.routing.conversation_id is not None


# conversations


def test_for_every_state_and_act_there_is_a_step() -> None:
    assert set(STEPS) == {(state, act) for state in State for act in Act}


def test_what_follows_a_message_opens_nothing(store: SqlEventStore) -> None:
    reaction = {"reactionMessage": {"key": {"id": "3EB0FF"}, "text": "x"}}
    routed(store).take([baileys(1, jid(ANA), said=reaction)])
    assert (told(store), all_conversations(store)) == ([], [])


def test_a_history_opens_nothing(store: SqlEventStore) -> None:
    message = {"key": {"remoteJid": jid(ANA), "fromMe": False, "id": "3EB01"}, "messageTimestamp": START,
               "message": {"conversation": "long ago"}}  # fmt: skip
    body = {"event": "messaging-history.set", "data": {"chats": [], "contacts": [], "messages": [message]}}
    routed(store).take([Delivery("baileys", json.dumps(body).encode(), NOW, "shop", shopper_id="shopper-1")])
    assert len(said(store)) == 1
    assert all_conversations(store) == []


def close_all(path: Installation, seconds: int) -> None:
    path.close_idle(timedelta(0), now=NOW + timedelta(seconds=seconds))


def test_a_closed_conversation_is_opened_again_by_what_is_newer_and_joined_by_what_is_older(
    store: SqlEventStore,
) -> None:
    path = routed(store)
    path.take([baileys(10, jid(ANA))])
    close_all(path, 0)
    assert told(store) == ["conversation.opened", "thread.assigned", "conversation.closed"]
    path.take([baileys(5, jid(ANA))])
    (closed,) = all_conversations(store)
    assert closed.closed_at is not None, "what was overtaken opens nothing"
    path.take([baileys(11, jid(ANA))])
    (again,) = all_conversations(store)
    assert (again.id, again.closed_at, again.skm_id) == (closed.id, None, "ana")
    assert {each.routing.conversation_id for each in said(store)} == {closed.id}
    assert told(store)[3:] == ["conversation.opened"]


def test_long_after_its_end_a_new_conversation_begins(store: SqlEventStore) -> None:
    path = routed(store, reopens_within=timedelta(hours=1))
    path.take([baileys(10, jid(ANA))])
    path.close_idle(timedelta(0), now=NOW)
    late = int(NOW.timestamp()) + 7200
    path.take([baileys(11, jid(ANA), at=late)])
    first, second = all_conversations(store)
    assert (first.closed_at is None, second.closed_at is None) == (False, True)
    assert first.thread_key == second.thread_key


def test_nothing_that_is_repeated_opens_a_closed_conversation(store: SqlEventStore) -> None:
    path = routed(store)
    path.take([baileys(10, jid(ANA))])
    close_all(path, 0)
    path.take([baileys(10, jid(ANA))])
    assert all_conversations(store)[0].closed_at is not None


def test_conversations_are_closed_by_their_ids_once(store: SqlEventStore) -> None:
    path = routed(store)
    path.take([baileys(10, jid(ANA))])
    ids = [all_conversations(store)[0].id, "nobody's"]
    assert (path.close_conversations(ids), path.close_conversations(ids)) == (1, 0)


def test_three_messages_in_a_row_that_fail_are_flagged_until_one_arrives(store: SqlEventStore) -> None:
    def status(number: int, state: str) -> Delivery:
        body = json.loads(cloud_text(1))
        value = body["entry"][0]["changes"][0]["value"]
        del value["messages"]
        value["statuses"] = [{"id": f"wamid.S{number}", "status": state, "timestamp": str(START + number),
                              "recipient_id": "5511970000001"}]  # fmt: skip
        return Delivery("cloud_api", json.dumps(body).encode(), NOW, shopper_id="shopper-1")

    path = routed(store)
    path.take([Delivery("cloud_api", cloud_text(0), NOW, shopper_id="shopper-1")])
    states = ["failed", "failed", "failed", "failed", "delivered", "failed"]
    path.take([status(number, state) for number, state in enumerate(states)])
    flags = [each.security.risk_flags for each in said(store)[1:]]
    assert flags == [(), (), ("multiple_failures",), ("multiple_failures",), (), ()]


# modes, processes, failures


def group(number: int, **more: Any) -> Any:
    return baileys(number, GROUP, participant=jid(ANA), **more)


@pytest.mark.parametrize(
    ("off", "private", "in_group"),
    [("WHATSAPP_GROUP_ROUTING_ENABLED", True, False), ("WHATSAPP_ROUTING_ENABLED", False, False)],
)
def test_what_is_not_routed_is_stored_all_the_same(
    store: SqlEventStore, off: str, private: bool, in_group: bool
) -> None:
    routed(store, flags={off: False}).take([baileys(1, jid(ANA)), group(2)])
    first, second = said(store)
    assert (first.routing.conversation_id is not None) is private
    assert (second.routing.conversation_id is not None) is in_group


def test_what_another_process_did_is_seen(tmp_path: Path) -> None:
    one, other = routed(new_events_file(tmp_path)), routed(new_events_file(tmp_path))
    store = new_events_file(tmp_path)
    one.take([baileys(1, jid(ANA))])
    other.close_idle(timedelta(0), now=NOW)
    one.take([baileys(2, jid(ANA))])
    assert told(store).count("conversation.opened") == 2
    other.take([baileys(3, LID, remoteJidAlt=jid(ANA))])
    one.take([baileys(4, LID)])
    assert len(all_conversations(store)) == 1


def test_what_was_not_committed_is_not_remembered(store: SqlEventStore, monkeypatch: pytest.MonkeyPatch) -> None:
    path = routed(store)
    with monkeypatch.context() as patch:
        patch.setattr("rollout_cli.store.events.publishing.SqlPublication.bury", lambda *_: 1 / 0)
        with pytest.raises(Exception, match="could not be kept"):
            path.take([baileys(1, jid(ANA))])
    assert stored(store) == []
    path.take([baileys(1, jid(ANA))])
    assert told(store) == ["conversation.opened", "thread.assigned"]


def test_a_status_of_an_instance_with_another_name_in_its_keys_finds_the_message(store: SqlEventStore) -> None:
    own = {"instanceId": "7d1f5c1e-0000-4000-8000-000000000001"}
    told_of = {"keyId": "3EB0AB01", "status": "READ", **own}
    update = {"event": "messages.update", "instance": "loja", "data": told_of}
    data = {"key": {"remoteJid": jid(ANA), "fromMe": True, "id": "3EB0AB01"}, "messageTimestamp": START,
            "message": {"conversation": "hello"}, **own}  # fmt: skip
    sent = {"event": "messages.upsert", "instance": "loja", "data": data}
    bodies = [json.dumps(each).encode() for each in (sent, update)]
    routed(store).take([Delivery("evolution", body, NOW, shopper_id="shopper-1") for body in bodies])
    message, status = said(store)
    assert status.routing.conversation_id == message.routing.conversation_id is not None


def test_what_came_before_a_conversation_was_opened_joins_it(store: SqlEventStore) -> None:
    reaction = {"reactionMessage": {"key": {"id": f"3EB0{5:016X}"}, "text": "+"}}
    path = routed(store)
    path.take([baileys(6, jid(ANA), said=reaction)])
    forged = baileys(7, jid(ANA), said=reaction)
    path.take([Delivery("baileys", forged.body, NOW, "shop", shopper_id="shopper-1", signature_valid=False)])
    path.take([baileys(5, jid(ANA))])
    reacted, strange, message = said(store)
    assert reacted.routing.conversation_id == message.routing.conversation_id is not None
    assert reacted.routing.skm_id == "ana"
    assert strange.routing.conversation_id is None


def test_people_become_one_of_their_own_shopper_alone_also_where_nothing_was_opened(store: SqlEventStore) -> None:
    reaction = {"reactionMessage": {"key": {"id": "3EB0FF"}, "text": "+"}}
    path = routed(store)
    mine = [baileys(1, LID, said=reaction), baileys(2, jid(ANA), said=reaction)]
    others = [replace(each, shopper_id="shopper-2") for each in mine]
    path.take([*mine, *others])
    path.take([baileys(3, jid(ANA), remoteJidAlt=LID), replace(baileys(4, jid(ANA)), shopper_id="shopper-2")])
    found = [each for each in said(store) if each.occurred_at.timestamp() < START + 3]
    by_shopper = [(each.routing.shopper_id, each.routing.thread_key) for each in found]
    assert {key for shopper, key in by_shopper if shopper == "shopper-1"} == {f"shopper-1:shop:{ANA}"}
    assert len({key for shopper, key in by_shopper if shopper == "shopper-2"}) == 2
