"""Twenty processes publish the same at once, and a server goes away under them: each fact is there once."""

import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest

from rollout_cli.errors import StoreBusyError, StoreError
from rollout_cli.new_path import Installation
from rollout_cli.pipeline.delivery import Delivery
from rollout_cli.store.address import address_from_url
from rollout_cli.store.events.opening import open_event_store, upgrade_event_store
from rollout_cli.store.events.reading import all_events
from rollout_cli.store.events.sql_event_store import SqlEventStore
from tests.support.children import in_children
from tests.support.event_stores import NOW
from tests.support.postgres import Postgres, running_postgres
from tests.support.routed import all_conversations, baileys, cloud, evolution, jid, open_ones, routed, said, told
from tests.support.waiting import eventually

pytestmark = pytest.mark.heavy

PROCESSES = 20
PERSISTENCE = 100
"""How often a process gives what the store was too busy for."""
BUSINESS = ("evolution", "business"), ("cloud_api", "700100")


@dataclass(frozen=True)
class Place:
    """Where a store is: each process opens it for itself."""

    url: str

    def open(self) -> SqlEventStore:
        return open_event_store(address_from_url(self.url))


@pytest.fixture(params=["sqlite", "postgres"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    is_file = request.param == "sqlite"
    url = f"sqlite:///{tmp_path}/events.db" if is_file else request.getfixturevalue("postgres").new_database()
    upgrade_event_store(address_from_url(url))
    return Place(url)


def give(path: Installation, some: list[Delivery]) -> int:
    """Give deliveries until they are taken, as providers and spools do; how many events were new."""
    for _ in range(PERSISTENCE):
        try:
            return sum(each.new for each in path.take(some))
        except StoreBusyError:
            time.sleep(0.05)
    raise AssertionError("the store was busy all the time")


def through_business(number: int) -> Delivery:
    """What `cloud` tells, as Evolution's business channel hands it on."""
    key = {"remoteJid": jid("5511970000001"), "fromMe": False, "id": f"wamid.T{number}"}
    data = {"key": key, "message": {"conversation": "good morning"}, "messageTimestamp": 1_793_000_000 + number,
            "messageType": "conversation", "instanceId": "7d1f5c1e-0000-4000-8000-000000000002"}  # fmt: skip
    return evolution("messages.upsert", data, instance="business")


def test_twenty_processes_that_are_told_the_same_leave_one_event_each(place: Place) -> None:
    def tell(number: int) -> int:
        path = routed(place.open(), same_line=dict([BUSINESS]))
        work = [through_business(each) if (each + number) % 2 else cloud(each) for each in range(10)]
        order = work if number % 3 else work[::-1]
        size = 1 + number % 4
        return sum(give(path, order[start : start + size]) for start in range(0, 10, size))

    new = in_children(PROCESSES, tell)
    store = place.open()
    assert sum(new) == len(said(store)) == 10
    assert {each.source.provider_message_id for each in said(store)} == {f"wamid.T{each}" for each in range(10)}
    (only,) = all_conversations(store)
    assert {each.routing.conversation_id for each in said(store)} == {only.id}
    assert told(store) == ["conversation.opened", "thread.assigned"]


def test_a_round_is_fair_over_twenty_processes_and_each_thread_is_opened_once(place: Place) -> None:
    def tell(number: int) -> None:
        path = routed(place.open(), "round_robin")
        for each in range(15):
            chat = jid(f"551197{(each * 7 + number) % 50:07}")
            give(path, [baileys(100 * number + each, chat)])

    in_children(PROCESSES, tell)
    found = all_conversations(place.open())
    served = Counter(each.skm_id for each in found)
    assert (len(found), len({each.thread_key for each in found}), len(served)) == (50, 50, 3)
    assert max(served.values()) - min(served.values()) <= 1
    assert len(said(place.open())) == 300


def test_what_processes_know_of_a_thread_holds_while_others_close_merge_and_open_it(place: Place) -> None:
    phone, lid = jid("554198908495"), "201100000000777@lid"

    def tell(number: int) -> None:
        path = routed(place.open())
        for each in range(10):
            at = 1_000 * each + number
            work = [baileys(at, lid), baileys(at + 100, phone), baileys(at + 200, phone, remoteJidAlt=lid)]
            give(path, [work[(each + number) % 3]])
            if each % 5 == number % 5:
                patiently_close(path)

    in_children(8, tell)
    store = place.open()
    path = routed(store)
    give(path, [baileys(99_999, phone, remoteJidAlt=lid)])
    ids = {each.id for each in all_conversations(store)}
    (home,) = {each.routing.thread_key.rpartition(":")[2] for each in said(store)}  # of the id that was told first
    assert home in {"554198908495", lid}
    assert {each.routing.conversation_id for each in said(store)} <= ids
    assert (len(said(store)), len(open_ones(store))) == (81, 1)


def patiently_close(path: Installation) -> None:
    for _ in range(PERSISTENCE):
        try:
            path.close_idle(timedelta(0), now=NOW)
        except StoreBusyError:
            time.sleep(0.05)
        else:
            return


def has_more_than(some: list[Any], count: int) -> bool:
    return len(some) > count


@pytest.fixture
def shaky_server() -> Iterator[Postgres]:
    """A server of its own, with a disk that keeps what was committed: it is stopped and started."""
    with running_postgres(fsync=True) as server:
        yield server


def test_a_server_that_goes_away_and_comes_back_loses_and_doubles_nothing(shaky_server: Postgres) -> None:
    url = shaky_server.new_database()
    upgrade_event_store(address_from_url(url))
    place = Place(url)
    path = routed(place.open(), "round_robin")
    acknowledged: list[int] = []
    failures: list[str] = []
    is_done = Event()

    def publish() -> None:
        number = 0
        while not is_done.is_set():
            some = [cloud(number + each, sender=f"55119700{number % 40:05}") for each in range(5)]
            try:
                path.take(some)
            except StoreError as error:
                failures.append(error.message)
                time.sleep(0.05)
                continue  # the same again
            acknowledged.extend(range(number, number + 5))
            number += 5

    thread = Thread(target=publish)
    thread.start()
    try:
        for _ in range(3):
            eventually(partial(has_more_than, acknowledged, len(acknowledged) + 50), within=60)
            shaky_server.stop()
            eventually(partial(has_more_than, failures, len(failures)), within=60)
            shaky_server.start()
    finally:
        is_done.set()
        thread.join()
    store = place.open()
    names = [each.source.provider_message_id for each in said(store)]
    assert set(names) >= {f"wamid.T{number}" for number in acknowledged}
    assert len(names) == len(set(names))
    served = Counter(each.skm_id for each in all_conversations(store))
    assert max(served.values()) - min(served.values()) <= 1
    numbers = [each.number for each in all_events(store)]
    assert numbers == sorted(set(numbers))
