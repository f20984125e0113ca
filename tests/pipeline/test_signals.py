"""Signals: each new event once, in order; after a crash once more, and marked; a failing subscriber holds up itself."""

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from threading import Event, Lock

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from rollout_cli.pipeline.signal_loop import SignalLoop
from rollout_cli.pipeline.signals import LEASE, Courier, Signal, Subscription
from rollout_cli.store.events.outbox import SqlOutbox
from tests.support.event_stores import NOW, new_events_file, publish_texts, text_event
from tests.support.memory_outbox import MemoryOutbox


class CrashError(Exception):
    """The process dies here: whoever catches it goes on with a new courier, as a new process would."""


class Receiver:
    """Writes down what it gets."""

    def __init__(self, refuses: int = 0) -> None:
        self.got: list[int] = []
        self.again: list[int] = []
        self.refused = 0
        self._refuses = refuses

    def __call__(self, given: Signal) -> None:
        if self.refused < self._refuses:
            self.refused += 1
            raise ValueError("not now")
        self.got.append(given.number)
        if given.again:
            self.again.append(given.number)


def courier(outbox: MemoryOutbox, receive: Callable[[Signal], object], **more: object) -> Courier:
    return Courier(outbox, Subscription("crm", receive, from_beginning=True, **more), "one")  # type: ignore[arg-type]


def drain(each: Courier, now: datetime = NOW) -> None:
    while each.step(now):
        pass


def test_each_event_comes_once_and_in_order() -> None:
    outbox, got = MemoryOutbox(), Receiver()
    outbox.publish(*map(text_event, range(5)))
    one = courier(outbox, got)
    drain(one)
    outbox.publish(text_event(5))
    drain(one)
    assert (got.got, got.again) == ([1, 2, 3, 4, 5, 6], [])


def test_what_was_refused_comes_again_before_anything_else_and_says_so() -> None:
    outbox, got = MemoryOutbox(), Receiver(refuses=2)
    outbox.publish(*map(text_event, range(2)))
    one = courier(outbox, got)
    for _ in range(2):
        with pytest.raises(ValueError, match="not now"):
            one.step(NOW)
    drain(one)
    assert (got.got, got.again) == ([1, 2], [1])


def test_an_event_is_passed_over_after_so_many_attempts_where_that_was_asked_for() -> None:
    outbox, got = MemoryOutbox(), Receiver(refuses=2)
    outbox.publish(*map(text_event, range(2)))
    one = courier(outbox, got, give_up_after=2)
    for _ in range(2):
        with pytest.raises(ValueError, match="not now"):
            one.step(NOW)
    drain(one)
    assert (got.got, got.again) == ([2], [])


def test_a_courier_whose_right_ran_out_gives_nothing_before_it_has_it_again() -> None:
    outbox, first, second = MemoryOutbox(), Receiver(), Receiver()
    outbox.publish(text_event(1))
    slow = courier(outbox, first)
    drain(slow)
    later = NOW + LEASE + timedelta(seconds=1)
    other = Courier(outbox, Subscription("crm", second), "two")
    outbox.publish(text_event(2))
    drain(other, later)
    drain(slow, later)
    assert (first.got, second.got) == ([1], [2])


@given(st.lists(st.sampled_from(["publish", "give", "crash after", "crash before", "restart"]), max_size=30))
def test_whatever_crashes_no_event_is_lost_and_only_one_that_a_crash_hit_comes_twice(steps: list[str]) -> None:
    got: list[int] = []
    twice: list[int] = []
    published, now = 0, NOW
    crash = {"where": ""}

    def receive(given_one: Signal) -> None:
        if crash["where"] == "crash before":
            raise CrashError
        (twice if given_one.again and given_one.number in got else got).append(given_one.number)

    class Dying(MemoryOutbox):
        def advance(self, *arguments: object) -> None:
            if crash["where"] == "crash after":
                raise CrashError
            super().advance(*arguments)  # type: ignore[arg-type]

    outbox = Dying()
    number = 0

    def new() -> Courier:
        nonlocal number
        number += 1
        return Courier(outbox, Subscription("crm", receive, from_beginning=True), f"process-{number}")

    one = new()
    for step in steps:
        if step == "publish":
            published += 1
            outbox.publish(text_event(published))
            continue
        crash["where"] = step
        if step == "restart":
            one.rest()
            one = new()
            continue
        try:
            one.step(now)
        except CrashError:
            now += LEASE + timedelta(seconds=1)
            one = new()
    crash["where"] = ""
    now += LEASE + timedelta(seconds=1)
    last = new()
    drain(last, now)
    assert got == list(range(1, published + 1))
    assert len(twice) <= steps.count("crash after")


def test_a_loop_gives_what_is_published_while_it_runs_and_a_failing_subscriber_holds_up_no_other(
    tmp_path: Path,
) -> None:
    store = new_events_file(tmp_path)
    loop = SignalLoop(SqlOutbox(store), poll_seconds=0.02)
    got, done = Receiver(), Event()

    def receive(given_one: Signal) -> None:
        got(given_one)
        if len(got.got) == 3:
            done.set()

    loop.connect("good", receive)
    loop.connect("bad", Receiver(refuses=10**6))
    loop.start()
    try:
        deadline = 200
        while not {"good", "bad"} <= _known(store) and deadline:
            deadline -= 1
            Event().wait(0.02)
        publish_texts(store, 1, 2, 3)
        loop.notify()
        assert done.wait(20)
        assert got.got == [1, 2, 3]
    finally:
        assert loop.close(20)


def _known(store: object) -> set[str]:
    with store.reading() as connection:  # type: ignore[attr-defined]
        return set(connection.execute(text("SELECT name FROM whatsapp_subscribers")).scalars())


def test_two_loops_share_a_subscriber_and_no_event_comes_twice(tmp_path: Path) -> None:
    stores = [new_events_file(tmp_path), new_events_file(tmp_path)]
    lock, got, done = Lock(), [], Event()

    def receive(given_one: Signal) -> None:
        with lock:
            got.append(given_one.number)
            if len(got) == 20:
                done.set()

    loops = [SignalLoop(SqlOutbox(store), poll_seconds=0.01) for store in stores]
    for loop in loops:
        loop.connect("crm", receive, from_beginning=True)
        loop.start()
    try:
        for number in range(20):
            publish_texts(stores[0], number)
        assert done.wait(30)
    finally:
        assert all(loop.close(20) for loop in loops)
    assert got == list(range(1, 21))


def test_effects_in_the_same_database_are_there_exactly_once(tmp_path: Path) -> None:
    store = new_events_file(tmp_path)
    with store.writing() as connection:
        connection.execute(text("CREATE TABLE effects (number INTEGER)"))
    publish_texts(store, 1, 2)
    refusals = iter([True, False, False])

    def receive(given_one: Signal) -> None:
        given_one.connection.execute(text("INSERT INTO effects VALUES (:number)"), {"number": given_one.number})
        if next(refusals):
            raise ValueError("after the effect")

    loop = SignalLoop(SqlOutbox(store))
    loop.connect("effects", receive, from_beginning=True, transactional=True)
    with pytest.raises(ValueError, match="after the effect"):
        loop.run_until_drained()
    assert loop.run_until_drained() == 2
    with store.reading() as connection:
        assert list(connection.execute(text("SELECT number FROM effects")).scalars()) == [1, 2]


_DYING = """
import os, signal, sys
from rollout_cli.pipeline.signal_loop import SignalLoop
from rollout_cli.store.address import address_from_url
from rollout_cli.store.events.opening import open_event_store
from rollout_cli.store.events.outbox import SqlOutbox

def receive(given):
    with open(sys.argv[2], "a") as file:
        file.write(f"{given.number}\\n")
    if given.number == 2:
        os.kill(os.getpid(), signal.SIGKILL)

loop = SignalLoop(SqlOutbox(open_event_store(address_from_url(sys.argv[1]))))
loop.connect("crm", receive, from_beginning=True)
loop.run_until_drained()
"""


def test_after_a_kill_the_call_that_was_hit_is_made_once_more_and_marked(tmp_path: Path) -> None:
    store = new_events_file(tmp_path)
    publish_texts(store, 1, 2, 3)
    written = tmp_path / "received"
    url = f"sqlite:///{tmp_path}/events.db"
    dead = subprocess.run([sys.executable, "-c", _DYING, url, str(written)], check=False, env={**os.environ})
    assert dead.returncode == -signal.SIGKILL
    with sqlite3.connect(tmp_path / "events.db") as past:  # as if its lease had run out
        past.execute("UPDATE whatsapp_subscribers SET held_until = '2020-01-01T00:00:00.000000Z'")
    got = Receiver()
    loop = SignalLoop(SqlOutbox(store))
    loop.connect("crm", got)
    loop.run_until_drained()
    assert (written.read_text().split(), got.got, got.again) == (["1", "2"], [2, 3], [2])


def test_names_are_taken_once_and_subscribers_connect_before_the_start(tmp_path: Path) -> None:
    loop = SignalLoop(SqlOutbox(new_events_file(tmp_path)))
    loop.connect("crm", print)
    with pytest.raises(ValueError, match="already"):
        loop.connect("crm", print)
    loop.start()
    with pytest.raises(ValueError, match="before"):
        loop.connect("other", print)
    loop.close()
