"""A phase's own checks say what its KPIs have to be."""

from rollout_cli.checks.kpis import KPI_BOUNDS
from rollout_cli.simulate.bounds import bounds_of
from rollout_cli.simulate.kpis import KPIS
from tests.checks.asking import check


def test_of_two_bounds_for_one_kpi_the_stricter_counts() -> None:
    checks = [
        check("kind: simulate, min: {normalized_rate: 99%}, max: {error_rate: 0.1%}"),
        check("kind: simulate, min: {normalized_rate: 99.9%}, max: {error_rate: 1%, latency_p95_ms: 150}"),
        check("kind: flag, flag: A, enabled: true"),
    ]
    assert bounds_of(checks) == {"normalized_rate": 0.999, "error_rate": 0.001, "latency_p95_ms": 150}


def test_the_names_that_checks_may_bind_are_those_that_runs_tell() -> None:
    assert tuple(KPIS) == tuple(KPI_BOUNDS)
