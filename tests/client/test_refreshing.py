"""What a client makes of a store that is slow, hangs, or fails in ways nobody thought of."""

import logging
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from rollout_cli.client import RolloutClient, Source
from rollout_cli.control.record import Revision
from rollout_cli.errors import UsageError
from rollout_cli.flags.decision import Reason
from tests.client.clients import EVENTS_OFF, EVENTS_ON, OFTEN, SELDOM, client_of, client_over, standing, write
from tests.support.memory_feed import MemoryFeed, MemoryStore
from tests.support.stores import SNAPSHOT
from tests.support.waiting import eventually


def test_a_change_is_heard_without_being_asked_for(store: MemoryStore) -> None:
    with client_over(store, refresh_seconds=OFTEN) as client:
        assert client.is_enabled("EVENTS")
        store.write(EVENTS_OFF)
        eventually(lambda: not client.is_enabled("EVENTS"))
        assert client.health().revision == 2


def test_a_change_in_a_file_is_heard_at_the_pace_that_nobody_set(path: Path) -> None:
    with RolloutClient.connect(f"sqlite:///{path}", project=path.parent, environment={}) as client:
        assert client.is_enabled("EVENTS")
        write(path, EVENTS_OFF)
        eventually(lambda: not client.is_enabled("EVENTS"))


def test_refresh_looks_now_and_what_it_found_answers_when_it_returns(store: MemoryStore) -> None:
    with client_over(store, refresh_seconds=SELDOM) as client:
        for number in range(2, 12):
            store.write(EVENTS_ON if number % 2 else EVENTS_OFF)
            assert client.refresh().revision == number
            assert client.is_enabled("EVENTS") is bool(number % 2)
            assert client.decide("EVENTS").revision == number


def test_answers_of_the_store_are_fresh_and_nothing_is_wrong(store: MemoryStore) -> None:
    with client_over(store) as client:
        health = client.health()
    assert (health.source, health.rollout, health.revision) == (Source.STORE, "test-rollout", 1)
    assert (health.stale, health.problem, health.killed) == (False, None, ())
    assert health.age_seconds is not None


def test_a_store_that_goes_away_leaves_its_answers_marked_at_the_next_look(store: MemoryStore) -> None:
    with client_over(store) as client:
        store.go_away()
        health = client.refresh()
        assert (health.stale, health.problem, health.revision) == (True, "the store memory cannot be reached", 1)
        assert client.is_enabled("EVENTS")
        decision = client.decide("EVENTS")
        assert (decision.enabled, decision.reason, decision.stale) == (True, Reason.GLOBAL, True)
        assert client.value("POLICY") == "sticky"
        store.come_back()
        assert client.refresh().problem is None
        eventually(lambda: not client.decide("EVENTS").stale)
        assert client.decide("EVENTS").age_seconds is None


def test_a_store_that_does_not_answer_is_asked_less_and_less_often_and_at_least_once_a_second(
    store: MemoryStore,
) -> None:
    with client_over(store, refresh_seconds=OFTEN) as client:
        store.go_away()
        eventually(lambda: client.health().problem is not None)
        before = store.questions
        pause = client._refresher._pause
        eventually(lambda: client._refresher._pause > 4 * pause)
        assert store.questions - before <= 8
        client._refresher._pause = 100.0
        client.refresh()
        assert client._refresher._pause == 1.0
        store.come_back()
        eventually(lambda: client.health().problem is None)


def test_a_store_that_hangs_at_the_start_is_waited_for_no_longer_than_asked(store: MemoryStore) -> None:
    store.hang()
    with client_over(store, environment={"EVENTS": "true"}, wait_seconds=0.02) as client:
        decision = client.decide("EVENTS")
        assert (decision.enabled, decision.reason) == (True, "ENV_GLOBAL")
        assert client.health().source is Source.ENVIRONMENT
        store.come_back()
        eventually(lambda: client.health().source is Source.STORE)
        assert client.decide("EVENTS").reason == Reason.GLOBAL


def test_what_answers_while_a_store_hangs_at_the_start_is_stale_and_it_is_said_why(
    store: MemoryStore, caplog: pytest.LogCaptureFixture
) -> None:
    store.hang()
    with client_over(store, wait_seconds=0.02) as client:
        assert client.health().problem == "the store has not answered yet"
        assert [each.getMessage() for each in caplog.records] == [
            "the store has not answered yet; until it can be used again, the environment answers"
        ]
        assert client.health().stale
        assert client.health().age_seconds is None
        assert client.decide("EVENTS").stale
        store.come_back()
        eventually(lambda: not client.health().stale)
        assert client.health().problem is None


def test_while_a_store_hangs_answers_come_at_once_and_turn_stale(store: MemoryStore) -> None:
    with client_over(store, refresh_seconds=OFTEN) as client:
        store.hang()
        eventually(lambda: client.decide("EVENTS").stale)
        assert client.is_enabled("EVENTS")
        assert client.value("POLICY") == "sticky"
        assert (client.decide("EVENTS").age_seconds or 0) >= 1
        assert client.health().source is Source.STORE
        store.write(EVENTS_OFF)
        store.come_back()
        eventually(lambda: not client.is_enabled("EVENTS"))
        eventually(lambda: not client.decide("EVENTS").stale)


def test_break_glass_is_heard_of_while_a_server_hangs(
    store: MemoryStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(MemoryFeed, "path", None)  # as a server's
    kill = tmp_path / ".rollout" / "kill"
    kill.parent.mkdir()
    with client_over(store, tmp_path, refresh_seconds=OFTEN) as client:
        store.hang()
        eventually(lambda: client.decide("EVENTS").stale)
        assert client.is_enabled("EVENTS")
        kill.write_text("EVENTS\n")
        eventually(lambda: client.decide("EVENTS").reason == "KILLED")
        kill.unlink()
        eventually(lambda: client.is_enabled("EVENTS"))


def test_after_a_mistake_of_our_own_the_store_is_read_again(
    store: MemoryStore, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fails(_feed: MemoryFeed) -> Revision | None:
        raise KeyError("+5511999999999")

    with client_over(store) as client:
        store.write(EVENTS_OFF)
        with monkeypatch.context() as patched:
            patched.setattr(MemoryFeed, "read", fails)
            health = client.refresh()
            assert (health.stale, health.problem) == (True, "this is a bug in rollout: KeyError")
            assert client.is_enabled("EVENTS")
        assert client.refresh().problem is None
        assert not client.is_enabled("EVENTS")
    assert "+5511999999999" not in caplog.text


def test_a_revision_that_cannot_be_compiled_leaves_the_last_answers_and_they_are_stale(
    store: MemoryStore, caplog: pytest.LogCaptureFixture
) -> None:
    with client_over(store) as client:
        wrong = replace(SNAPSHOT.definitions["EVENTS"], salt=5)  # type: ignore[arg-type]
        store.write(replace(EVENTS_OFF, snapshot=replace(SNAPSHOT, definitions={"EVENTS": wrong})))
        for _ in range(3):
            health = client.refresh()
            assert health.stale
            assert health.problem is not None
            assert health.revision == 1
            assert client.is_enabled("EVENTS")
        assert len(caplog.records) == 1
        store.write(EVENTS_OFF)
        assert client.refresh().problem is None
        assert not client.is_enabled("EVENTS")


def test_a_kill_works_although_the_latest_revision_cannot_be_compiled(store: MemoryStore, tmp_path: Path) -> None:
    with client_over(store, project=tmp_path) as client:
        wrong = replace(SNAPSHOT.definitions["EVENTS"], salt=5)  # type: ignore[arg-type]
        store.write(replace(EVENTS_OFF, snapshot=replace(SNAPSHOT, definitions={"EVENTS": wrong})))
        client.refresh()
        (tmp_path / ".rollout").mkdir()
        (tmp_path / ".rollout" / "kill").write_text("EVENTS")
        assert client.refresh().killed == ("EVENTS",)
        assert client.decide("EVENTS").reason == Reason.KILLED
        assert client.value("POLICY") == "sticky"


def test_the_thread_survives_what_nobody_thought_of(
    store: MemoryStore, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from rollout_cli.client.break_glass import BreakGlass

    def fails(_glass: BreakGlass) -> bool:
        raise RuntimeError("nobody thought of this")

    with client_over(store, refresh_seconds=OFTEN) as client:
        with monkeypatch.context() as patched:
            patched.setattr(BreakGlass, "changed", fails)
            eventually(lambda: caplog.records)
            assert client.is_enabled("EVENTS")
        store.write(EVENTS_OFF)
        eventually(lambda: not client.is_enabled("EVENTS"))
    assert {each.name for each in caplog.records} == {"rollout.client"}


def test_only_an_address_or_a_pace_that_is_none_is_refused() -> None:
    threads = threading.active_count()
    for url in ("", "rollout.db", "sqlite://", "sqlite:///:memory:", "sqlite:///a.db?mode=ro", "nonsense://host/db"):
        with pytest.raises(UsageError):
            RolloutClient.connect(url)
    for seconds in (0, -1, float("nan"), float("inf")):
        with pytest.raises(ValueError, match="refresh_seconds"):
            RolloutClient.connect(None, refresh_seconds=seconds)
    assert threading.active_count() == threads


def test_many_clients_in_one_process_hear_each_for_itself(path: Path) -> None:
    with client_of(path) as one, client_of(path) as other, client_of(path, rollout="test-rollout") as named:
        write(path, EVENTS_OFF)
        assert not one.refresh().stale
        assert [each.is_enabled("EVENTS") for each in (one, other, named)] == [False, True, True]
        one.close()
        other.refresh()
        named.refresh()
        assert [each.is_enabled("EVENTS") for each in (one, other, named)] == [False, False, False]


def test_what_is_logged_names_the_store_and_nobody_in_it(store: MemoryStore, caplog: pytest.LogCaptureFixture) -> None:
    from rollout_cli.flags.model import FlagState

    listed = FlagState(enabled=True, allowlist=frozenset({"+5511999999999"}))
    with caplog.at_level(logging.DEBUG), client_over(store) as client:
        store.write(standing(EVENTS=listed))
        client.refresh()
        assert client.is_enabled("EVENTS", "+5511999999999")
        store.go_away()
        client.refresh()
        assert client.is_enabled("EVENTS", "+5511999999999")
        assert "+5511999999999" not in repr(client.health())
    assert "+5511999999999" not in caplog.text
    assert "memory" in caplog.text
