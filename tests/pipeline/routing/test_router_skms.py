"""Who serves what is routed: private threads by a policy, groups by where they come in, a mention or a reaction."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from rollout_cli.new_path import Installation
from rollout_cli.pipeline.routing.teams import Skm, SkmTeam
from rollout_cli.store.events.sql_event_store import SqlEventStore
from rollout_cli.store.events.tables import participants
from tests.support.event_stores import NOW, events_of, new_events_file
from tests.support.routed import all_conversations, baileys, jid, said, told
from tests.support.routed import routed as routed_by

ANA, GROUP, SKM_PHONE = "554198908495", "120363400000000001@g.us", "5511999990000"
TEAM = SkmTeam("ana", (Skm("ana", (SKM_PHONE,)), Skm("bia"), Skm("carla")))


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.heavy)])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> SqlEventStore:
    return events_of(request, tmp_path)


def routed(store: SqlEventStore, policy: str = "default", team: SkmTeam | None = TEAM, **more: Any) -> Installation:
    return routed_by(store, policy, team, **more)


def close_all(path: Installation, seconds: int) -> None:
    path.close_idle(timedelta(0), now=NOW + timedelta(seconds=seconds))


def test_an_assigned_thread_keeps_its_skm(store: SqlEventStore) -> None:
    path = routed(store, "round_robin")
    forwarded = {"extendedTextMessage": {"text": "look", "contextInfo": {"isForwarded": True, "forwardingScore": 1}}}
    path.take([baileys(1, jid(ANA)), baileys(2, jid(ANA)), baileys(3, jid(ANA), said=forwarded)])
    routed(store, "default", SkmTeam("zoe")).take([baileys(4, jid(ANA))])
    assert {each.routing.skm_id for each in said(store)} == {"ana"}
    assert told(store).count("thread.assigned") == 1


def test_round_robin_is_fair_however_many_assign_at_once(tmp_path: Path) -> None:
    paths = [routed(new_events_file(tmp_path), "round_robin") for _ in range(4)]
    work = [baileys(number, jid(f"55119700{number:05}")) for number in range(60)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: paths[number % 4].take([work[number]]), range(60)))
    served = [each.skm_id for each in all_conversations(new_events_file(tmp_path))]
    assert sorted(map(served.count, ("ana", "bia", "carla"))) == [20, 20, 20]


def test_sticky_goes_back_to_whoever_served_the_thread_last_while_in_the_team(store: SqlEventStore) -> None:
    path = routed(store, "round_robin", reopens_within=timedelta(0))
    path.take([baileys(0, jid("5511970000009")), baileys(1, jid(ANA))])
    assert said(store)[1].routing.skm_id == "bia"
    close_all(path, 0)
    again = int(NOW.timestamp()) + 10
    sticky = routed(store, "sticky", reopens_within=timedelta(0))
    sticky.take([baileys(2, jid(ANA), at=again)])
    assert said(store)[-1].routing.skm_id == "bia"
    close_all(sticky, 20)
    gone = routed(store, "sticky", SkmTeam("ana"), reopens_within=timedelta(0))
    gone.take([baileys(3, jid(ANA), at=again + 100)])
    assert said(store)[-1].routing.skm_id == "ana"


def test_without_a_team_nobody_is_assigned_until_there_is_one(store: SqlEventStore) -> None:
    routed(store, team=None).take([baileys(1, jid(ANA))])
    assert all_conversations(store)[0].skm_id is None
    routed(store).take([baileys(2, jid(ANA))])
    assert all_conversations(store)[0].skm_id == "ana"


def group(number: int, **more: Any) -> Any:
    return baileys(number, GROUP, participant=jid(ANA), **more)


MENTION = {"extendedTextMessage": {"text": "@ana", "contextInfo": {"mentionedJid": [jid(SKM_PHONE)]}}}
FORWARDED = {
    "extendedTextMessage": {"text": "@ana", "contextInfo": {"mentionedJid": [jid(SKM_PHONE)], "isForwarded": True}}
}


def test_a_group_is_assigned_by_a_mention_and_not_by_a_forwarded_one(store: SqlEventStore) -> None:
    path = routed(store)
    path.take([group(1), group(2, said=FORWARDED)])
    assert all_conversations(store)[0].skm_id is None
    path.take([group(3, said=MENTION)])
    (conversation,) = all_conversations(store)
    assert (conversation.chat_type, conversation.skm_id, conversation.assigned_by) == ("group", "ana", "mention")


def test_a_group_is_assigned_by_the_reaction_of_an_skm(store: SqlEventStore) -> None:
    reaction = {"reactionMessage": {"key": {"id": f"3EB0{1:016X}"}, "text": "+"}}
    path = routed(store)
    path.take([group(1), group(2, said=reaction)])
    assert all_conversations(store)[0].skm_id is None
    path.take([baileys(3, GROUP, participant=jid(SKM_PHONE), said=reaction)])
    assert (all_conversations(store)[0].skm_id, all_conversations(store)[0].assigned_by) == ("ana", "reaction")


@pytest.mark.parametrize("entry", [GROUP, "shop"])
def test_a_group_is_assigned_by_where_it_came_in(store: SqlEventStore, entry: str) -> None:
    routed(store, team=SkmTeam("ana", (), {entry: "bia"})).take([group(1)])
    assert (all_conversations(store)[0].skm_id, all_conversations(store)[0].assigned_by) == ("bia", "entry_point")


def test_those_who_speak_in_a_group_take_part_in_it(store: SqlEventStore) -> None:
    routed(store).take([group(1), baileys(2, GROUP, participant=jid("5511970000002")), group(3)])
    with store.reading() as connection:
        assert len(connection.execute(select(participants)).all()) == 2
