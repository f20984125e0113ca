"""The other end of `isolated_worker`: starts the process, asks it, ends it."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from time import monotonic

from rollout_cli.pipeline.delivery import Delivery
from rollout_cli.pipeline.isolated_wire import Answer, packed, receive_answer, send

_WORKER = "rollout_cli.pipeline.isolated_worker"
_inherited: list["subprocess.Popen[bytes]"] = []
"""Processes of the process that forked us: not ours to wait for, and not to be let go of, which would wait."""


class Child:
    """One process with a candidate in it."""

    def __init__(self, target: str, *, python: str, memory_limit: int, time_limit: float) -> None:
        """Start a process. It has no descriptor of ours but its connection and, for its log, our standard error.

        Raises:
            OSError: it cannot be started.
        """
        ours, its = socket.socketpair()
        arguments = [target, str(its.fileno()), str(memory_limit), str(time_limit)]
        try:
            self._process = subprocess.Popen(  # noqa: S603 - our own module, in our own interpreter
                [python, "-P", "-m", _WORKER, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=[its.fileno()],
                env=_environment(),
                start_new_session=True,  # what is meant for the application's group is not meant for it
            )
        except BaseException:
            ours.close()
            raise
        finally:
            its.close()
        self._connection = ours

    @property
    def pid(self) -> int:
        """The number of the process."""
        return self._process.pid

    def made(self, seconds: float) -> Answer:
        """Whether the candidate could be made.

        Raises:
            TimeoutError: it takes too long.
            GoneError: the process has ended.
        """
        return receive_answer(self._connection, monotonic() + seconds)

    def take(self, deliveries: Sequence[Delivery], seconds: float) -> Answer:
        """Have deliveries taken.

        Raises:
            TimeoutError: it takes too long.
            GoneError: the process has ended.
        """
        end = monotonic() + seconds
        send(self._connection, packed(deliveries), end)
        return receive_answer(self._connection, end)

    def interrupt(self) -> None:
        """Have whoever waits for an answer, in another thread, be told that there is none."""
        with suppress(OSError):
            self._connection.shutdown(socket.SHUT_RDWR)

    def end(self) -> None:
        """End the process, and what it has started in its session."""
        self._connection.close()
        if self._process.poll() is None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def abandon(self) -> None:
        """In the child of a fork: it is the parent's, and has to see when the parent ends."""
        self._connection.close()
        _inherited.append(self._process)


def _environment() -> dict[str, str]:
    """Ours, and the places where we find modules."""
    places = [each or os.getcwd() for each in sys.path]  # noqa: PTH109 - a text among texts
    return {**os.environ, "PYTHONPATH": os.pathsep.join(places)}
