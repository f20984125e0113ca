"""Whatever a program does, running it ends in time, holds little memory, and leaves nobody behind."""

import os
import signal
import sys
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollout_cli.sources.probes.leash import Leash, OutOfTimeError
from rollout_cli.sources.probes.process import Ended, Head, Program, Tail, TooMuchError, run_program
from rollout_cli.sources.probes.watcher import Watch
from tests.sources.probes.running import SETSID, is_gone_soon, open_descriptors, our_children, pid_in
from tests.support.children import in_child

ROOMY = 1 << 40
MARGIN = 5.0
"""Seconds that a busy machine may take over something; nothing here ends by itself so soon."""


@pytest.fixture(autouse=True)
def nothing_is_left() -> Iterator[None]:
    children, descriptors = our_children(), open_descriptors()
    yield
    assert our_children() - children == set()
    assert open_descriptors() <= descriptors


def run_shell(text: str, folder: Path, seconds: float = 10, most: int = 65_536) -> tuple[Ended, bytes]:
    output = Head(most, ROOMY)
    return run_program(shell(text, folder), Leash(seconds), output), output.kept


def shell(text: str, folder: Path) -> Program:
    return Program("/bin/sh", ("sh", "-c", text), {"PATH": "/usr/bin:/bin"}, folder)


def python(text: str, folder: Path) -> Program:
    return Program(sys.executable, ("python", "-I", "-c", text), {}, folder)


def test_answers_and_errors_come_together_with_the_exit_status(tmp_path: Path) -> None:
    ended, output = run_shell("echo answer; echo error >&2; exit 3", tmp_path)
    assert (ended.code, output) == (3, b"answer\nerror\n")
    assert 0 < ended.seconds < 5


def test_it_runs_in_its_folder_with_nothing_to_read_and_no_terminal(tmp_path: Path) -> None:
    ended, output = run_shell("cat; pwd; tty; env", tmp_path)
    assert ended.code == 0
    assert output.decode().startswith(f"{tmp_path}\nnot a tty\n")
    assert "HOME" not in output.decode()


def test_a_signal_that_ends_it_is_a_negative_code(tmp_path: Path) -> None:
    ended, _ = run_shell("kill -SEGV $$", tmp_path)
    assert ended.code == -signal.SIGSEGV


def test_killing_itself_is_no_time_out(tmp_path: Path) -> None:
    ended, _ = run_shell("kill -KILL $$", tmp_path)
    assert ended.code == -signal.SIGKILL


def test_at_the_limit_program_child_and_grandchild_are_killed(tmp_path: Path) -> None:
    text = "echo $$ > one; (sh -c 'echo $$ > two; sleep 30; true' & echo $! > three; sleep 30; true); true"
    begun = time.monotonic()
    with pytest.raises(OutOfTimeError):
        run_shell(text, tmp_path, seconds=1)
    assert time.monotonic() - begun < 1 + MARGIN
    assert all(is_gone_soon(pid_in(tmp_path / each)) for each in ("one", "two", "three"))


def test_one_that_ignores_every_polite_signal_is_killed_too(tmp_path: Path) -> None:
    with pytest.raises(OutOfTimeError):
        run_shell("trap '' TERM INT HUP PIPE; echo $$ > pid; while :; do sleep 30; done", tmp_path, seconds=1)
    assert is_gone_soon(pid_in(tmp_path / "pid"))


def test_a_child_that_is_left_behind_holding_the_pipe_is_killed_at_once(tmp_path: Path) -> None:
    begun = time.monotonic()
    ended, output = run_shell("sleep 30 & echo $! > pid; echo done", tmp_path)
    assert (ended.code, output) == (0, b"done\n")
    assert time.monotonic() - begun < MARGIN
    assert is_gone_soon(pid_in(tmp_path / "pid"))


@pytest.mark.parametrize("work", ["time.sleep(30)", "while True: os.write(1, b'x' * 4096)"])
def test_a_grandchild_that_left_the_session_with_the_pipe_delays_nothing(tmp_path: Path, work: str) -> None:
    pid = tmp_path / "pid"
    text = SETSID.format(pid=str(pid)) + work + f"\nwhile not os.path.exists({str(pid)!r}): time.sleep(0.01)\n"
    begun = time.monotonic()
    output = Head(65_536, ROOMY)
    ended = run_program(python(text, tmp_path), Leash(10), output)
    try:
        assert ended.code == 0
        assert time.monotonic() - begun < MARGIN
    finally:
        os.kill(pid_in(pid), signal.SIGKILL)


def test_one_that_closes_its_output_and_goes_on_is_waited_for_and_then_ended(tmp_path: Path) -> None:
    ended, output = run_shell("echo first; exec >&- 2>&-; sleep 0.1; exit 7", tmp_path)
    assert (ended.code, output) == (7, b"first\n")
    with pytest.raises(OutOfTimeError):
        run_shell("exec >&- 2>&-; sleep 30", tmp_path, seconds=0.2)


def test_a_leash_that_is_cut_from_outside_ends_it(tmp_path: Path) -> None:
    leash = Leash(30)
    cutter = threading.Timer(0.2, leash.cut)
    cutter.start()
    begun = time.monotonic()
    with pytest.raises(OutOfTimeError):
        run_program(shell("sleep 30", tmp_path), leash, Head(10, ROOMY))
    cutter.join()
    assert time.monotonic() - begun < 0.2 + MARGIN


def test_when_we_are_killed_ourselves_all_of_them_are_killed_too(tmp_path: Path) -> None:
    work = f"sleep 60 & echo $! > {tmp_path}/child; echo $$ > {tmp_path}/pid; wait"
    us = os.fork()
    if not us:
        try:
            Watch.begin = saying_so(tmp_path / "watched")  # type: ignore[method-assign]
            run_shell(work, tmp_path, seconds=60)
        finally:
            os._exit(0)
    pids = [pid_in(tmp_path / name) for name in ("child", "pid", "watched")]
    os.kill(us, signal.SIGKILL)
    os.waitpid(us, 0)
    assert all(is_gone_soon(pid) for pid in pids)


def saying_so(file: Path) -> Callable[[Watch, int], None]:
    """Begins to watch, and says in a file that it does."""
    real = Watch.begin

    def begin(watch: Watch, group: int) -> None:
        real(watch, group)
        file.write_text(str(group))

    return begin


class Deadly(Leash):
    """Kills who takes it up, which is done as soon as the program runs."""

    def on_cut(self, ender: Callable[[], None]) -> None:
        os.kill(os.getpid(), signal.SIGKILL)


def test_a_program_is_watched_over_from_its_first_moment(tmp_path: Path) -> None:
    us = os.fork()
    if not us:
        try:
            run_program(shell(f"echo $$ > {tmp_path}/pid; sleep 60", tmp_path), Deadly(60), Head(10, ROOMY))
        finally:
            os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(us, 0)[1]) == -signal.SIGKILL
    time.sleep(0.1)  # it may have been killed before it could write
    assert not (tmp_path / "pid").exists() or is_gone_soon(pid_in(tmp_path / "pid"))


def test_a_machine_without_a_shell_has_nobody_to_watch_and_runs_programs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rollout_cli.sources.probes.watcher._SHELL", str(tmp_path / "none"))
    assert run_shell("echo answer", tmp_path)[1] == b"answer\n"


def test_a_leash_that_was_cut_before_lets_nothing_begin(tmp_path: Path) -> None:
    leash = Leash(30)
    leash.cut()
    with pytest.raises(OutOfTimeError):
        run_program(shell("touch begun", tmp_path), leash, Head(10, ROOMY))
    assert not (tmp_path / "begun").exists()


@pytest.mark.parametrize("keeper", [Head(65_536, ROOMY), Tail(65_536)])
def test_a_flood_of_200_mb_is_taken_in_little_time_and_memory(tmp_path: Path, keeper: Head | Tail) -> None:
    tracemalloc.start()
    begun = time.monotonic()
    ended = run_program(shell("head -c 200000000 /dev/zero; printf end", tmp_path), Leash(10), keeper)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert ended.code == 0
    assert time.monotonic() - begun < 8
    assert peak < 2_000_000
    assert (len(keeper.kept), keeper.is_cut) == (65_536, True)
    assert keeper.kept.endswith(b"end") == isinstance(keeper, Tail)


def test_a_flood_without_an_end_is_stopped_where_it_is_absurd(tmp_path: Path) -> None:
    with pytest.raises(TooMuchError):
        run_program(shell("yes & echo $! > pid; yes", tmp_path), Leash(10), Head(100, 1_000_000))
    assert is_gone_soon(pid_in(tmp_path / "pid"))


def test_a_flood_without_an_end_is_stopped_at_the_limit(tmp_path: Path) -> None:
    begun = time.monotonic()
    with pytest.raises(OutOfTimeError):
        run_program(shell("yes", tmp_path), Leash(0.3), Tail(1000))
    assert time.monotonic() - begun < 0.3 + MARGIN


def test_what_cannot_be_run_is_said_and_leaves_nothing(tmp_path: Path) -> None:
    for path in (str(tmp_path), str(tmp_path / "nothing"), "/etc/passwd"):
        with pytest.raises(OSError, match=r"\[Errno"):
            run_program(Program(path, ("x",), {}, tmp_path), Leash(5), Head(10, ROOMY))


def test_a_question_of_any_size_is_read_and_has_an_end(tmp_path: Path) -> None:
    asking = Program("/bin/sh", ("sh", "-c", "wc -c"), {"PATH": "/usr/bin:/bin"}, tmp_path, question=b"x" * 3_000_000)
    output = Head(100, ROOMY)
    run_program(asking, Leash(10), output)
    assert output.kept.split() == [b"3000000"]


def test_answers_apart_come_over_their_own_descriptor_and_prints_go_nowhere(tmp_path: Path) -> None:
    text = "import os, sys; print('printed'); print('erred', file=sys.stderr); os.write(int(sys.argv[-1]), b'answer')"
    apart = Program(sys.executable, ("python", "-I", "-c", text), {}, tmp_path, answers_apart=True)
    output = Head(100, ROOMY)
    run_program(apart, Leash(10), output)
    assert output.kept == b"answer"


def test_an_exit_status_that_somebody_else_took_is_never_a_zero(tmp_path: Path) -> None:
    def ignoring_children() -> str:
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)
        try:
            return str(run_shell("exit 3", tmp_path)[0].code)
        except ChildProcessError as error:
            return type(error).__name__

    assert in_child(ignoring_children) == "ChildProcessError"


def test_without_waitid_it_is_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "waitid")
    ended, output = run_shell("sleep 30 & echo $! > pid; echo done; exit 4", tmp_path)
    assert (ended.code, output) == (4, b"done\n")
    assert is_gone_soon(pid_in(tmp_path / "pid"))
    with pytest.raises(OutOfTimeError):
        run_shell("sleep 30", tmp_path, seconds=0.2)


@given(st.lists(st.binary(max_size=40)), st.integers(0, 50))
def test_head_and_tail_keep_the_ends_of_any_output(chunks: list[bytes], most: int) -> None:
    head, tail, whole = Head(most, ROOMY), Tail(most), b"".join(chunks)
    for each in chunks:
        head.take(each)
        tail.take(each)
    assert (head.kept, head.is_cut) == (whole[:most], len(whole) > most)
    assert (tail.kept, tail.is_cut) == (whole[max(len(whole) - most, 0) :], len(whole) > most)
