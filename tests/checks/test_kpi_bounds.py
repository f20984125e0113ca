"""A bound of a KPI is in its unit and on its side; else `validate` says where, and how it is written."""

from pathlib import Path

import pytest

from rollout_cli.checks.simulate_check import SimulateCheck
from rollout_cli.errors import ExitCode
from tests.support.program import rollout_here

SHARE = "a share is a percent from 0% to 100%, written with its sign and a point: 0.1%"
AMOUNT = "it is no share: write a number from 0 on, without a sign and without quotes, like 200"


@pytest.mark.parametrize(
    ("check", "key", "hint"),
    [
        ("max: {latency_p95_ms: 5%}", "max.latency_p95_ms: '5%' is not allowed", AMOUNT),
        ("max: {latency_p95_ms: -1}", "max.latency_p95_ms: -1 is not allowed", AMOUNT),
        ("max: {duplicates_stored: 2%}", "max.duplicates_stored: '2%' is not allowed", AMOUNT),
        ("max: {latency_p95_ms: .inf}", "max.latency_p95_ms: inf is not allowed", "a bound is a number"),
        ("max: {error_rate: 0.5}", "max.error_rate: 0.5 is not allowed", SHARE),
        ("min: {idempotency: -3}", "min.idempotency: -3 is not allowed", SHARE),
        ("min: {idempotency: 101%}", "min.idempotency: '101%' is not allowed", SHARE),
        ("max: {idempotency: 5%}", "max.idempotency: '5%' is not allowed", "idempotency is bound by `min`"),
        ("max: {latency_p95: 5}", "unknown key", "did you mean `latency_p95_ms`?"),
        ("max: [200]", "max: must be a mapping", "see `max`"),
    ],
)
def test_what_no_kpi_can_be_is_refused_with_its_place_and_how_it_is_written(
    tmp_path: Path, check: str, key: str, hint: str
) -> None:
    rollout_here("init", ".", cwd=tmp_path)
    (phase,) = tmp_path.glob("phases/0-*.yaml")
    kept = phase.read_text(encoding="utf-8")
    phase.write_text(f"{kept}\nalerts:\n  - id: quick\n    kind: simulate\n    {check}\n", encoding="utf-8")
    line = phase.read_text(encoding="utf-8").count("\n")
    run = rollout_here("validate", cwd=tmp_path)
    assert run.code == ExitCode.USAGE
    assert f"{phase.relative_to(tmp_path)}:{line}:" in run.out
    assert key in run.out
    assert hint in run.out


def test_every_kpi_may_be_bound_in_its_unit() -> None:
    check = SimulateCheck.model_validate(
        {"min": {"stored_rate": "99.5%"}, "max": {"latency_p95_ms": 0, "error_rate": "0.1%", "divergences": 2.5}}
    )
    assert check.min == {"stored_rate": 0.995}
    assert check.max == {"latency_p95_ms": 0, "error_rate": 0.001, "divergences": 2.5}
    assert SimulateCheck().max == {}


def test_an_editor_is_offered_the_kpis_of_each_side_alone() -> None:
    sides = SimulateCheck.model_json_schema()["properties"]
    assert {"latency_p95_ms", "error_rate"} <= sides["max"]["properties"].keys()
    assert {"idempotency", "stored_rate"} <= sides["min"]["properties"].keys()
    assert not sides["max"]["properties"].keys() & sides["min"]["properties"].keys()
    assert sides["max"]["additionalProperties"] is False
