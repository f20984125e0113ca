"""What a command costs before it begins: it imports what it needs, and nothing else."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.program import Run, surroundings

Rollout = Callable[..., Run]
LIBRARIES = {"sqlalchemy", "pydantic", "alembic", "yaml", "mmh3", "rich"}
PLAN_MODELS = {"rollout_cli.plan.models", "rollout_cli.checks.kinds"}
COMMANDS = {
    f"rollout_cli.cli.{each}"
    for each in ("check_command", "evaluation", "flag_commands", "history_commands", "moves", "rollback_command",
                 "store_commands")
}  # fmt: skip
MORE = ("flags list", "export json")
"""Commands that only look, too."""
_CHILD = """
import json, sys
from rollout_cli.cli.main import run
code = run(json.loads(sys.argv[1]))
print(json.dumps([code, sorted(sys.modules)]), file=sys.stderr)
"""


def imported(folder: Path, *arguments: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", _CHILD, json.dumps(arguments)],
        cwd=folder,
        env=surroundings(),
        capture_output=True,
        text=True,
        check=True,
    )
    code, modules = json.loads(done.stderr.splitlines()[-1])
    assert code == 0
    return set(modules)


def of_simulations(modules: set[str]) -> set[str]:
    return {each for each in modules if each.startswith(("rollout_cli.simulate", "rollout_cli.simulation"))}


@pytest.mark.parametrize("option", ["--version", "--help"])
def test_what_only_talks_about_the_program_imports_no_library(folder: Path, option: str) -> None:
    modules = imported(folder, option)
    assert not modules & (LIBRARIES | PLAN_MODELS | {"socket", "importlib.metadata"})
    assert not of_simulations(modules)
    assert option == "--help" or not modules & COMMANDS


def test_a_command_pays_for_itself_and_for_no_other(folder: Path) -> None:
    assert imported(folder, "db", "--help") & COMMANDS == {"rollout_cli.cli.store_commands"}


def test_rollback_depends_on_no_plan_model_and_on_nothing_that_migrates_or_draws(
    rollout: Rollout, folder: Path
) -> None:
    rollout("advance")
    assert not imported(folder, "rollback") & (PLAN_MODELS | {"alembic", "rich"})


def test_a_plan_pays_for_the_kinds_of_checks_that_it_uses_and_for_no_way_to_ask_them(folder: Path) -> None:
    modules = imported(folder, "validate")
    unused = {"http", "log", "migrations", "ratio", "value"}
    assert not modules & {f"rollout_cli.checks.{kind}_check" for kind in unused}
    assert not modules & {"re2", "rollout_cli.checks.portuguese", "rollout_cli.checks.plugin"}
    assert not of_simulations(modules)
    assert not any(each.startswith("rollout_cli.sources.probes") for each in modules)


@pytest.mark.parametrize("command", ["status", "evaluate WHATSAPP_ROUTING_ENABLED"])
def test_the_shipped_plan_is_looked_at_without_plugins_and_without_what_other_commands_report(
    rollout: Rollout, tmp_path: Path, command: str
) -> None:
    rollout("init", cwd=tmp_path)
    modules = imported(tmp_path, *command.split())
    reports = {"advance", "attest", "check", "history", "manual", "pending", "plan", "reports", "rollback"}
    assert not modules & {f"rollout_cli.control.{each}" for each in reports}
    assert not of_simulations(modules)
    assert not any(each.startswith("rollout_cli.sources.probes") for each in modules)


@pytest.mark.parametrize(
    "command",
    [
        "status",
        "evaluate EVENTS",
        *(pytest.param(each, marks=pytest.mark.heavy) for each in ("flags list", "export json")),
    ],
)
def test_who_only_asks_how_the_projects_own_store_stands_does_without_sqlalchemy(
    rollout: Rollout, folder: Path, command: str
) -> None:
    rollout("advance")
    assert not imported(folder, *command.split()) & {"sqlalchemy", "asyncio", "ssl"}


def test_only_who_simulates_pays_for_simulations(folder: Path) -> None:
    assert not of_simulations(imported(folder, "simulate", "--help"))


@pytest.mark.heavy
@pytest.mark.parametrize("command", ["status", "evaluate EVENTS", "plan", "history", "flags list"])
def test_what_only_looks_imports_nothing_that_migrates_or_draws(rollout: Rollout, folder: Path, command: str) -> None:
    rollout("advance")
    assert not imported(folder, *command.split()) & {"alembic", "rich"}
