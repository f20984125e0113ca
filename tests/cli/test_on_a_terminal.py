"""With a person at a terminal: questions, colours, narrow screens, signals."""

import re
import signal
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.program import PROGRAM, Run, rollout_on_terminal, surroundings

Rollout = Callable[..., Run]
ESCAPE = "\x1b"


def revision(rollout: Rollout) -> int:
    number: int = rollout("status", "--format", "json").document["revision"]
    return number


def uncoloured(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


def without_times(text: str) -> str:
    return re.sub(r"[\s0-9]", "", text)


def test_advance_asks_after_it_has_shown_the_plan(rollout: Rollout) -> None:
    run = rollout("advance", terminal=True, stdin="y\n")
    assert run.code == 0
    assert "Apply? [y/N]: " in run.err
    assert "enabled: false -> true" in uncoloured(run.out).partition("Applied")[0]
    assert "Applied: phase 0 (development), revision 1\n" in uncoloured(run.out)
    assert revision(rollout) == 1


@pytest.mark.parametrize("answer", ["n\n", "\n", "no\n", "what?\nNO\n"])
@pytest.mark.parametrize("command", ["advance", "flags deny EVENTS a"])
def test_anything_but_yes_applies_nothing_and_exits_130(
    rollout: Rollout, folder: Path, command: str, answer: str
) -> None:
    run = rollout(*command.split(), terminal=True, stdin=answer)
    assert run.code == 130
    assert "Apply? [y/N]: " in run.err
    assert uncoloured(run.err).endswith("Not applied.\n")
    assert not (folder / ".rollout").exists()


@pytest.mark.parametrize(("answer", "code"), [("s\n", 0), ("Sim\n", 0), ("y\n", 0), ("não\n", 130), ("\n", 130)])
def test_in_portuguese_the_question_is_answered_in_either_language(rollout: Rollout, answer: str, code: int) -> None:
    run = rollout("advance", "--lang", "pt", terminal=True, stdin=answer)
    assert (run.code, "Aplicar? [s/N]: " in run.err) == (code, True)
    assert uncoloured(run.err).endswith("Não aplicado.\n") == (code == 130)


def test_nobody_there_to_answer_applies_nothing(rollout: Rollout, folder: Path) -> None:
    run = rollout("advance", terminal=True, stdin="")
    assert run.code == 130
    assert run.err.endswith("error: interrupted; nothing more was done\n")
    assert not (folder / ".rollout").exists()


@pytest.mark.parametrize("more", [("--yes",), ("-y",)])
def test_yes_is_an_answer_given_before(rollout: Rollout, more: tuple[str, ...]) -> None:
    run = rollout("advance", *more, terminal=True)
    assert (run.code, revision(rollout)) == (0, 1)
    assert "Apply?" not in run.err


def test_rollback_and_empty_moves_never_ask(rollout: Rollout) -> None:
    rollout("advance")
    assert "Apply?" not in rollout("advance", "--phase", "0", terminal=True).err
    assert "Apply?" not in rollout("advance", "--dry-run", terminal=True).err
    run = rollout("rollback", terminal=True)
    assert (run.code, "Apply?" in run.err) == (0, False)
    assert revision(rollout) == 2


@pytest.mark.parametrize("more", [("--format", "json"), ("-q",)])
def test_nobody_is_asked_about_a_plan_that_is_not_shown(rollout: Rollout, more: tuple[str, ...]) -> None:
    run = rollout("advance", *more, terminal=True, stdin="y\n")
    assert run.code == 0
    assert "enabled: false -> true" in uncoloured(run.err).partition("Apply?")[0]
    assert "enabled: false" not in run.out


def test_colour_is_for_terminals_and_can_be_refused(rollout: Rollout) -> None:
    rollout("advance")
    coloured = rollout("status", terminal=True)
    assert ESCAPE in coloured.out
    plain = rollout("status").out
    assert ESCAPE not in plain
    for run in (
        rollout("status", "--no-color", terminal=True),
        rollout("--no-color", "status", terminal=True),
        rollout("status", terminal=True, NO_COLOR="1"),
        rollout("status", terminal=True, TERM="dumb"),
        rollout("status", FORCE_COLOR="1"),
    ):
        assert ESCAPE not in run.out + run.err
        assert [line.rstrip() for line in run.out.splitlines()] == plain.splitlines()


def test_colour_says_nothing_that_words_do_not(rollout: Rollout) -> None:
    for words in (
        ("advance", "--yes"),
        ("check",),
        ("flags", "deny", "EVENTS", "a", "-y"),
        ("rollback",),
        ("history",),
    ):
        run = rollout(*words, terminal=True, COLUMNS="400")
        assert run.code == 0
        said = uncoloured(run.out)
        assert ESCAPE not in said
        assert "  " + "~ " in said or "Verdict: PASS" in said or "r1 " in said


def test_errors_and_help_are_plain_where_colour_is_refused(rollout: Rollout) -> None:
    for words in (("--help",), ("nonsense",), ("advance", "--phase", "3")):
        run = rollout(*words, terminal=True, NO_COLOR="1")
        assert ESCAPE not in run.out + run.err


@pytest.mark.parametrize("columns", ["40", "16"])
def test_a_narrow_screen_wraps_and_cuts_nothing_off(rollout: Rollout, columns: str) -> None:
    for _ in range(3):
        rollout("advance", "--force", "--reason", "a reason that is longer than a narrow screen is wide")
    for words in (("status",), ("plan",), ("history",), ("doctor",), ("history", "verify")):
        wide = rollout(*words)
        narrow = rollout(*words, terminal=True, NO_COLOR="1", COLUMNS=columns)
        assert max(map(len, narrow.out.splitlines())) <= int(columns)
        assert without_times(narrow.out) == without_times(wide.out)


def test_at_40_columns_what_belongs_together_stays_together(rollout: Rollout) -> None:
    rollout("advance")
    rollout("advance")
    assert rollout("advance", "--dry-run", terminal=True, NO_COLOR="1", COLUMNS="40").out.splitlines()[:9] == [
        "test-rollout: phase 1 (staging) ->",
        "  phase 2 (beta)",
        "",
        "  ~ EVENTS",
        "      allowlist: +beta-1, beta-2",
        "  ~ SHADOW",
        "      enabled: true -> false",
        "  ~ ROUTING",
        "      enabled: false -> true",
    ]


def test_ctrl_c_at_the_question_applies_nothing_and_exits_130(rollout: Rollout, folder: Path) -> None:
    terminal = rollout_on_terminal("advance", cwd=folder, columns=40)
    terminal.expect_exact("Apply? [y/N]: ")
    terminal.sendintr()
    terminal.expect_exact("error: interrupted; nothing more was done")
    terminal.wait()
    assert (terminal.exitstatus, terminal.signalstatus) == (130, None)
    assert not (folder / ".rollout").exists()


@pytest.mark.heavy
def test_a_real_terminal_shows_colours_and_takes_an_answer(rollout: Rollout, folder: Path) -> None:
    terminal = rollout_on_terminal("advance", cwd=folder, columns=40)
    terminal.expect_exact("Apply? [y/N]: ")
    assert ESCAPE in terminal.before
    terminal.sendline("y")
    terminal.expect_exact("Applied")
    terminal.wait()
    assert (terminal.exitstatus, revision(rollout)) == (0, 1)


@pytest.mark.heavy
def test_watching_redraws_until_ctrl_c_and_gives_the_cursor_back(rollout: Rollout, folder: Path) -> None:
    terminal = rollout_on_terminal("status", "--watch", "--interval", "0.2", cwd=folder)
    terminal.expect_exact("off: not begun")
    rollout("advance")
    terminal.expect_exact("phase 0 (development), revision 1")
    terminal.sendintr()
    terminal.expect_exact("\x1b[?25h")
    terminal.expect_exact("interrupted")
    terminal.wait()
    assert terminal.exitstatus == 130


def test_watching_into_a_pipe_that_nobody_reads_any_more_ends_quietly(folder: Path) -> None:
    command = [*PROGRAM, "status", "--watch", "--interval", "3600"]
    watching = subprocess.Popen(
        command, cwd=folder, env=surroundings(), text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert watching.stdout is not None
    assert watching.stdout.readline().startswith("test-rollout: ")
    watching.stdout.close()
    assert watching.wait(30) == 0
    assert watching.stderr is not None
    assert watching.stderr.read().count("\n") == 1  # that there is no store yet
    watching.stderr.close()


def test_watching_in_a_pipe_prints_a_line_for_every_change_and_ends_at_sigterm_with_143(
    rollout: Rollout, folder: Path
) -> None:
    command = [*PROGRAM, "status", "--watch", "--interval", "0.2", "--format", "json"]
    watching = subprocess.Popen(
        command, cwd=folder, env=surroundings(), text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert watching.stdout is not None
    patience = threading.Timer(30, watching.kill)
    patience.start()
    assert '"state": "off"' in watching.stdout.readline()
    rollout("advance")
    assert '"revision": 1' in watching.stdout.readline()
    (folder / "phases" / "0-development.yaml").write_text("phase: 0\nname: development\n")
    assert '"field": "enabled"' in watching.stdout.readline()
    watching.send_signal(signal.SIGTERM)
    out, err = watching.communicate()
    patience.cancel()
    assert (watching.returncode, out) == (143, "")
    assert err.count("There is no store yet") == 1
    assert "Traceback" not in err
