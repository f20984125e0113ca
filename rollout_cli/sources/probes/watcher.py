"""Somebody who stays when we are killed, to kill what we have started."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress

_SHELL = "/bin/sh"
_WATCH = 'read -r done || kill -s KILL -- "-$1"'
"""Waits for a word. When there is none, and never will be, whoever would have said it is dead."""


@contextmanager
def watched_over(group: int) -> Iterator[None]:
    """Have a process group killed should this process die in between, even where it cannot say a word any more.

    On a machine without a shell, or without room for one more process, nobody watches.
    """
    reading, writing = os.pipe()  # only we hold the end that is written to: our death closes it
    watcher = None
    try:
        try:
            with suppress(OSError):
                watcher = _start(group, reading)
        finally:
            os.close(reading)
        yield
    finally:
        with suppress(BrokenPipeError):
            os.write(writing, b"done\n")
        os.close(writing)
        if watcher is not None:
            watcher.wait()


def _start(group: int, reading: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # noqa: S603 - the shell that every system has, and a script of ours
        [_SHELL, "-c", _WATCH, "rollout-watcher", str(group)],
        stdin=reading,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={},
        cwd="/",
        start_new_session=True,
    )
