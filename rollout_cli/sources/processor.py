"""How long a thread was ready to run and did not, because the processor was with others; as Linux tells it."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import process_time, thread_time

_PLACE = "/proc/thread-self/schedstat"
"""Of whoever opens it: nanoseconds on a processor, nanoseconds ready and waiting for one, and how often it got one."""
_LONGEST = 80
_NANOSECONDS = 1e9


@contextmanager
def processor_waits(place: str = _PLACE) -> Iterator[Callable[[], float] | None]:
    """How many seconds this thread has waited for a processor, whenever it is asked; None where no system tells it.

    What other threads of this process had of a processor meanwhile is taken off: nobody else is to blame for that. To
    wait for a lock, a disk, an answer or a sleep's end is no such wait, nor is it to run slowly.

    Args:
        place: where the system tells it.
    """
    try:
        descriptor = os.open(place, os.O_RDONLY)
    except OSError:
        yield None
        return
    try:
        yield _Waits(descriptor) if _is_told(descriptor) else None
    finally:
        os.close(descriptor)


class _Waits:
    """Reads anew only when the thread was switched: who kept the processor has not waited, and that is soon asked."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._switches = -1
        self._delay, self._others = _delay(descriptor), _of_other_threads()
        self._seconds = 0.0

    def __call__(self) -> float:
        """Seconds since the beginning. Only for the thread that began."""
        switches = _switches()
        if switches != self._switches:
            self._switches = switches
            delay, others = _delay(self._descriptor), _of_other_threads()
            self._seconds += max(delay - self._delay - max(others - self._others, 0), 0)
            self._delay, self._others = delay, others
        return self._seconds


def _switches() -> int:
    import resource  # noqa: PLC0415 - not on every system

    usage = resource.getrusage(resource.RUSAGE_THREAD)
    return usage.ru_nvcsw + usage.ru_nivcsw


def _delay(descriptor: int) -> float:
    return int(os.pread(descriptor, _LONGEST, 0).split()[1]) / _NANOSECONDS


def _of_other_threads() -> float:
    return process_time() - thread_time()


def _is_told(descriptor: int) -> bool:
    """Whether the system counts: one that does not says three times nothing, also of a thread that runs and asks."""
    try:
        _, _, times = map(int, os.pread(descriptor, _LONGEST, 0).split())
    except (OSError, ValueError):
        return False
    return times > 0
