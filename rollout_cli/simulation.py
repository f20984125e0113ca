"""A simulation, put together: the one module that knows its parts and the store of events.

```python
from rollout_cli.simulation import Order, simulate

totals = simulate(Order(snapshot, Profile(), seed=7, events=10_000, shoppers=shopper_ids(20)))
```
"""

import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from math import inf
from pathlib import Path as FilePath
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING
from uuid import uuid4

from rollout_cli.flags.model import Snapshot
from rollout_cli.pipeline.courier import Courier
from rollout_cli.pipeline.dual_run.comparing import DeclaredComparison
from rollout_cli.pipeline.dual_run.rules import Rules
from rollout_cli.pipeline.logs import PipelineLog
from rollout_cli.pipeline.new_path import NewPath
from rollout_cli.pipeline.routing.router import Router
from rollout_cli.pipeline.signals import Signal, Subscription
from rollout_cli.simulate.beside import Beside
from rollout_cli.simulate.diverging import Diverging
from rollout_cli.simulate.evidence import Audit, Evidence, audit
from rollout_cli.simulate.judging import Judge
from rollout_cli.simulate.measuring import Measures
from rollout_cli.simulate.planting import NOTHING, Planting
from rollout_cli.simulate.position import Standpoint
from rollout_cli.simulate.run import BATCH, Run, Tell
from rollout_cli.simulate.singly import Singly
from rollout_cli.simulate.teams import ExpectedAssignments, SimulatedTeams
from rollout_cli.simulate.telling import sparingly
from rollout_cli.simulate.totals import Totals
from rollout_cli.simulate.traffic.cast import Lane, lanes
from rollout_cli.simulate.traffic.profile import Profile
from rollout_cli.simulate.traffic.sent import Sent
from rollout_cli.simulate.traffic.stream import traffic
from rollout_cli.sources.legacy_path import legacy_path

if TYPE_CHECKING:
    from rollout_cli.store.events.sql_event_store import SqlEventStore

SIGNALS_UP_TO = 50_000
"""Events up to which a subscriber counts its signals: it reads all of them once more."""
_AT_ONCE = 500
_KEY = b"simulation"
_RULES = Rules(late_ms=inf)
"""What takes longer has a KPI of its own, and would be found in every batch."""


@dataclass(frozen=True)
class Order:
    """What to run. Whoever has the same order does the same.

    Attributes:
        snapshot: the flags.
        profile: what traffic is like.
        seed: of the traffic.
        events: how many are told.
        shoppers: their ids, the largest first.
        events_store: the URL of a store of events; None for one of the run's own, gone when it is over.
        batch: how many deliveries are handed over at once.
        lanes: numbers of the lanes that are run; None for all of them.
        signals: whether a subscriber counts.
        legacy: the legacy path: `reference`, `MODULE:FUNCTION`, or a URL; None for none.
        legacy_facts: `MODULE:FUNCTION` that tells what its answers say.
    """

    snapshot: Snapshot
    profile: Profile
    seed: int
    events: int
    shoppers: tuple[str, ...]
    events_store: str | None = None
    batch: int = BATCH
    lanes: frozenset[int] | None = None
    signals: bool = True
    legacy: str | None = None
    legacy_facts: str | None = None

    def everybody(self) -> tuple[Lane, ...]:
        """All lanes there are, whoever runs them."""
        return lanes(self.profile, self.seed, self.events, self.shoppers)

    def cast(self) -> tuple[Lane, ...]:
        """The lanes that are run."""
        everybody = self.everybody()
        return everybody if self.lanes is None else tuple(each for each in everybody if each.number in self.lanes)

    def portable(self) -> "Order":
        """The same for another process: nothing in it that cannot be sent there."""
        flags = self.snapshot
        plain = replace(flags, definitions=dict(flags.definitions), states=dict(flags.states))
        return replace(self, snapshot=plain)

    def owns(self) -> Callable[[str | None], bool]:
        """Whose rows are this run's to judge, where others write to the same store: those of the shoppers it plays.

        What belongs to nobody whom the traffic knows is judged by who plays the first lane, so that nothing is
        judged twice and nothing never.
        """
        if self.lanes is None:
            return lambda _: True
        others = {shopper.id for lane in self.everybody() if lane.number not in self.lanes for shopper in lane.shoppers}
        own = {shopper.id for lane in self.cast() for shopper in lane.shoppers}
        return (lambda name: name not in others) if 0 in self.lanes else own.__contains__


def simulate(
    order: Order, tell: Tell | None = None, sent: Iterable[Sent] | None = None, planting: Planting = NOTHING
) -> Totals:
    """Run an order.

    Args:
        order: what to run.
        tell: hears how far it has come.
        sent: other traffic than the order's own.
        planting: what is put around the parts, so that something goes wrong on purpose.

    Raises:
        StoreError: the store of events cannot be opened or read.
    """
    cast = order.cast()
    standpoint = Standpoint(order.snapshot)
    teams = SimulatedTeams.of_lanes(cast)
    judge, measures = Judge(standpoint.mode_of), Measures()
    with ExitStack() as stack:
        store = stack.enter_context(_store(order.events_store))
        evidence = planting.evidence(stack.enter_context(_evidence(store, order)))
        legacy = None if order.legacy is None else stack.enter_context(legacy_path(order.legacy, order.legacy_facts))
        comparison = None if legacy is None else Diverging(DeclaredComparison(legacy.facts, _RULES, key=_KEY))
        flags = planting.flags(standpoint.flags)
        new_path = NewPath(
            flags,
            planting.store(store),
            router=Router(planting.teams(teams)),
            metrics=measures,
            log=PipelineLog(_KEY),
            comparison=comparison,
        )
        beside = None if legacy is None else planting.beside(Beside(legacy.handle, flags, measures, judge.tallied))
        take = new_path.take if beside is None else Singly(new_path.take, measures)
        heard = None if tell is None else sparingly(tell, measures.latency)
        run = Run(planting.take(take), judge, heard, batch=order.batch, beside=beside)
        seconds = run.go(traffic(cast, order.profile, order.seed) if sent is None else sent)
        live = {name: seen.path == "live" for name, seen in judge.shoppers.items()}
        found = audit(evidence, judge.threads, live, order.seed, ExpectedAssignments(teams, standpoint.mode_of))
        totals = _totals(order, judge, measures, found, seconds)
        totals.timeline = run.timeline
    if comparison is not None:
        totals.compared, totals.groups = comparison.compared, comparison.groups()
    return totals


@contextmanager
def quiet_log() -> Iterator[None]:
    """The new path's log goes nowhere: what it would say is in the totals."""
    log = logging.getLogger("rollout.pipeline")
    nowhere, before = logging.NullHandler(), log.propagate
    log.addHandler(nowhere)
    log.propagate = False
    try:
        yield
    finally:
        log.propagate = before
        log.removeHandler(nowhere)


def _totals(order: Order, judge: Judge, measures: Measures, found: Audit, seconds: float) -> Totals:
    return Totals(
        tallied=judge.tallied,
        audit=found,
        measures=measures,
        expected=judge.expected,
        shoppers=judge.shoppers,
        providers=dict(judge.providers),
        wrong=judge.wrong,
        reasons=judge.reasons,
        variety=judge.variety,
        seconds=seconds,
        routes=any(each.is_routed for each in judge.threads.values()),
        knows_assignments=True,
        counts_signals=order.signals,
        has_legacy=order.legacy is not None,
    )


@contextmanager
def _evidence(store: "SqlEventStore", order: Order) -> Iterator[Evidence]:
    """What the run leaves in the store; with a subscriber that is there from the beginning, and gone at the end."""
    from rollout_cli.store.events.auditing import StoredEvidence  # noqa: PLC0415 - as below
    from rollout_cli.store.events.outbox import SqlOutbox  # noqa: PLC0415

    owns = order.owns()
    if not order.signals:
        yield StoredEvidence(store, owns=owns)
        return
    name, outbox, heard = f"rollout-simulate-{uuid4()}", SqlOutbox(store), [0]

    def hear(told: list[Signal]) -> None:
        heard[0] += sum(owns(each.event.routing.shopper_id) for each in told)

    courier = Courier(outbox, Subscription(name, hear, batch=_AT_ONCE), name)
    courier.enlist()

    def count() -> int:
        with suppress(ValueError):  # an event that cannot be read is told to nobody
            while courier.step(datetime.now(UTC)):
                pass
        return heard[0]

    try:
        yield StoredEvidence(store, count, owns)
    finally:
        outbox.dismiss(name)


@contextmanager
def _store(url: str | None) -> "Iterator[SqlEventStore]":
    from rollout_cli.store.address import address_from_url  # noqa: PLC0415 - the order alone needs no SQLAlchemy
    from rollout_cli.store.events.opening import open_event_store, upgrade_event_store  # noqa: PLC0415

    with TemporaryDirectory(prefix="rollout-simulate-") as folder:
        address = address_from_url(url or f"sqlite:///{FilePath(folder) / 'events.db'}")
        if url is None:
            upgrade_event_store(address)
        store = open_event_store(address)
        try:
            yield store
        finally:
            store.close()
