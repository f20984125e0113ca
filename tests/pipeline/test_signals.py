"""Signals: each new event once, in order, after commit; a slow or failing subscriber holds up itself alone."""

import logging
import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event, Lock
from typing import Any

import pytest
from sqlalchemy import text

from rollout_cli.new_path import open_new_path
from rollout_cli.pipeline.delivery import Delivery
from rollout_cli.pipeline.new_path import Outcome
from rollout_cli.pipeline.signal_loop import SignalLoop
from rollout_cli.pipeline.signals import LEASE, Signal
from rollout_cli.pipeline.switches import EVENTS, SHADOW
from rollout_cli.store.events.outbox import SqlOutbox
from rollout_cli.store.events.sql_event_store import SqlEventStore
from tests.support.children import in_child
from tests.support.event_stores import cloud_text, new_events_file, publish_texts, text_event
from tests.support.flags_answering import Answering
from tests.support.memory_outbox import MemoryOutbox
from tests.support.receivers import Receiver, also
from tests.support.waiting import eventually

PATIENCE = 30


@pytest.fixture
def store(tmp_path: Path) -> SqlEventStore:
    return new_events_file(tmp_path)


def loop_of(store: SqlEventStore) -> SignalLoop:
    return SignalLoop(SqlOutbox(store), poll_seconds=0.02)


def test_what_is_published_after_the_start_is_given_and_a_failing_subscriber_holds_up_no_other(
    store: SqlEventStore,
) -> None:
    publish_texts(store, 0)
    loop, good, bad = loop_of(store), Receiver(until=3), Receiver(refuses=10**6)
    loop.connect("good", good)
    loop.connect("bad", bad)
    loop.start()
    try:
        publish_texts(store, 1, 2, 3)
        loop.notify()
        assert good.is_done.wait(PATIENCE)
        eventually(lambda: len(bad.refused) > 2, within=PATIENCE)
    finally:
        assert loop.close(PATIENCE)
    assert (good.got, bad.got, loop.lags()) == ([2, 3, 4], [], {"good": 0, "bad": 3})
    assert {each.number for each in bad.refused} == {2}


def test_a_slow_subscriber_holds_up_no_other(store: SqlEventStore) -> None:
    loop, quick, let_go = loop_of(store), Receiver(until=5), Event()
    slow = Receiver(until=5)
    loop.connect("slow", also(slow, lambda: let_go.wait(PATIENCE)))
    loop.connect("quick", quick)
    loop.start()
    try:
        publish_texts(store, *range(5))
        assert quick.is_done.wait(PATIENCE)
        assert len(slow.got) <= 1
        let_go.set()
        assert slow.is_done.wait(PATIENCE)
    finally:
        assert loop.close(PATIENCE)
    assert (slow.got, slow.again) == (quick.got, [])


def test_two_loops_share_a_subscriber_and_no_event_comes_twice(tmp_path: Path) -> None:
    stores = [new_events_file(tmp_path), new_events_file(tmp_path)]
    lock, got, done = Lock(), list[int](), Event()

    def receive(given: Signal) -> None:
        with lock:
            got.append(given.number)
            if len(got) == 20:
                done.set()

    loops = [loop_of(store) for store in stores]
    for loop in loops:
        loop.connect("crm", receive, from_beginning=True)
        loop.start()
    try:
        for number in range(20):
            publish_texts(stores[0], number)
        assert done.wait(PATIENCE)
    finally:
        assert all(loop.close(PATIENCE) for loop in loops)
    assert got == list(range(1, 21))


def test_a_loop_that_is_closed_hands_over_at_once(store: SqlEventStore) -> None:
    first, second = loop_of(store), loop_of(store)
    one, two = Receiver(until=1), Receiver(until=1)
    first.connect("crm", one, from_beginning=True)
    second.connect("crm", two, from_beginning=True)
    first.start()
    publish_texts(store, 1)
    assert one.is_done.wait(PATIENCE)
    assert first.close(PATIENCE)
    publish_texts(store, 2)
    second.start()
    try:
        assert two.is_done.wait(LEASE.total_seconds() / 2)
    finally:
        assert second.close(PATIENCE)
    assert (one.got, two.got, two.again) == ([1], [2], [])


@pytest.mark.heavy
def test_a_call_that_takes_longer_than_a_lease_is_not_repeated_elsewhere_while_its_process_lives(
    tmp_path: Path,
) -> None:
    loops, got = [], Receiver(until=2)
    for _ in range(2):
        loop = SignalLoop(SqlOutbox(new_events_file(tmp_path)), poll_seconds=0.02, lease=timedelta(seconds=2))
        loop.connect("crm", also(got, lambda: time.sleep(5)), from_beginning=True)
        loops.append(loop)
    publish_texts(new_events_file(tmp_path), 1, 2)
    for loop in loops:
        loop.start()
    try:
        assert got.is_done.wait(PATIENCE)
    finally:
        assert all(loop.close(PATIENCE) for loop in loops)
    assert (got.got, got.again) == ([1, 2], [])


def test_an_exit_in_a_receiver_is_a_refusal_like_any_other(caplog: pytest.LogCaptureFixture) -> None:
    outbox, got, exits = MemoryOutbox(), Receiver(until=1), [SystemExit]

    def receive(given: Signal) -> None:
        if exits:
            raise exits.pop()
        got(given)

    loop = SignalLoop(outbox, poll_seconds=0.02)
    loop.connect("crm", receive)
    loop.start()
    outbox.publish(text_event(1))
    assert got.is_done.wait(PATIENCE)
    assert loop.close(PATIENCE)
    assert (got.got, got.again) == ([1], [1])
    assert "subscriber crm: SystemExit; the event comes again (1)" in caplog.messages


def test_what_is_given_up_is_said_and_listed_without_a_word_of_the_event(caplog: pytest.LogCaptureFixture) -> None:
    outbox, got = MemoryOutbox(), Receiver()
    outbox.publish(*map(text_event, range(3)))

    def receive(given: Signal) -> None:
        if given.number == 2:
            raise ValueError(given.event)
        got(given)

    loop = SignalLoop(outbox)
    loop.connect("crm", receive, from_beginning=True, give_up_after=3)
    with caplog.at_level(logging.WARNING):
        assert loop.run_until_drained() == 2
    assert (got.got, loop.passed_over()) == ([1, 3], {"crm": (2,)})
    assert [each.levelname for each in caplog.records] == ["WARNING", "WARNING", "ERROR"]
    assert caplog.messages[-1] == "subscriber crm: ValueError; passed over up to event 2"
    assert "5511970000001" not in caplog.text


def test_a_batch_comes_as_a_list(store: SqlEventStore) -> None:
    publish_texts(store, *range(5))
    loop, got = loop_of(store), Receiver()
    loop.connect("crm", got, from_beginning=True, batch=2)
    assert loop.run_until_drained() == 5
    assert got.calls == [[1, 2], [3, 4], [5]]


def test_a_batch_is_larger_than_what_is_read_at_once_where_that_was_asked_for() -> None:
    outbox, got = MemoryOutbox(), Receiver()
    outbox.publish(*map(text_event, range(250)))
    loop = SignalLoop(outbox)
    loop.connect("crm", got, from_beginning=True, batch=240)
    loop.run_until_drained()
    assert [len(each) for each in got.calls] == [240, 10]


def test_effects_in_the_same_database_are_there_exactly_once(store: SqlEventStore) -> None:
    with store.writing() as connection:
        connection.execute(text("CREATE TABLE effects (number INTEGER)"))
    publish_texts(store, 1, 2)
    refusals = iter([True, False, False])

    def receive(given: Signal) -> None:
        given.connection.execute(text("INSERT INTO effects VALUES (:number)"), {"number": given.number})
        if next(refusals):
            raise ValueError("after the effect")

    loop = SignalLoop(SqlOutbox(store))
    loop.connect("effects", receive, from_beginning=True, transactional=True)
    with pytest.raises(ValueError, match="after the effect"):
        loop.run_until_drained()
    assert loop.run_until_drained() == 2
    with store.reading() as connection:
        assert list(connection.execute(text("SELECT number FROM effects")).scalars()) == [1, 2]


def test_nothing_is_given_in_shadow_and_every_event_is_once_it_is_live(tmp_path: Path) -> None:
    flags, got = Answering({EVENTS: True, SHADOW: True}), Receiver()
    taken = []
    with open_new_path(f"sqlite:///{tmp_path}/events.db", flags, create=True, environment={}) as new_path:
        assert new_path.signals is not None
        new_path.signals.connect("crm", got, from_beginning=True, types=("whatsapp.message.",))
        for is_shadow in (True, False, False):
            flags.values[SHADOW] = is_shadow
            delivery = Delivery("cloud_api", cloud_text(1), datetime.now(UTC), shopper_id="shopper-1")
            taken += new_path.take([delivery])
            new_path.signals.run_until_drained()
            assert len(got.got) == (0 if is_shadow else 1)
    assert [each.outcome for each in taken] == [Outcome.SHADOW, Outcome.PUBLISHED, Outcome.REPEATED]


def test_a_publication_wakes_the_subscribers_of_its_process_at_once(tmp_path: Path) -> None:
    flags, got = Answering({EVENTS: True, SHADOW: False}), Receiver(until=1)
    with open_new_path(f"sqlite:///{tmp_path}/events.db", flags, create=True, environment={}) as new_path:
        assert new_path.store is not None
        loop = SignalLoop(SqlOutbox(new_path.store), poll_seconds=3600)
        loop.connect("crm", got)
        loop.start()
        path = new_path.path
        path._after = loop.notify
        path.take([Delivery("cloud_api", cloud_text(1), datetime.now(UTC), shopper_id="shopper-1")])
        assert got.is_done.wait(PATIENCE)
        assert loop.close(PATIENCE)


def test_a_store_that_is_away_at_the_start_and_later_is_waited_for(caplog: pytest.LogCaptureFixture) -> None:
    class Away(MemoryOutbox):
        fails = 3

        def enlist(self, name: str, *, from_beginning: bool) -> None:
            if self.fails:
                self.fails -= 1
                raise OSError
            super().enlist(name, from_beginning=from_beginning)

    outbox, got = Away(), Receiver(until=1)
    loop = SignalLoop(outbox, poll_seconds=0.02)
    loop.connect("crm", got, from_beginning=True)
    outbox.publish(text_event(1))
    loop.start()
    assert got.is_done.wait(PATIENCE)
    assert loop.close(PATIENCE)
    assert got.again == []
    assert caplog.messages == ["subscriber crm waits: OSError"] * 2


def test_a_child_of_a_fork_delivers_nothing_before_it_starts_a_loop_itself(store: SqlEventStore) -> None:
    loop, got = loop_of(store), Receiver(until=1)
    loop.connect("crm", got)
    loop.start()

    def work() -> tuple[bool, bool, list[int], int]:
        loop.notify()
        was_closed = loop.close(PATIENCE)
        before = os.getpid() != 0 and not loop._is_running()
        mine = loop_of(store)
        theirs = Receiver(until=1)
        mine.connect("child", theirs)
        mine.start()
        publish_texts(store, 1)
        theirs.is_done.wait(PATIENCE)
        mine.close(PATIENCE)
        return was_closed, before, theirs.got, len(got.got)

    try:
        assert in_child(work) == (True, True, [1], 0)
        assert got.is_done.wait(PATIENCE)
    finally:
        assert loop.close(PATIENCE)
    assert got.got == [1]


def test_names_are_taken_once_and_subscribers_connect_before_the_start() -> None:
    loop = SignalLoop(MemoryOutbox(), poll_seconds=0.02)
    loop.connect("crm", print)
    with pytest.raises(ValueError, match="already"):
        loop.connect("crm", print)
    loop.start()
    loop.start()
    with pytest.raises(ValueError, match="before"):
        loop.connect("other", print)
    assert loop.close(PATIENCE)
    loop.connect("other", print)


def test_a_loop_may_be_started_again_after_its_end() -> None:
    outbox, got = MemoryOutbox(), Receiver(until=1)
    loop = SignalLoop(outbox, poll_seconds=0.02)
    loop.connect("crm", got)
    for _ in range(2):
        loop.start()
        assert loop.close(PATIENCE)
    loop.start()
    outbox.publish(text_event(1))
    assert got.is_done.wait(PATIENCE)
    assert loop.close(PATIENCE)


def test_a_loop_without_subscribers_does_nothing() -> None:
    loop = SignalLoop(MemoryOutbox())
    loop.start()
    assert (loop.run_until_drained(), loop.lags(), loop.close()) == (0, {}, True)


def test_to_close_does_not_wait_for_a_call_that_does_not_end() -> None:
    outbox, let_go, entered = MemoryOutbox(), Event(), Event()

    def receive(_: Any) -> None:
        entered.set()
        let_go.wait(PATIENCE)

    loop = SignalLoop(outbox, poll_seconds=0.02)
    loop.connect("crm", receive)
    loop.start()
    outbox.publish(text_event(1))
    assert entered.wait(PATIENCE)
    assert not loop.close(0.01)
    let_go.set()
    assert loop.close(PATIENCE)
