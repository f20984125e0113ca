"""Streams that are closed, full or speak another encoding: the work is done, and nothing fails in silence."""

from collections.abc import Callable
from pathlib import Path

import pytest

from rollout_cli.cli.main import run
from tests.support.program import Run, rollout_in_shell

Rollout = Callable[..., Run]
UGLY = ("Traceback", "Exception ignored", "bug in rollout", "\x1b")
HEAVY = pytest.mark.heavy


def unharmed(done: Run) -> Run:
    assert not [word for word in UGLY if word in done.out + done.err]
    return done


@pytest.mark.parametrize(
    ("streams", "said"),
    [
        pytest.param("| true; exit ${PIPESTATUS[0]}", None),
        pytest.param("<&- >&- 2>&-", None, marks=HEAVY),
        pytest.param(">/dev/full", "warning: the answer cannot be written: No space left on device; the", marks=HEAVY),
        pytest.param(">&-", "warning: the answer cannot be written: Bad file descriptor; the exit code", marks=HEAVY),
        pytest.param("<&-", None, marks=HEAVY),
        pytest.param("2>&-", None, marks=HEAVY),
        pytest.param("2>/dev/full", None, marks=HEAVY),
        pytest.param(">/dev/full 2>/dev/full", None, marks=HEAVY),
        pytest.param("--format json >/dev/full", "warning: the answer cannot be written: No space", marks=HEAVY),
        pytest.param("--format json | true; exit ${PIPESTATUS[0]}", None, marks=HEAVY),
    ],
)
def test_a_rollback_is_done_whatever_becomes_of_its_words(
    rollout: Rollout, folder: Path, streams: str, said: str | None
) -> None:
    rollout("advance")
    done = unharmed(rollout_in_shell(f"ROLLOUT_KILL=SHADOW rollout rollback {streams}", cwd=folder))
    assert done.code == 0
    assert said is None or said in done.err
    assert rollout("status", "--format", "json").document["state"] == "rolled_back"


@pytest.mark.parametrize(
    ("command", "code"),
    [
        ("--version >&-", 2),
        ("--help >/dev/full", 2),
        ("flags --help | true; exit ${PIPESTATUS[0]}", 0),
        ("2>&1 | true; exit ${PIPESTATUS[0]}", 2),
        ("nonsense 2>/dev/full", 2),
        pytest.param("nonsense 2>&-", 2, marks=HEAVY),
        pytest.param("schema >/dev/full", 2, marks=HEAVY),
        pytest.param("schema <&-", 0, marks=HEAVY),
        pytest.param("export json >/dev/full", 2, marks=HEAVY),
        pytest.param("evaluate EVENTS --ids-file flags.yaml >/dev/full", 2, marks=HEAVY),
        pytest.param("evaluate EVENTS --ids-file - <&-", 0, marks=HEAVY),
        pytest.param("status >&-", 2, marks=HEAVY),
        pytest.param("status --format json >/dev/full", 2, marks=HEAVY),
        pytest.param("status | head -1; exit ${PIPESTATUS[0]}", 0, marks=HEAVY),
        pytest.param("check >/dev/full 2>&-", 2, marks=HEAVY),
        pytest.param("advance --phase 3 >/dev/full", 2, marks=HEAVY),
        pytest.param("advance --phase 3 --format json >/dev/full", 5, marks=HEAVY),
        pytest.param("advance --phase 3 | true; exit ${PIPESTATUS[0]}", 5, marks=HEAVY),
        pytest.param("status --watch | true; exit ${PIPESTATUS[0]}", 0, marks=HEAVY),
    ],
)
def test_an_answer_that_cannot_be_written_is_an_error_and_one_that_nobody_reads_is_none(
    folder: Path, command: str, code: int
) -> None:
    done = unharmed(rollout_in_shell(f"rollout {command}", cwd=folder))
    assert done.code == code
    if "/dev/full" in command and "2>" not in command and code == 2:
        assert "error: the answer cannot be written: No space left on device\n  -> " in done.err


def test_the_code_of_a_change_tells_of_the_change_also_when_the_disk_is_full(
    rollout: Rollout, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, folder: Path
) -> None:
    rollout("advance")
    monkeypatch.chdir(folder)
    codes = []
    for command in ("rollback", "history"):
        with Path("/dev/full").open("w") as full, monkeypatch.context() as streams:
            streams.setattr("sys.stdout", full)
            codes.append(run([command]))
    assert codes == [0, 2]
    said = capsys.readouterr().err.splitlines()
    assert said[0].startswith("warning: the answer cannot be written: No space left on device; the exit code tells")
    assert said[1] == "error: the answer cannot be written: No space left on device"
    assert rollout("status", "--format", "json").document["state"] == "rolled_back"


@pytest.mark.heavy
def test_a_full_disk_lets_no_advance_through_whose_plan_could_not_be_shown(rollout: Rollout, folder: Path) -> None:
    assert rollout_in_shell("rollout advance >/dev/full", cwd=folder).code == 2
    assert rollout("status", "--format", "json").document["revision"] == 0


@pytest.mark.parametrize(
    "surroundings",
    [
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "HOME": None, "USER": None, "LOGNAME": None},
        pytest.param({"PYTHONIOENCODING": "ascii"}, marks=HEAVY),
        pytest.param({"LC_ALL": "C"}, marks=HEAVY),
        pytest.param({"PYTHONIOENCODING": "latin-1", "TERM": None, "PATH": None}, marks=HEAVY),
    ],
)
def test_the_poorest_surroundings_lose_no_word(
    rollout: Rollout, folder: Path, surroundings: dict[str, str | None]
) -> None:
    rollout("advance", "--reason", "ação 日本")
    done = unharmed(rollout_in_shell("rollout history", cwd=folder, **surroundings))
    assert done.code == 0
    assert done.out.startswith("test-rollout: 1 revision\n")
    assert r"\u65e5\u672c" in done.out or "日本" in done.out


@pytest.mark.heavy
def test_without_a_user_the_actor_is_still_somebody(rollout: Rollout, folder: Path) -> None:
    rollout_in_shell("rollout advance", cwd=folder, ROLLOUT_ACTOR=None, HOME=None, USER=None, LOGNAME=None)
    actor = rollout("history", "--format", "json").document["revisions"][0]["actor"]
    assert len(actor.partition("@")[0]) > 0
    assert len(actor.partition("@")[2]) > 0
