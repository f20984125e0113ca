"""Break-glass: the kill file and the variable."""

import os
from pathlib import Path

import pytest

from rollout_cli.sources.kill_file import KillSwitches, kill_path, read_kill_switches, write_kill_file


def switches(project: Path, **environment: str) -> KillSwitches:
    return read_kill_switches(project, environment)


def kill_file(project: Path, content: str) -> Path:
    path = project / ".rollout" / "kill"
    path.parent.mkdir(exist_ok=True)
    path.write_text(content)
    return path


def test_without_file_and_variable_nothing_is_killed(tmp_path: Path) -> None:
    assert not switches(tmp_path).kills
    (tmp_path / ".rollout").write_text("a file where the folder ought to be")
    assert not switches(tmp_path).kills


def test_file_and_variable_kill_together_and_are_named(tmp_path: Path) -> None:
    path = kill_file(tmp_path, "# why\nB\n\n C \n")
    both = switches(tmp_path, ROLLOUT_KILL="A")
    assert [name in both.kills for name in "ABCD"] == [True, True, True, False]
    assert (both.what, both.where) == ("A, B, C", f"ROLLOUT_KILL and {path}")
    assert switches(tmp_path).where == str(path)
    assert (switches(tmp_path, ROLLOUT_KILL="*").what, "anything" in switches(tmp_path, ROLLOUT_KILL="*").kills) == (
        "every flag",
        True,
    )


def test_the_variable_says_where_the_file_is(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text("A\n")
    kill_file(tmp_path, "B\n")
    found = switches(tmp_path, ROLLOUT_KILL_FILE=str(elsewhere))
    assert [name in found.kills for name in "AB"] == [True, False]
    assert kill_path(tmp_path, {"ROLLOUT_KILL_FILE": ""}) == tmp_path / ".rollout" / "kill"


def test_an_empty_kill_file_kills_nothing(tmp_path: Path) -> None:
    kill_file(tmp_path, "")
    assert not switches(tmp_path).kills


@pytest.mark.parametrize("what", ["folder", "pipe", "dangling link", "too large"])
def test_a_kill_file_that_cannot_be_read_kills_everything(tmp_path: Path, what: str) -> None:
    path = tmp_path / ".rollout" / "kill"
    path.parent.mkdir()
    if what == "folder":
        path.mkdir()
    elif what == "pipe":
        os.mkfifo(path)
    elif what == "dangling link":
        path.symlink_to("nowhere")
    else:
        path.write_bytes(b"A" * 200_000)
    assert "anything" in switches(tmp_path).kills


def test_bytes_that_are_no_text_hide_no_name(tmp_path: Path) -> None:
    kill_file(tmp_path, "")
    (tmp_path / ".rollout" / "kill").write_bytes(b"\xff\xfe\nA\n")
    assert "A" in switches(tmp_path).kills


def test_a_written_kill_file_is_whole_readable_for_all_and_the_only_file(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "kill"
    before = os.umask(0o077)
    try:
        write_kill_file(path, ("# why", "*"))
    finally:
        os.umask(before)
    assert path.read_text() == "# why\n*\n"
    assert path.stat().st_mode & 0o777 == 0o644
    assert [each.name for each in path.parent.iterdir()] == ["kill"]


def test_writing_replaces_what_was_killed_before(tmp_path: Path) -> None:
    path = kill_file(tmp_path, "A\n")
    write_kill_file(path, ("*",))
    assert "anything" in switches(tmp_path).kills


def test_a_failed_write_leaves_nothing_behind(tmp_path: Path) -> None:
    path = tmp_path / "kill"
    path.mkdir()
    with pytest.raises(IsADirectoryError):
        write_kill_file(path, ("*",))
    assert [each.name for each in tmp_path.iterdir()] == ["kill"]
