"""Conversations: what opens one, what joins one, what opens it again, and that a thread has one open at most."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from rollout_cli.pipeline.delivery import Delivery
from rollout_cli.pipeline.event_store import Conversation, Entry
from rollout_cli.pipeline.routing.conversations import STEPS, Act, State, Step, act_of, state_of, time_of
from rollout_cli.store.events.sql_event_store import SqlEventStore
from tests.support.event_stores import NOW, events_of, new_events_file, text_event
from tests.support.routed import (
    REACTION,
    START,
    all_conversations,
    baileys,
    cloud,
    cloud_status,
    forged,
    jid,
    open_ones,
    routed,
    said,
    stored,
    told,
)

ANA, BIA, LID = "554198908495", "5511970000002", "201100000000777@lid"
HOUR = timedelta(hours=1)


def second(number: int) -> datetime:
    return datetime.fromtimestamp(START + number, UTC)


def conversation(*, closed: int | None, last: int = 10) -> Conversation:
    closed_at = None if closed is None else second(closed)
    return Conversation("c", "t", "private", "cloud_api", second(0), closed_at=closed_at, last_event_at=second(last))


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.heavy)])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> SqlEventStore:
    return events_of(request, tmp_path)


# the table


@pytest.mark.parametrize(
    ("state", "speaks", "spoke", "follows"),
    [
        (State.NEW, Step.OPEN, Step.OPEN, Step.NOTHING),
        (State.OPEN, Step.ATTACH, Step.ATTACH, Step.ATTACH),
        (State.CLOSED_LATELY, Step.REOPEN, Step.ATTACH, Step.ATTACH),
        (State.CLOSED, Step.OPEN, Step.ATTACH, Step.ATTACH),
    ],
)
def test_what_each_act_does_in_each_state(state: State, speaks: Step, spoke: Step, follows: Step) -> None:
    assert [STEPS[state, act] for act in (Act.SPEAKS, Act.SPOKE, Act.FOLLOWS)] == [speaks, spoke, follows]


@pytest.mark.parametrize(
    ("closed", "at", "state"),
    [
        (None, 99_999, State.OPEN),
        (20, 15, State.CLOSED_LATELY),
        (20, 20 + 3600, State.CLOSED_LATELY),
        (20, 20 + 3601, State.CLOSED),
    ],
)
def test_a_conversation_is_closed_lately_up_to_the_last_second_of_the_time_for_it(
    closed: int | None, at: int, state: State
) -> None:
    assert state_of(conversation(closed=closed), second(at), HOUR) is state
    assert state_of(None, second(at), HOUR) is State.NEW


@pytest.mark.parametrize(("number", "act"), [(9, Act.SPOKE), (10, Act.SPOKE), (11, Act.SPEAKS)])
def test_only_what_is_newer_than_all_that_is_known_speaks_to_a_closed_conversation(number: int, act: Act) -> None:
    event, at = text_event(number), second(number)
    assert act_of(event, at, conversation(closed=20)) is act
    assert act_of(event, at, conversation(closed=None)) is Act.SPEAKS
    assert act_of(event, at, None) is Act.SPEAKS


@pytest.mark.parametrize(("ahead", "believed"), [(-90_000, True), (0, True), (86_400, True), (86_401, False)])
def test_a_time_is_believed_up_to_a_day_ahead_of_ours(ahead: int, believed: bool) -> None:
    received_at = second(7) - timedelta(seconds=ahead)
    assert time_of(Entry(text_event(7), received_at)) == (second(7) if believed else received_at)


# what becomes of it


@pytest.mark.parametrize(("late", "count"), [(3600, 1), (3601, 2)])
def test_a_message_reopens_within_the_time_for_it_and_opens_a_new_one_after(
    store: SqlEventStore, late: int, count: int
) -> None:
    path = routed(store, reopens_within=HOUR)
    path.take([baileys(0, jid(ANA))])
    path.close_idle(timedelta(0), now=second(100))
    path.take([baileys(1, jid(ANA), at=START + 100 + late)])
    found = all_conversations(store)
    assert (len(found), len(open_ones(store))) == (count, 1)
    assert said(store)[-1].routing.conversation_id == open_ones(store)[0].id
    assert told(store).count("conversation.opened") == 2


@pytest.mark.parametrize("later", [0, 1])
def test_a_message_that_claims_to_be_of_the_far_future_keeps_no_thread_closed(store: SqlEventStore, later: int) -> None:
    path = routed(store)
    work = [baileys(0, jid(ANA)), baileys(1, jid(ANA), at=4_000_000_000)]
    path.take(work[later:])
    path.close_idle(timedelta(0), now=NOW + HOUR)
    assert open_ones(store) == []
    path.take([replace(baileys(2, jid(ANA), at=int(NOW.timestamp()) + 7200), received_at=NOW + 2 * HOUR)])
    assert [each.last_event_at for each in open_ones(store)] == [NOW + 2 * HOUR]


def test_what_comes_late_joins_a_closed_conversation_and_leaves_it_closed(store: SqlEventStore) -> None:
    path = routed(store)
    path.take([baileys(10, jid(ANA))])
    path.close_idle(timedelta(0), now=second(100))
    path.take([baileys(9, jid(ANA)), baileys(11, jid(ANA), said=REACTION), baileys(12, jid(ANA), history=True)])
    (only,) = all_conversations(store)
    assert only.closed_at == second(100)
    assert {each.routing.conversation_id for each in said(store)} == {only.id}


@pytest.mark.parametrize("me", [False, True])
def test_what_is_said_by_either_side_opens_a_conversation(store: SqlEventStore, me: bool) -> None:
    routed(store).take([baileys(1, jid(ANA), me=me)])
    assert len(open_ones(store)) == 1


@pytest.mark.parametrize("batched", [True, False])
def test_what_nobody_waits_for_an_answer_to_opens_nothing(store: SqlEventStore, batched: bool) -> None:
    path = routed(store)
    work = [
        baileys(1, jid(ANA), said=REACTION),
        baileys(2, jid(BIA), history=True),
        cloud_status(3, "delivered", "wamid.X", recipient_id=ANA),
        baileys(4, "status@broadcast", participant=jid(ANA)),
        baileys(5, "120363400000000009@newsletter"),
        forged(baileys(6, jid("5511970000006"))),
    ]
    for some in [work] if batched else [[each] for each in work]:
        path.take(some)
    assert len(said(store)) == len(work)
    assert (told(store), all_conversations(store)) == ([], [])


def test_status_posts_and_channels_have_no_thread(store: SqlEventStore) -> None:
    routed(store).take([baileys(4, "status@broadcast", participant=jid(ANA)), baileys(5, "120363400000009@newsletter")])
    assert [each.routing.thread_key for each in said(store)] == [None, None]


def test_what_is_silent_is_closed_once_and_what_is_not_stays_open(store: SqlEventStore) -> None:
    path = routed(store)
    path.take([baileys(0, jid(ANA)), baileys(100, jid(BIA))])
    closed = [path.close_idle(timedelta(seconds=50), now=second(number)) for number in (40, 120, 121)]
    assert closed == [0, 1, 0]
    assert [each.contact_id is not None for each in open_ones(store)] == [True]
    (event,) = [each for each in stored(store) if each.event_type == "whatsapp.conversation.closed"]
    assert (event.occurred_at, event.routing.skm_id) == (second(120), "ana")


def test_more_than_one_transaction_of_silent_ones_is_closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rollout_cli.pipeline.routing.closing._AT_ONCE", 2)
    store = new_events_file(tmp_path)
    path = routed(store)
    path.take([baileys(number, jid(f"551197000{number:04}")) for number in range(5)])
    assert path.close_idle(timedelta(0), now=second(99)) == 5
    assert told(store).count("conversation.closed") == 5


def test_a_message_after_the_silence_goes_on_in_the_same_conversation(store: SqlEventStore) -> None:
    path = routed(store)
    path.take([baileys(0, jid(ANA))])
    for number in (1, 2, 3):
        assert path.close_idle(timedelta(0), now=second(number * 100)) == 1
        path.take([baileys(number, jid(ANA), at=START + number * 100 + 1)])
    assert len(all_conversations(store)) == 1
    assert told(store).count("conversation.closed") == 3
    assert told(store).count("conversation.opened") == 4


# one that is open at most


def test_many_that_open_a_thread_at_once_open_it_once(tmp_path: Path) -> None:
    paths = [routed(new_events_file(tmp_path)) for _ in range(4)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: paths[number % 4].take([baileys(number, jid(ANA))]), range(24)))
    store = new_events_file(tmp_path)
    (only,) = all_conversations(store)
    assert {each.routing.conversation_id for each in said(store)} == {only.id}
    assert told(store) == ["conversation.opened", "thread.assigned"]


def test_what_one_process_knows_of_a_conversation_is_void_when_another_has_changed_it(tmp_path: Path) -> None:
    store = new_events_file(tmp_path)
    one, other = routed(store), routed(new_events_file(tmp_path), "round_robin")
    one.take([baileys(0, jid(ANA))])
    other.close_conversations([all_conversations(store)[0].id])
    one.take([baileys(1, jid(ANA), said=REACTION)])
    assert open_ones(store) == []
    other.take([baileys(2, jid(BIA))])
    one.take([baileys(3, jid(BIA))])
    assert len({each.routing.conversation_id for each in said(store)[2:]}) == 1
    one.take([baileys(4, LID)])
    other.take([baileys(5, jid(ANA), remoteJidAlt=LID)])
    one.take([baileys(6, LID)])
    assert len({each.routing.thread_key for each in said(store)}) == 2
    assert len(open_ones(store)) == 2


# failures


def test_a_message_that_was_sent_has_not_arrived_and_ends_no_row_of_failures(store: SqlEventStore) -> None:
    path = routed(store)
    path.take([cloud(0)])
    for number in range(1, 5):
        name = f"wamid.S{number}"
        for step, state in enumerate(("sent", "failed")):
            path.take([cloud_status(2 * number + step, state, name, recipient_id="5511970000001")])
    flags = [each.security.risk_flags for each in said(store)[1:]]
    assert flags == [(), (), (), (), (), ("multiple_failures",), (), ("multiple_failures",)]
    path.take([cloud_status(20, "read", "wamid.S9", recipient_id="5511970000001")])
    path.take([cloud_status(21, "failed", "wamid.S10", recipient_id="5511970000001")])
    assert said(store)[-1].security.risk_flags == ()


@pytest.mark.parametrize("batched", [True, False])
def test_a_message_that_fails_for_several_reasons_is_one_failure(store: SqlEventStore, batched: bool) -> None:
    def failed(number: int, message: str, code: int) -> Delivery:
        errors = [{"code": code, "title": "not delivered"}]
        return cloud_status(number, "failed", message, recipient_id="5511970000001", errors=errors)

    path = routed(store)
    path.take([cloud(0)])
    work = [failed(1, "wamid.A", 1), failed(2, "wamid.A", 2), failed(3, "wamid.B", 1), failed(4, "wamid.A", 3)]
    for some in [work] if batched else [[each] for each in work]:
        path.take(some)
    assert (len(said(store)), open_ones(store)[0].failures) == (5, 2)
    path.take([failed(5, "wamid.C", 1), failed(6, "wamid.C", 2)])
    assert [each.security.risk_flags for each in said(store)[-3:]] == [(), *[("multiple_failures",)] * 2]
