"""The program as a user runs it: its own process, environment, exit code and streams; also on a terminal."""

import contextlib
import io
import json
import os
import re
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pexpect

from rollout_cli.cli.main import run

CLEAN = {
    name: value
    for name, value in os.environ.items()
    if not name.startswith(("ROLLOUT_", "_ROLLOUT_", "WHATSAPP_"))
    and name not in {"NO_COLOR", "COLUMNS", "FORCE_COLOR"}
}
PROGRAM = [sys.executable, "-m", "rollout_cli.cli.main"]
_CHANGING = (
    (r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d(\.\d+)?)?( UTC|Z)?", "<time>"),
    (r"\b[0-9a-f]{64}\b", "<hash>"),
    (r"in \d+ ms", "in <n> ms"),
    (r"\d+s of", "<n>s of"),
)


@dataclass(frozen=True)
class Run:
    """A finished run."""

    code: int
    out: str
    err: str
    folder: Path | None = None

    @property
    def document(self) -> Any:
        """Standard output as the JSON document it is."""
        return json.loads(self.out)

    @property
    def answer(self) -> str:
        """Standard output with everything replaced that changes from run to run."""
        return self._steady(self.out)

    @property
    def talk(self) -> str:
        """Standard error, likewise."""
        return self._steady(self.err)

    def _steady(self, text: str) -> str:
        if self.folder is not None:
            text = text.replace(str(self.folder), "<folder>")
        for pattern, word in _CHANGING:
            text = re.sub(pattern, word, text)
        return text


def text(block: str) -> str:
    """An indented block as the text that is expected."""
    return textwrap.dedent(block).removeprefix("\n")


def surroundings(**changes: str | None) -> dict[str, str]:
    """A clean environment with changes; None takes a variable away."""
    wanted: dict[str, str | None] = {**CLEAN, "ROLLOUT_ACTOR": "tester", **changes}
    return {name: value for name, value in wanted.items() if value is not None}


def rollout(
    *arguments: str, cwd: Path, stdin: str | bytes | None = None, timeout: float = 60, **environment: str | None
) -> Run:
    """Run `rollout` with arguments, in a folder, with more environment variables."""
    data = stdin.encode() if isinstance(stdin, str) else stdin
    done = subprocess.run(
        [*PROGRAM, *arguments],
        cwd=cwd,
        input=data if data is not None else b"",
        capture_output=True,
        timeout=timeout,
        check=False,
        env=surroundings(**environment),
    )
    return Run(done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace"), cwd)


class Screen(io.StringIO):
    """A stream that a person looks at."""

    def isatty(self) -> bool:
        return True


class Keyboard(io.TextIOWrapper):
    """A stream that a person types into."""

    def isatty(self) -> bool:
        return True


def rollout_here(
    *arguments: str, cwd: Path, stdin: str | bytes = b"", terminal: bool = False, **environment: str | None
) -> Run:
    """The same command line inside this process: twenty times faster, for tests that need no process of their own.

    On a `terminal` all three streams say that a person is there, and `stdin` is what that person types.
    """
    stream = Screen if terminal else io.StringIO
    out, err = stream(), stream()
    typed = (Keyboard if terminal else io.TextIOWrapper)(
        io.BytesIO(stdin.encode() if isinstance(stdin, str) else stdin), encoding="utf-8"
    )
    environment = {"TERM": "xterm-256color" if terminal else "dumb", **environment}
    before, where = dict(os.environ), Path.cwd()
    os.environ.clear()
    os.environ.update(surroundings(**environment))
    os.chdir(cwd)
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), _stdin(typed):
            code = run(list(arguments))
    finally:
        os.chdir(where)
        os.environ.clear()
        os.environ.update(before)
    return Run(int(code), out.getvalue(), err.getvalue(), cwd)


def rollout_in_shell(command: str, *, cwd: Path, timeout: float = 60, **environment: str | None) -> Run:
    """Run a line of bash in which `rollout` is the program; its exit code is the one that the line says."""
    program = " ".join(f"'{word}'" for word in PROGRAM)
    done = subprocess.run(
        ["/bin/bash", "-c", f'rollout() {{ {program} "$@"; }}; {command}'],
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=timeout,
        check=False,
        env=surroundings(**environment),
    )
    return Run(done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace"), cwd)


def rollout_on_terminal(*arguments: str, cwd: Path, columns: int = 80, **environment: str | None) -> Any:
    """Run `rollout` on a terminal of its own, where a person can be asked and interrupts.

    Returns:
        A `pexpect` process; what it printed is text.
    """
    return pexpect.spawn(
        PROGRAM[0],
        [*PROGRAM[1:], *arguments],
        cwd=str(cwd),
        env=surroundings(TERM="xterm-256color", **environment),  # type: ignore[arg-type]
        dimensions=(40, columns),
        encoding="utf-8",
        timeout=30,
    )


@contextlib.contextmanager
def _stdin(stream: io.TextIOWrapper) -> Iterator[None]:
    before = sys.stdin
    sys.stdin = stream
    try:
        yield
    finally:
        sys.stdin = before
