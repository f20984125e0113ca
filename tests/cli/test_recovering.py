"""`rollout rollback --watch`: the rollback stands whatever comes after, and the exit code says whether it helped."""

import json
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from rollout_cli.cli import recovering
from tests.support.program import PROGRAM, Run, surroundings, text
from tests.support.program import rollout as rollout_in_a_process
from tests.support.projects import PHASES, write_project

Rollout = Callable[..., Run]
SHORT = ("--watch", "--for", "1s", "--every", "1s")
ENTERED = "phase: 0\nname: development\nflags:\n  EVENTS: {enabled: true}\n"


def with_post_checks(folder: Path, *checks: str, observe: str = "  observe: 1s\n") -> None:
    listed = "".join(f"    - {each}\n" for each in checks)
    phase = f"{ENTERED}rollback:\n{observe}  post_checks:\n{listed}"
    write_project(folder, phases={**PHASES, "0-development": phase})


class AtOnce:
    """A `Pacer` for whom every pause is over at once."""

    def __init__(self) -> None:
        self._now = 0.0

    def elapsed(self) -> float:
        return self._now

    def pause(self, seconds: float) -> None:
        self._now += seconds


@pytest.fixture
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have nobody wait between two looks, where nothing happens meanwhile."""
    monkeypatch.setattr(recovering, "RealTime", AtOnce)


at_once = pytest.mark.usefixtures("_at_once")
GOOD = "{id: events-off, kind: flag, flag: EVENTS, enabled: false}"
BAD = "{id: shadow-off, kind: flag, flag: SHADOW, enabled: false}"
OPEN = "{id: logs-read, kind: attestation, title: Somebody has read the logs, expires: 1h}"


@at_once
@pytest.mark.parametrize(
    ("checks", "code", "outcome"),
    [
        ((GOOD,), 0, "recovered: 2 looks in 1s"),
        ((GOOD, BAD), 3, "not recovered: 2 looks in 1s"),
        ((GOOD, OPEN), 4, "cannot say: 2 looks in 1s"),
        ((BAD, OPEN), 3, "not recovered: 2 looks in 1s"),
    ],
)
def test_the_post_checks_decide_the_exit_code(
    rollout: Rollout, folder: Path, checks: tuple[str, ...], code: int, outcome: str
) -> None:
    with_post_checks(folder, *checks)
    rollout("advance")
    run = rollout("rollback", *SHORT)
    assert run.code == code
    assert run.out.splitlines()[-1] == outcome
    assert rollout("status", "--format", "json").document["state"] == "rolled_back"


@at_once
def test_it_says_at_once_that_it_is_rolled_back_and_then_what_it_sees(rollout: Rollout, folder: Path) -> None:
    with_post_checks(folder, GOOD, BAD)
    rollout("advance")
    run = rollout("rollback", "--watch")
    assert run.answer == text("""
          ~ EVENTS
              enabled: true -> false
        Rolled back: phase 0 (development) -> off, revision 2, in <n> ms
          post-checks of phase 0
            PASS         events-off: EVENTS: enabled false
            FAIL         shadow-off: SHADOW: enabled true; wanted enabled false
                         -> see how it came to this: `rollout history`
        not recovered: 2 looks in 1s
        """)
    assert run.talk == text("""
        Watching 2 post-checks of phase 0 for 1s.
        0s: PASS events-off: EVENTS: enabled false
        0s: FAIL shadow-off: SHADOW: enabled true; wanted enabled false
        """)


@at_once
def test_who_comes_second_still_watches_the_phase_that_was_left(rollout: Rollout, folder: Path) -> None:
    with_post_checks(folder, GOOD)
    rollout("advance")
    rollout("rollback")
    run = rollout("rollback", *SHORT)
    assert run.code == 0
    assert "Nothing to roll back" in run.out
    assert run.out.endswith("recovered: 2 looks in 1s\n")


@at_once
def test_after_a_smaller_rollback_the_flags_of_the_safe_state_are_not_asked(rollout: Rollout, folder: Path) -> None:
    with_post_checks(folder, GOOD, "{id: flags-file, kind: file, path: flags.yaml}")
    one = (
        (folder / "phases" / "0-development.yaml")
        .read_text()
        .replace("phase: 0\nname: development", "phase: 1\nname: staging")
    )
    (folder / "phases" / "1-staging.yaml").write_text(one)
    rollout("advance")
    rollout("advance")
    run = rollout("rollback", "--to", "previous", *SHORT)
    assert run.code == 0
    assert "This is not the safe state: 1 post-checks that speak of it are not asked.\n" in run.err
    assert "events-off" not in run.out


def test_a_store_that_goes_away_meanwhile_is_cannot_say(rollout: Rollout, folder: Path) -> None:
    with_post_checks(folder, GOOD)
    rollout("advance")
    rollout("rollback")
    thief = threading.Timer(0.7, lambda: (folder / ".rollout" / "rollout.db").write_bytes(b"rubbish" * 1000))
    thief.start()
    run = rollout("rollback", "--watch", "--for", "2s", "--every", "1s")
    thief.join()
    assert run.code == 4
    assert run.out.splitlines()[-2].startswith("cannot say: the store")


def test_what_somebody_moved_meanwhile_is_cannot_say(rollout: Rollout, folder: Path) -> None:
    with_post_checks(folder, "{id: flags-file, kind: file, path: flags.yaml}")
    rollout("advance")
    other = partial(rollout_in_a_process, "advance", "--phase", "0", "--yes", cwd=folder)
    thread = threading.Thread(target=other)
    thread.start()
    run = rollout("rollback", "--watch", "--for", "8s", "--every", "1s")
    thread.join()
    assert run.code == 4
    assert "cannot say: revision 3 (advance by tester) moved the rollout meanwhile\n" in run.out


def test_a_store_that_is_removed_meanwhile_is_cannot_say(rollout: Rollout, folder: Path) -> None:
    with_post_checks(folder, GOOD)
    rollout("advance")
    rollout("rollback")
    thief = threading.Timer(0.7, lambda: shutil.rmtree(folder / ".rollout"))
    thief.start()
    run = rollout("rollback", "--watch", "--for", "2s", "--every", "1s")
    thief.join()
    assert run.code == 4
    assert "cannot say: the store is gone" in run.out


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_whatever_ends_the_watching_the_document_says_what_was_done(
    rollout: Rollout, folder: Path, number: int
) -> None:
    with_post_checks(folder, GOOD)
    rollout("advance")
    command = [*PROGRAM, "rollback", "--watch", "--for", "60s", "--format", "json"]
    with subprocess.Popen(
        command, cwd=folder, env=surroundings(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as watching:
        assert watching.stderr is not None
        assert any("Watching" in line for line in watching.stderr)  # as soon as it says so; else at its end
        time.sleep(0.3)
        watching.send_signal(number)
        out, _ = watching.communicate(timeout=20)
    assert watching.returncode == 128 + number
    document = json.loads(out)
    assert (document["applied"], document["recovery"]["outcome"]) == (True, "cannot say")
    recovery = document["recovery"]
    assert recovery["because"] == "the watching was interrupted; the rollback is done"
    assert (recovery["rounds"], [each["verdict"] for each in recovery["checks"]]) == (1, ["PASS"])


@at_once
def test_json_is_one_document_with_both(rollout: Rollout, folder: Path) -> None:
    with_post_checks(folder, BAD)
    rollout("advance")
    run = rollout("rollback", *SHORT, "--format", "json")
    assert run.code == 3
    document = run.document
    assert (document["applied"], document["revision"]) == (True, 2)
    recovery = document["recovery"]
    assert (recovery["outcome"], recovery["verdict"], recovery["rounds"]) == ("not recovered", "FAIL", 2)
    assert [each["id"] for each in recovery["checks"]] == ["shadow-off"]


@at_once
@pytest.mark.parametrize(
    ("file", "because"),
    [
        ("phase: 0\nname: development\nflags: {NO_SUCH: {}}\n", "1 error in 1 file"),
        (ENTERED, "phase 0 has no post-checks"),
    ],
)
def test_what_cannot_be_observed_is_4_and_rolled_back_all_the_same(
    rollout: Rollout, folder: Path, file: str, because: str
) -> None:
    rollout("advance")
    (folder / "phases" / "0-development.yaml").write_text(file)
    run = rollout("rollback", *SHORT)
    assert run.code == 4
    assert run.out.splitlines()[-2] == f"cannot say: {because}"
    (folder / "phases" / "0-development.yaml").write_text(ENTERED)
    assert rollout("status", "--format", "json").document["flags"]["EVENTS"]["enabled"] is False


@at_once
def test_with_nothing_ever_on_there_is_nothing_to_recover_from(rollout: Rollout) -> None:
    rollout("flags", "deny", "EVENTS", "a")
    run = rollout("rollback", *SHORT)
    assert run.code == 4
    assert "cannot say: nothing was on before" in run.out


@at_once
def test_words_that_make_no_sense_stop_no_rollback(rollout: Rollout, folder: Path) -> None:
    with_post_checks(folder, GOOD)
    rollout("advance")
    run = rollout("rollback", "--watch", "--for", "soon", "--every", "0s", "--lang", "xx")
    assert run.code == 0
    assert "warning: --for 'soon' is no duration" in run.err
    assert "warning: there is no language 'xx'" in run.err


@at_once
def test_portuguese_says_whether_it_helped(rollout: Rollout, folder: Path) -> None:
    with_post_checks(folder, GOOD)
    rollout("advance")
    run = rollout("rollback", *SHORT, "--lang", "pt")
    assert run.code == 0
    assert "recovered" not in run.out
