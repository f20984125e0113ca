"""A child of a fork is a writer of its own: it neither waits for its parent's threads nor uses their connection."""

import os
import sys
import threading

import pytest

from rollout_cli.store.events.reading import all_events
from rollout_cli.store.events.sql_event_store import SqlEventStore
from tests.support.event_stores import publish_texts


def in_child(do: object) -> int:
    """The exit code of a child that does something."""
    child = os.fork()
    if child == 0:
        try:
            do()  # type: ignore[operator]
        except BaseException as error:  # noqa: BLE001 - whatever it is, the child must not run the tests
            print(repr(error), file=sys.stderr)
            os._exit(1)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")
def test_a_child_publishes_while_a_thread_of_its_parent_does(events: SqlEventStore) -> None:
    publish_texts(events, 0)
    ended = threading.Event()

    def go_on() -> None:
        number = 1000
        while not ended.wait(0.02):  # SQLite gives no turns: whoever never rests lets nobody else in
            number += 1
            publish_texts(events, number)

    thread = threading.Thread(target=go_on)
    thread.start()
    try:
        codes = [in_child(lambda number=number: publish_texts(events, number)) for number in range(1, 6)]
    finally:
        ended.set()
        thread.join()
    assert codes == [0] * 5
    stored = [each.event.source.provider_message_id for each in all_events(events)]
    assert {f"wamid.T{number}" for number in range(6)} <= set(stored)
    assert len(stored) == len(set(stored))


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")
def test_a_child_does_not_wait_for_a_turn_that_was_never_given_back(events: SqlEventStore) -> None:
    inside, ended = threading.Event(), threading.Event()

    def hold() -> None:
        with events._turn:
            inside.set()
            ended.wait(30)

    thread = threading.Thread(target=hold)
    thread.start()
    inside.wait(10)
    try:
        assert in_child(lambda: publish_texts(events, 1)) == 0
    finally:
        ended.set()
        thread.join()
