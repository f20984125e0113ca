"""Callbacks: told once for each change, with the flags that may answer differently."""

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from rollout_cli.client import Change, Source
from rollout_cli.flags.model import FlagState
from rollout_cli.flags.percent import Percent
from tests.client.clients import (
    DEFINITIONS,
    EVENTS_OFF,
    EVENTS_ON,
    OFF,
    OFTEN,
    ON,
    client_of,
    client_over,
    standing,
    write,
)
from tests.support.memory_feed import MemoryStore
from tests.support.waiting import eventually

EVERY_FLAG = frozenset(DEFINITIONS)


def test_a_change_is_told_once_and_nothing_is_told_before_it(store: MemoryStore) -> None:
    told: list[Change] = []
    with client_over(store) as client:
        client.on_change(told.append)
        client.refresh()
        assert told == []
        store.write(EVENTS_OFF)
        for _ in range(5):
            client.refresh()
        assert told == [Change(frozenset({"EVENTS", "ROUTING", "POLICY"}), 2, Source.STORE)]


def test_the_thread_tells_it_when_the_new_answers_are_there(path: Path) -> None:
    told: list[tuple[Change, bool, str]] = []
    with client_of(path, refresh_seconds=OFTEN) as client:
        client.on_change(
            lambda change: told.append((change, client.is_enabled("EVENTS"), threading.current_thread().name))
        )
        write(path, EVENTS_OFF)
        eventually(lambda: told)
        ((change, is_on, thread),) = told
        assert change.revision == 2
        assert not is_on
        assert thread == "rollout-refresher"


def test_several_revisions_between_two_looks_are_one_change(store: MemoryStore) -> None:
    told: list[Change] = []
    with client_over(store) as client:
        client.on_change(told.append)
        for _ in range(3):
            store.write(EVENTS_OFF)
        client.refresh()
        assert [(each.revision, each.flags) for each in told] == [(4, {"EVENTS", "ROUTING", "POLICY"})]


STATES: list[tuple[str, dict[str, FlagState], set[str]]] = [
    ("a flag that others require", {"EVENTS": ON}, {"EVENTS", "ROUTING"}),
    ("a flag that nobody requires", {"ROUTING": ON}, {"ROUTING"}),
    ("a default", {"SHADOW": OFF}, {"SHADOW"}),
    ("a value", {"POLICY": FlagState(enabled=True, value="sticky")}, {"POLICY"}),
    ("a percent", {"EVENTS": FlagState(percent=Percent(1000))}, {"EVENTS", "ROUTING"}),
    ("a list", {"EVENTS": FlagState(allowlist=frozenset({"a"}))}, {"EVENTS", "ROUTING"}),
    ("a denial", {"ROUTING": FlagState(denylist=frozenset({"a"}))}, {"ROUTING"}),
    ("shadow", {"EVENTS": FlagState(shadow=True)}, {"EVENTS", "ROUTING"}),
    ("what is already so", {"EVENTS": OFF, "SHADOW": ON}, set()),
]


@pytest.mark.parametrize(("states", "flags"), [each[1:] for each in STATES], ids=[each[0] for each in STATES])
def test_the_flags_are_those_that_changed_and_those_that_require_them(
    states: dict[str, FlagState], flags: set[str]
) -> None:
    store, told = MemoryStore(), list[Change]()
    store.write(standing())
    with client_over(store) as client:
        client.on_change(told.append)
        store.write(standing(**states))
        client.refresh()
        assert [each.flags for each in told] == [flags]


def test_another_salt_or_generation_may_change_every_answer() -> None:
    store, told = MemoryStore(), list[Change]()
    store.write(standing())
    with client_over(store) as client:
        client.on_change(told.append)
        change = standing()
        store.write(replace(change, snapshot=replace(change.snapshot, rollout="renamed")))
        client.refresh()
        assert told[0].flags == EVERY_FLAG


def test_flags_that_came_and_went_are_among_them(store: MemoryStore) -> None:
    told: list[Change] = []
    with client_over(store) as client:
        client.on_change(told.append)
        change = standing()
        definitions = {name: each for name, each in DEFINITIONS.items() if name != "SHADOW"}
        definitions["NEW"] = replace(DEFINITIONS["EVENTS"], name="NEW")
        store.write(replace(EVENTS_ON, snapshot=replace(EVENTS_ON.snapshot, definitions=definitions)))
        client.refresh()
        assert told[0].flags == {"SHADOW", "NEW"}
        assert change.snapshot.definitions == DEFINITIONS


def test_a_kill_file_that_comes_and_goes_is_a_change(store: MemoryStore, tmp_path: Path) -> None:
    told: list[Change] = []
    with client_over(store, project=tmp_path) as client:
        client.on_change(told.append)
        (tmp_path / ".rollout").mkdir()
        kill = tmp_path / ".rollout" / "kill"
        kill.write_text("EVENTS\n")
        client.refresh()
        assert told == [Change(frozenset({"EVENTS", "ROUTING"}), 1, Source.STORE)]
        kill.write_text("EVENTS # the same, in other words\n")
        client.refresh()
        assert len(told) == 1
        kill.unlink()
        client.refresh()
        assert len(told) == 2
        assert client.is_enabled("ROUTING")


def test_a_kill_and_a_revision_at_the_same_look_are_one_change(store: MemoryStore, tmp_path: Path) -> None:
    told: list[Change] = []
    with client_over(store, project=tmp_path) as client:
        client.on_change(told.append)
        (tmp_path / ".rollout").mkdir()
        (tmp_path / ".rollout" / "kill").write_text("SHADOW\n")
        store.write(EVENTS_OFF)
        client.refresh()
        assert [(each.revision, each.flags) for each in told] == [(2, EVERY_FLAG)]


def test_a_kill_is_told_while_the_store_is_away(store: MemoryStore, tmp_path: Path) -> None:
    told: list[Change] = []
    with client_over(store, project=tmp_path) as client:
        client.on_change(told.append)
        store.go_away()
        client.refresh()
        assert told == []  # the answers are older, and the same
        (tmp_path / ".rollout").mkdir()
        (tmp_path / ".rollout" / "kill").write_text("*")
        client.refresh()
        assert [each.flags for each in told] == [EVERY_FLAG]
        assert client.decide("EVENTS").reason == "KILLED"


def test_a_store_that_takes_over_from_the_environment_is_a_change_of_every_flag(folder: Path) -> None:
    store, told = MemoryStore(), list[Change]()
    store.write(standing())
    store.go_away()
    with client_over(store, project=folder) as client:
        client.on_change(told.append)
        client.refresh()
        assert told == []
        store.come_back()
        client.refresh()
        assert told == [Change(EVERY_FLAG, 1, Source.STORE)]


def test_a_store_that_takes_over_from_the_file_changes_what_is_different(store: MemoryStore, tmp_path: Path) -> None:
    file, told = tmp_path / "last.json", list[Change]()
    with client_over(store, last_known_good=file):
        pass
    store.write(standing(EVENTS=ON, ROUTING=OFF, POLICY=FlagState(enabled=True, value="sticky")))
    store.go_away()
    with client_over(store, last_known_good=file) as client:
        client.on_change(told.append)
        store.come_back()
        client.refresh()
        assert told == [Change(frozenset({"ROUTING"}), 2, Source.STORE)]


def test_who_does_not_want_to_hear_any_more_does_not(store: MemoryStore) -> None:
    told: list[str] = []
    with client_over(store) as client:
        end_of_one = client.on_change(lambda _change: told.append("one"))
        client.on_change(lambda _change: told.append("two"))
        store.write(EVENTS_OFF)
        client.refresh()
        end_of_one()
        end_of_one()
        store.write(EVENTS_ON)
        client.refresh()
        assert told == ["one", "two", "two"]


def test_a_callback_may_end_itself(store: MemoryStore) -> None:
    told: list[Change] = []
    ends: list[Callable[[], None]] = []

    def once(change: Change) -> None:
        told.append(change)
        ends[0]()

    with client_over(store) as client:
        ends.append(client.on_change(once))
        client.on_change(told.append)
        for change in (EVENTS_OFF, EVENTS_ON):
            store.write(change)
            client.refresh()
        assert [each.revision for each in told] == [2, 2, 3]


def test_a_callback_that_fails_is_logged_and_keeps_nobody_from_hearing(
    store: MemoryStore, caplog: pytest.LogCaptureFixture
) -> None:
    told: list[Change] = []

    def fails(_change: Change) -> None:
        raise RuntimeError("the application's")

    with client_over(store, refresh_seconds=OFTEN) as client:
        client.on_change(fails)
        client.on_change(told.append)
        store.write(EVENTS_OFF)
        eventually(lambda: told)
        store.write(EVENTS_ON)
        eventually(lambda: len(told) == 2)
        assert client.is_enabled("EVENTS")
    assert [each.getMessage() for each in caplog.records] == ["a callback of on_change failed"] * 2


def test_a_callback_may_close_the_client(path: Path) -> None:
    closed = threading.Event()
    with client_of(path, refresh_seconds=OFTEN) as client:
        client.on_change(lambda _change: (client.close(), closed.set()))
        write(path, EVENTS_OFF)
        assert closed.wait(5)
        eventually(lambda: not [each for each in threading.enumerate() if each.name == "rollout-refresher"])
        assert not client.is_enabled("EVENTS")
        assert client.health().stale


def test_a_callback_may_ask_refresh_and_listen(store: MemoryStore) -> None:
    told: list[int] = []

    def busy(change: Change) -> None:
        told.append(client.refresh().revision)
        client.on_change(lambda later: told.append(-later.revision))
        assert client.decide("EVENTS").revision == change.revision

    with client_over(store) as client:
        client.on_change(busy)
        store.write(EVENTS_OFF)
        client.refresh()
        store.write(EVENTS_ON)
        client.refresh()
        assert told == [2, 3, -3]


def test_a_closed_client_tells_nothing(store: MemoryStore) -> None:
    told: list[Change] = []
    with client_over(store) as client:
        client.on_change(told.append)
    store.write(EVENTS_OFF)
    client.refresh()
    assert told == []
