"""`rollout simulate`: traffic through the new path as the files have it, judged; the rollout's store is not touched."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import jsonschema
import pytest

from rollout_cli.errors import ExitCode
from rollout_cli.render.schemas import json_schema
from tests.support.program import PROGRAM, Run, rollout, rollout_here, surroundings
from tests.support.waiting import eventually

Simulate = Callable[..., Run]


@pytest.fixture
def simulate(tmp_path: Path) -> Simulate:
    """The command in a folder with the shipped plan; machines that run tests may be slow."""
    rollout_here("init", ".", cwd=tmp_path)
    patient = "  - {id: patient, kind: simulate, max: {latency_p95_ms: 60000, added_latency_p95_ms: 60000}}\n"
    for file in (tmp_path / "phases").iterdir():
        told, begins = re.subn(r"(?m)^preflight:.*\n", lambda line: line[0] + patient, file.read_text(), count=1)
        assert begins
        file.write_text(told)
    return lambda *words: rollout_here("simulate", "--provider", "simulated", *words, cwd=tmp_path)


def kpis(run: Run) -> dict[str, str | None]:
    return {each["id"]: each["verdict"] for each in run.document["kpis"]}


def told_in_counts(run: Run) -> dict[str, str | None]:
    """What does not depend on how busy the machine is."""
    return {each["id"]: each["verdict"] for each in run.document["kpis"] if each["unit"] != "ms"}


@pytest.mark.parametrize("phase", ["0", "1", "2", "3"])
def test_the_shipped_plan_passes_in_every_phase(simulate: Simulate, phase: str) -> None:
    run = simulate("--phase", phase, "--events", "500")
    assert run.code == ExitCode.DONE, run.out
    assert "Verdict: PASS" in run.out


def test_in_shadow_nothing_may_be_left_behind_and_beyond_it_everything_has_to_be_right(simulate: Simulate) -> None:
    shadow = kpis(simulate("--phase", "0", "--events", "500", "--format", "json"))
    live = kpis(simulate("--phase", "3", "--events", "500", "--format", "json"))
    assert shadow["shadow_effects"] == "PASS"
    assert "stored_rate" not in shadow
    assert {"stored_rate", "threads_correct", "conversations_correct", "assignments_correct"} <= live.keys()


def test_where_nothing_came_for_those_who_are_live_nothing_can_be_said(simulate: Simulate) -> None:
    words = ("--phase", "2", "--events", "60", "--shoppers", "300", "--format", "json")
    run = simulate(*words)
    assert run.code == ExitCode.NOT_YET
    assert {kpis(run)[name] for name in ("normalized_rate", "error_rate", "stored_rate")} == {"INCONCLUSIVE"}
    live = [each for each in run.document["shoppers"] if each["path"] == "live"]
    assert live == [{"shopper": "shopper_beta_001", "path": "live", "reason": "ALLOWLIST", "events": 0}]
    shared = simulate(*words, "--workers", "2").document
    assert (shared["verdict"], shared["shoppers"]) == ("INCONCLUSIVE", run.document["shoppers"])


def test_the_document_is_as_its_schema_says(simulate: Simulate) -> None:
    run = simulate("--phase", "2", "--events", "500", "--format", "json")
    jsonschema.validate(run.document, json_schema("simulate"))


def test_the_store_of_the_rollout_is_never_written(simulate: Simulate, tmp_path: Path) -> None:
    before = {each.name: each.read_bytes() for each in (tmp_path / ".rollout").iterdir()}
    simulate("--phase", "3", "--events", "200")
    assert {each.name: each.read_bytes() for each in (tmp_path / ".rollout").iterdir()} == before


def test_the_same_seed_counts_the_same(simulate: Simulate) -> None:
    counts = [simulate("--phase", "3", "--events", "400", "--format", "json").document for _ in range(2)]
    assert counts[0]["events"] == counts[1]["events"]


def test_without_dask_what_has_to_be_installed_is_said(simulate: Simulate, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    run = simulate("--phase", "0", "--engine", "dask")
    assert run.code == ExitCode.USAGE
    assert "pip install distributed" in run.err


def test_a_fault_that_is_planted_is_told_of_and_fails_its_kpi(simulate: Simulate) -> None:
    run = simulate("--phase", "3", "--events", "400", "--inject", "exception@5%", "--inject", "clock:+2h@100")
    assert run.code == ExitCode.FAIL
    assert "Faults planted on purpose: exception@5%, clock:+2h@100" in run.out
    run = simulate("--phase", "0", "--events", "400", "--inject", "exception@5%", "--format", "json")
    assert {name for name, verdict in kpis(run).items() if verdict == "FAIL"} == {"error_rate"}
    assert run.document["setting"]["injected"] == ["exception@5%"]


@pytest.mark.parametrize(
    "words",
    [
        ["--inject", "rain:2s"],
        ["--legacy", "reference", "--legacy-url", "http://127.0.0.1:1/"],
        ["--legacy", "none", "--legacy-facts", "shop:facts"],
        ["--legacy", "nobody_has_this:handle"],
        ["--legacy-url", "ftp://somewhere"],
    ],
)
def test_what_cannot_be_planted_or_called_is_refused_before_anything_runs(simulate: Simulate, words: list[str]) -> None:
    run = simulate("--phase", "0", "--events", "100", *words)
    assert run.code == ExitCode.USAGE
    assert "KPIs" not in run.out


def test_in_shadow_the_bundled_legacy_path_is_compared_and_on_request_it_is_not(simulate: Simulate) -> None:
    (told,) = [simulate("--phase", "1", "--events", "400", "--format", "json").document]
    silent = simulate("--phase", "1", "--events", "400", "--legacy", "none", "--format", "json").document
    assert (told["setting"]["legacy"], silent["setting"]["legacy"]) == ("reference", None)
    assert silent["divergences"] == []


@pytest.mark.heavy
def test_two_workers_count_what_one_counts(tmp_path: Path) -> None:
    rollout("init", ".", cwd=tmp_path)
    one, two = (
        rollout("simulate", "--phase", "3", "--events", "1500", "--workers", each, "--format", "json", cwd=tmp_path)
        for each in ("1", "2")
    )
    assert two.document["setting"]["workers"] == 2
    assert one.document["events"] == two.document["events"]
    assert told_in_counts(one) == told_in_counts(two)


def is_there(group: int) -> bool:
    """Whether a process of a group is still there."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.heavy
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_run_that_is_ended_ends_its_workers_and_removes_their_stores(
    tmp_path: Path, number: signal.Signals, code: int
) -> None:
    rollout("init", ".", cwd=tmp_path)
    stores = tmp_path / "stores"
    stores.mkdir()
    words = [*PROGRAM, "simulate", "--phase", "3", "--events", "500000", "--workers", "2"]
    run = subprocess.Popen(
        words, cwd=tmp_path, env=surroundings(TMPDIR=str(stores)), stderr=subprocess.PIPE, start_new_session=True
    )
    try:
        eventually(lambda: len(list(stores.glob("*/*/events.db"))) == 2, within=30)
        os.killpg(run.pid, number)  # as a terminal does
        _, told = run.communicate(timeout=10)
    finally:
        run.kill()
    assert run.returncode == code, told
    assert b"Traceback" not in told
    assert list(stores.iterdir()) == []
    eventually(lambda: not is_there(run.pid))


def test_what_cannot_be_meant_is_refused_with_what_can(simulate: Simulate, tmp_path: Path) -> None:
    profile = tmp_path / "traffic.yaml"
    profile.write_text("version: 1\nduplicate: 2%\n")
    refused = {
        ("--phase", "9"): "phases: 0, 1, 2, 3",
        ("--phase", "3", "--percent", "33"): "its steps are 10, 25, 50, 75, 100",
        ("--percent", "10"): "--percent needs --phase",
        ("--phase", "0", "--provider", "telegram"): "telegram",
        ("--phase", "0", "--duplicates", "200%"): "a share is a percent from 0% to 100%",
        ("--phase", "0", "--profile", str(profile)): "did you mean `duplicates`?",
        ("--phase", "0", "--workers", "65"): "1 to 64",
        ("--phase", "0", "--workers", "many"): "auto",
        ("--phase", "0", "--engine", "spark"): "local and dask",
        ("--phase", "0", "--scheduler", "tcp://there:8786"): "--engine dask",
        ("--engine", "dask", "--scheduler", "tcp://there:8786", "--workers", "2"): "leave out --workers",
        ("--phase", "0", "--profile", str(tmp_path / "no.yaml")): "no.yaml",
    }
    for words, told in refused.items():
        run = simulate(*words)
        assert run.code == ExitCode.USAGE, (words, run.out)
        assert told in run.err
