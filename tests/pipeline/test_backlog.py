"""The backlog: in order, bounded, and a candidate of any temper is nobody else's trouble."""

import logging
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest

from rollout_cli.errors import StoreError
from rollout_cli.pipeline.backlog import ThreadBacklog
from rollout_cli.pipeline.delivery import Delivery
from rollout_cli.pipeline.metrics import DROPPED, FAILED, QUEUE_DEPTH
from tests.pipeline.compat_doubles import AwayFor, Counted, Eating, Hanging, Raising, Remembering
from tests.support.children import in_child
from tests.support.waiting import eventually


def delivery(body: bytes) -> Delivery:
    return Delivery("evolution", body, datetime(2026, 1, 1, tzinfo=UTC))


def numbered(count: int) -> list[bytes]:
    return [b"%d" % number for number in range(count)]


@contextmanager
def backlog_for(candidate: Any, **options: Any) -> Iterator[tuple[ThreadBacklog, Counted]]:
    metrics = Counted()
    backlog = ThreadBacklog(candidate, metrics=metrics, **options)
    with ExitStack() as ending:
        ending.callback(backlog.close, 2)
        if isinstance(candidate, Hanging):
            ending.callback(candidate.let_go.set)
        yield backlog, metrics


def of_backlogs() -> int:
    return sum(each.name in {"rollout-backlog", "rollout-candidate"} for each in threading.enumerate())


def test_deliveries_are_taken_in_order_and_in_batches_that_are_not_too_large() -> None:
    candidate = Remembering()
    with backlog_for(candidate, batch=7) as (backlog, metrics):
        bodies = numbered(500)
        assert all(backlog.offer(delivery(each)) for each in bodies)
        eventually(lambda: len(candidate.taken) == 500)
        assert candidate.bodies == bodies
        assert max(candidate.batches) <= 7
        eventually(lambda: backlog.depth == 0 and metrics.levels[QUEUE_DEPTH] == 0)
    assert not metrics.counts


def test_no_thread_is_there_before_the_first_delivery_and_none_after_the_end() -> None:
    eventually(lambda: of_backlogs() == 0)  # those of other tests
    with backlog_for(Remembering()) as (backlog, _):
        assert of_backlogs() == 0
        backlog.offer(delivery(b"1"))
        assert of_backlogs() > 0
    eventually(lambda: of_backlogs() == 0)


def test_what_is_more_than_fits_is_dropped_and_counted_and_what_was_there_is_taken() -> None:
    candidate = Hanging(b"hang")
    with backlog_for(candidate, size=10) as (backlog, metrics):
        backlog.offer(delivery(b"hang"))
        candidate.entered.acquire()
        accepted = [backlog.offer(delivery(each)) for each in numbered(30)]
        assert accepted == [True] * 9 + [False] * 21
        assert metrics.counts == {(DROPPED, "full"): 21}
        candidate.let_go.set()
        eventually(lambda: candidate.bodies == [b"hang", *numbered(9)])
        eventually(lambda: backlog.depth == 0)
        assert backlog.offer(delivery(b"again"))


def test_bodies_are_bounded_in_bytes_too() -> None:
    candidate = Hanging(b"hang")
    with backlog_for(candidate, most_bytes=1000) as (backlog, metrics):
        backlog.offer(delivery(b"hang"))
        candidate.entered.acquire()
        assert [backlog.offer(delivery(bytes(400))) for _ in range(4)] == [True, True, False, False]
        assert not backlog.offer(delivery(bytes(1001)))
        assert metrics.counts == {(DROPPED, "full"): 2, (DROPPED, "oversized"): 1}


def test_a_candidate_that_raises_is_counted_and_named_without_its_words_and_the_others_are_taken(
    caplog: pytest.LogCaptureFixture,
) -> None:
    candidate = Raising(ValueError("+55 11 a secret"), b"3", b"7")
    with caplog.at_level(logging.DEBUG), backlog_for(candidate) as (backlog, metrics):
        for each in numbered(10):
            backlog.offer(delivery(each))
        eventually(lambda: metrics.counts[FAILED, "raised"] == 2)
        eventually(lambda: sorted(candidate.bodies) == sorted(set(numbered(10)) - {b"3", b"7"}))
        assert candidate.bodies == sorted(candidate.bodies)
    assert [each.getMessage() for each in caplog.records] == ["the new path raised: ValueError"]
    assert "secret" not in caplog.text


@pytest.mark.parametrize("error", [SystemExit(1), KeyboardInterrupt(), GeneratorExit(), MemoryError(), BaseException()])
def test_nothing_a_candidate_raises_ends_the_worker(error: BaseException) -> None:
    candidate = Raising(error, b"bad")
    with backlog_for(candidate) as (backlog, metrics):
        backlog.offer(delivery(b"bad"))
        backlog.offer(delivery(b"good"))
        eventually(lambda: candidate.bodies == [b"good"])
        assert metrics.counts == {(FAILED, "raised"): 1}


def test_a_candidate_that_eats_memory_is_counted_and_the_backlog_goes_on() -> None:
    candidate = Eating()
    with backlog_for(candidate, batch=1) as (backlog, metrics):
        for each in numbered(20):
            assert backlog.offer(delivery(each))
        eventually(lambda: metrics.counts == {(FAILED, "raised"): 4})
        assert candidate.bodies == numbered(16)


def test_one_that_hangs_is_left_behind_and_the_next_ones_are_taken() -> None:
    candidate = Hanging(b"hang")
    with backlog_for(candidate, batch=1, time_limit=0.1) as (backlog, metrics):
        for each in (b"hang", b"1", b"2"):
            assert backlog.offer(delivery(each))
        eventually(lambda: candidate.bodies == [b"1", b"2"])
        assert metrics.counts == {(DROPPED, "stuck"): 1}


def test_when_too_many_hang_everything_is_dropped_until_one_is_back() -> None:
    candidate = Hanging()
    with backlog_for(candidate, batch=1, time_limit=0.05, most_stuck=2) as (backlog, metrics):
        for each in numbered(5):
            backlog.offer(delivery(each))
        eventually(lambda: metrics.counts == {(DROPPED, "stuck"): 5})
        assert not backlog.offer(delivery(b"now"))
        assert metrics.counts == {(DROPPED, "stuck"): 6}
        assert backlog.depth == 0
        candidate.let_go.set()
        eventually(lambda: backlog.offer(delivery(b"later")))
        eventually(lambda: candidate.bodies[-1:] == [b"later"])


def test_a_store_that_is_away_costs_no_delivery_and_no_order() -> None:
    candidate = AwayFor(3)
    with backlog_for(candidate) as (backlog, metrics):
        for each in numbered(50):
            backlog.offer(delivery(each))
        eventually(lambda: candidate.bodies == numbered(50))
        eventually(lambda: backlog.depth == 0)
    assert not metrics.counts


def test_a_store_that_is_away_for_long_costs_no_delivery_either() -> None:
    candidate = AwayFor(40)
    with backlog_for(candidate, longest_pause=0.05, batch=20) as (backlog, metrics):
        for each in numbered(50):
            backlog.offer(delivery(each))
        eventually(lambda: sorted(candidate.bodies) == sorted(numbered(50)))
    assert not metrics.counts


@pytest.mark.parametrize("batch", [1, 50])
def test_a_delivery_that_no_store_will_take_does_not_hold_up_the_others_for_ever(batch: int) -> None:
    candidate = Raising(StoreError("a bug in disguise", hint=""), b"0", b"3")
    with backlog_for(candidate, longest_pause=0.05, batch=batch) as (backlog, metrics):
        for each in numbered(9):
            backlog.offer(delivery(each))
        eventually(lambda: candidate.bodies == [b"1", b"2", *numbered(9)[4:]])
        eventually(lambda: metrics.counts == {(FAILED, "raised"): 2} and backlog.depth == 0)


def test_closing_takes_what_waits_and_then_accepts_no_more() -> None:
    candidate = Remembering()
    with backlog_for(candidate) as (backlog, metrics):
        for each in numbered(200):
            backlog.offer(delivery(each))
        assert backlog.close(5)
        assert candidate.bodies == numbered(200)
        assert not backlog.offer(delivery(b"late"))
        assert metrics.counts == {(DROPPED, "closed"): 1}
        assert backlog.close(5)


def test_closing_waits_no_longer_than_it_may_and_counts_what_is_lost() -> None:
    candidate = Hanging()
    with backlog_for(candidate, batch=1) as (backlog, metrics):
        for each in numbered(4):
            backlog.offer(delivery(each))
        candidate.entered.acquire()
        assert not backlog.close(0.05)
        assert metrics.counts == {(DROPPED, "closed"): 3}


def test_closing_ends_the_wait_for_a_store_that_is_away() -> None:
    candidate = Raising(StoreError("away", hint=""))
    with backlog_for(candidate, longest_pause=60) as (backlog, metrics):
        backlog.offer(delivery(b"1"))
        eventually(lambda: candidate.asked > 1)
        assert not backlog.close(0.01)
        eventually(lambda: metrics.counts == {(DROPPED, "closed"): 1})


def test_a_backlog_that_has_not_begun_closes_at_once() -> None:
    with backlog_for(Remembering()) as (backlog, _):
        began = time.monotonic()
        assert backlog.close(60)
        assert time.monotonic() - began < 5


def test_the_child_of_a_fork_begins_anew_and_the_parent_keeps_what_it_had() -> None:
    candidate = Hanging(b"hang")
    with backlog_for(candidate, batch=1) as (backlog, metrics):
        for each in (b"hang", b"parent"):
            backlog.offer(delivery(each))
        candidate.entered.acquire()

        def in_the_child() -> list[bytes]:
            assert backlog.depth == 0
            candidate.hangs_on = {b"nothing"}
            assert backlog.offer(delivery(b"child"))
            assert backlog.close(5)
            return candidate.bodies

        assert in_child(in_the_child) == [b"child"]
        candidate.let_go.set()
        eventually(lambda: candidate.bodies == [b"hang", b"parent"])
        assert not metrics.counts


def test_a_fork_while_another_thread_holds_the_lock_leaves_the_child_able_to_offer() -> None:
    with backlog_for(Remembering()) as (backlog, _):
        held, done = threading.Event(), threading.Event()

        def hold() -> None:
            with backlog._turn:
                held.set()
                done.wait()

        holder = threading.Thread(target=hold)
        holder.start()
        held.wait()
        try:
            assert in_child(lambda: backlog.offer(delivery(b"1")))
        finally:
            done.set()
            holder.join()


def test_a_process_that_may_have_no_more_threads_drops_and_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    candidate = Remembering()
    with backlog_for(candidate) as (backlog, metrics):
        with monkeypatch.context() as patch:
            patch.setattr(threading.Thread, "start", refuse)
            assert not backlog.offer(delivery(b"1"))
        assert metrics.counts == {(DROPPED, "stuck"): 1}
        assert backlog.offer(delivery(b"2"))
        eventually(lambda: candidate.bodies == [b"2"])


def test_metrics_that_raise_harm_nobody() -> None:
    class Broken(Counted):
        def add(self, *_: Any, **__: Any) -> None:
            raise OSError("full")

        def level(self, *_: Any) -> None:
            raise OSError("full")

    candidate = Remembering()
    backlog = ThreadBacklog(candidate, metrics=Broken(), most_bytes=10)
    assert not backlog.offer(delivery(bytes(11)))
    assert backlog.offer(delivery(b"1"))
    assert backlog.close(5)
    assert candidate.bodies == [b"1"]


def test_many_threads_may_offer_at_once_and_each_finds_its_own_order_kept() -> None:
    candidate = Remembering()
    with backlog_for(candidate, size=10_000) as (backlog, _):

        def offer(name: int) -> None:
            for number in range(200):
                assert backlog.offer(delivery(b"%d-%04d" % (name, number)))

        threads = [threading.Thread(target=offer, args=(name,)) for name in range(8)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
        eventually(lambda: len(candidate.taken) == 1600)
        for name in range(8):
            own = [each for each in candidate.bodies if each.startswith(b"%d-" % name)]
            assert own == sorted(own)
            assert len(own) == 200


def test_while_a_candidate_runs_threads_take_short_turns_and_afterwards_as_before() -> None:
    eventually(lambda: of_backlogs() == 0)  # those of other tests
    candidate = Hanging()
    before = sys.getswitchinterval()
    with backlog_for(candidate) as (backlog, _):
        assert sys.getswitchinterval() == before
        backlog.offer(delivery(b"1"))
        candidate.entered.acquire()
        assert sys.getswitchinterval() < before
        assert in_child(sys.getswitchinterval) == before, "nobody runs in the child"
        candidate.let_go.set()
        eventually(lambda: sys.getswitchinterval() == before)


def test_a_turn_that_somebody_else_has_set_meanwhile_is_left_to_them() -> None:
    eventually(lambda: of_backlogs() == 0)  # those of other tests
    candidate = Hanging()
    before = sys.getswitchinterval()
    try:
        with backlog_for(candidate) as (backlog, _):
            backlog.offer(delivery(b"1"))
            candidate.entered.acquire()
            sys.setswitchinterval(0.003)
            candidate.let_go.set()
            eventually(lambda: backlog.depth == 0)
            assert sys.getswitchinterval() == 0.003
    finally:
        sys.setswitchinterval(before)
