"""rollback at three in the morning: whatever is broken, it takes everything back or says what does."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from rollout_cli.cli import main
from rollout_cli.store import engine
from tests.support.program import Run, rollout_here, text
from tests.support.projects import FLAGS, write_project

Rollout = Callable[..., Run]


@pytest.fixture
def live(rollout: Rollout) -> Rollout:
    """The small project in its phase 0: EVENTS is on."""
    rollout("advance")
    return rollout


def is_on(rollout: Rollout, **environment: str) -> bool:
    run = rollout("evaluate", "EVENTS", "--shopper", "anybody", "--format", "json", **environment)
    assert run.code == 0, run.err
    return bool(run.document["value"])


def answers_killed(rollout: Rollout, **environment: str) -> bool:
    run = rollout("evaluate", "EVENTS", "--shopper", "anybody", "--format", "json", **environment)
    assert run.code == 0, run.err
    return (run.document["value"], run.document["reason"]) == (False, "KILLED")


@pytest.mark.parametrize(
    "flags",
    [
        "rollout: test-rollout\nversion: [\n",
        "\0\0",
        "",
        "rollout: !!python/object [x]\n",
        FLAGS + "  A: {type: float}\n",
    ],
)
def test_broken_files_do_not_matter(live: Rollout, folder: Path, flags: str) -> None:
    (folder / "flags.yaml").write_text(flags)
    for path in (folder / "phases").iterdir():
        path.write_text("phase: [")
    run = live("rollback")
    assert (run.code, run.err) == (0, "")
    assert run.answer.endswith("Rolled back: phase 0 (development) -> off, revision 2, in <n> ms\n")


def test_missing_files_do_not_matter(live: Rollout, folder: Path) -> None:
    for path in [folder / "flags.yaml", *(folder / "phases").iterdir()]:
        path.unlink()
    (folder / "phases").rmdir()
    assert live("rollback").code == 0
    write_project(folder)
    assert not is_on(live)


def test_in_a_folder_without_a_project_nobody_is_told_that_all_is_well(tmp_path: Path) -> None:
    run = rollout_here("rollback", cwd=tmp_path)
    assert (run.code, run.out) == (2, "")
    assert run.talk == text("""
        error: there is neither a flags.yaml nor a store in <folder> or above
          -> go to your project, or name it with --project DIR, or its store with --store URL
        """)
    assert not list(tmp_path.iterdir())


def test_with_several_rollouts_and_no_readable_file_the_name_has_to_be_said(live: Rollout, folder: Path) -> None:
    url = f"sqlite:///{folder / '.rollout' / 'rollout.db'}"
    write_project(folder, flags=FLAGS.replace("test-rollout", "other-rollout"))
    live("advance", "--store", url)
    (folder / "flags.yaml").unlink()
    run = live("rollback")
    assert (run.code, run.out) == (2, "")
    assert run.err == text("""
        error: the store holds several rollouts
          -> name one with --rollout: other-rollout, test-rollout
        """)
    looked = live("status")  # which has no such option
    assert (looked.code, looked.out) == (2, "")
    assert looked.err == text("""
        error: the store holds several rollouts
          -> name the project of one with --project: other-rollout, test-rollout
        """)
    misspelt = live("rollback", "--rollout", "test-rolout")
    assert (misspelt.code, misspelt.out) == (2, "")
    assert misspelt.err == text("""
        error: nothing was rolled back: the store has no rollout 'test-rolout'
          -> did you mean test-rollout?; name it with --rollout
        """)
    assert live("rollback", "--rollout", "test-rollout").code == 0
    write_project(folder)
    assert not is_on(live)


def test_a_file_that_names_another_rollout_than_the_store_holds_does_not_pass_for_done(
    live: Rollout, folder: Path
) -> None:
    write_project(folder, flags=FLAGS.replace("test-rollout", "renamed"))
    run = live("rollback")
    assert (run.code, run.out) == (2, "")
    assert run.err == text("""
        error: nothing was rolled back: the store has no rollout 'renamed'
          -> rollouts: test-rollout; name it with --rollout
        """)
    assert live("rollback", "--rollout", "test-rollout").code == 0


def damaged(folder: Path) -> dict[str, str]:
    (folder / ".rollout" / "rollout.db").write_bytes(b"SQLite format 3\x00" + b"\xff" * 9000)
    return {}


def empty(folder: Path) -> dict[str, str]:
    (folder / ".rollout" / "rollout.db").write_bytes(b"")
    return {}


def missing(folder: Path) -> dict[str, str]:
    return {"ROLLOUT_STORE": f"sqlite:///{folder / 'nowhere.db'}"}


def a_folder(folder: Path) -> dict[str, str]:
    return {"ROLLOUT_STORE": f"sqlite:///{folder / 'phases'}"}


def newer(folder: Path) -> dict[str, str]:
    with closing(sqlite3.connect(folder / ".rollout" / "rollout.db")) as connection:
        connection.execute("UPDATE rollout_schema SET version_num = '9999'")
        connection.commit()
    return {}


def no_address(_folder: Path) -> dict[str, str]:
    return {"ROLLOUT_STORE": "rollout.db"}


def no_driver(_folder: Path) -> dict[str, str]:
    return {"ROLLOUT_STORE": "oracle://rollout@db.example.com/rollout"}


@pytest.mark.parametrize("breakage", [damaged, empty, missing, a_folder, newer, no_address, no_driver])
def test_a_store_that_cannot_be_used_is_answered_with_the_kill_file(
    live: Rollout, folder: Path, breakage: Callable[[Path], dict[str, str]]
) -> None:
    environment = breakage(folder)
    before = (folder / ".rollout" / "rollout.db").read_bytes()
    run = live("rollback", "--reason", "error rate\nup", **environment)
    assert (run.code, run.out) == (7, "")
    said = run.talk.splitlines()
    assert (
        said[0]
        == "The store cannot be used, so the kill file <folder>/.rollout/kill now keeps every flag at its default."
    )
    assert said[1].startswith("error: ")
    assert said[2].endswith("; when it works again: `rollout rollback`, then remove <folder>/.rollout/kill")
    assert len(said) == 3
    assert (folder / ".rollout" / "rollout.db").read_bytes() == before
    lines = (folder / ".rollout" / "kill").read_text().splitlines()
    assert lines[0].startswith("# rollback by tester at 20")
    assert lines[0].endswith(r": error rate\nup")
    assert lines[-1] == "*"
    assert answers_killed(live, **environment)


def test_a_locked_store_is_answered_with_the_kill_file_that_holds_when_the_lock_is_gone(
    live: Rollout, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "WAIT_SECONDS", 0.1)
    with closing(sqlite3.connect(folder / ".rollout" / "rollout.db", isolation_level=None)) as somebody:
        somebody.execute("BEGIN IMMEDIATE")
        run = live("rollback")
    assert run.code == 7
    assert "is locked by somebody else" in run.err
    assert answers_killed(live)
    assert live("rollback").code == 0
    (folder / ".rollout" / "kill").unlink()
    assert not is_on(live)


def test_a_bug_in_the_way_to_the_store_is_answered_with_the_kill_file_too(
    live: Rollout, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("rollout_cli.wiring.Workspace.open_store", broken)
    run = live("rollback")
    monkeypatch.undo()
    assert run.code == 7
    assert "error: the store cannot be used: ZeroDivisionError\n" in run.err
    assert answers_killed(live)


def test_the_kill_file_goes_where_the_applications_look_for_it(live: Rollout, folder: Path, tmp_path: Path) -> None:
    named = {**missing(folder), "ROLLOUT_KILL_FILE": str(tmp_path / "shared" / "kill")}
    run = live("rollback", **named)
    assert run.code == 7
    assert f"the kill file {tmp_path}/shared/kill now keeps every flag at its default" in run.err
    assert not (folder / ".rollout" / "kill").exists()
    assert (tmp_path / "shared" / "kill").stat().st_mode & 0o777 == 0o644
    assert answers_killed(live, **named)


def test_a_kill_file_that_cannot_be_written_leaves_the_variable(live: Rollout, folder: Path) -> None:
    run = live("rollback", **missing(folder), ROLLOUT_KILL_FILE=str(folder / "flags.yaml" / "in" / "kill"))
    assert run.code == 7
    assert run.talk == (
        "error: there is no store at <folder>/nowhere.db\n"
        "  -> set ROLLOUT_KILL='*' where the applications run; "
        "the kill file <folder>/flags.yaml/in/kill failed: Not a directory\n"
    )
    assert answers_killed(live, **missing(folder), ROLLOUT_KILL="*")


def test_one_shopper_is_never_turned_into_everybody(live: Rollout, folder: Path) -> None:
    run = live("rollback", "--shopper", "shopper-9", **missing(folder))
    assert (run.code, run.out) == (7, "")
    assert "`rollout rollback` without --shopper takes everybody back" in run.err
    assert not (folder / ".rollout" / "kill").exists()


def test_a_flag_that_is_not_killed_needs_the_store(live: Rollout, folder: Path) -> None:
    assert live("evaluate", "EVENTS", **missing(folder), ROLLOUT_KILL="SHADOW").code == 7


def test_a_damaged_record_does_not_keep_anybody_from_safety(live: Rollout, folder: Path) -> None:
    live("advance")
    with closing(sqlite3.connect(folder / ".rollout" / "rollout.db")) as connection:
        connection.execute("UPDATE rollout_revisions SET record = 'gone' WHERE revision = 2")
        connection.commit()
    assert live("status").code == 7
    assert live("rollback").code == 0
    assert live("status", "--format", "json").document["state"] == "rolled_back"


def test_a_format_that_the_environment_has_wrong_does_not_matter(live: Rollout) -> None:
    run = live("rollback", ROLLOUT_FORMAT="yaml")
    assert run.code == 0
    assert run.err == "warning: ROLLOUT_FORMAT is 'yaml', which is no format: this is text\n"
    assert not is_on(live)


def test_from_a_folder_that_is_gone_the_project_has_to_be_named(
    live: Rollout, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    codes = [main.run(["rollback"]), main.run(["rollback", "--project", str(folder)])]
    monkeypatch.chdir(folder)
    assert codes == [2, 0]
    assert capsys.readouterr().err.startswith("error: the folder you are in is gone\n")
    assert not is_on(live)
