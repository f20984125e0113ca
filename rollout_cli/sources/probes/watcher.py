"""Somebody who stays when we are killed, to kill what we have started."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress

_SHELL = "/bin/sh"
_WATCH = 'read -r group || exit; read -r done || kill -s KILL -- "-$group"'
"""Waits to be told whom to watch, then for a word. When that never comes, whoever would have said it is dead."""


class Watch:
    """What is said to the watcher."""

    def __init__(self, writing: int) -> None:
        self._writing = writing

    def begin(self, group: int) -> None:
        """Have this process group killed should this process die, even where it cannot say a word any more."""
        self._say(str(group))

    def end(self) -> None:
        """Nobody is watched over any longer: the group's number may soon be somebody else's."""
        self._say("done")

    def _say(self, word: str) -> None:
        with suppress(BrokenPipeError):
            os.write(self._writing, f"{word}\n".encode())


@contextmanager
def watcher() -> Iterator[Watch]:
    """Somebody is there before there is anything to watch over, so that hardly a moment goes unwatched.

    On a machine without a shell, or without room for one more process, nobody watches.
    """
    reading, writing = os.pipe()  # only we hold the end that is written to: our death closes it
    process = None
    try:
        try:
            with suppress(OSError):
                process = _start(reading)
        finally:
            os.close(reading)
        yield Watch(writing)
    finally:
        os.close(writing)  # whoever is still watched over has been given up, and is killed
        if process is not None:
            process.wait()


def _start(reading: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # noqa: S603 - the shell that every system has, and a script of ours
        [_SHELL, "-c", _WATCH, "rollout-watcher"],
        stdin=reading,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={},
        cwd="/",
        start_new_session=True,
    )
