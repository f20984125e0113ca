"""The example package from end to end: installed, validated, checked; and held to what its authors are promised."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.plugins.installing import EXAMPLE, found_packages, install, install_example
from tests.support.program import rollout, rollout_here
from tests.support.projects import PHASES, REPOSITORY, write_project

ON = "on: {fail: rollback, inconclusive: hold, error: hold}"
PREFLIGHT = "preflight:\n  - {id: little-waits, kind: queue-depth, folder: queue, max: 2}\n"
GATE = f"gates:\n  - {{id: still-little, kind: queue-depth, folder: queue, max: 2, {ON}}}\n"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Path]:
    with found_packages(tmp_path / "site") as folder:
        yield folder


@pytest.fixture
def project(folder: Path) -> Path:
    """The small project, its first phase guarded by the example's kind, with a queue in which one file waits."""
    write_project(folder, phases={**PHASES, "0-development": PHASES["0-development"] + PREFLIGHT + GATE})
    (folder / "queue").mkdir()
    (folder / "queue" / "one").touch()
    return folder


def test_validate_and_check_and_advance_with_the_example(site: Path, project: Path) -> None:
    install_example(site)
    assert rollout_here("validate", cwd=project).code == 0
    run = rollout_here("check", cwd=project)
    assert (run.code, run.err.count("error")) == (0, 0)
    assert "PASS         little-waits: 1 waiting, at most 2\n" in run.out
    assert rollout_here("advance", cwd=project).code == 0
    for name in ("two", "three"):
        (project / "queue" / name).touch()
    run = rollout_here("check", "--format", "json", cwd=project)
    assert run.code == 3
    gate = next(each for each in run.document["checks"] if each["id"] == "still-little")
    assert gate["evidence"] == {"waiting": 3, "max": 2, "rollout": "test-rollout"}
    assert (gate["verdict"], gate["hint"], gate["reaction"]) == (
        "FAIL",
        "see whether anybody takes them out",
        "rollback",
    )


def test_without_the_package_its_kind_is_unknown_and_nothing_runs(project: Path) -> None:
    run = rollout_here("validate", cwd=project)
    assert run.code == 2
    assert "there is no kind of check called 'queue-depth'" in run.out + run.err
    assert rollout_here("check", cwd=project).code == 2


def test_a_package_that_cannot_be_imported_is_a_finding_with_its_place(site: Path, project: Path) -> None:
    install(site, "rollout_queue_depth", "import nowhere_at_all", {"queue-depth": "rollout_queue_depth:queue_depth"})
    run = rollout_here("validate", cwd=project)
    assert run.code == 2
    said = run.out + run.err
    assert "phases/0-development.yaml" in said
    assert "the kind 'queue-depth' cannot be used: importing it raises ModuleNotFoundError" in said


def test_a_broken_package_does_not_stand_in_the_way_of_a_rollback(site: Path, project: Path) -> None:
    install_example(site)
    assert rollout_here("advance", cwd=project).code == 0
    (site / "rollout_queue_depth.py").write_text("raise SystemExit(9)")
    sys.modules.pop("rollout_queue_depth")
    assert rollout_here("rollback", cwd=project).code == 0


@pytest.mark.heavy
def test_it_installs_with_pip_and_runs_in_a_process_of_its_own(tmp_path: Path, project: Path) -> None:
    site = tmp_path / "site"
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
    subprocess.run([*pip, "--target", str(site), str(EXAMPLE)], check=True, cwd=tmp_path)
    assert rollout("validate", cwd=project, PYTHONPATH=str(site)).code == 0
    run = rollout("check", cwd=project, PYTHONPATH=str(site))
    assert run.code == 0
    assert "PASS         little-waits: 1 waiting, at most 2\n" in run.out


@pytest.mark.heavy
def test_the_strictest_type_checker_accepts_it(tmp_path: Path) -> None:
    mypy = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(tmp_path)]
    done = subprocess.run(
        [*mypy, str(EXAMPLE / "rollout_queue_depth.py")], cwd=REPOSITORY, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stdout


def test_the_manual_shows_the_example_as_it_is() -> None:
    manual = (REPOSITORY / "docs" / "plugins.md").read_text(encoding="utf-8")
    assert (EXAMPLE / "rollout_queue_depth.py").read_text(encoding="utf-8") in manual
    assert (EXAMPLE / "pyproject.toml").read_text(encoding="utf-8") in manual
