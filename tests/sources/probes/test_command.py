"""Programs run only where the project allows it, without a shell, and keep what they were told to themselves."""

import errno
import os
import resource
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rollout_cli.checks.questions import CommandEnded, CommandQuestion, NoAnswer
from rollout_cli.checks.sources_file import CommandsEntry
from rollout_cli.checks.verdict import Cause, Verdict
from rollout_cli.sources.probes.command import MOST_OUTPUT, CommandProbe
from rollout_cli.sources.probes.leash import Leash, OutOfTimeError
from tests.checks.asking import ask
from tests.sources.probes.running import is_gone_soon, pid_in, program, settings_for
from tests.support.children import in_child
from tests.support.examples import examples

SECRET = "hunter2-is-no-good-word"
PRINT_ARGUMENTS = "import sys; print(sys.argv[1:])"


def ran(answer: CommandEnded | NoAnswer) -> CommandEnded:
    assert isinstance(answer, CommandEnded), answer
    return answer


def refused(answer: CommandEnded | NoAnswer) -> NoAnswer:
    assert isinstance(answer, NoAnswer), answer
    assert str(answer.message)
    assert str(answer.hint)
    return answer


def test_an_allowed_program_is_found_on_the_path_and_its_output_and_status_told(tmp_path: Path) -> None:
    question = CommandQuestion(("sh", "-c", "echo out; echo err >&2; exit 3"))
    ended = ran(CommandProbe(settings_for(tmp_path, "sh"))(question, Leash(5)))
    assert (ended.code, ended.output, ended.is_cut) == (3, "out\nerr\n", False)


def test_what_is_not_allowed_does_not_run_and_the_hint_says_how_to_allow_it(tmp_path: Path) -> None:
    answer = refused(CommandProbe(settings_for(tmp_path))(CommandQuestion(("touch", "there")), Leash(5)))
    assert answer.cause is Cause.FORBIDDEN
    assert str(answer.message) == "the project does not allow to run touch"
    assert str(answer.hint) == "allow it in sources.yaml: commands: {allow: [touch]}"
    assert not (tmp_path / "there").exists()


@pytest.mark.parametrize(
    "name",
    ["./tool", "bin/tool", "../project/tool", "tool", "", ".", "..", "sh ", " sh", "SH", "sh\n", "sh;id",
     "/bin/../bin/sh", "/bin/sh", "/usr/bin/env", "//bin/sh", "$SHELL", "`sh`", "s?", "*", "~/tool", "sh\0"],
)  # fmt: skip
def test_no_other_name_or_path_than_the_one_that_is_allowed_runs(tmp_path: Path, name: str) -> None:
    for place in ("tool", "bin/tool"):
        program(tmp_path / "project" / place, "touch ran")
    settings = settings_for(tmp_path / "project", "sh", "/usr/bin/sh", environment={"PATH": str(tmp_path / "project")})
    answer = refused(CommandProbe(settings)(CommandQuestion((name, "-c", "touch ran")), Leash(5)))
    assert answer.cause is Cause.FORBIDDEN
    assert not (tmp_path / "project" / "ran").exists()


def test_a_relative_program_does_not_run_although_it_is_listed(tmp_path: Path) -> None:
    program(tmp_path / "tool", "touch ran")
    answer = refused(CommandProbe(settings_for(tmp_path, "./tool"))(CommandQuestion(("./tool",)), Leash(5)))
    assert answer.cause is Cause.FORBIDDEN
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("path", [["", ".", "bin", "./bin"], ["."]])
def test_a_program_in_the_project_is_not_found_by_its_name(tmp_path: Path, path: list[str]) -> None:
    program(tmp_path / "tool", "touch ran")
    program(tmp_path / "bin" / "tool", "touch ran")
    settings = settings_for(tmp_path, "tool", path=path, environment={"PATH": f"{tmp_path}:{tmp_path}/bin"})
    answer = refused(CommandProbe(settings)(CommandQuestion(("tool",)), Leash(5)))
    assert answer.cause is Cause.NOT_SET_UP
    assert not (tmp_path / "ran").exists()


def test_a_program_of_the_project_never_stands_in_for_one_of_the_system(tmp_path: Path) -> None:
    program(tmp_path / "true", "touch ran")
    settings = settings_for(tmp_path, "true", environment={"PATH": str(tmp_path)})
    assert ran(CommandProbe(settings)(CommandQuestion(("true",)), Leash(5))).code == 0
    assert not (tmp_path / "ran").exists()


def test_a_link_in_the_project_to_an_allowed_program_is_not_that_program(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("/bin/sh")
    probe = CommandProbe(settings_for(tmp_path, "sh", "/bin/sh"))
    for name in ("./link", str(tmp_path / "link")):
        assert refused(probe(CommandQuestion((name, "-c", "touch ran")), Leash(5))).cause is Cause.FORBIDDEN
    assert not (tmp_path / "ran").exists()


def test_a_listed_full_path_runs_and_is_called_by_it(tmp_path: Path) -> None:
    tool = program(tmp_path / "tool", 'echo "$0"')
    assert ran(CommandProbe(settings_for(tmp_path, tool))(CommandQuestion((tool,)), Leash(5))).output == f"{tool}\n"


@pytest.mark.parametrize(
    "argument",
    ["; touch ran", "$(touch ran)", "`touch ran`", "| touch ran", "&& touch ran", "\ntouch ran\n", "> ran", "*", "?",
     "[a-z]*", "~", "$HOME", "${PATH}", "-c", "--help", "-", "--", "'", '"', "\\", "%s", "{a,b}", "!!", "\t", "", " ",
     "\x1b[2J", "é日", "\udc80"],
)  # fmt: skip
def test_an_argument_arrives_as_it_is_and_nothing_reads_it(tmp_path: Path, argument: str) -> None:
    program(tmp_path / "a-file", "")
    question = CommandQuestion((sys.executable, "-I", "-c", PRINT_ARGUMENTS, argument, "last"))
    ended = ran(CommandProbe(settings_for(tmp_path, sys.executable))(question, Leash(5)))
    assert ended.output == f"{[argument, 'last']}\n"
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("argument", ["a\0b", "\ud800"])
def test_an_argument_that_no_program_can_be_given_is_said(tmp_path: Path, argument: str) -> None:
    answer = refused(CommandProbe(settings_for(tmp_path, "echo"))(CommandQuestion(("echo", argument)), Leash(5)))
    assert answer.cause is Cause.NOT_SET_UP


def test_the_environment_is_clean_but_for_what_is_named(tmp_path: Path) -> None:
    ours = {
        "HOME": "/home/ana", "PATH": str(tmp_path), "LANG": "pt_BR", "LD_PRELOAD": "/evil.so", "PYTHONPATH": "/evil",
        "BASH_ENV": "/evil.sh", "ENV": "/evil.sh", "IFS": "x", "DATABASE_URL": "x", "NAMED": "yes",
    }  # fmt: skip
    settings = settings_for(tmp_path, "env", environment=ours, handed=("NAMED",))
    ended = ran(CommandProbe(settings)(CommandQuestion(("env",), ("NAMED", "PATH")), Leash(5)))
    assert sorted(ended.output.splitlines()) == [
        "HOME=/home/ana",
        "LANG=C.UTF-8",
        "NAMED=yes",
        "PATH=/usr/local/bin:/usr/bin:/bin",
    ]


def test_a_named_variable_that_is_not_set_is_said_and_nothing_runs(tmp_path: Path) -> None:
    answer = refused(
        CommandProbe(settings_for(tmp_path, "touch", handed=("TOKEN",)))(
            CommandQuestion(("touch", "x"), ("TOKEN",)), Leash(5)
        )
    )
    assert (answer.cause, str(answer.message)) == (Cause.NOT_SET_UP, "TOKEN is not set")
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize(
    ("value", "printed"),
    [
        (SECRET, SECRET),
        (f"first-line\n{SECRET}\nlast-line", SECRET),
        (f"postgresql://ana:{SECRET}@db/x", SECRET),
        ("postgresql://ana:p%40ssw0rd@db/x", "p@ssw0rd"),
        ("pässwörd-日本", "pässwörd-日本"),
    ],
)
def test_a_secret_that_was_handed_on_does_not_come_back(tmp_path: Path, value: str, printed: str) -> None:
    settings = settings_for(tmp_path, "echo", environment={"TOKEN": value}, handed=("TOKEN",))
    ended = ran(CommandProbe(settings)(CommandQuestion(("echo", f"<{printed}>"), ("TOKEN",)), Leash(5)))
    assert ended.shown == "<[…]>\n"
    assert ended.output == f"<{printed}>\n"
    assert printed not in repr(ended)


@pytest.mark.parametrize("listed", [(), ("OTHER",), ("token",)])
def test_a_variable_that_only_a_phase_file_names_is_not_handed_on(tmp_path: Path, listed: tuple[str, ...]) -> None:
    settings = settings_for(tmp_path, "touch", environment={"TOKEN": SECRET}, handed=listed)
    answer = refused(CommandProbe(settings)(CommandQuestion(("touch", "x"), ("TOKEN",)), Leash(5)))
    assert (answer.cause, str(answer.message)) == (
        Cause.FORBIDDEN,
        "the project does not allow to hand TOKEN to programs",
    )
    assert str(answer.hint) == "allow it in sources.yaml: commands: {environment: [TOKEN]}"
    assert not (tmp_path / "x").exists()


def test_what_must_be_absent_is_found_although_it_is_masked_where_it_is_shown(tmp_path: Path) -> None:
    settings = settings_for(tmp_path, "echo", environment={"TOKEN": "ERROR: down"}, handed=("TOKEN",))
    ended = ran(CommandProbe(settings)(CommandQuestion(("echo", "ERROR: down"), ("TOKEN",)), Leash(5)))
    outcome = ask("kind: command, command: [tool], absent: ERROR", answers={"run": ended})
    assert outcome.verdict is Verdict.FAIL
    assert "down" not in f"{outcome.message} {outcome.hint} {outcome.evidence}"


def test_a_word_too_short_to_be_a_secret_stays(tmp_path: Path) -> None:
    settings = settings_for(tmp_path, "echo", environment={"MODE": "prod"}, handed=("MODE",))
    assert ran(CommandProbe(settings)(CommandQuestion(("echo", "prod"), ("MODE",)), Leash(5))).shown == "prod\n"


@settings(max_examples=examples(15), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 70))
def test_no_part_of_a_secret_is_left_where_the_output_is_cut(tmp_path: Path, offset: int) -> None:
    before = MOST_OUTPUT - 40 + offset
    probe = CommandProbe(settings_for(tmp_path, "sh", environment={"TOKEN": SECRET}, handed=("TOKEN",)))
    text = f"head -c {before} /dev/zero | tr '\\0' .; printf %s \"$TOKEN\"; head -c 100 /dev/zero | tr '\\0' ,"
    ended = ran(probe(CommandQuestion(("sh", "-c", text), ("TOKEN",)), Leash(5)))
    assert ended.is_cut
    assert set(ended.shown) <= set(".,[…]")
    assert len(ended.shown) <= MOST_OUTPUT


def test_binary_output_becomes_text(tmp_path: Path) -> None:
    ended = ran(
        CommandProbe(settings_for(tmp_path, "printf"))(CommandQuestion(("printf", r"a\000\377\303b")), Leash(5))
    )
    assert ended.output == "a\0��b"


def test_a_long_output_is_cut(tmp_path: Path) -> None:
    ended = ran(
        CommandProbe(settings_for(tmp_path, "head"))(CommandQuestion(("head", "-c", "1000000", "/dev/zero")), Leash(5))
    )
    assert (len(ended.output), ended.is_cut) == (MOST_OUTPUT, True)


def test_a_flood_of_200_mb_is_no_answer_and_soon_over(tmp_path: Path) -> None:
    begun = time.monotonic()
    question = CommandQuestion(("head", "-c", "200000000", "/dev/zero"))
    answer = refused(CommandProbe(settings_for(tmp_path, "head"))(question, Leash(5)))
    assert (answer.cause, str(answer.message)) == (Cause.BAD_ANSWER, "it printed more than 16 MB and was stopped")
    assert time.monotonic() - begun < 6


def test_a_signal_is_a_negative_code(tmp_path: Path) -> None:
    ended = ran(CommandProbe(settings_for(tmp_path, "sh"))(CommandQuestion(("sh", "-c", "kill -TERM $$")), Leash(5)))
    assert ended.code == -signal.SIGTERM


def test_a_program_that_hangs_is_ended_with_its_children(tmp_path: Path) -> None:
    begun = time.monotonic()
    question = CommandQuestion(("sh", "-c", "sleep 60 & echo $! > pid; wait"))
    with pytest.raises(OutOfTimeError):
        CommandProbe(settings_for(tmp_path, "sh"))(question, Leash(1))
    assert time.monotonic() - begun < 7
    assert is_gone_soon(pid_in(tmp_path / "pid"))


@pytest.mark.parametrize(
    ("text", "mode"),
    [("#!/bin/sh\n", 0o644), ("#!/nowhere/python\n", 0o755), ("\x7fELF rubbish", 0o755), (None, 0o755)],
    ids=["not executable", "no interpreter", "no program", "a folder"],
)
def test_what_cannot_be_run_is_not_set_up(tmp_path: Path, text: str | None, mode: int) -> None:
    tool = tmp_path / "tool"
    if text is None:
        tool.mkdir()
    else:
        tool.write_text(text)
    tool.chmod(mode)
    answer = refused(CommandProbe(settings_for(tmp_path, str(tool)))(CommandQuestion((str(tool),)), Leash(5)))
    assert answer.cause is Cause.NOT_SET_UP


def test_arguments_that_are_too_long_for_the_system_are_said(tmp_path: Path) -> None:
    question = CommandQuestion(("true", *["x" * 100_000] * 100))
    answer = refused(CommandProbe(settings_for(tmp_path, "true"))(question, Leash(5)))
    assert answer.cause is Cause.NOT_SET_UP
    assert os.strerror(errno.E2BIG) in str(answer.message)


def test_a_machine_without_room_for_another_program_is_unreachable(tmp_path: Path) -> None:
    def with_every_descriptor_taken() -> Cause:
        probe = CommandProbe(settings_for(tmp_path, "true"))
        resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
        with suppress(OSError):
            while True:
                os.dup(0)
        return refused(probe(CommandQuestion(("true",)), Leash(5))).cause

    assert in_child(with_every_descriptor_taken) is Cause.UNREACHABLE


@given(st.text(max_size=30))
def test_no_name_whatever_runs_unless_it_is_allowed(name: str) -> None:
    answer = refused(CommandProbe(settings_for(Path("/"), "allowed-program"))(CommandQuestion((name,)), Leash(5)))
    assert answer.cause is Cause.FORBIDDEN


def test_nothing_is_allowed_unless_somebody_says_so() -> None:
    assert CommandsEntry().allow == []
