"""`rollout simulate --report FILE`: each as its suffix says, whole or not at all, and refused before the run."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import jsonschema
import pytest

from rollout_cli.cli.report_files import report_files, write_reports
from rollout_cli.errors import ExitCode, UsageError
from rollout_cli.render.schemas import json_schema
from tests.support.program import Run, rollout_here
from tests.support.simulations import passing

Simulate = Callable[..., Run]


@pytest.fixture
def simulate(tmp_path: Path) -> Simulate:
    """The command in a folder with the shipped plan."""
    rollout_here("init", ".", cwd=tmp_path)
    return lambda *words, **more: rollout_here("simulate", *words, cwd=tmp_path, **more)


def test_every_report_is_of_the_same_run(simulate: Simulate, tmp_path: Path) -> None:
    names = ("run.html", "run.md", "run.JSON")
    run = simulate("--phase", "2", "--events", "800", *(word for name in names for word in ("--report", name)))
    assert run.code == ExitCode.DONE, run.out
    page, told, document = (tmp_path.joinpath(name).read_text(encoding="utf-8") for name in names)
    jsonschema.validate(json.loads(document), json_schema("simulate"))
    again = "rollout simulate --phase 2 --events 800 --shoppers 20 --seed 1"
    assert json.loads(document)["setting"]["command"] == again
    assert again in page
    assert again in told
    assert [each.name for each in tmp_path.iterdir() if "report" in each.name] == []


def test_the_same_again_spells_out_where_the_rollout_was_and_keeps_secrets_to_itself(simulate: Simulate) -> None:
    words = ("--events", "40", "--duplicates", "5%", "--provider", "evolution", "--provider", "simulated")
    run = simulate("--phase", "3", "--percent", "25", *words, "--batch", "7", "--format", "json")
    assert run.document["setting"]["command"] == (
        "rollout simulate --phase 3 --percent 25% --events 40 --shoppers 20 --provider evolution --provider simulated "
        "--duplicates 5% --seed 1 --batch 7"
    )
    secret = ("--legacy-url", "http://me:secret@127.0.0.1:9/hook?token=secret")
    told = simulate("--phase", "0", "--events", "5", *secret, "--format", "json")
    assert "secret" not in json.dumps(told.document["setting"])


@pytest.mark.parametrize(
    ("name", "problem", "hint"),
    [
        ("run.pdf", "its name does not say how to write it", "end it in .html, .json, .md"),
        ("run", "its name does not say how to write it", "end it in .html, .json, .md"),
        ("nowhere/run.html", "there is no folder nowhere", "make it first, or name another"),
        ("folder.html", "something else than a file has that name", "name another"),
        ("no\0.html", "there can be no such file", "check its name"),
        (f"{'long' * 100}.html", "there can be no such file", "check its name"),
    ],
)
def test_what_cannot_be_written_is_refused_before_anything_runs(
    name: str, problem: str, hint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder.html").mkdir()
    with pytest.raises(UsageError) as refused:
        report_files([Path("fine.md"), Path(name)])
    assert problem in refused.value.message
    assert refused.value.hint == hint
    assert [each.name for each in tmp_path.iterdir()] == ["folder.html"]


def test_the_command_refuses_it_as_misuse(simulate: Simulate) -> None:
    run = simulate("--phase", "0", "--events", "1000000000", "--report", "nowhere/run.html")
    assert (run.code, run.out) == (ExitCode.USAGE, "")
    assert "there is no folder nowhere" in run.err


def test_a_report_replaces_the_last_one_and_keeps_its_rights_and_its_link(tmp_path: Path) -> None:
    kept, link = tmp_path / "kept.md", tmp_path / "link.md"
    kept.write_text("before")
    kept.chmod(0o640)
    link.symlink_to(kept)
    write_reports([link], passing())
    assert link.is_symlink()
    assert kept.read_text(encoding="utf-8").startswith("## whatsapp-events")
    assert kept.stat().st_mode & 0o777 == 0o640


def test_a_new_report_has_the_rights_of_any_new_file(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        write_reports([tmp_path / "new.html"], passing())
    finally:
        os.umask(before)
    assert (tmp_path / "new.html").stat().st_mode & 0o777 == 0o640


def test_what_cannot_be_written_in_the_end_leaves_what_was_there(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    with pytest.raises(UsageError, match="the report cannot be written to"):
        write_reports([gone / "run.html"], passing())
    assert list(tmp_path.iterdir()) == []
