"""Counts in memory: nothing is lost between threads, and a quantile is a measurement that was made."""

import os
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollout_cli.pipeline.counting import Counts
from rollout_cli.pipeline.metrics import DUPLICATES, LATENCY, PUBLISHED, QUEUE_DEPTH


def test_labels_that_are_not_said_are_added_up() -> None:
    counts = Counts()
    counts.add(PUBLISHED, 3, provider="evolution", path="live", outcome="stored")
    counts.add(PUBLISHED, provider="cloud_api", path="live", outcome="stored")
    assert counts.of(PUBLISHED) == 4
    assert counts.of(PUBLISHED, provider="evolution") == 3
    assert counts.of(PUBLISHED, provider="evolution", path="shadow") == 0
    assert counts.of(DUPLICATES) == 0


def test_looking_at_what_was_never_counted_counts_nothing() -> None:
    counts = Counts()
    assert counts.quantile(LATENCY, 0.5) is None
    assert counts.level_of(QUEUE_DEPTH) is None
    assert counts.measurements(LATENCY) == []


def test_no_count_is_lost_between_threads() -> None:
    counts = Counts()

    def work() -> None:
        for _ in range(5_000):
            counts.add(PUBLISHED, provider="evolution")

    threads = [threading.Thread(target=work) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert counts.of(PUBLISHED) == 20_000


@pytest.mark.parametrize(("share", "value"), [(0, 1), (0.5, 50), (0.07, 7), (0.95, 95), (0.99, 99), (1, 100)])
def test_a_quantile_is_the_nearest_rank(share: float, value: float) -> None:
    counts = Counts()
    for each in range(100, 0, -1):
        counts.observe(LATENCY, each, provider="evolution")
    assert counts.quantile(LATENCY, share) == value


@given(st.lists(st.floats(0, 1e6), min_size=1), st.floats(0, 1))
def test_so_large_a_share_does_not_exceed_a_quantile(measured: list[float], share: float) -> None:
    counts = Counts()
    for each in measured:
        counts.observe(LATENCY, each)
    found = counts.quantile(LATENCY, share)
    assert found in measured
    assert sum(each <= found for each in measured) >= share * len(measured) - 1e-6


def test_the_latest_measurements_are_kept_or_all_of_them() -> None:
    few, all_of_them = Counts(kept=2), Counts(kept=None)
    for each in (1.0, 2.0, 3.0):
        few.observe(LATENCY, each)
        all_of_them.observe(LATENCY, each, outcome="published")
    assert few.measurements(LATENCY) == [2, 3]
    assert all_of_them.measurements(LATENCY, outcome="published") == [1, 2, 3]
    assert all_of_them.quantile(LATENCY, 1, outcome="malformed") is None


def test_a_level_is_the_latest_one() -> None:
    counts = Counts()
    counts.level(QUEUE_DEPTH, 7)
    counts.level(QUEUE_DEPTH, 2)
    assert counts.level_of(QUEUE_DEPTH) == 2


def test_the_child_of_a_fork_begins_at_nothing_and_waits_for_no_lock_of_its_parent() -> None:
    counts = Counts()
    counts.add(PUBLISHED, 5)
    with counts._lock:  # as another thread would hold it
        child = os.fork()
        if child == 0:
            counts.add(PUBLISHED)
            os._exit(counts.of(PUBLISHED))
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 1
    assert counts.of(PUBLISHED) == 5
