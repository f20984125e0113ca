"""One program, run within bounds: of time, of memory, and of how many stay behind.

It gets a session of its own, and whoever it starts belongs to it: at its end, or when its time is over, all of them
are killed as one; should we be killed ourselves, a watcher kills them. Only what leaves that session by itself is
out of reach; nobody waits for it.
"""

import os
import selectors
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Protocol

from rollout_cli.sources.probes.leash import Leash
from rollout_cli.sources.probes.watcher import Watch, watcher

_CHUNK = 1 << 16
_PIPE = 1 << 20
_PATIENCE = 0.02


@dataclass(frozen=True, slots=True)
class Program:
    """What is run.

    Attributes:
        path: the file that is executed; no folder is searched for it.
        arguments: the name it is called by, then its arguments.
        environment: the whole of its environment.
        folder: where it runs.
        question: what it reads from its standard input; without one there is nothing to read.
        answers_apart: what it prints goes nowhere, and its output is what it writes to a descriptor whose number is
            its last argument.
    """

    path: str
    arguments: tuple[str, ...]
    environment: Mapping[str, str]
    folder: Path
    question: bytes = b""
    answers_apart: bool = False


@dataclass(frozen=True, slots=True)
class Ended:
    """How it ended: a code, or minus the signal that ended it; how many seconds that took."""

    code: int
    seconds: float


class TooMuchError(Exception):
    """It writes more than anybody will read."""


class Output(Protocol):
    """Whatever becomes of the output."""

    def take(self, data: bytes) -> None:
        """The next bytes.

        Raises:
            TooMuchError: no more will be taken.
        """
        ...


class Head:
    """Keeps the beginning of an output, at most so many bytes."""

    def __init__(self, most: int, absurd: int) -> None:
        self._most, self._absurd, self._seen = most, absurd, 0
        self._kept = bytearray()

    def take(self, data: bytes) -> None:
        """Keep what there is room for.

        Raises:
            TooMuchError: there was more than is absurd.
        """
        self._seen += len(data)
        self._kept += data[: self._most - len(self._kept)]
        if self._seen > self._absurd:
            raise TooMuchError

    @property
    def kept(self) -> bytes:
        """The beginning."""
        return bytes(self._kept)

    @property
    def is_cut(self) -> bool:
        """Whether there was more."""
        return self._seen > self._most


class Tail:
    """Keeps the end of an output, at most so many bytes, however long it is."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept = bytearray()
        self.is_cut = False

    def take(self, data: bytes) -> None:
        """Keep it, and let go of what is too far from the end."""
        self._kept += data
        if len(self._kept) > 2 * self._most:
            self._trim()

    @property
    def kept(self) -> bytes:
        """The end."""
        self._trim()
        return bytes(self._kept)

    def _trim(self) -> None:
        self.is_cut = self.is_cut or len(self._kept) > self._most
        del self._kept[: max(len(self._kept) - self._most, 0)]


class _Group:
    """A program that runs, and all that it started."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process
        self._lock = threading.Lock()
        self._is_buried = False

    def has_ended(self) -> bool:
        """Whether the program is at its end. It is not buried by that: its number stays its own until all are killed.

        Raises:
            ChildProcessError: somebody else buried it, and took its exit status along.
        """
        if not hasattr(os, "waitid"):  # macOS before Python 3.13
            return self._process.poll() is not None
        return os.waitid(os.P_PID, self._process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None

    def kill(self) -> None:
        """Kill all of them; those that are dead are no obstacle."""
        with self._lock:
            if not self._is_buried:
                with suppress(ProcessLookupError, PermissionError):
                    os.killpg(self._process.pid, signal.SIGKILL)

    def bury(self) -> None:
        """Kill whoever is left, and take the program's exit status."""
        self.kill()
        with self._lock:
            self._is_buried = True  # from here on the number may be somebody else's
        self._process.wait()


def run_program(program: Program, leash: Leash, output: Output) -> Ended:
    """Run a program to its end, then kill whoever it left behind.

    Args:
        program: what is run.
        leash: for how long; when it is cut, all of them are killed.
        output: is given what the program writes, answers and errors as they come.

    Raises:
        OutOfTimeError: it took too long.
        TooMuchError: it wrote too much.
        OSError: it cannot be run.
        ValueError: its arguments are none that a program can be given.
    """
    leash.left()
    with watcher() as watch:  # there before the program is: we may be killed any time
        begun = time.monotonic()
        reading, writing = os.pipe()
        try:
            try:
                process = _start(program, writing)
            finally:
                os.close(writing)
            with _watched(process, leash, watch) as group:
                _listen(group, reading, leash, output)
        finally:
            os.close(reading)
        seconds = time.monotonic() - begun
    if process.returncode == -signal.SIGKILL:
        leash.left()  # it was we who killed it
    return Ended(process.returncode, seconds)


def _start(program: Program, writing: int) -> subprocess.Popen[bytes]:
    apart = program.answers_apart
    with _asked(program.question) as question:
        return subprocess.Popen(  # noqa: S603 - no shell, and the caller says which programs may be run
            [*program.arguments, str(writing)] if apart else program.arguments,
            executable=program.path,
            stdin=question,
            stdout=subprocess.DEVNULL if apart else writing,
            stderr=subprocess.DEVNULL if apart else writing,
            pass_fds=(writing,) if apart else (),
            env=dict(program.environment),
            cwd=program.folder,
            start_new_session=True,
        )


@contextmanager
def _asked(question: bytes) -> Iterator[IO[bytes] | int]:
    """A file without a name: unlike a pipe it takes any question at once, and has an end."""
    if not question:
        yield subprocess.DEVNULL
        return
    with tempfile.TemporaryFile() as file:
        file.write(question)
        file.seek(0)
        yield file


@contextmanager
def _watched(process: subprocess.Popen[bytes], leash: Leash, watch: Watch) -> Iterator[_Group]:
    watch.begin(process.pid)
    group = _Group(process)
    leash.on_cut(group.kill)
    try:
        yield group
    finally:
        group.kill()
        watch.end()
        group.bury()


def _listen(group: _Group, reading: int, leash: Leash, output: Output) -> None:
    """Take the output until the program is at its end; who else holds the pipe is of no interest."""
    with selectors.DefaultSelector() as selector:
        selector.register(reading, selectors.EVENT_READ)
        while not group.has_ended():
            if selector.get_map() and not selector.select(min(leash.left(), _PATIENCE)):
                continue
            if not selector.get_map():
                time.sleep(min(leash.left(), _PATIENCE))
            elif not _take(reading, output):
                selector.unregister(reading)  # it closed its output, and goes on
        group.kill()
        left = _PIPE  # what was still in the pipe; somebody may be filling it for ever
        while left > 0 and selector.get_map() and selector.select(0):
            left -= (taken := _take(reading, output))
            if not taken:
                break


def _take(reading: int, output: Output) -> int:
    data = os.read(reading, _CHUNK)
    output.take(data)
    return len(data)
