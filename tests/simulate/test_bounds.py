"""A phase's own checks say what its KPIs have to be."""

import re
from pathlib import Path

from rollout_cli.checks.kpis import KPI_BOUNDS, KpiBound
from rollout_cli.checks.numbers import exact_text, share_text
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


def test_the_page_says_the_bound_of_each_kpi() -> None:
    page = (Path(__file__).parents[2] / "docs" / "simulate.md").read_text(encoding="utf-8")
    written = re.findall(r"^\| `([a-z0-9_]+)` \| ((?:at least|at most) [0-9.]+(?: %)?|none) \|", page, re.MULTILINE)
    assert written == [(name, said(kpi)) for name, kpi in KPI_BOUNDS.items()]


def said(kpi: KpiBound) -> str:
    if kpi.usual is None:
        return "none"
    side = "at least" if kpi.side == "min" else "at most"
    return f"{side} {share_text(kpi.usual) if kpi.unit == 'share' else exact_text(kpi.usual)}"
