"""A project's folder, however it looks: all files are read, all that is wrong is said at once, and reading ends."""

import os
from pathlib import Path

import pytest

from rollout_cli.sources import project_files
from rollout_cli.sources.project_files import (
    MAX_PHASES,
    read_project_files,
    rollout_name_at_a_glance,
)
from rollout_cli.sources.project_place import find_project
from tests.support.program import rollout_here
from tests.support.projects import FLAGS, PHASES, write_project


def rules(folder: Path) -> list[str]:
    return [f"{each.file} {each.rule}" for each in read_project_files(folder).findings]


def test_everything_wrong_with_every_file_is_said_at_once(folder: Path) -> None:
    (folder / "flags.yaml").write_bytes(b"\xff\n")
    (folder / "phases/0-development.yaml").write_text("a: &x 1\nb: *x\n")
    (folder / "phases/1-staging.yaml").write_text("")
    (folder / "phases/2-beta.yaml").unlink()
    os.mkfifo(folder / "phases/2-beta.yaml")
    (folder / "phases/4-folder.yml").mkdir()
    (folder / "phases/5-link.yaml").symlink_to("nowhere")
    assert rules(folder) == [
        "flags.yaml not-utf8",
        "phases/0-development.yaml alias",
        "phases/0-development.yaml alias",
        "phases/1-staging.yaml empty-file",
        "phases/2-beta.yaml not-a-file",
        "phases/4-folder.yml not-a-file",
        "phases/5-link.yaml unreadable-file",
    ]


def test_a_missing_flags_file_is_said_and_the_phases_are_read_nevertheless(folder: Path) -> None:
    (folder / "flags.yaml").unlink()
    documents = read_project_files(folder)
    assert [each.rule for each in documents.findings] == ["missing-file"]
    assert len(documents.phases) == len(PHASES)


def test_a_project_without_phases_can_be_read(folder: Path) -> None:
    for file in (folder / "phases").iterdir():
        file.unlink()
    (folder / "phases").rmdir()
    assert read_project_files(folder).findings == ()


@pytest.mark.parametrize("kind", ["file", "pipe", "loop", "link to nothing"])
def test_phases_that_are_no_folder_are_said(folder: Path, kind: str) -> None:
    for file in (folder / "phases").iterdir():
        file.unlink()
    phases = folder / "phases"
    phases.rmdir()
    if kind == "file":
        phases.write_text("a: 1")
    elif kind == "pipe":
        os.mkfifo(phases)
    else:
        phases.symlink_to("phases" if kind == "loop" else "nothing")
    assert rules(folder) == ["phases unreadable-file"]


def test_ten_thousand_phase_files_are_refused_without_reading_them(folder: Path) -> None:
    (folder / "empty").touch()
    for number in range(10_000):
        os.link(folder / "empty", folder / f"phases/{number}-x.yaml")
    found = [each.rule for each in read_project_files(folder).findings]
    assert "too-many-phases" in found
    assert len(found) <= MAX_PHASES + 1


def test_files_that_editors_leave_behind_are_not_phases(folder: Path) -> None:
    (folder / "phases/.2-beta.yaml").write_text("[")
    (folder / "phases/.#2-beta.yaml").symlink_to("somebody@somewhere:1")
    (folder / "phases/2-beta.yaml~").write_text("[")
    (folder / "phases/README.md").write_text("[")
    assert rules(folder) == []


def test_hidden_files_do_not_push_real_phases_out(folder: Path) -> None:
    for number in range(MAX_PHASES):
        (folder / f"phases/.{number}.yaml").touch()
    assert len(read_project_files(folder).phases) == len(PHASES)


def test_endings_in_capitals_are_phases_too(folder: Path) -> None:
    (folder / "phases/4-late.YAML").write_text("[")
    assert rules(folder) == ["phases/4-late.YAML yaml-syntax"]


def test_all_files_together_are_bounded(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(project_files, "MAX_TOTAL_BYTES", len(FLAGS) + len(PHASES["0-development"]) + 10)
    assert [rule.split()[-1] for rule in rules(folder)] == ["project-too-large"] * 3


def test_a_file_name_that_is_not_utf8_is_a_file_like_any_other(folder: Path) -> None:
    Path(os.fsdecode(os.fsencode(folder) + b"/phases/4-\xff.yaml")).write_text("[")
    assert rules(folder) == ["phases/4-\udcff.yaml yaml-syntax"]
    run = rollout_here("validate", cwd=folder)
    assert run.code == 2
    assert "\\udcff" in run.out
    assert rollout_here("validate", "--format", "json", cwd=folder).code == 2


@pytest.mark.parametrize(
    "first", ["rollout: here\n", "rollout: 'here' # c\n", '\ufeffrollout: "here"\r\nversion: 1\r\n', "[\nrollout: here"]
)
def test_the_rollouts_name_is_found_in_a_file_that_is_broken_elsewhere(tmp_path: Path, first: str) -> None:
    (tmp_path / "flags.yaml").write_text(f"{first}\nflags: [", encoding="utf-8", newline="")
    assert rollout_name_at_a_glance(tmp_path) == "here"


def test_without_a_readable_file_there_is_no_name(tmp_path: Path) -> None:
    assert rollout_name_at_a_glance(tmp_path) is None
    (tmp_path / "flags.yaml").mkdir()
    assert rollout_name_at_a_glance(tmp_path) is None
    (tmp_path / "flags.yaml").rmdir()
    (tmp_path / "flags.yaml").write_text("  rollout: indented\nrollout: TOO LOUD\n")
    assert rollout_name_at_a_glance(tmp_path) is None


def test_a_project_is_found_from_a_folder_inside_it(folder: Path) -> None:
    inside = folder / "a" / "b"
    inside.mkdir(parents=True)
    assert find_project(inside) == folder


def test_a_flags_file_counts_more_than_a_state_folder(tmp_path: Path) -> None:
    project = write_project(tmp_path / "project")
    inside = project / "inside"
    (inside / ".rollout").mkdir(parents=True)
    assert find_project(inside) == project


@pytest.mark.parametrize("make", [os.mkfifo, Path.mkdir, lambda path: path.symlink_to("/dev/zero")])
@pytest.mark.parametrize("command", [["validate"], ["plan"], ["advance", "--yes"], ["evaluate", "EVENTS"]])
def test_a_command_that_needs_hostile_files_ends_with_exit_2(folder: Path, make, command: list[str]) -> None:
    (folder / "flags.yaml").unlink()
    make(folder / "flags.yaml")
    run = rollout_here(*command, cwd=folder)
    assert run.code == 2
    assert "flags.yaml:1:1" in run.out + run.err
    assert "not-a-file" in run.out + run.err


def test_nothing_in_a_file_is_ever_executed(folder: Path) -> None:
    mark = folder / "executed"
    text = f"version: !!python/object/apply:os.system ['touch {mark}']\nrollout: !!python/name:os.system\n"
    (folder / "flags.yaml").write_text(text)
    run = rollout_here("validate", "--format", "json", cwd=folder)
    assert run.code == 2
    assert [each["rule"] for each in run.document["findings"]].count("tag") == 2
    assert not mark.exists()


def test_a_file_that_is_somebody_elses_secret_is_not_shown(folder: Path) -> None:
    (folder / "secret").write_text("root:$6$salt$hash:19000:0:99999:7:::\ndaemon:*:19000:0:99999:7:::\n")
    (folder / "flags.yaml").unlink()
    (folder / "flags.yaml").symlink_to("secret")
    run = rollout_here("validate", cwd=folder)
    assert run.code == 2
    assert "$6$" not in run.out + run.err
