"""The GitLab template, as its runner runs it."""

import re
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.ci.reports import junit_schema
from tests.ci.workshop import BROKEN, loaded, program_in, recorded, recorder_in, schema_complaint, shell, sound_project
from tests.support.program import Run
from tests.support.projects import REPOSITORY, write_project

NAME = "ci/gitlab/rollout.gitlab-ci.yml"
TEMPLATE = loaded(NAME)
JOBS = ["rollout-validate", "rollout-check"]


def job(name: str) -> dict[str, Any]:
    """A job with what it extends."""
    own, base = TEMPLATE[name], TEMPLATE[TEMPLATE[name]["extends"]]
    return {**base, **own, "artifacts": {**base["artifacts"], **own["artifacts"]}}


def ran(name: str, part: str, project: Path, path: str = "", **variables: str) -> Run:
    given = {key: value["value"] for key, value in TEMPLATE["variables"].items()} | variables
    if path:
        given["PATH"] = f"{path}:/usr/bin:/bin"
    return shell("\n".join(job(name)[part]), project, 300, CI_PROJECT_DIR=str(project), **given)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return sound_project(tmp_path / "builds")


@pytest.fixture
def programs(tmp_path: Path) -> str:
    return str(program_in(tmp_path / "bin"))


def test_the_template_is_one_that_gitlab_knows() -> None:
    assert schema_complaint("vendor.gitlab-ci", NAME) == ""


@pytest.mark.parametrize("name", JOBS)
def test_a_job_leaves_the_results_that_it_promises(name: str, project: Path, programs: str) -> None:
    run = ran(name, "script", project, programs)
    assert run.code == 0
    artifacts = job(name)["artifacts"]
    junit_schema().validate(str(project / artifacts["reports"]["junit"]))
    assert artifacts["when"] == "always"
    kept = {each.name for pattern in artifacts["paths"] for each in project.glob(pattern)}
    assert kept == {f"{name}.xml", f"{name}.md"}


@pytest.mark.heavy
def test_broken_files_fail_the_job_and_leave_their_results_too(project: Path, programs: str) -> None:
    write_project(project, phases=BROKEN)
    run = ran("rollout-validate", "script", project, programs)
    assert run.code == 2
    assert "phases/0-development.yaml:4:3: error [unknown-flag]" in run.out
    assert 'failures="1"' in (project / "rollout-validate.xml").read_text()


@pytest.mark.heavy
def test_the_phase_that_is_named_is_the_one_that_is_asked_about(project: Path, programs: str) -> None:
    ran("rollout-check", "script", project, programs, ROLLOUT_PHASE="2")
    assert "phase 2 (beta)" in (project / "rollout-check.md").read_text()


@pytest.mark.parametrize("phase", ["1; touch owned", "$(touch owned)", "1 --help", "*"])
def test_a_variable_is_one_argument_and_nothing_else(project: Path, tmp_path: Path, phase: str) -> None:
    program = recorder_in(tmp_path / "bin")
    assert ran("rollout-check", "script", project, str(program), ROLLOUT_PHASE=phase).code == 0
    assert recorded(program).startswith(f"<check>\n<--offline>\n<--phase={phase}>\n<--report>\n")
    assert not (project / "owned").exists()


def test_variables_are_those_that_the_jobs_or_the_program_read() -> None:
    read = {"ROLLOUT_PROJECT", *re.findall(r"ROLLOUT_\w+", str([job(name) for name in JOBS]))}
    assert set(TEMPLATE["variables"]) == read


def test_where_nobody_says_what_to_install_the_job_says_so(project: Path) -> None:
    run = ran("rollout-validate", "before_script", project)
    assert (run.code, run.err) == (
        2,
        "set ROLLOUT_SOURCE: a checkout of rollout, or whatever else pip can install\n",
    )


@pytest.mark.heavy
def test_the_job_installs_a_checkout_with_pinned_packages(project: Path, tmp_path: Path) -> None:
    venv = tmp_path / "venv"
    assert shell(f"'{sys.executable}' -m venv '{venv}'", tmp_path, 120).code == 0
    path = str(venv / "bin")
    installed = ran("rollout-validate", "before_script", project, path, ROLLOUT_SOURCE=str(REPOSITORY))
    assert installed.code == 0, installed.err
    assert ran("rollout-validate", "script", project, path).code == 0
