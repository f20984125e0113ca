"""A simulation on several cores: each worker is a process that plays some of the lanes, and its totals add up.

Nothing is shared but the flags: each worker has its own store, or its own shoppers in the one that was named. Each
talks over a pipe of its own, because a queue for all would stand still when a worker is killed while it writes.
"""

import os
import signal
import tempfile
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from multiprocessing import get_context, resource_tracker
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from time import monotonic
from typing import Any

from rollout_cli.ending import heed, held_back
from rollout_cli.errors import (
    ConflictError,
    ExitCode,
    RefusedError,
    RolloutError,
    StoreError,
    StoreFullError,
    UsageError,
)
from rollout_cli.simulate.dealing import dealt
from rollout_cli.simulate.run import Progress, Tell, together
from rollout_cli.simulate.totals import Totals
from rollout_cli.simulation.running import Order, quiet_log, simulate
from rollout_cli.simulation.temporary import own_folder
from rollout_cli.simulation.weight import Complain, silent, weighed

MOST_WORKERS = 64
_EVERY_SECONDS = 0.1
_GRACE_SECONDS = 1.0
"""How long a worker may take to clean up when it is ended before its time."""


class WorkerLostError(RolloutError):
    """A worker ended without a word: nothing can be said of the run."""

    exit_code = ExitCode.NOT_YET


class WorkerCrash(Exception):  # noqa: N818 - no error of anybody's but ours
    """A bug of ours, in a worker; the text is its traceback."""


@dataclass(frozen=True, slots=True)
class Failed:
    """An expected error of a worker."""

    kind: type[RolloutError]
    message: str
    hint: str

    @classmethod
    def of(cls, error: RolloutError) -> "Failed":
        """What is told of an error: its exit code has to survive, its class need not."""
        kinds = (StoreFullError, StoreError, ConflictError, RefusedError, WorkerLostError)
        return cls(next((each for each in kinds if isinstance(error, each)), UsageError), error.message, error.hint)

    def raised(self) -> RolloutError:
        """The error again."""
        return self.kind(self.message, hint=self.hint)


def cores() -> int:
    """How many cores this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)
    return max(len(affinity(0)) if affinity is not None else os.cpu_count() or 1, 1)


def simulate_on_cores(
    order: Order, workers: int, tell: Tell | None = None, complain: Complain = silent
) -> tuple[Totals, int]:
    """Run an order on several workers; everything but times is as if one had run it.

    Args:
        order: what to run.
        workers: how many processes; no more than there are lanes. One is this process itself.
        tell: hears how far all of them have come.
        complain: hears what of a recording cannot be read.

    Returns:
        The totals, and how many workers there were.

    Raises:
        UsageError: a recording was changed meanwhile.
        StoreError: the store of events cannot be opened or read.
        WorkerLostError: a worker was killed.
    """
    weight = weighed(order, complain)
    parts = dealt(weight.lanes, workers)
    if len(parts) == 1:
        return simulate(order, tell), 1
    with own_folder() as folder:
        # the folder of all their stores is this process's: what a killed worker leaves is removed, too
        orders = [weight.parted(order, part) for part in parts]
        with _working([(each, str(folder)) for each in orders], _play) as connections:
            return weight.together(_gathered(connections, tell)), len(parts)


@contextmanager
def _working(tasks: Sequence[tuple[Any, ...]], work: Callable[..., None]) -> Iterator[list[Connection]]:
    """A process for each task, with what it says; all of them are gone afterwards, whatever happens."""
    processes: list[SpawnProcess] = []
    with ExitStack() as stack:
        stack.callback(_end, processes)
        connections: list[Connection] = []
        with interrupts_held():
            for task in tasks:
                mine, its = get_context("spawn").Pipe(duplex=False)
                stack.callback(mine.close)
                process = get_context("spawn").Process(target=work, args=(*task, its), daemon=True)
                processes.append(process)
                process.start()
                its.close()
                connections.append(mine)
        yield connections


@contextmanager
def interrupts_held() -> Iterator[None]:
    """Hold back what a terminal sends, for good in what is started meanwhile: workers are for this process to end.

    It is ended only when it has told them what they are: a worker that waits for that would show a traceback.
    """
    resource_tracker.ensure_running()  # would let it through again, when it is started
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGHUP})
    try:
        with held_back(signal.SIGTERM, signal.SIGHUP):
            yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _end(processes: Sequence[SpawnProcess]) -> None:
    """End what still runs: kindly, and after a moment by force."""
    started = [each for each in processes if each.pid is not None]
    try:
        for each in started:
            each.terminate()
        until = monotonic() + _GRACE_SECONDS
        for each in started:
            each.join(max(until - monotonic(), 0))
    finally:
        for each in started:
            each.kill()
            each.join()


def _gathered(connections: Sequence[Connection], tell: Tell | None) -> list[Totals]:
    """Listen until everybody is done; what each has counted."""
    latest: dict[int, Progress] = {}
    ended: dict[int, Totals] = {}
    while left := {each: number for number, each in enumerate(connections) if number not in ended}:
        ready = wait(list(left))
        for connection, number in left.items():
            if connection not in ready:
                continue
            said = _heard(connection)
            if isinstance(said, Totals):
                ended[number] = said
                continue
            latest[number] = said
            if tell is not None:
                tell(together(latest.values()))
    return [ended[number] for number in sorted(ended)]


def _heard(connection: Connection) -> Progress | Totals:
    try:
        said: Progress | Totals | Failed | str = connection.recv()
    except (EOFError, OSError):
        raise WorkerLostError(
            "a worker of the simulation was killed, so that nothing can be said of the run",
            hint="if memory ran out, use fewer --workers; else run it again",
        ) from None
    return said if isinstance(said, Progress) else totals_of(said)


def totals_of(said: Totals | Failed | str) -> Totals:
    """What a worker has counted.

    Args:
        said: its totals; or, where it could not do what it should, its error, or the traceback of a bug.

    Raises:
        RolloutError: its error.
        WorkerCrash: the bug.
    """
    if isinstance(said, Failed):
        raise said.raised()
    if isinstance(said, str):
        raise WorkerCrash(said)
    return said


def _play(order: Order, folder: str, out: Connection) -> None:
    """A worker: play an order, and say what came of it."""
    heed(signal.SIGTERM)  # what it has made in a store is taken away
    tempfile.tempdir = folder
    with suppress(BrokenPipeError), quiet_log():  # who asked is gone: nobody wants to know
        try:
            out.send(simulate(order, _teller(out)))
        except BrokenPipeError:
            raise
        except RolloutError as error:
            out.send(Failed.of(error))
        except Exception:  # noqa: BLE001 - said again where it can be reported
            out.send(traceback.format_exc())


def _teller(out: Connection) -> Tell:
    """Tells how far it has come, some times a second."""
    due = 0.0

    def tell(progress: Progress) -> None:
        nonlocal due
        if progress.seconds >= due:
            due = progress.seconds + _EVERY_SECONDS
            out.send(progress)

    return tell
