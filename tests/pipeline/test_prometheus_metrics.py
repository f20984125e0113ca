"""What Prometheus is told: names that the shipped plan asks for, few series, and numbers that add up."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, Counter
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

from rollout_cli.errors import UsageError
from rollout_cli.pipeline import backlog, compat, isolated, metrics, new_path, prometheus
from rollout_cli.pipeline.metrics import (
    ADDED,
    ASSIGNED,
    DIVERGED,
    FAILED,
    LATENCY,
    PUBLISHED,
    QUEUE_DEPTH,
    SPOOLED,
    WAITED,
)
from rollout_cli.pipeline.prometheus import LABELS, OTHER, PHASES, PrometheusMetrics, exposition, forget_dead_processes
from rollout_cli.pipeline.spool import draining, spool
from rollout_cli.pipeline.switches import Path as Way
from rollout_cli.whatsapp import PROVIDERS
from tests.support.examples import examples
from tests.support.projects import REPOSITORY

NAMES = {value for name, value in vars(metrics).items() if name.isupper()}


def told(registry: CollectorRegistry) -> list[Sample]:
    text = exposition(registry).body.decode()
    return [sample for family in text_string_to_metric_families(text) for sample in family.samples]


def value(registry: CollectorRegistry, name: str, **labels: str) -> float:
    """The sum of the series with these labels."""
    return sum(
        each.value for each in told(registry) if each.name == name and labels.items() <= each.labels.items()
    )  # fmt: skip


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


def test_every_name_is_told_with_its_labels(registry: CollectorRegistry) -> None:
    counting = PrometheusMetrics(registry, phase="2")
    labels = {"provider": "evolution", "path": Way.LIVE, "outcome": "other"}
    for name in NAMES - {LATENCY, WAITED, ADDED, QUEUE_DEPTH, SPOOLED}:
        counting.add(name, 2, **labels)
        assert value(registry, f"{name}_total", phase="2", **labels) == 2
    for name in (LATENCY, WAITED, ADDED):
        counting.observe(name, 30, **labels)
        assert value(registry, f"{name}_count", phase="2", **labels) == 1
    for name in (QUEUE_DEPTH, SPOOLED):
        counting.level(name, 7)
        assert value(registry, name) == 7


def test_what_was_measured_is_told_in_seconds_too(registry: CollectorRegistry) -> None:
    counting = PrometheusMetrics(registry)
    counting.observe(LATENCY, 150, provider="evolution", path="live", outcome="published")
    counting.observe(ADDED, -1500, provider="evolution", path="live", outcome="compared")
    assert value(registry, "latency_ms_sum") == 150
    assert value(registry, "rollout_delivery_duration_seconds_sum") == pytest.approx(0.15)
    assert value(registry, "rollout_delivery_duration_seconds_bucket", le="0.1") == 0
    assert value(registry, "rollout_delivery_duration_seconds_bucket", le="0.2") == 1
    assert value(registry, "added_latency_ms_bucket", le="-1000.0") == 1
    assert value(registry, "rollout_delivery_added_seconds_bucket", le="-2.5") == 0


def queries() -> Iterator[str]:
    for file in (REPOSITORY / "phases").glob("*.yaml"):
        yield from re.findall(r"\b(?:canonical|routing|divergence|latency)\w*(?:\{[^}]*\})?", file.read_text())


def test_the_shipped_plan_asks_for_what_is_told(registry: CollectorRegistry) -> None:
    counting = PrometheusMetrics(registry)
    counting.observe(LATENCY, 1, provider="evolution", path="live", outcome="published")
    samples = told(registry)
    known = {each.name for each in samples}
    bounds = {each.labels["le"] for each in samples if each.name == "latency_ms_bucket"}
    asked = {query for query in queries() if re.match(r"\w+_(total|count|bucket)\b", query)}
    assert {re.sub(r"\{.*", "", query) for query in asked} <= known | NAMES
    limits = [limit for query in asked for limit in re.findall(r'le=~"([^"]*)"', query)]
    assert len(set(limits)) == 3
    for limit in limits:
        assert len([bound for bound in bounds if re.fullmatch(limit, bound)]) == 1


@pytest.mark.parametrize("name", [PUBLISHED, FAILED, ASSIGNED, DIVERGED])
@pytest.mark.parametrize("phase", ["2", "3"])
def test_counters_of_gates_begin_at_zero_in_this_phase_and_the_next(
    registry: CollectorRegistry, name: str, phase: str
) -> None:
    PrometheusMetrics(registry, phase="2")
    series = [each for each in told(registry) if each.name == f"{name}_total" and each.labels["phase"] == phase]
    assert {each.value for each in series} == {0.0}
    assert {each.labels["provider"] for each in series} == set(PROVIDERS)


@pytest.mark.parametrize("phase", ["2", "3"])
def test_how_long_deliveries_take_begins_at_zero_too_so_that_a_first_burst_is_seen(
    registry: CollectorRegistry, phase: str
) -> None:
    PrometheusMetrics(registry, phase="2")
    for name in ("latency_ms", "rollout_delivery_duration_seconds"):
        series = [each for each in told(registry) if each.name.startswith(f"{name}_") and each.labels["phase"] == phase]
        begun = {(each.labels["provider"], each.labels["path"], each.labels["outcome"]) for each in series}
        assert {each.value for each in series if not each.name.endswith("_created")} == {0.0}
        assert {each[0] for each in begun} == set(PROVIDERS)
        assert {each[1:] for each in begun} == {("shadow", "shadow"), ("live", "published")}


def test_a_measurement_begins_the_zeros_of_its_phase_as_a_count_does(registry: CollectorRegistry) -> None:
    phases = iter(["0", "4"])
    PrometheusMetrics(registry, phase=lambda: next(phases)).observe(LATENCY, 1, provider="evolution", path="live")
    assert value(registry, "latency_ms_count", phase="4", outcome="published") == 0
    assert value(registry, "divergence_count_total", phase="5", path="live") == 0


def test_there_is_no_phase_after_the_last_one_or_after_none(registry: CollectorRegistry) -> None:
    PrometheusMetrics(registry, phase=PHASES[-1])
    PrometheusMetrics(registry)
    assert {each.labels["phase"] for each in told(registry) if "phase" in each.labels} == {PHASES[-1], ""}


def test_the_phase_is_asked_for_at_each_count(registry: CollectorRegistry) -> None:
    phases = iter(["0", "0", "1"])
    counting = PrometheusMetrics(registry, phase=lambda: next(phases))
    counting.add(PUBLISHED, provider="evolution", path="live", outcome="stored")
    counting.observe(LATENCY, 1, provider="evolution", path="live", outcome="published")
    assert value(registry, "canonical_events_published_count_total", phase="0") == 1
    assert value(registry, "latency_ms_count", phase="1") == 1


@pytest.mark.parametrize("answer", [None, ""])
def test_a_phase_that_is_not_known_is_not_said(registry: CollectorRegistry, answer: str | None) -> None:
    PrometheusMetrics(registry, phase=lambda: answer).add(PUBLISHED, provider="evolution")
    assert value(registry, "canonical_events_published_count_total", phase="") == 1


def test_a_count_is_kept_where_asking_for_the_phase_fails(registry: CollectorRegistry) -> None:
    def broken() -> str:
        raise RuntimeError

    PrometheusMetrics(registry, phase=broken).add(PUBLISHED, provider="evolution")
    assert value(registry, "canonical_events_published_count_total", phase="") == 1


def outcomes_of(*modules: object) -> set[str]:
    """Their constants that are said as outcomes."""
    return {each for module in modules for name, each in vars(module).items() if name in _OUTCOMES}


_OUTCOMES = {"FULL", "STUCK", "CLOSED", "OVERSIZED", "RAISED", "UNREAD", "OURS", "INSTEAD", "SHOPPER", "UNWRITABLE",
             "DAMAGED", "DIED", "PUT_ASIDE", "UNPUBLISHABLE"}  # fmt: skip


def test_every_outcome_that_the_new_path_says_is_known() -> None:
    known = {word for each in prometheus.COUNTERS.values() for word in each.outcomes}
    assert outcomes_of(backlog, compat, isolated, draining, spool, new_path) - known == set()
    assert {*new_path.Outcome} - {new_path.Outcome.OFF} == set(prometheus.LATENCY_OUTCOMES)


WORDS = st.text(max_size=30) | st.sampled_from(["evolution", "live", "stored", "5511970000001", "\ud800"])
BUSY = CollectorRegistry()
OUTCOMES = {"", OTHER, *prometheus.LATENCY_OUTCOMES, *prometheus.ADDED_OUTCOMES}
OUTCOMES |= {word for each in prometheus.COUNTERS.values() for word in each.outcomes}


@given(st.sampled_from(sorted(NAMES)) | st.text(), st.tuples(WORDS, WORDS, WORDS, WORDS))
@settings(max_examples=examples(60))
def test_whatever_is_said_the_series_are_few_and_say_known_words(name: str, said: tuple[str, str, str, str]) -> None:
    provider, path, outcome, phase = said
    counting = PrometheusMetrics(BUSY, phase=lambda: phase)
    counting.add(name, provider=provider, path=path, outcome=outcome)
    counting.observe(name, 1, provider=provider, path=path, outcome=outcome)
    counting.level(name, 1)
    for family in BUSY.collect():
        for sample in family.samples:
            assert set(sample.labels) - {"le"} <= set(LABELS)
            assert sample.labels.get("provider", "") in {"", OTHER, *PROVIDERS}
            assert sample.labels.get("path", "") in {"", OTHER, *Way}
            assert sample.labels.get("phase", "") in {"", OTHER, *PHASES}
            assert sample.labels.get("outcome", "") in OUTCOMES


def test_more_values_than_are_remembered_are_counted_all_the_same(
    registry: CollectorRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prometheus, "_MOST_CACHED", 2)
    counting = PrometheusMetrics(registry)
    for number in range(50):
        counting.add(PUBLISHED, provider=f"provider {number}")
        counting.observe(LATENCY, 1, provider=f"provider {number}")
    assert value(registry, "canonical_events_published_count_total", provider=OTHER) == 50
    assert value(registry, "latency_ms_count", provider=OTHER) == 50
    assert len(counting._adding) == len(counting._observing) == 2


@pytest.mark.parametrize("amount", [-1, "many", None])
def test_what_cannot_be_counted_is_said_once_and_raises_nothing(
    registry: CollectorRegistry, amount: int, caplog: pytest.LogCaptureFixture
) -> None:
    counting = PrometheusMetrics(registry)
    for _ in range(3):
        counting.add(PUBLISHED, amount, provider="evolution")
        counting.add("no_such_name")
        counting.observe("no_such_name", 1)
        counting.level("no_such_name", 1)
    assert len(caplog.messages) == 2
    assert value(registry, "canonical_events_published_count_total") == 0


def test_made_twice_both_count_the_same(registry: CollectorRegistry) -> None:
    for _ in range(2):
        PrometheusMetrics(registry).add(PUBLISHED, provider="evolution", path="live", outcome="stored")
    assert value(registry, "canonical_events_published_count_total") == 2


def test_without_a_registry_it_is_the_one_of_the_process() -> None:
    counting = PrometheusMetrics()
    counting.level(QUEUE_DEPTH, 3)
    shown = exposition(accept="application/openmetrics-text; version=1.0.0")
    assert b"canonical_queue_depth 3.0\n" in shown.body
    assert shown.content_type.startswith("application/openmetrics-text")
    assert exposition().content_type.startswith("text/plain")
    counting.level(QUEUE_DEPTH, 0)


def test_a_name_that_somebody_else_has_leaves_nothing_of_ours_behind(registry: CollectorRegistry) -> None:
    Counter("routing_assignments_count", "Of the application.", registry=registry)
    with pytest.raises(UsageError, match="another metric"):
        PrometheusMetrics(registry)
    assert [each.name for each in registry.collect()] == ["routing_assignments_count"]


PROCESSES = """
import os
from rollout_cli.pipeline.metrics import *
from rollout_cli.pipeline.prometheus import PrometheusMetrics, exposition, forget_dead_processes

counting = PrometheusMetrics(phase="3")
children = []
for number in (1, 2):
    ready, done = os.pipe(), os.pipe()
    child = os.fork()
    if child == 0:
        PrometheusMetrics(phase="3").add(PUBLISHED, number, provider="evolution", path="live", outcome="stored")
        counting.observe(LATENCY, 20 * number, provider="evolution", path="live", outcome="published")
        counting.level(QUEUE_DEPTH, 10 * number)
        os.write(ready[1], b"x")
        os.read(done[0], 1)
        os._exit(0)
    os.read(ready[0], 1)
    children.append((child, done[1]))
print(exposition().body.decode())
print("---")
for child, done in children[:1]:
    os.write(done, b"x")
    os.waitpid(child, 0)
assert forget_dead_processes() == [children[0][0]]
assert forget_dead_processes() == []
print(exposition().body.decode())
for child, done in children[1:]:
    os.write(done, b"x")
    os.waitpid(child, 0)
"""


def in_a_process(code: str, folder: Path) -> subprocess.CompletedProcess[str]:
    surroundings = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(folder)}
    command = [sys.executable, "-W", "error", "-c", code]
    return subprocess.run(command, capture_output=True, text=True, env=surroundings, cwd=REPOSITORY, check=False)


def test_processes_are_added_up_and_the_levels_of_dead_ones_forgotten(tmp_path: Path) -> None:
    run = in_a_process(PROCESSES, tmp_path)
    assert run.stderr == ""
    both, one = run.stdout.split("---")
    counted = 'canonical_events_published_count_total{outcome="stored",path="live",phase="3",provider="evolution"} 3.0'
    for text in (both, one):
        assert counted in text
        assert 'latency_ms_count{outcome="published",path="live",phase="3",provider="evolution"} 2.0' in text
    assert "\ncanonical_queue_depth 30.0\n" in both
    assert "\ncanonical_queue_depth 20.0\n" in one
    assert 'divergence_count_total{outcome="missing",path="shadow",phase="3",provider="baileys"} 0.0' in both


@pytest.mark.parametrize(
    "code", ["", "import os, prometheus_client; os.environ['PROMETHEUS_MULTIPROC_DIR'] = '/nowhere'"]
)
def test_a_folder_for_processes_that_cannot_be_used_is_refused_at_once(tmp_path: Path, code: str) -> None:
    made = f"{code}\nfrom rollout_cli.pipeline.prometheus import PrometheusMetrics\nPrometheusMetrics()"
    run = in_a_process(made, tmp_path / "missing")
    assert "PROMETHEUS_MULTIPROC_DIR is no folder" in run.stderr


def test_a_folder_that_is_named_too_late_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path))
    with pytest.raises(UsageError, match="after prometheus_client was imported"):
        PrometheusMetrics(CollectorRegistry())


def test_processes_that_are_alive_and_what_is_no_process_are_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PROMETHEUS_MULTIPROC_DIR", raising=False)
    kept = [f"gauge_livesum_{os.getpid()}.db", "gauge_livesum_1.db", "gauge_livesum_x.db", "counter_99999999.db"]
    for name in (*kept, "gauge_livesum_99999999.db", f"gauge_livesum_{10**30}.db"):
        (tmp_path / name).touch()
    assert forget_dead_processes(str(tmp_path)) == [99999999, 10**30]
    assert sorted(each.name for each in tmp_path.iterdir()) == sorted(kept)
    assert forget_dead_processes() == []
