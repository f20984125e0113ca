"""The GitHub action, as its runner runs it: the steps' scripts in bash, inputs in the environment."""

import re
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.ci.reports import junit_schema, sarif_schema
from tests.ci.workshop import (
    BROKEN,
    json_in,
    loaded,
    program_in,
    recorded,
    recorder_in,
    schema_complaint,
    shell,
    sound_project,
)
from tests.support.program import Run
from tests.support.projects import REPOSITORY, write_project

ACTION = loaded("action.yml")
STEPS = {step["id"]: step for step in ACTION["runs"]["steps"]}


@dataclass
class Job:
    """A job on a runner that has checked out a project."""

    runner: Path
    workspace: Path

    def step(self, name: str, **inputs: str) -> Run:
        """Run a step with inputs, the others at their defaults, as the runner fills the step's `env`."""
        given = {key: value.get("default", "") for key, value in ACTION["inputs"].items()} | inputs
        env = {key: re.sub(r"\$\{\{ inputs\.(\w+) \}\}", lambda found: given[found[1]], value)
               for key, value in STEPS[name]["env"].items()}  # fmt: skip
        return shell(
            STEPS[name]["run"], self.workspace, 300, GITHUB_ACTION_PATH=str(REPOSITORY), RUNNER_TEMP=str(self.runner),
            GITHUB_STEP_SUMMARY=str(self.runner / "step-summary"), GITHUB_OUTPUT=str(self.runner / "output"),
            GITHUB_WORKSPACE=str(self.workspace), **env,
        )  # fmt: skip

    @property
    def summary(self) -> str:
        return (self.runner / "step-summary").read_text()

    @property
    def outputs(self) -> dict[str, str]:
        return dict(line.split("=", 1) for line in (self.runner / "output").read_text().splitlines())


@pytest.fixture
def job(tmp_path: Path) -> Job:
    program_in(tmp_path / "runner" / "rollout-venv" / "bin")
    return Job(tmp_path / "runner", sound_project(tmp_path / "workspace"))


def commands_of(log: str) -> list[str]:
    """The lines that the runner takes for commands."""
    found, token = [], ""
    for line in log.splitlines():
        if token:
            token = "" if line == f"::{token}::" else token
        elif line.startswith("::stop-commands::"):
            token = line.removeprefix("::stop-commands::")
        elif line.lstrip().startswith("::") or "##[" in line:
            found.append(line)
    assert not token
    return found


def test_the_action_is_one_that_github_knows() -> None:
    assert schema_complaint("vendor.github-actions", "action.yml") == ""
    assert ACTION["runs"]["using"] == "composite"


def test_no_input_is_ever_part_of_a_script_and_no_foreign_action_is_used() -> None:
    for step in STEPS.values():
        assert "${{" not in step["run"]
        assert "uses" not in step
        assert step["shell"] == "bash"
    wired = [value for step in STEPS.values() for value in step["env"].values()]
    assert {name for value in wired for name in re.findall(r"inputs\.(\w+)", value)} == set(ACTION["inputs"])


def test_sound_files_make_a_notice_and_a_summary(job: Job) -> None:
    run = job.step("run")
    assert (run.code, run.err) == (0, "")
    assert commands_of(run.out)[-1].startswith("::notice title=rollout validate::test-rollout%0Avalid: 0 errors, ")
    assert job.summary.startswith("## rollout validate: valid\n\ntest-rollout: 0 errors, ")
    assert job.outputs["exit-code"] == "0"
    assert set(job.outputs) == set(ACTION["outputs"])
    assert all(value["value"] == f"${{{{ steps.run.outputs.{name} }}}}" for name, value in ACTION["outputs"].items())


def test_broken_files_are_annotated_and_fail_the_job(job: Job) -> None:
    write_project(job.workspace, phases=BROKEN)
    run = job.step("run")
    assert run.code == 2
    assert commands_of(run.out)[0].startswith(
        "::error file=phases/0-development.yaml,line=4,col=3,title=unknown-flag::EVENS is not declared"
    )
    assert "| **error** | phases/0-development.yaml:4:3 unknown-flag |" in job.summary
    assert job.outputs["exit-code"] == "2"
    junit_schema().validate(job.outputs["junit"])
    sarif_schema().validate(json_in(Path(job.outputs["sarif"])))
    assert Path(job.outputs["markdown"]).read_text() == job.summary


@pytest.mark.heavy
def test_a_project_in_a_folder_is_annotated_from_the_root_of_the_checkout(job: Job) -> None:
    write_project(job.workspace / "services" / "a b", phases=BROKEN)
    run = job.step("run", project="services/a b")
    assert "::error file=services/a b/phases/0-development.yaml,line=4,col=3," in run.out


def test_checks_are_asked_with_further_arguments(job: Job) -> None:
    run = job.step("run", command="check", phase="1", args="--offline\n\n")
    assert run.code == 0
    assert commands_of(run.out)[-1] == (
        "::notice title=rollout check::"
        "test-rollout, phase 1 (staging), from files alone: 1 of 1 checks%0APASS: 1 passed"
    )
    assert job.summary.startswith("## rollout check: PASS\n")


@pytest.mark.heavy
def test_a_plan_is_shown_as_mere_text(job: Job) -> None:
    run = job.step("run", command="plan", phase="2")
    assert run.code == 0
    assert commands_of(run.out) == []
    assert job.summary.startswith("## rollout plan\n\n    test-rollout: off -> phase 2 (beta)\n")
    assert all(not line or line.startswith("    ") for line in job.summary.splitlines()[1:])
    assert set(job.outputs) == {"exit-code", "markdown"}


@pytest.mark.parametrize(
    ("inputs", "arguments"),
    [
        ({"phase": "1; touch owned"}, "<--phase=1; touch owned>\n"),
        ({"phase": "$(touch owned)"}, "<--phase=$(touch owned)>\n"),
        ({"project": "`touch owned`"}, "<--project=`touch owned`>\n"),
        ({"project": "x y\n*"}, "<--project=x y\n*>\n"),
        ({"project": ""}, "<--project=.>\n"),
        ({"args": "--project\n$(touch owned)"}, "<--project>\n<$(touch owned)>\n"),
        ({"args": "'; touch owned; '"}, "<'; touch owned; '>\n"),
        ({"args": "--offline\r\n\n--lang\npt"}, "<--offline>\n<--lang>\n<pt>\n"),
        ({"args": "--store a b"}, "<--store a b>\n"),
    ],
    ids=str,
)
def test_inputs_are_single_arguments_and_nothing_else(job: Job, inputs: dict[str, str], arguments: str) -> None:
    program = recorder_in(job.runner / "rollout-venv" / "bin")
    assert job.step("run", **{"command": "check", **inputs}).code == 0
    said = recorded(program)
    assert said.startswith("<check>\n<--format=github>\n")
    assert arguments in said
    assert not (job.workspace / "owned").exists()


@pytest.mark.parametrize("command", ["rollback", "", "validate; touch owned", "$(touch owned)", "x\n::error::owned"])
def test_only_commands_that_change_nothing_are_run(job: Job, command: str) -> None:
    program = recorder_in(job.runner / "rollout-venv" / "bin")
    run = job.step("run", command=command)
    if command:
        told = "::error title=rollout::The input command is none of validate, check and plan.\n"
        assert (run.code, run.out, recorded(program)) == (2, told, "")
    else:
        assert recorded(program).startswith("<validate>\n")
    assert not (job.workspace / "owned").exists()


@pytest.mark.parametrize("command", ["validate", "check", "plan"])
def test_what_the_program_complains_about_is_no_command_of_the_runner(job: Job, command: str) -> None:
    recorder_in(job.runner / "rollout-venv" / "bin", "::add-mask::x\n::stop-commands::y\n##[error]owned, no newline")
    run = job.step("run", command=command)
    assert (run.code, commands_of(run.out)) == (0, [])
    assert "##[error]owned, no newline\n::" in run.out


def test_a_report_of_the_last_run_is_not_taken_for_this_one(job: Job) -> None:
    recorder_in(job.runner / "rollout-venv" / "bin")
    old = job.runner / "rollout-report"
    old.mkdir()
    for name in ("junit.xml", "rollout.sarif", "summary.md"):
        (old / name).write_text("old")
    assert job.step("run").code == 0
    assert job.outputs == {"exit-code": "0"}
    assert not (job.runner / "step-summary").exists()


def test_a_python_that_is_too_old_or_none_is_named(job: Job, tmp_path: Path) -> None:
    old = tmp_path / "python-old"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    for python in (str(old), "no-such-python"):
        run = job.step("install", python=python)
        assert run.code == 2
        assert run.out == "::error title=rollout::The input python names no Python 3.11 or newer.\n"


@pytest.mark.heavy
def test_the_action_installs_itself_with_pinned_packages(job: Job) -> None:
    (job.runner / "rollout-venv" / "bin" / "rollout").unlink()
    installed = job.step("install", python=sys.executable)
    assert (installed.code, installed.out) == (0, "")
    assert job.step("run").code == 0
    assert job.step("run", command="check", args="--offline").code == 0
