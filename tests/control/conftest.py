"""The small project, read once, and a person at its controls."""

from pathlib import Path

import pytest

from rollout_cli.control.project import Project
from tests.control.person import Person, Rewrite
from tests.support.memory_ledger import MemoryLedger
from tests.support.projects import FLAGS, PHASES, load_project, write_project


@pytest.fixture(scope="session")
def small_project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return load_project(write_project(tmp_path_factory.mktemp("small")))


@pytest.fixture(scope="session")
def other_projects(tmp_path_factory: pytest.TempPathFactory) -> tuple[Project, ...]:
    """The same rollout with other lists and steps; and with another salt, a flag more and one less."""
    lists = {
        name: text.replace("beta-2", "friend").replace("percent: 50", "percent: 30") for name, text in PHASES.items()
    }
    salted = FLAGS.replace("EVENTS: {", "EVENTS: {salt: another, ").replace(
        "  POLICY: ", "  NEWER: {type: boolean, default: false}\n  OLDER: "
    )
    without = {name: text.replace("  POLICY: {value: sticky}\n", "") for name, text in lists.items()}
    without["1-staging"] = without["1-staging"].replace("soak", "  NEWER: {enabled: true}\nsoak")
    return (
        load_project(write_project(tmp_path_factory.mktemp("lists"), phases=lists)),
        load_project(write_project(tmp_path_factory.mktemp("salted"), salted, without)),
    )


@pytest.fixture
def ann(small_project: Project, ledger: MemoryLedger) -> Person:
    return Person(small_project, ledger)


@pytest.fixture
def rewritten(tmp_path: Path) -> Rewrite:
    return Rewrite(tmp_path / "rewritten")
