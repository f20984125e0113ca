"""A signal that asks for an end is heard, also where Python loses what it raises; and nobody sees a traceback of it."""

import signal
import subprocess
import sys
import textwrap
from contextlib import suppress
from pathlib import Path
from threading import Thread

import pytest

from rollout_cli.cli import main
from rollout_cli.ending import Terminated, held_back
from rollout_cli.errors import ExitCode, StoreError
from rollout_cli.store.engine import sqlite_engine

_PROGRAM = """
import os, signal, time
from rollout_cli import ending

ending._MOMENT = 1.0
ending.heed(signal.SIGTERM)

class Finalized:
    def __del__(self):
        os.kill(os.getpid(), {number})
        for _ in range(1000):  # the handler runs in here
            pass

left = Finalized()
del left
print("went on", flush=True)
try:
    time.sleep(30)
finally:
    print("closed", flush=True)
"""


def ran(program: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)], capture_output=True, text=True, timeout=25, check=False
    )


def test_a_signal_that_comes_while_something_is_finalized_ends_the_process_a_moment_later() -> None:
    ended = ran(_PROGRAM.format(number=int(signal.SIGTERM)))
    assert (ended.returncode, ended.stdout, ended.stderr) == (143, "went on\nclosed\n", "")


def test_so_does_an_interrupt() -> None:
    ended = ran(_PROGRAM.format(number=int(signal.SIGINT)))
    assert ended.stdout == "went on\nclosed\n"
    assert "Exception ignored" not in ended.stderr


def test_what_is_held_back_is_heard_afterwards_and_once() -> None:
    heard: list[int] = []
    before = signal.signal(signal.SIGHUP, lambda number, _: heard.append(number))
    try:
        with held_back(signal.SIGHUP):
            for _ in range(2):
                signal.raise_signal(signal.SIGHUP)
            assert heard == []
        assert heard == [signal.SIGHUP]
        with held_back(signal.SIGHUP):
            pass
        assert heard == [signal.SIGHUP]
    finally:
        signal.signal(signal.SIGHUP, before)


def test_another_thread_holds_nothing_back() -> None:
    found: list[object] = []

    def hold() -> None:
        with held_back(signal.SIGHUP):
            found.append(signal.getsignal(signal.SIGHUP))

    thread = Thread(target=hold)
    thread.start()
    thread.join()
    assert found == [signal.getsignal(signal.SIGHUP)]


def test_what_else_is_lost_in_a_finalizer_is_told_as_before() -> None:
    ended = ran(_PROGRAM.replace("os.kill(os.getpid(), {number})", "raise ValueError('mine')").replace("30", "0"))
    assert ended.returncode == 0
    assert "ValueError: mine" in ended.stderr


def test_a_signal_that_comes_again_is_heard_by_whoever_hears_it_by_then() -> None:
    held = "signal.signal(signal.SIGTERM, lambda *_: print('held', flush=True)); time.sleep(2)"
    program = _PROGRAM.replace("del left", f"del left; {held}").replace("30", "0")
    ended = ran(program.format(number=int(signal.SIGTERM)))
    assert (ended.returncode, ended.stdout) == (0, "held\nwent on\nclosed\n")


@pytest.mark.parametrize(
    ("end", "code"), [(Terminated(143), ExitCode.TERMINATED), (KeyboardInterrupt(), ExitCode.INTERRUPTED)]
)
@pytest.mark.parametrize("made_of_it", [RuntimeError("in a class"), StoreError("rolled back in vain", hint="none")])
def test_an_error_that_an_end_was_made_into_is_that_end(
    end: BaseException, code: ExitCode, made_of_it: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cut_off(_: object) -> int:
        try:
            raise end
        except BaseException:  # noqa: BLE001 - as a driver does
            raise made_of_it from None

    monkeypatch.setattr(main, "_run", cut_off)
    assert main.run([]) == code


@pytest.mark.parametrize(
    ("error", "is_told"), [(SystemExit(143), False), (KeyboardInterrupt(), False), (OSError("gone"), True)]
)
def test_a_connection_that_is_being_closed_when_the_end_comes_is_no_failure(
    tmp_path: Path, error: BaseException, is_told: bool, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(_: object) -> None:
        raise error

    (tmp_path / "any.db").touch()
    made = sqlite_engine(tmp_path / "any.db")
    made.dialect.do_close = fail  # type: ignore[method-assign]
    with suppress(type(error)):
        made.connect().close()
    assert bool(caplog.records) == is_told
