"""Who serves: the three policies, what assigns a group, and that whoever serves goes on serving."""

from collections import Counter
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import msgspec
import pytest

from rollout_cli.pipeline.routing.assignment import POLICIES, Occasion, by_policy, in_group
from rollout_cli.pipeline.routing.teams import FixedTeams, Skm, SkmTeam
from rollout_cli.store.events.sql_event_store import SqlEventStore
from rollout_cli.whatsapp import CanonicalEvent
from tests.support.event_stores import NOW, events_of, new_events_file, text_event
from tests.support.routed import REACTION, TEAM, all_conversations, baileys, forged, jid, routed, said, told

ANA, GROUP, SKM_PHONE, SKM_LID = "554198908495", "120363400000000001@g.us", "5541991112222", "201100000000111@lid"
SERVING = SkmTeam("zoe", (Skm("bia", (SKM_PHONE, SKM_LID)), Skm("carla", ("BR.13490000000000000009",))))


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.heavy)])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> SqlEventStore:
    return events_of(request, tmp_path)


def occasion(team: SkmTeam = TEAM, last: str | None = None) -> Occasion:
    turns = count()
    return Occasion(team, lambda: last, lambda: next(turns))


def strangers(ids: Collection[str]) -> dict[str, str]:  # nobody is known
    return {}


# policies


def test_there_are_the_three_policies_of_the_flag_and_an_unknown_one_is_the_default() -> None:
    assert list(POLICIES) == ["default", "round_robin", "sticky"]
    assert by_policy("by the moon", occasion()) == ("ana", "default")


def test_a_round_begins_again_after_its_last_member() -> None:
    asked = occasion()
    assert [by_policy("round_robin", asked)[0] for _ in range(7)] == ["ana", "bia", "carla"] * 2 + ["ana"]


@pytest.mark.parametrize(
    ("policy", "team", "last", "skm"),
    [
        ("default", SkmTeam("zoe"), "ana", "zoe"),
        ("default", SkmTeam(), "ana", None),
        ("round_robin", SkmTeam("zoe"), None, "zoe"),
        ("round_robin", SkmTeam(), None, None),
        ("sticky", TEAM, "carla", "carla"),
        ("sticky", TEAM, "who has left", "ana"),
        ("sticky", TEAM, None, "ana"),
        ("sticky", SkmTeam("zoe"), "zoe", "zoe"),
        ("sticky", SkmTeam(), None, None),
    ],
)
def test_who_serves(policy: str, team: SkmTeam, last: str | None, skm: str | None) -> None:
    assert by_policy(policy, occasion(team, last)) == (skm, policy)


# groups


def in_a_group(kind: str = "whatsapp.message.inbound", **changes: Any) -> CanonicalEvent:
    """Something in a group: what changes of its context, and of who did it."""
    event = text_event(1)
    names = event.context.__struct_fields__
    context = {name: value for name, value in changes.items() if name in names}
    actor = {name: value for name, value in changes.items() if name not in names}
    return msgspec.structs.replace(
        event,
        event_type=kind,
        context=msgspec.structs.replace(event.context, chat_type="group", group_id=GROUP, **context),
        actor=msgspec.structs.replace(event.actor, **actor),
    )


@pytest.mark.parametrize("written", [SKM_PHONE, jid("554191112222"), "+55 41 99111-2222", SKM_LID])
def test_a_mention_finds_its_skm_in_whatever_spelling(written: str) -> None:
    assert in_group(SERVING, in_a_group(mentions=("5511900000000", written)), strangers) == ("bia", "mention")


def test_a_group_is_nobodys_where_nothing_says_whose() -> None:
    assert in_group(SERVING, in_a_group(mentions=("5511900000000",)), strangers)[0] is None
    assert in_group(SERVING, in_a_group(), strangers)[0] is None


def test_what_is_forwarded_mentions_and_reacts_for_nobody() -> None:
    assert in_group(SERVING, in_a_group(mentions=(SKM_PHONE,), forwarded=True), strangers) == (None, "")
    entry = SkmTeam("zoe", (), {GROUP: "carla"})
    assert in_group(entry, in_a_group(mentions=(SKM_PHONE,), forwarded=True), strangers) == ("carla", "entry_point")


@pytest.mark.parametrize(
    ("who", "skm"),
    [
        ({"wa_id": SKM_LID}, "bia"),
        ({"phone": "554191112222"}, "bia"),
        ({"bsuid": "BR.13490000000000000009"}, "carla"),
        ({"phone": "5511900000000"}, None),
    ],
)
def test_a_reaction_is_of_the_skm_who_reacts(who: dict[str, str], skm: str | None) -> None:
    nobody = {"wa_id": None, "phone": None, "lid": None, "bsuid": None}
    reaction = in_a_group("whatsapp.message.reaction", **{**nobody, **who}, mentions=())
    assert in_group(SERVING, reaction, strangers)[0] == skm


def test_a_group_itself_goes_before_the_instance_and_both_before_a_mention() -> None:
    instance = text_event(1).source.instance or ""
    both = SkmTeam("zoe", SERVING.members, {GROUP: "of the group", instance: "of the instance"})
    one = SkmTeam("zoe", SERVING.members, {instance: "of the instance"})
    assert in_group(both, in_a_group(mentions=(SKM_PHONE,)), strangers) == ("of the group", "entry_point")
    assert in_group(one, in_a_group(mentions=(SKM_PHONE,)), strangers) == ("of the instance", "entry_point")


def group(number: int, mentioned: str | None = None, **more: Any) -> Any:
    context = {"isForwarded": more.pop("forwarded", False), "mentionedJid": [mentioned] if mentioned else []}
    said = {"extendedTextMessage": {"text": "hello", "contextInfo": context}}
    return baileys(number, GROUP, participant=jid(ANA), said=said, **more)


def test_a_group_keeps_its_skm_whoever_is_mentioned_later(store: SqlEventStore) -> None:
    team = SkmTeam("zoe", (Skm("bia", (SKM_PHONE,)), Skm("carla", ("5511977770000",))))
    path = routed(store, "round_robin", team)
    path.take([group(0), group(1, jid(SKM_PHONE)), group(2, jid("5511977770000")), group(3)])
    (only,) = all_conversations(store)
    assert (only.skm_id, only.assigned_by) == ("bia", "mention")
    assert [each.routing.skm_id for each in said(store)] == [None, "bia", "bia", "bia"]
    assert told(store).count("thread.assigned") == 1


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize("reacts", [True, False])
def test_an_skm_is_found_by_a_lid_that_is_known_to_be_of_the_phone_that_the_team_has(
    store: SqlEventStore, *, known: bool, reacts: bool
) -> None:
    path = routed(store, team=SkmTeam("zoe", (Skm("carla", ("5511977770000",)), Skm("bia", (SKM_PHONE,)))))
    if known:
        path.take([baileys(0, "120363400000000002@g.us", participant=SKM_LID, participantAlt=jid(SKM_PHONE))])
    path.take([group(1)])
    path.take([baileys(2, GROUP, participant=SKM_LID, said=REACTION) if reacts else group(2, SKM_LID)])
    assert [each.skm_id for each in all_conversations(store) if GROUP in each.thread_key] == ["bia" if known else None]


def test_no_policy_takes_a_turn_for_a_group(store: SqlEventStore) -> None:
    path = routed(store, "round_robin")
    path.take([group(0), baileys(1, jid(ANA))])
    assert [each.skm_id for each in all_conversations(store)] == [None, "ana"]


def test_a_forged_mention_assigns_nobody(store: SqlEventStore) -> None:
    path = routed(store, team=SERVING)
    path.take([group(0), forged(group(1, jid(SKM_PHONE)))])
    assert [each.skm_id for each in all_conversations(store)] == [None]


# what stays


FORWARDED = {"extendedTextMessage": {"text": "look", "contextInfo": {"isForwarded": True, "forwardingScore": 7}}}


@pytest.mark.parametrize("policy", ["default", "round_robin", "sticky"])
@pytest.mark.parametrize("batched", [True, False])
def test_an_assigned_thread_keeps_its_skm_under_every_policy(store: SqlEventStore, policy: str, batched: bool) -> None:
    routed(store, "round_robin").take([baileys(0, jid("5511970000009")), baileys(1, jid(ANA))])
    path = routed(store, policy, SkmTeam("zoe", TEAM.members))
    work = [baileys(2, jid(ANA), said=FORWARDED), baileys(3, jid(ANA)), baileys(4, jid(ANA), me=True)]
    for some in [work] if batched else [[each] for each in work]:
        path.take(some)
    path.close_idle(timedelta(0), now=NOW)
    path.take([baileys(5, jid(ANA), said=FORWARDED)])
    assert [each.routing.skm_id for each in said(store)] == ["ana"] + ["bia"] * 5
    assert told(store).count("thread.assigned") == 2


@pytest.mark.parametrize("policy", list(POLICIES))
@pytest.mark.parametrize(("team", "skm"), [(SkmTeam("zoe", TEAM.members), "ana"), (SkmTeam("zoe"), "zoe")])
def test_a_forwarded_message_brings_the_next_conversation_nobody_else_while_the_last_one_is_in_the_team(
    store: SqlEventStore, policy: str, team: SkmTeam, skm: str
) -> None:
    routed(store, "round_robin").take([baileys(0, jid(ANA))])
    path = routed(store, policy, team, reopens_within=timedelta(0))
    path.close_idle(timedelta(0), now=NOW - timedelta(days=1))
    path.take([baileys(1, jid(ANA), said=FORWARDED, at=int(NOW.timestamp()))])
    assert [each.skm_id for each in all_conversations(store)] == ["ana", skm]


def test_a_first_message_that_is_forwarded_is_assigned_like_any(store: SqlEventStore) -> None:
    path = routed(store, "round_robin")
    path.take([baileys(number, jid(f"551197000000{number}"), said=FORWARDED) for number in range(2)])
    assert [each.skm_id for each in all_conversations(store)] == ["ana", "bia"]


def test_a_skm_is_told_once_with_who_said_so(store: SqlEventStore) -> None:
    routed(store, "sticky").take([baileys(1, jid(ANA)), baileys(2, jid(ANA))])
    (only,) = all_conversations(store)
    assert (only.skm_id, only.assigned_by, only.assigned_at) == ("ana", "sticky", said(store)[0].occurred_at)


# fairness


def phones(number: int) -> str:
    return jid(f"55119{70_000_000 + number}")


@pytest.mark.parametrize("many", [29, 30, 31])
def test_a_round_is_fair_within_a_batch(store: SqlEventStore, many: int) -> None:
    routed(store, "round_robin").take([baileys(number, phones(number)) for number in range(many)])
    served = Counter(each.skm_id for each in all_conversations(store))
    assert max(served.values()) - min(served.values()) <= 1
    assert (len(served), served.total()) == (3, many)


def test_a_round_is_fair_for_each_shopper_however_many_assign_at_once(tmp_path: Path) -> None:
    paths = [routed(new_events_file(tmp_path), "round_robin") for _ in range(3)]

    def take(number: int) -> None:
        some = [baileys(100 * number + each, phones(100 * number + each)) for each in range(5)]
        paths[number % 3].take([*some, baileys(number, phones(number), shopper="shopper-2")])

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(take, range(10)))
    found = all_conversations(new_events_file(tmp_path))
    for shopper, many in (("shopper-1", 50), ("shopper-2", 10)):
        served = Counter(each.skm_id for each in found if each.shopper_id == shopper)
        assert (served.total(), len(served)) == (many, 3)
        assert max(served.values()) - min(served.values()) <= 1


def test_a_turn_of_what_was_not_stored_is_nobodys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = new_events_file(tmp_path)
    path = routed(store, "round_robin")
    path.take([baileys(0, phones(0))])
    with monkeypatch.context() as patch:
        patch.setattr("rollout_cli.store.events.publishing.SqlPublication.add_participants", lambda *_: 1 / 0)
        path.take([baileys(1, phones(1))])
    path.take([baileys(2, phones(2))])
    assert [each.skm_id for each in all_conversations(store)] == ["ana", "bia"]


def test_teams_are_asked_by_shopper() -> None:
    teams = FixedTeams({"shopper-1": TEAM}, SkmTeam("anybody"))
    assert (teams.of("shopper-1"), teams.of("shopper-2")) == (TEAM, SkmTeam("anybody"))
    assert FixedTeams({}).of("shopper-1") is None
