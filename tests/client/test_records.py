"""Decisions counted and logged: exactly, in the old form, with nobody's id in it, and at no cost when nobody asked."""

import logging
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollout_cli.client import Count, Records, RolloutClient
from rollout_cli.flags.evaluator import Evaluator
from rollout_cli.flags.model import FlagState
from rollout_cli.flags.percent import Percent
from rollout_cli.flags.pseudonym import pseudonym
from rollout_cli.pipeline.logs import PipelineLog
from tests.client.clients import EVENTS_OFF, client_over, standing
from tests.support.examples import examples
from tests.support.memory_feed import MemoryStore

KEY = b"a key of this test"


class Written(logging.Handler):
    """A handler that keeps what it is given."""

    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)

    @property
    def lines(self) -> list[str]:
        """As a plain formatter writes them."""
        return [each.getMessage() for each in self.records]


H = TypeVar("H", bound=logging.Handler)


@contextmanager
def logger(handler: H) -> Iterator[tuple[logging.Logger, H]]:
    """A logger that has this handler and no other, and the handler."""
    mine = logging.getLogger("tests.records")
    mine.propagate = False
    mine.setLevel(logging.INFO)
    mine.addHandler(handler)
    try:
        yield mine, handler
    finally:
        mine.removeHandler(handler)


@contextmanager
def recording(store: MemoryStore, every: int | None = 1, **options: Any) -> Iterator[tuple[RolloutClient, Written]]:
    """A client that records, and what it wrote."""
    with logger(Written()) as (mine, written):
        records = Records(log_every=every, key=KEY, logger=mine)
        with client_over(store, records=records, **options) as client:
            yield client, written


def count(client: RolloutClient, flag: str = "EVENTS") -> dict[str, int]:
    """How often each reason was given for a flag."""
    return {each.reason: each.count for each in client.counts() if each.flag == flag}


@pytest.fixture
def listed(store: MemoryStore) -> MemoryStore:
    """EVENTS is on for alice, off for bob, and for others by percent."""
    some = FlagState(
        enabled=True, percent=Percent(50_000), allowlist=frozenset({"alice"}), denylist=frozenset({"bob"}), shadow=True
    )
    store.write(standing(EVENTS=some, POLICY=FlagState(enabled=True, value="sticky")))
    return store


def test_a_decision_is_one_line_in_the_old_form(listed: MemoryStore) -> None:
    with recording(listed) as (client, written):
        client.is_enabled("EVENTS", "alice")
        client.is_enabled("EVENTS", "bob")
        client.value("POLICY", "alice")
        client.decide("EVENTS")
        client.is_enabled("UNKNOWN", "alice", default=True)
        alice, bob = client.pseudonym("alice"), client.pseudonym("bob")
    assert written.lines == [
        f"[FEATURE_FLAG] EVENTS=true (reason: allowlist) shopper={alice} revision=2",
        f"[FEATURE_FLAG] EVENTS=false (reason: denylist) shopper={bob} revision=2",
        f"[FEATURE_FLAG] POLICY=sticky (reason: global) shopper={alice} revision=2",
        "[FEATURE_FLAG] EVENTS=false (reason: targeting_key_missing) shopper=None revision=2",
        f"[FEATURE_FLAG] UNKNOWN=true (reason: flag_not_found) shopper={alice} revision=2",
    ]
    assert {each.levelname for each in written.records} == {"INFO"}


def test_the_same_is_in_fields(listed: MemoryStore) -> None:
    with recording(listed, every=5) as (client, written):
        decision = client.decide("EVENTS", "shopper-1")
        (record,) = written.records
        assert record.__dict__["feature_flag"] == {
            "flag": "EVENTS", "value": decision.value, "reason": "percent", "shopper": client.pseudonym("shopper-1"),
            "bucket": decision.bucket, "shadow": True, "revision": 2, "stale": False, "sampled_every": 5,
        }  # fmt: skip


def test_an_answer_of_the_environment_is_logged_with_its_reason() -> None:
    with logger(Written()) as (mine, written):
        records = Records(log_every=1, key=KEY, logger=mine)
        environment = {"NEW_FLAG": "true"}
        with RolloutClient.connect(None, project="/nowhere", environment=environment, records=records) as client:
            assert client.is_enabled("NEW_FLAG", "alice")
            assert client.counts() == [Count("NEW_FLAG", "ENV_GLOBAL", True, 1)]
    assert written.lines[0].startswith("[FEATURE_FLAG] NEW_FLAG=true (reason: env_global) shopper=id-")


def test_a_stale_answer_is_logged_as_one(store: MemoryStore) -> None:
    with recording(store) as (client, written):
        store.go_away()
        client.refresh()
        client.is_enabled("EVENTS", "alice")
        client.decide("EVENTS", "alice")
    assert [each.__dict__["feature_flag"]["stale"] for each in written.records] == [True, True]


def test_the_first_of_each_flag_reason_and_value_is_logged_and_then_every_so_many_th(listed: MemoryStore) -> None:
    with recording(listed, every=3) as (client, written):
        for _ in range(7):
            client.is_enabled("EVENTS", "alice")
        assert len(written.records) == 3
        client.is_enabled("EVENTS", "bob")
        client.is_enabled("ROUTING", "alice")
        assert len(written.records) == 5
        ids = [f"shopper-{number}" for number in range(100)]
        on = [each for each in ids if client.is_enabled("EVENTS", each)]
        of_percent = [each for each in written.lines if "(reason: percent)" in each]
        assert len(of_percent) == -(-len(on) // 3) + -(-(100 - len(on)) // 3)
        assert {each.count for each in client.counts() if each.reason == "PERCENT"} == {len(on), 100 - len(on)}


def test_decisions_may_be_counted_and_never_logged(store: MemoryStore) -> None:
    with recording(store, every=None) as (client, written):
        client.is_enabled("EVENTS", "alice")
        assert client.counts() == [Count("EVENTS", "GLOBAL", True, 1)]
    assert not written.records


def test_every_way_to_ask_counts_once(store: MemoryStore) -> None:
    with recording(store, every=None) as (client, _):
        client.is_enabled("EVENTS", "alice")
        client.decide("EVENTS", "alice")
        client.value("EVENTS", "alice")
        client.decide_all("alice")
        assert count(client) == {"GLOBAL": 4}
        assert count(client, "POLICY") == {"GLOBAL": 1}


def test_counts_go_on_from_revision_to_revision(store: MemoryStore) -> None:
    with recording(store, every=None) as (client, _):
        client.is_enabled("EVENTS")
        store.write(EVENTS_OFF)
        client.refresh()
        client.is_enabled("EVENTS")
        assert client.counts() == [Count("EVENTS", "DISABLED", False, 1), Count("EVENTS", "GLOBAL", True, 1)]
        assert client.counts() == client.counts()  # looking is not counting


def test_looking_at_counts_again_and_again_changes_neither_them_nor_what_is_logged(store: MemoryStore) -> None:
    with recording(store, every=3) as (client, written):
        for number in range(9):
            assert sum(each.count for each in client.counts()) == number
            client.is_enabled("EVENTS")
            client.counts()
        assert client.counts() == [Count("EVENTS", "GLOBAL", True, 9)]
        assert len(written.records) == 3


def test_counts_are_exact_under_eight_threads(store: MemoryStore) -> None:
    def ask() -> None:
        for _ in range(2000):
            client.is_enabled("EVENTS", "alice")
            client.decide("POLICY", "alice")

    def look() -> None:
        for _ in range(200):
            client.counts()

    with recording(store, every=None) as (client, _):
        threads = [threading.Thread(target=each) for each in (*[ask] * 8, *[look] * 2)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
        assert client.counts() == [
            Count("EVENTS", "GLOBAL", True, 16_000), Count("POLICY", "GLOBAL", "sticky", 16_000),
        ]  # fmt: skip


@settings(max_examples=examples(40), deadline=None)
@given(st.text(st.characters(exclude_categories=()), max_size=30).map("shopper:".__add__))
def test_no_id_is_in_any_record(identity: str) -> None:
    with recording(_STORE) as (client, written):
        for flag in ("EVENTS", "POLICY", "UNKNOWN"):
            client.is_enabled(flag, identity)
            client.decide(flag, identity)
            client.value(flag, identity)
        client.decide_all(identity)
        assert len(written.records) == 13
        for each in written.records:
            assert "shopper:" not in each.getMessage()
            assert "shopper:" not in repr(each.__dict__)
            assert each.__dict__["feature_flag"]["shopper"] == client.pseudonym(identity)
        assert "shopper:" not in repr(client.counts())


def _with_a_percent() -> MemoryStore:
    store = MemoryStore()
    store.write(standing(EVENTS=FlagState(enabled=True, percent=Percent(50_000))))
    return store


_STORE = _with_a_percent()


def test_the_same_key_gives_the_same_pseudonym_and_another_key_another(store: MemoryStore) -> None:
    def name(**options: Any) -> str | None:
        key = options.pop("key", None)
        with client_over(store, records=Records(key=key), **options) as client:
            return client.pseudonym("alice")

    assert name(key=KEY) == name(key=KEY) == name(key=KEY.decode()) == pseudonym(KEY, "alice")
    assert name(key=KEY) != name(key=b"another")
    assert name(environment={"ROLLOUT_PSEUDONYM_KEY": KEY.decode()}) == name(key=KEY)
    assert name(key=b"mine", environment={"ROLLOUT_PSEUDONYM_KEY": KEY.decode()}) == name(key=b"mine")
    assert name() == name() != name(key=KEY)  # without one, the process has its own


def test_without_a_key_all_logs_of_a_process_call_somebody_the_same(store: MemoryStore) -> None:
    with client_over(store, records=Records()) as client:
        assert client.pseudonym("alice") == PipelineLog(None).name_of("alice")
    elsewhere = "from rollout_cli.pipeline.logs import PipelineLog; print(PipelineLog(None).name_of('alice'))"
    done = subprocess.run([sys.executable, "-c", elsewhere], capture_output=True, text=True, check=True)
    assert done.stdout.strip() != PipelineLog(None).name_of("alice")


def test_the_key_is_not_shown() -> None:
    assert "secret" not in repr(Records(key="secret"))


def test_a_number_has_the_pseudonym_of_its_text(store: MemoryStore) -> None:
    number: Any = 42
    with recording(store) as (client, written):
        client.is_enabled("EVENTS", number)
        assert client.pseudonym("42") in written.lines[0]


def test_a_log_that_fails_changes_no_answer(store: MemoryStore) -> None:
    class Broken(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            raise RuntimeError("the disk is full")

    with logger(Broken()) as (mine, _), client_over(store, records=Records(log_every=1, logger=mine)) as client:
        assert client.is_enabled("EVENTS", "alice")
        assert client.decide("EVENTS", "alice").enabled
        assert client.value("POLICY", "alice") == "sticky"
        assert not client.is_enabled("UNKNOWN")
        assert count(client) == {"GLOBAL": 2}


def test_a_logger_that_is_silent_is_not_written_to(store: MemoryStore) -> None:
    with recording(store) as (client, written):
        client._recorder._logger.setLevel(logging.WARNING)  # type: ignore[union-attr]
        client.is_enabled("EVENTS", "alice")
        assert count(client) == {"GLOBAL": 1}
    assert not written.records


def test_the_decisions_logger_is_the_one_that_is_documented(
    store: MemoryStore, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "rollout.decisions"), client_over(store, records=Records(log_every=1)) as client:
        client.is_enabled("EVENTS", "alice")
    assert [each.name for each in caplog.records] == ["rollout.decisions"]


def test_names_that_callers_invent_do_not_fill_the_memory_and_are_counted_together(store: MemoryStore) -> None:
    with recording(store, every=None) as (client, _):
        for number in range(12_000):
            client.is_enabled(f"INVENTED_{number}")
        client.is_enabled("EVENTS")
        counts = client.counts()
        assert len(counts) <= 10_001
        assert sum(each.count for each in counts) == 12_001
        assert count(client, "(unknown flags)")["FLAG_NOT_FOUND"] >= 2000


def test_invented_names_do_not_take_the_counts_of_the_flags_there_are(store: MemoryStore) -> None:
    with recording(store, every=None) as (client, _):
        client.is_enabled("EVENTS")
        for number in range(12_000):
            client.is_enabled(f"INVENTED_{number}")
        client.is_enabled("EVENTS")
        store.write(EVENTS_OFF)
        client.refresh()
        client.is_enabled("EVENTS")
        assert count(client) == {"GLOBAL": 2, "DISABLED": 1}


def test_a_default_that_cannot_be_counted_is_given_all_the_same(store: MemoryStore) -> None:
    default: Any = ["a"]
    with recording(store) as (client, _):
        decision = client.decide("UNKNOWN", default=default)
        assert (decision.value, decision.enabled) == (["a"], False)


def test_unless_asked_for_nothing_is_recorded_and_no_function_stands_between(store: MemoryStore) -> None:
    with client_over(store) as client:
        client.is_enabled("EVENTS", "alice")
        assert client.counts() == []
        assert client.pseudonym("alice") is None
        answers = client._current.answers
        compiled = Evaluator(answers.snapshot).flags
        for name, flag in compiled.items():
            for asked, made in (
                (answers.is_on, flag.is_on),
                (answers.decide, flag.decide),
                (answers.value, flag.value),
            ):
                assert asked[name].__code__ is made.__code__  # type: ignore[attr-defined]


@pytest.mark.parametrize("every", [0, -1])
def test_a_sampling_that_is_none_is_refused(every: int) -> None:
    with pytest.raises(ValueError, match="log_every"):
        Records(log_every=every)
