"""Gates on a real Prometheus: what its numbers, its silence, its errors and its ambiguities come to."""

import json
import re
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.support.program import rollout_here
from tests.support.projects import REPOSITORY, write_project
from tests.support.prometheus import Prometheus, Samples, running_prometheus

pytestmark = pytest.mark.heavy

MINUTE, HOUR = 60, 3600
FLAGS = "version: 1\nrollout: metrics\nflags:\n  EVENTS: {type: boolean, default: false}\n"
ON = "{fail: hold, inconclusive: hold, error: hold}"


def counted(total: float, *, until: float = 0) -> Samples:
    """A counter that rose evenly through the last two hours, or until so many seconds ago."""
    steps = 120
    return [
        (2 * HOUR - step * MINUTE, total * step / steps)
        for step in range(steps + 1)
        if 2 * HOUR - step * MINUTE >= until
    ]


def steady(value: float) -> Samples:
    return [(step * MINUTE, value) for step in range(121)]


SERIES: dict[str, Samples] = {
    "canonical_events_published_count_total": counted(25_680),
    "canonical_publish_fail_count_total": counted(6),
    'per_provider_total{provider="evolution"}': counted(100),
    'per_provider_total{provider="cloud_api"}': counted(100),
    'latency_ms_bucket{le="100"}': counted(20_000),
    'latency_ms_bucket{le="200"}': counted(25_000),
    'latency_ms_bucket{le="500"}': counted(25_600),
    'latency_ms_bucket{le="+Inf"}': counted(25_680),
    "latency_ms_count": counted(25_680),
    "cpu_share": steady(0.42),
    "died_total": counted(500, until=HOUR),
    "never_moved_total": steady(7),
}
PUBLISHED = "sum(increase(canonical_events_published_count_total[{window}]))"
FAILED = "sum(increase(canonical_publish_fail_count_total[{window}]))"


@pytest.fixture(scope="module")
def prometheus() -> Iterator[Prometheus]:
    with running_prometheus(SERIES) as server:
        yield server


def project(folder: Path, url: str, check: str) -> Path:
    """A project with one check in its preflight, and one source."""
    head = "phase: 0\nname: a\nflags:\n  EVENTS: {enabled: true}\npreflight:\n"
    write_project(folder, FLAGS, {"0-a": f"{head}  - {{id: c, source: prometheus, {check}}}\n"})
    source = f"{{kind: prometheus, url: '{url}', addresses: [127.0.0.1]}}"
    (folder / "sources.yaml").write_text(f"version: 1\nsources:\n  prometheus: {source}\n")
    return folder


Asks = Callable[[str], dict[str, Any]]


@pytest.fixture
def asks(prometheus: Prometheus, tmp_path: Path) -> Asks:
    """Ask one check in the preflight of a phase, written as a file writes it."""

    def ask(text: str) -> dict[str, Any]:
        run = rollout_here("check", "--format", "json", cwd=project(tmp_path / "project", prometheus.url, text))
        (check,) = run.document["checks"]
        assert {0: "PASS", 3: "FAIL", 4: "INCONCLUSIVE"}[run.code] == check["verdict"]
        found: dict[str, Any] = check
        return found

    return ask


def ratio(bad: str = FAILED, total: str = PUBLISHED, **more: object) -> str:
    said = {"window": "1h", "max": "0.1%", "min_events": 1000, **more}
    return f"kind: ratio, bad: {json.dumps(bad)}, total: {json.dumps(total)}, " + ", ".join(
        f"{key}: {value}" for key, value in said.items()
    )


def test_a_share_below_its_bound_passes_with_its_sum(asks: Asks) -> None:
    check = asks(ratio())
    assert check["verdict"] == "PASS"
    assert re.fullmatch(r"3(\.\d+)? bad of 12 8\d\d = 0\.023 % < 0\.1 %", check["message"])


def test_a_share_above_its_bound_fails(asks: Asks) -> None:
    check = asks(ratio(max="0.01%"))
    assert (check["verdict"], check["cause"]) == ("FAIL", None)


def test_too_few_events_say_nothing(asks: Asks) -> None:
    check = asks(ratio(min_events=1_000_000))
    assert (check["verdict"], check["cause"]) == ("INCONCLUSIVE", "too_few")


@pytest.mark.parametrize(
    ("query", "cause"),
    [
        ("sum(increase(no_such_metric_total[1h]))", "no_data"),
        ("increase(per_provider_total[1h])", "several_series"),
        ("0 / 0 * sum(cpu_share)", "not_a_number"),
        ("1 / vector(0)", "not_a_number"),
        ("sum(increase(", "bad_answer"),
        ("cpu_share[5m]", "bad_answer"),
    ],
)
def test_what_is_no_single_number_is_inconclusive_with_its_cause(asks: Asks, query: str, cause: str) -> None:
    check = asks(ratio(bad=query))
    assert (check["verdict"], check["cause"]) == ("INCONCLUSIVE", cause)
    assert check["hint"]


def test_no_events_at_all_are_no_data(asks: Asks) -> None:
    check = asks(ratio(bad="vector(0)", total="sum(increase(never_moved_total[1h]))"))
    assert (check["verdict"], check["cause"]) == ("INCONCLUSIVE", "no_data")


def test_a_missing_series_that_means_none_is_said_in_the_query(asks: Asks) -> None:
    assert asks(ratio(bad="sum(increase(no_such_metric_total[1h])) or vector(0)"))["verdict"] == "PASS"


@pytest.mark.parametrize(("limit", "verdict"), [(200, "PASS"), (100, "FAIL")])
def test_a_quantile_is_a_share_above_a_limit(asks: Asks, limit: int, verdict: str) -> None:
    within = f'sum(increase(latency_ms_bucket{{le="{limit}"}}[{{window}}]))'
    check = asks(
        f"kind: quantile, quantile: 95%, max: {limit}, unit: ms, window: 1h, within: {json.dumps(within)}, "
        'total: "sum(increase(latency_ms_count[{window}]))", min_events: 1000'
    )
    assert check["verdict"] == verdict


def test_a_quantile_may_be_asked_for_itself(asks: Asks) -> None:
    check = asks(
        "kind: quantile, quantile: 95%, max: 200, unit: ms, window: 1h, "
        'value: "histogram_quantile(0.95, sum by (le) (increase(latency_ms_bucket[{window}])))", '
        'total: "sum(increase(latency_ms_count[{window}]))", min_events: 1000'
    )
    assert (check["verdict"], check["message"].split(" = ")[0]) == ("PASS", "p95")


@pytest.mark.parametrize(("most", "verdict"), [(0.8, "PASS"), (0.4, "FAIL")])
def test_a_value_is_held_against_its_bound(asks: Asks, most: float, verdict: str) -> None:
    assert asks(f"kind: value, value: cpu_share, max: {most}")["verdict"] == verdict


def test_a_count_of_a_series_that_has_died_is_stale(asks: Asks) -> None:
    said = 'kind: count, count: "sum(increase(died_total[2h]))", max: 1000'
    assert asks(said)["verdict"] == "PASS"
    newest = 'newest: "max(max_over_time(timestamp(died_total)[3h:1m]))"'
    check = asks(f"{said}, {newest}, stale_after: 10m")
    assert (check["verdict"], check["cause"]) == ("INCONCLUSIVE", "stale")
    assert asks(f"{said}, {newest}, stale_after: 2h")["verdict"] == "PASS"


def test_a_server_that_is_gone_is_unreachable(tmp_path: Path) -> None:
    with running_prometheus({"up": steady(1)}) as server:
        url = server.url
    run = rollout_here("check", "--format", "json", cwd=project(tmp_path, url, "kind: value, value: up, min: 1"))
    assert (run.code, run.document["checks"][0]["cause"]) == (4, "unreachable")


def test_prometheus_understands_every_query_of_the_shipped_plan(prometheus: Prometheus, tmp_path: Path) -> None:
    folder = tmp_path / "shipped"
    ask = partial(rollout_here, cwd=folder, ROLLOUT_PROMETHEUS_URL=prometheus.url)
    rollout_here("init", str(folder), cwd=tmp_path)
    text = (folder / "sources.yaml").read_text()
    (folder / "sources.yaml").write_text(_reaching_loopback(text))
    asked: set[str] = set()
    for _ in range(4):
        assert ask("advance", "--force", "--reason", "only the queries matter here").code == 0
        for check in ask("check", "--format", "json").document["checks"]:
            if (
                check["kind"] in {"ratio", "quantile", "value", "count"}
                and check["evidence"].get("cause") != "not_set_up"
            ):
                assert check["cause"] in {None, "no_data", "too_few", "not_a_number"}, check
                asked.add(check["id"])
    assert len(asked) > 10
    assert (REPOSITORY / "sources.yaml").read_text() == text


def _reaching_loopback(sources: str) -> str:
    """The shipped sources, allowed to reach this machine."""
    changed = re.sub(r"(prometheus:\n(?:\s+kind: prometheus\n))", r"\1    addresses: [127.0.0.1]\n", sources)
    if changed == sources:
        changed = sources.replace("{kind: prometheus,", "{kind: prometheus, addresses: [127.0.0.1],")
    assert changed != sources
    return changed
