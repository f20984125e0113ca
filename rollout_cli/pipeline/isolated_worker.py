"""The process that a candidate runs in, started by `isolated_child`; never by hand.

It is told its candidate (`module:factory`), the descriptor of its only connection, its memory in bytes and its time for
a batch in seconds. It ends when the other end does; while the candidate computes, its alarm clock sees to that.
"""

import os
import resource
import signal
import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from typing import Any

from rollout_cli.errors import StoreError
from rollout_cli.pipeline.delivery import Candidate
from rollout_cli.pipeline.isolated_wire import Answer, GoneError, packed_answer, receive_deliveries

_NICE = 10
_GRACE = 1.0


def main(arguments: list[str]) -> int:
    """Be a candidate's process until nobody is there any more."""
    target, descriptor, memory_limit, time_limit = arguments
    with socket.socket(fileno=int(descriptor)) as connection, suppress(GoneError, OSError):
        connection.set_inheritable(False)
        _restrain(int(memory_limit))
        serve(connection, target, float(time_limit))
    return 0


def serve(connection: socket.socket, target: str, time_limit: float) -> None:
    """Make the candidate, and have it take what comes.

    Raises:
        GoneError: nobody is there any more.
    """
    made: list[Candidate] = []
    answer = _answer(lambda: made.append(_made(target)))
    connection.sendall(packed_answer(answer))
    while made:
        deliveries = receive_deliveries(connection)
        _ring_after(time_limit + _GRACE)
        answer = _answer(lambda: made[0].take(deliveries))  # noqa: B023 - called at once
        _ring_after(0)
        connection.sendall(packed_answer(answer))


def _restrain(memory_limit: int) -> None:
    """Be nobody's trouble: neither in processor time nor in memory, and leave no image of it on a disk."""
    with suppress(OSError):
        os.nice(_NICE)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if memory_limit:
        resource.setrlimit(resource.RLIMIT_AS, (memory_limit, memory_limit))


def _made(target: str) -> Candidate:
    module, _, name = target.partition(":")
    factory: Any = import_module(module)
    for each in name.split("."):
        factory = getattr(factory, each)
    candidate: Candidate = factory()
    return candidate


def _answer(work: Callable[[], object]) -> Answer:
    try:
        work()
    except BaseException as error:  # noqa: BLE001 - whatever it is, it is said by its name alone
        return Answer(type(error).__name__, isinstance(error, StoreError))
    return Answer()


def _ring_after(seconds: float) -> None:
    """Be ended by the system after so long, whatever runs, also where nobody is there to do it; 0: not at all."""
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, seconds)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
