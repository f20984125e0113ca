"""What an application or an operator did to a client in earnest, and what it has to survive."""

import copy
import logging
import pickle
import shutil
import sys
import threading
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from rollout_cli.client import Change, Records, RolloutClient
from rollout_cli.client.break_glass import BreakGlass
from rollout_cli.flags.decision import Reason
from rollout_cli.store.sql_feed import SqlFeed
from tests.client.clients import EVENTS_OFF, OFTEN, SELDOM, client_of, client_over, write
from tests.support.memory_feed import MemoryStore
from tests.support.stores import address_of, open_sqlite
from tests.support.waiting import eventually

PHONE = "+5511999998888"


class NeedsARequest(logging.Filter):
    """What adds a request's id to each record, and is used where there is no request."""

    def filter(self, record: logging.LogRecord) -> bool:
        raise RuntimeError("working outside of a request")


@pytest.fixture
def broken_log() -> Iterator[None]:
    log, broken = logging.getLogger("rollout.client"), NeedsARequest()
    log.addFilter(broken)
    yield
    log.removeFilter(broken)


@pytest.mark.usefixtures("broken_log")
def test_a_log_that_fails_does_not_end_the_hearing_of_changes(path: Path) -> None:
    with client_of(path, refresh_seconds=OFTEN) as client:
        path.rename(path.with_name("away"))
        eventually(lambda: client.health().problem)
        assert client.health().stale
        path.with_name("away").rename(path)
        write(path, EVENTS_OFF)
        eventually(lambda: not client.is_enabled("EVENTS"))
        assert not client.health().stale


@pytest.mark.usefixtures("broken_log")
def test_a_log_that_fails_does_not_make_a_store_useless_whose_answers_cannot_be_kept(path: Path) -> None:
    with client_of(path, last_known_good=path.parent / "nowhere" / "kept.json") as client:
        assert client.health().problem is None


def test_a_callback_that_wants_to_end_the_process_does_not_end_the_hearing_of_changes(path: Path) -> None:
    told = threading.Event()

    def restart(_change: Change) -> None:
        told.set()
        sys.exit(1)

    with client_of(path, refresh_seconds=OFTEN) as client:
        client.on_change(restart)
        write(path, EVENTS_OFF)
        assert told.wait(5)
        write(path)
        eventually(lambda: client.is_enabled("EVENTS"))


@pytest.mark.parametrize("number", [Decimal("0.005"), "0.005"])
def test_a_number_of_seconds_may_be_written_otherwise(path: Path, number: Any) -> None:
    with client_of(path, refresh_seconds=number, wait_seconds=str(SELDOM)) as client:
        write(path, EVENTS_OFF)
        eventually(lambda: not client.is_enabled("EVENTS"))


@pytest.mark.parametrize("number", ["soon", "nan", "-1"])
def test_a_text_that_is_no_number_of_seconds_is_refused(path: Path, number: Any) -> None:
    with pytest.raises(ValueError, match=r"refresh_seconds|could not convert"):
        RolloutClient.connect(f"sqlite:///{path}", refresh_seconds=number)


def test_where_no_thread_can_be_started_the_store_answers_and_goes_stale(path: Path) -> None:
    with (
        patch.object(threading.Thread, "start", side_effect=RuntimeError("can't start new thread")),
        client_of(path, refresh_seconds=OFTEN) as client,
    ):
        assert client.is_enabled("EVENTS")
        assert client.health().revision == 1
        eventually(lambda: client.health().stale)


def test_a_rollout_without_a_name_is_the_only_one(path: Path) -> None:
    with client_of(path, rollout="") as client:
        assert client.health().rollout == "test-rollout"


def test_a_rollout_without_a_name_is_watched_by_every_feed(path: Path) -> None:
    feed = SqlFeed(address_of(path), rollout="")
    assert feed.changed()
    feed.read()
    assert not feed.changed()
    write(path, EVENTS_OFF)
    assert feed.changed()
    feed.close()


def test_what_was_announced_and_not_read_is_announced_again(path: Path) -> None:
    """Two connections may lead to two servers, one of which is behind."""
    behind = path.with_name("standby.db")
    shutil.copy(path, behind)
    write(path, EVENTS_OFF)
    feed = SqlFeed(address_of(path), rollout=None)
    assert feed.changed()
    with patch("rollout_cli.store.sql_feed.open_store", lambda *_, **__: open_sqlite(behind)):
        revision = feed.read()
        assert revision is not None
        assert revision.number == 1
        assert feed.changed()
    revision = feed.read()
    assert revision is not None
    assert revision.number == 2
    assert not feed.changed()
    feed.close()


def test_the_kill_file_counts_although_the_store_does_not_answer_any_more(store: MemoryStore, tmp_path: Path) -> None:
    kill = tmp_path / ".rollout" / "kill"
    kill.parent.mkdir()
    with client_over(store, tmp_path) as client:
        assert client.is_enabled("EVENTS")
        store.hang()
        kill.write_text("*")
        looking = threading.Thread(target=client.refresh)
        looking.start()
        eventually(lambda: client.decide("EVENTS").reason == Reason.KILLED)
        store.come_back()
        looking.join()


@pytest.fixture
def nothing_more_to_import() -> Iterator[None]:
    """What a process finds that has given up its rights, or whose environment was installed anew."""
    with patch.dict(sys.modules, {"rollout_cli.sources.declared_flags": None}):
        yield


@pytest.mark.usefixtures("nothing_more_to_import")
def test_where_flags_yaml_cannot_be_read_any_more_the_environment_answers_all_the_same(tmp_path: Path) -> None:
    with RolloutClient.connect(None, project=tmp_path, environment={"EVENTS": "true"}) as client:
        assert client.is_enabled("EVENTS")


def test_a_failure_that_comes_with_each_look_is_logged_once(
    store: MemoryStore, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    looks: list[None] = []

    def fail(_glass: BreakGlass) -> bool:
        looks.append(None)
        raise ValueError("of no importance")

    with client_over(store, tmp_path, refresh_seconds=OFTEN), patch.object(BreakGlass, "changed", fail):
        eventually(lambda: len(looks) > 5)
    assert caplog.text.count("could not be refreshed") == 1


@pytest.mark.parametrize("how", [copy.copy, copy.deepcopy, pickle.dumps])
def test_a_client_that_is_copied_or_sent_away_says_what_to_do_instead(path: Path, how: Callable[[object], Any]) -> None:
    with client_of(path) as client, pytest.raises(TypeError, match="connect another"):
        how(client)


@pytest.mark.parametrize("name", [PHONE, "shopper-1", "WHATSAPP\n[FEATURE_FLAG] X=true", "A" * 300])
def test_what_is_no_flags_name_is_neither_logged_nor_counted_by_it(
    store: MemoryStore, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    with caplog.at_level(logging.INFO), client_over(store, records=Records(log_every=1)) as client:
        client.is_enabled(name, "EVENTS")  # the two in the wrong order
        assert [(each.flag, each.value) for each in client.counts()] == [("(unknown flags)", False)]
        assert name not in caplog.text


def test_a_callers_default_is_not_logged(store: MemoryStore, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO), client_over(store, records=Records(log_every=1)) as client:
        assert client.value("UNKNOWN", "shopper-1", default=PHONE) == PHONE
        assert PHONE not in caplog.text + repr(caplog.records[-1].__dict__) + repr(client.counts())
        assert client.counts()[0].flag == "UNKNOWN"
