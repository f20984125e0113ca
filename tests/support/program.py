"""The program as a user runs it: its own process, environment, exit code and streams."""

import contextlib
import io
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rollout_cli.cli.main import run

CLEAN = {
    name: value
    for name, value in os.environ.items()
    if not name.startswith(("ROLLOUT_", "WHATSAPP_")) and name not in {"NO_COLOR", "COLUMNS", "FORCE_COLOR"}
}


@dataclass(frozen=True)
class Run:
    """A finished run."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """Standard output as the JSON document it is."""
        return json.loads(self.out)


def rollout(
    *arguments: str, cwd: Path, stdin: str | bytes | None = None, timeout: float = 60, **environment: str
) -> Run:
    """Run `rollout` with arguments, in a folder, with more environment variables."""
    data = stdin.encode() if isinstance(stdin, str) else stdin
    done = subprocess.run(
        [sys.executable, "-m", "rollout_cli.cli.main", *arguments],
        cwd=cwd,
        input=data if data is not None else b"",
        capture_output=True,
        timeout=timeout,
        check=False,
        env={**CLEAN, "ROLLOUT_ACTOR": "tester", **environment},
    )
    return Run(done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace"))


def rollout_here(*arguments: str, cwd: Path, **environment: str) -> Run:
    """The same command line inside this process: twenty times faster, for tests that need no process of their own."""
    out, err = io.StringIO(), io.StringIO()
    before, where = dict(os.environ), Path.cwd()
    os.environ.clear()
    os.environ.update({**CLEAN, "ROLLOUT_ACTOR": "tester", **environment})
    os.chdir(cwd)
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = run(list(arguments))
    finally:
        os.chdir(where)
        os.environ.clear()
        os.environ.update(before)
    return Run(int(code), out.getvalue(), err.getvalue())
