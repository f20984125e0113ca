"""A simulation on a Dask cluster: each lane is a task, and the totals of all add up here.

The one module that knows Dask, which is an extra. A task is played from its beginning by one worker; where that
worker dies, another one begins it again with a store of its own.
"""

import logging
import traceback
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from queue import Empty, SimpleQueue
from time import monotonic, perf_counter
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from rollout_cli.errors import RolloutError, UsageError
from rollout_cli.simulate.dealing import dealt
from rollout_cli.simulate.run import Progress, Tell
from rollout_cli.simulate.totals import Totals
from rollout_cli.simulation.running import Order, quiet_log, simulate
from rollout_cli.simulation.temporary import own_folder
from rollout_cli.simulation.weight import Complain, Weight, silent, weighed
from rollout_cli.simulation.workers import Failed, WorkerCrash, WorkerLostError, interrupts_held, totals_of
from rollout_cli.version import VERSION

if TYPE_CHECKING:
    from distributed import Client, Future

_CONNECT_SECONDS = 5
_LOOK_SECONDS = 1
_ALONE_SECONDS = 20
"""How long a cluster may be without any worker before it is given up."""


def simulate_on_cluster(
    order: Order, address: str | None, workers: int = 1, tell: Tell | None = None, complain: Complain = silent
) -> tuple[Totals, int]:
    """Run an order on a cluster; everything but times is as if one process had run it.

    Args:
        order: what to run.
        address: of the scheduler, like `tcp://scheduler:8786`; None for a cluster of this machine's processes.
        workers: how many of those.
        tell: hears of each task that is done.
        complain: hears what of a recording cannot be read.

    Returns:
        The totals, and how many workers there were at the beginning.

    Raises:
        UsageError: Dask is not installed, no scheduler answers, or its workers have another version of this program
            or another recording.
        StoreError: the store of events cannot be opened or read.
        WorkerLostError: the cluster went away.
    """
    _require()
    with ExitStack() as stack:
        client = stack.enter_context(_connected(address) if address is not None else _own_cluster(workers))
        count = _checked(client, address or "this machine")
        weight = weighed(order, complain)
        begun = perf_counter()
        whole = weight.together(_gathered(client, _handed_out(client, order, weight, count), tell))
        whole.seconds = perf_counter() - begun
        return whole, count


def _require() -> None:
    try:
        import distributed  # noqa: F401, PLC0415 - an extra
    except ImportError:
        raise UsageError("--engine dask needs Dask, which is not installed", hint="pip install distributed") from None


@contextmanager
def _connected(address: str) -> "Iterator[Client]":
    from distributed import Client  # noqa: PLC0415 - an extra

    try:
        client = Client(address, timeout=_CONNECT_SECONDS, set_as_default=False)
    except (OSError, ValueError, TypeError):
        raise UsageError(
            f"no Dask scheduler answers at {address}", hint="start one with `dask scheduler`, and name its address"
        ) from None
    try:
        yield client
    finally:  # what is still to be played is cancelled with its client
        client.close(timeout=_CONNECT_SECONDS)


@contextmanager
def _own_cluster(workers: int) -> "Iterator[Client]":
    """Processes of this machine; the folder of their stores is this one's, which removes it whatever became of them."""
    import dask  # noqa: PLC0415 - an extra
    from distributed import Client, LocalCluster  # noqa: PLC0415 - an extra

    with own_folder() as own, ExitStack() as stack:
        folder = str(own)
        stack.enter_context(dask.config.set({"temporary-directory": folder}))  # the scheduler has files there, too
        with interrupts_held():
            cluster = stack.enter_context(
                LocalCluster(
                    n_workers=workers,
                    threads_per_worker=1,
                    dashboard_address=None,
                    local_directory=folder,
                    env={"TMPDIR": folder},
                    silence_logs=logging.CRITICAL,
                )
            )
        yield stack.enter_context(Client(cluster, set_as_default=False))


def _checked(client: "Client", where: str) -> int:
    """How many workers there are; all of them have this program in this version."""
    try:
        client.wait_for_workers(1, timeout=_CONNECT_SECONDS)
    except TimeoutError:
        raise UsageError(f"the scheduler at {where} has no worker", hint="start some with `dask worker`") from None
    versions: dict[str, Any] = client.run(_version_question(), on_error="return")
    for worker, version in sorted(versions.items()):
        if version != VERSION:
            told = f"version {version}" if isinstance(version, str) and version else "no version"
            raise UsageError(
                f"the worker at {worker} has {told} of rollout, and this is {VERSION}",
                hint=f"install rollout {VERSION} on every worker",
            )
    return len(versions)


def _version_question() -> Callable[[], str]:
    def version() -> str:  # within another function: sent as code, because the worker may not have this module
        try:
            from rollout_cli.version import VERSION as THEIRS  # noqa: PLC0415
        except ImportError:
            return ""
        return THEIRS

    return version


def _handed_out(client: "Client", order: Order, weight: Weight, workers: int) -> "list[Future]":
    """A task for each lane, the largest first: what is left at the end is small.

    Of a recording no more of them than there are workers, because each of them reads all of it.
    """
    run, sizes = uuid4().hex, {each.number: each.events for each in weight.lanes}
    parts = dealt(weight.lanes, len(sizes) if order.recording is None else workers)
    return [
        client.submit(
            play,
            weight.parted(order, part),
            VERSION,
            f"{run}-{number}",
            key=f"rollout-simulate-{run}-{number}",
            priority=sum(sizes[each] for each in part),
            pure=False,
        )
        for number, part in enumerate(parts)
    ]


def _gathered(client: "Client", futures: "list[Future]", tell: Tell | None) -> Iterator[Totals]:
    """What each task has counted, as they end."""
    begun, bodies, events = perf_counter(), 0, 0
    for future in _ended(client, futures):
        try:
            totals = totals_of(future.result())
        except (RolloutError, WorkerCrash):
            raise
        except Exception as error:
            raise _lost() from error
        seconds = perf_counter() - begun
        totals.timeline.delay(max(seconds - totals.seconds, 0))
        bodies, events = bodies + totals.tallied.bodies, events + totals.tallied.facts
        if tell is not None:
            tell(Progress(bodies, events, seconds))
        yield totals


def _ended(client: "Client", futures: "list[Future]") -> "Iterator[Future]":
    """Futures as they end. A cluster without workers would be waited for without end: it is given up."""
    ended: SimpleQueue[Future] = SimpleQueue()
    for each in futures:
        each.add_done_callback(ended.put)
    left, seen_at = len(futures), monotonic()
    while left:
        try:
            yield ended.get(timeout=_LOOK_SECONDS)
            left -= 1
        except Empty:
            if _has_workers(client):
                seen_at = monotonic()
            elif monotonic() - seen_at > _ALONE_SECONDS:
                raise _lost() from None


def _has_workers(client: "Client") -> bool:
    try:
        return bool(client.scheduler_info(n_workers=-1)["workers"])
    except (OSError, ValueError):  # there is no scheduler just now
        return False


def _lost() -> WorkerLostError:
    return WorkerLostError(
        "the cluster was lost while it ran the simulation, so that nothing can be said of the run",
        hint="see the logs of its scheduler and workers; if their memory ran out, use more workers",
    )


def play(order: Order, version: str, name: str) -> Totals | Failed | str:
    """A task: play a lane, and say what came of it.

    Args:
        order: with the one lane.
        version: of who asks; a worker that came later has not been asked for its own.
        name: of the task.
    """
    try:
        _hold_version(version)
        if order.events_store is not None:
            _begin_once(name)
        with quiet_log():
            return simulate(order, _while_wanted())
    except RolloutError as error:
        return Failed.of(error)
    except Exception:  # noqa: BLE001 - said again where it can be reported
        return traceback.format_exc()


def _hold_version(wanted: str) -> None:
    if wanted != VERSION:
        raise UsageError(f"a worker has version {VERSION} of rollout", hint=f"it has to be {wanted}")


def _begin_once(name: str) -> None:
    """See that nobody has begun the same in the same store: what is in it already would be taken for repeats."""
    from distributed import Event  # noqa: PLC0415 - an extra

    begun = Event(name)
    if begun.is_set():
        raise WorkerLostError(
            "a worker was lost, and what it had written is in the store of events",
            hint="run it again with another seed, or without --events-store",
        )
    begun.set()


def _while_wanted() -> Tell:
    """Ends a task that was cancelled: Dask itself only forgets it."""
    from distributed import get_worker  # noqa: PLC0415 - an extra

    worker = get_worker()
    key = worker.get_current_task()

    def tell(_: Progress) -> None:
        task = worker.state.tasks.get(key)
        if task is None or task.state == "cancelled":
            raise UsageError("cancelled", hint="nobody waits for it")

    return tell
