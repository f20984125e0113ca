"""The store of events and its fake keep one contract: whatever comes, both make the same of it."""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from rollout_cli.errors import ConflictError
from rollout_cli.pipeline.counting import Counts
from rollout_cli.pipeline.delivery import Delivery
from rollout_cli.pipeline.event_store import Contact, Conversation, DeadLetter, Entry, EventStore, Participant
from rollout_cli.pipeline.logs import PipelineLog
from rollout_cli.pipeline.new_path import NewPath
from rollout_cli.pipeline.routing.closing import close_idle
from rollout_cli.pipeline.routing.router import Router
from rollout_cli.pipeline.routing.teams import FixedTeams
from rollout_cli.store.events import tables
from rollout_cli.store.events.sql_event_store import SqlEventStore
from rollout_cli.whatsapp import CanonicalEvent
from rollout_cli.whatsapp.events import Routing
from tests.support.event_stores import NOW, events_of, new_events_file, text_event
from tests.support.examples import examples
from tests.support.flags_answering import Answering
from tests.support.memory_events import MemoryEvents, Row
from tests.support.routed import FLAGS, REACTION, TEAM, all_conversations, baileys, evolution, forged, jid, stored

IN_MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None
"""Hundreds of transactions: their disk need not be real."""
ANA, LID, BIA, GROUP = jid("554198908495"), "201100000000777@lid", jid("5511970000002"), "120363400000000001@g.us"
CHATS = (ANA, LID, BIA, GROUP)


@pytest.fixture(params=["memory", "sqlite", pytest.param("postgres", marks=pytest.mark.heavy)])
def events(request: pytest.FixtureRequest, tmp_path: Path) -> EventStore:
    return MemoryEvents() if request.param == "memory" else events_of(request, tmp_path)


# one publication after the other


def entry(number: int, **more: Any) -> Entry:
    return Entry(text_event(number), NOW, "shopper-1", **more)


def conversation(name: str, thread: str = "t", **more: Any) -> Conversation:
    return Conversation(name, thread, "private", "cloud_api", NOW, **more)


def test_what_is_there_already_is_known_and_ignored(events: EventStore) -> None:
    with events.publication() as publication:
        assert [each.key for each in publication.append([entry(2), entry(1), entry(2)])] == [entry(2).key, entry(1).key]
        assert publication.append([entry(1)]) == []
        assert publication.known_keys([entry(1).key, entry(3).key]) == {entry(1).key}


def test_of_a_block_that_fails_nothing_is_left_and_what_a_router_remembers_is_void(events: EventStore) -> None:
    def fail() -> None:
        with events.publication() as publication:
            publication.append([entry(1)])
            publication.add_contacts([Contact("c", "shopper-1", "5511")])
            publication.add_aliases({("shopper-1", "5511"): "c"})
            assert publication.next_turn("shopper-1") == 0
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with events.publication() as publication:
        assert not publication.is_undisturbed
        assert publication.known_keys([entry(1).key]) == set()
        assert publication.contacts({("shopper-1", "5511")}) == {}
        assert publication.next_turn("shopper-1") == 0
    with events.publication() as publication:
        assert publication.is_undisturbed
    with events.publication(by_router=False):
        pass
    with events.publication() as publication:
        assert not publication.is_undisturbed


def test_a_thread_has_one_open_conversation_and_the_latest_is_the_open_one(events: EventStore) -> None:
    ended = conversation("ended", closed_at=NOW + timedelta(days=1))
    with events.publication() as publication:
        publication.open_conversations([conversation("one"), ended])
    with pytest.raises(ConflictError), events.publication() as publication:
        publication.open_conversations([conversation("two")])
    with events.publication() as publication:
        assert {key: each.id for key, each in publication.latest_conversations(["t", "u"]).items()} == {"t": "one"}
        assert [each.id for each in publication.conversations(["ended", "two"])] == ["ended"]
        assert [each.id for each in publication.idle_conversations(NOW + timedelta(hours=1), 9)] == ["one"]


def test_of_two_who_are_one_the_open_conversations_become_one_and_the_times_are_kept(events: EventStore) -> None:
    kept, other = Contact("k", "shopper-1", "5511"), Contact("o", "shopper-1", "7@lid")
    hours = [NOW + timedelta(hours=each) for each in range(4)]
    with events.publication() as publication:
        publication.add_contacts([kept, other])
        publication.add_aliases({("shopper-1", "5511"): "k", ("shopper-1", "7@lid"): "o"})
        publication.add_heads(["shopper-1:shop", "shopper-1:more", "shopper-2:shop"])
        threads = ["shopper-1:shop:5511", "shopper-1:shop:7@lid", "shopper-1:more:7@lid", "shopper-2:shop:7@lid"]
        publication.append([entry(number, thread_key=thread) for number, thread in enumerate(threads)])
        publication.open_conversations([
            conversation("k-s", threads[0], contact_id="k", skm_id="ana", last_event_at=hours[1]),
            replace(conversation("o-s", threads[1], contact_id="o", last_event_at=hours[3]), opened_at=hours[1]),
        ])  # fmt: skip
        seen = [("k", hours[1]), ("o", hours[0]), ("o", hours[3])]
        publication.add_participants([Participant("k-s", who, "customer", at) for who, at in seen])
        publication.merge_contacts(kept, other)
    found = seen_in(events)
    assert [each[2] for each in found.log] == [threads[0], threads[0], "shopper-1:more:5511", threads[3]]
    assert {(each[0], each[1], each[2], each[-2]) for each in found.conversations} == {
        (NOW, threads[0], None, hours[3]), (hours[1], threads[0], hours[1], hours[3]),
    }  # fmt: skip
    assert found.participants == {("5511", "customer", hours[0], hours[3])}


def test_a_letter_counts_by_the_times_of_its_receipt(events: EventStore) -> None:
    for minutes in (0, 0, 1, 2):
        with events.publication() as publication:
            at = NOW + timedelta(minutes=minutes)
            publication.bury([DeadLetter(at, "baileys", "not_json", f"at {minutes}", b"{", "shop")])
    assert seen_in(events).letters == [("at 2", NOW, 3)]


# whatever comes


@dataclass
class Seen:
    """All that is in a store, without the ids that are random."""

    log: list[Any]
    conversations: list[Any]
    participants: set[Any]
    letters: list[Any]


def seen_in(store: EventStore) -> Seen:
    if isinstance(store, MemoryEvents):
        kept = store.tables
        log = [replace_routing(each) for each in kept.log.values()]
        found = list(kept.conversations.values())
        who = {each.id: each.home for each in kept.people.values()}
        seen = {(who[name], *told) for (_, name), told in kept.participants.items()}
        letters = [(each.explanation, each.at, times) for each, times in kept.letters.values()]
    else:
        assert isinstance(store, SqlEventStore)
        log, found = stored(store), all_conversations(store)
        with store.reading() as connection:
            who = {row.id: row.home for row in connection.execute(select(tables.contacts))}
            people = connection.execute(select(tables.participants)).all()
            seen = {(who[row.contact_id], row.role, row.first_at, row.last_at) for row in people}
            buried = connection.execute(select(tables.dead_letters)).all()
            letters = [(row.explanation, row.at, row.times) for row in buried]
    names = {each.id: (each.thread_key, each.opened_at, each.closed_at) for each in found}
    return Seen(
        [
            (each.event_type, each.source.provider_message_id, each.routing.thread_key,
             names.get(each.routing.conversation_id or ""), each.routing.skm_id, each.security.risk_flags)
            for each in log
        ],
        sorted([
            (each.opened_at, each.thread_key, each.closed_at, who.get(each.contact_id or ""), each.skm_id,
             each.assigned_by, each.last_event_at, each.failures)
            for each in found
        ], key=repr),
        seen,
        letters,
    )  # fmt: skip


def replace_routing(row: Row) -> CanonicalEvent:
    routing = Routing(row.shopper_id, row.skm_id, row.conversation_id, row.thread_key)
    return msgspec.structs.replace(row.event, routing=routing)


def status(number: int, state: str, instance: str) -> Delivery:
    return evolution("messages.update", {"keyId": f"3EB0{number:016X}", "status": state}, instance=instance)


def message(number: int, chat: str, *, instance: str, alt: str | None, **more: Any) -> Delivery:
    known = {"participant": alt or ANA} if chat == GROUP else {"remoteJidAlt": alt} if alt not in {None, chat} else {}
    return baileys(number, chat, instance=instance, **known, **more)


INSTANCES, NUMBERS = st.sampled_from(["shop", "shop", "other"]), st.integers(0, 3)
MESSAGES = st.builds(
    message, NUMBERS, st.sampled_from(CHATS), instance=INSTANCES, alt=st.sampled_from([None, ANA, LID]),
    me=st.booleans(), said=st.sampled_from([None, None, REACTION]), history=st.booleans(),
)  # fmt: skip
STATUSES = st.builds(status, NUMBERS, st.sampled_from(["READ", "ERROR", "ERROR"]), INSTANCES)
BROKEN = st.just(Delivery("baileys", b"{", NOW, instance="shop", shopper_id="shopper-1"))
WORK = st.lists(
    st.one_of(MESSAGES, MESSAGES, MESSAGES, STATUSES, STATUSES, MESSAGES.map(forged), BROKEN), min_size=12, max_size=20
)
STEPS = st.lists(st.sampled_from([1, 1, 2, 4, "close", "restart"]), min_size=12, max_size=12)
"""How many deliveries are taken at once, and what happens between."""


@contextmanager
def both() -> Iterator[tuple[MemoryEvents, SqlEventStore]]:
    with tempfile.TemporaryDirectory(dir=IN_MEMORY) as folder:
        store = new_events_file(Path(folder))
        try:
            yield MemoryEvents(), store
        finally:
            store.close()


def path_to(store: EventStore) -> NewPath:
    flags = Answering({**FLAGS, "WHATSAPP_ASSIGNMENT_POLICY": "round_robin"})
    router = Router(FixedTeams({}, TEAM), reopens_within=timedelta(0))
    return NewPath(flags, store, router=router, metrics=Counts(), log=PipelineLog(None))


def done(store: EventStore, work: Sequence[Delivery], steps: Sequence[int | str]) -> list[Any]:
    """Give it all, in order; what was said of each."""
    path, ends, left = path_to(store), list[Any](), list(work)
    for place, step in enumerate(steps):
        if step == "restart":
            path = path_to(store)
        elif step == "close":
            now = NOW - timedelta(days=7) + timedelta(seconds=place)
            ends.append(close_idle(store, silent_since=NOW, now=now))
        elif isinstance(step, int):
            some, left = left[:step], left[step:]
            ends.append([(each.outcome, each.new) for each in path.take(some)])
    return ends


@settings(max_examples=examples(25))
@given(WORK, STEPS)
def test_whatever_comes_the_fake_and_the_file_make_the_same_of_it(work: list[Delivery], steps: list[int | str]) -> None:
    with both() as (fake, file):
        assert done(fake, work, steps) == done(file, work, steps)
        assert seen_in(fake) == seen_in(file)
