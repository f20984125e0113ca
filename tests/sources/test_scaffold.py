"""A first plan for a new project."""

import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from rollout_cli.errors import UsageError
from rollout_cli.sources import scaffold
from rollout_cli.sources.scaffold import write_scaffold
from tests.support.program import surroundings
from tests.support.projects import REPOSITORY, load_project

PLAN = ["flags.yaml", "sources.yaml", *sorted(f"phases/{path.name}" for path in (REPOSITORY / "phases").glob("*.yaml"))]
RUNBOOKS = [f"docs/runbooks/{name}.md" for name in ("allowlist", "metrics", "rollback")]


def test_the_shipped_plan_is_written_and_sound(tmp_path: Path) -> None:
    assert write_scaffold(tmp_path / "a" / "b") == ([*PLAN, *RUNBOOKS], [])
    assert load_project(tmp_path / "a" / "b").wanted.rollout == "whatsapp-canonical-events"


@pytest.mark.parametrize("kept", ["flags.yaml", "sources.yaml", "phases/2-beta.yaml"])
def test_where_one_file_is_already_there_nothing_is_written(tmp_path: Path, kept: str) -> None:
    (tmp_path / "phases").mkdir()
    (tmp_path / kept).write_text("mine")
    assert write_scaffold(tmp_path) == ([], [kept])
    assert (tmp_path / kept).read_text() == "mine"
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [tmp_path / kept]


def test_a_runbook_that_is_already_there_is_left_alone_and_keeps_nothing_else_away(tmp_path: Path) -> None:
    (tmp_path / "docs" / "runbooks").mkdir(parents=True)
    (tmp_path / "docs" / "runbooks" / "rollback.md").write_text("ours")
    assert write_scaffold(tmp_path) == ([*PLAN, *RUNBOOKS[:2]], [])
    assert (tmp_path / "docs" / "runbooks" / "rollback.md").read_text() == "ours"


def test_no_runbook_leads_to_a_page_that_does_not_come_with_it() -> None:
    for name in RUNBOOKS:
        links = re.findall(r"\]\(([^)#]+)", (REPOSITORY / name).read_text(encoding="utf-8"))
        assert all((REPOSITORY / "docs" / "runbooks" / link).exists() and "/" not in link for link in links)


def test_a_dangling_link_is_not_written_through(tmp_path: Path) -> None:
    (tmp_path / "flags.yaml").symlink_to(tmp_path / "elsewhere")
    write_scaffold(tmp_path)
    assert not (tmp_path / "elsewhere").exists()
    assert not (tmp_path / "phases").exists()


def test_a_folder_that_cannot_be_written_is_a_usage_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="Not a directory"):
        write_scaffold(tmp_path / "file" / "below")


def test_what_cannot_be_written_whole_leaves_no_half_of_a_plan(tmp_path: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(scaffold, "shipped_plan", lambda: tmp_path / "nowhere")
        with pytest.raises(UsageError):
            write_scaffold(tmp_path / "new")
    assert not list((tmp_path / "new").rglob("*.yaml"))


@pytest.mark.heavy
def test_an_installed_wheel_brings_the_plan_with_it(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=REPOSITORY, check=True, capture_output=True)
    wheel = next(tmp_path.glob("*.whl"))
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {f"rollout_cli/scaffold/{name}" for name in (*PLAN, *RUNBOOKS)} <= names
    assert {"rollout_cli/py.typed", "rollout_cli/store/migrations/env.py"} <= names
    zipfile.ZipFile(wheel).extractall(tmp_path / "site")
    program = (
        "import rollout_cli.cli.main as it, sys; assert 'site' in it.__file__.split('/'); it.main(['init', 'new'])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env=surroundings(PYTHONPATH=str(tmp_path / "site")),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    for name in (*PLAN, *RUNBOOKS):
        assert (tmp_path / "new" / name).read_bytes() == (REPOSITORY / name).read_bytes()
