"""Who runs a simulation: this process, several of this machine, or a Dask cluster."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rollout_cli.errors import UsageError

if TYPE_CHECKING:
    from rollout_cli.simulate.run import Tell
    from rollout_cli.simulate.totals import Totals
    from rollout_cli.simulation.running import Order
    from rollout_cli.simulation.weight import Complain

LOCAL, DASK = "local", "dask"


@dataclass(frozen=True, slots=True)
class Crew:
    """Who is asked to run it.

    Attributes:
        engine: `local`, or `dask`.
        workers: how many processes of this machine.
        scheduler: the address of a cluster; None for this machine.
    """

    engine: str
    workers: int
    scheduler: str | None

    @property
    def is_alone(self) -> bool:
        """Whether it is this process."""
        return self.engine == LOCAL and self.workers == 1

    def simulate(self, order: "Order", tell: "Tell", complain: "Complain") -> "tuple[Totals, int]":
        """Run an order; what came of it, and how many workers there were.

        Args:
            order: what to run.
            tell: hears how far it has come.
            complain: hears what of a recording cannot be read.

        Raises:
            UsageError: the cluster cannot be used.
            StoreError: the store of events cannot be opened or read.
            WorkerLostError: a worker, or the cluster, went away.
        """
        if self.engine == DASK:
            from rollout_cli.simulation.cluster import simulate_on_cluster

            return simulate_on_cluster(order, self.scheduler, self.workers, tell, complain)
        from rollout_cli.simulation.workers import simulate_on_cores

        return simulate_on_cores(order, self.workers, tell, complain)


def crew_of(workers: str | None, engine: str, scheduler: str | None) -> Crew:
    """Who is meant by the options.

    Raises:
        UsageError: nobody can be.
    """
    if engine not in (LOCAL, DASK):
        raise UsageError(f"there is no engine {engine!r}", hint=f"there are {LOCAL} and {DASK}")
    if scheduler is not None and engine != DASK:
        raise UsageError("--scheduler is of a Dask cluster", hint="add --engine dask")
    if scheduler is not None and workers is not None:
        raise UsageError("a cluster has the workers that it has", hint="leave out --workers, or --scheduler")
    return Crew(engine, 1 if workers is None else _number(workers), scheduler)


def _number(told: str) -> int:
    from rollout_cli.simulation.workers import MOST_WORKERS, cores

    if told == "auto":
        return min(cores(), MOST_WORKERS)
    if not told.isascii() or not told.isdigit() or not 1 <= int(told) <= MOST_WORKERS:
        raise UsageError(f"there cannot be {told} workers", hint=f"1 to {MOST_WORKERS}, or auto for one a core")
    return int(told)
