"""The new path for applications, put together: the one module that knows its parts and the store of events.

```python
from rollout_cli import RolloutClient
from rollout_cli.new_path import open_new_path

flags = RolloutClient.connect("sqlite:////srv/shop/.rollout/rollout.db")
new_path = open_new_path("sqlite:////srv/shop/.rollout/events.db", flags, create=True)
layer = new_path.beside(shoppers=ByInstance({"shop-one": "shopper-1"}))
handler = layer.wrap(handler, provider="evolution", instance="shop-one")
```
"""

import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from rollout_cli.pipeline.backlog import Backlog, ThreadBacklog
from rollout_cli.pipeline.compat import CompatLayer
from rollout_cli.pipeline.counting import Counts
from rollout_cli.pipeline.delivery import Delivery
from rollout_cli.pipeline.dual_run.observation import Comparison
from rollout_cli.pipeline.event_store import DeadLetter
from rollout_cli.pipeline.lines import Channel, Lines
from rollout_cli.pipeline.logs import PipelineLog
from rollout_cli.pipeline.metrics import Metrics
from rollout_cli.pipeline.new_path import NewPath, Outcome, Taken
from rollout_cli.pipeline.routing.closing import close, close_idle
from rollout_cli.pipeline.routing.router import REOPENS_WITHIN, Router
from rollout_cli.pipeline.routing.teams import Teams
from rollout_cli.pipeline.shoppers import Shoppers
from rollout_cli.pipeline.signal_loop import SignalLoop
from rollout_cli.pipeline.spool import Spool
from rollout_cli.pipeline.switches import Flags

if TYPE_CHECKING:
    from rollout_cli.store.events.sql_event_store import SqlEventStore

PSEUDONYM_KEY = "ROLLOUT_PSEUDONYM_KEY"


@dataclass(frozen=True, slots=True)
class Replayed:
    """What became of dead letters.

    Attributes:
        asked: how many were given again.
        become_events: how many are dead letters no more.
        events: how many events that were; those that were in the log already are not counted.
    """

    asked: int
    become_events: int
    events: int


@dataclass
class Installation:
    """A new path with all that belongs to it. Close it when the process ends.

    Attributes:
        path: takes deliveries.
        store: where events are kept; None for a path that only ever runs in shadow.
        signals: calls whoever wants to hear of new events; None without a store. Connect, then `start()` it.
        metrics: what was counted.
    """

    path: NewPath
    flags: Flags
    metrics: Metrics
    store: "SqlEventStore | None" = None
    signals: SignalLoop | None = None
    _closing: list[Backlog] = field(default_factory=list)

    def take(self, deliveries: Sequence[Delivery]) -> list[Taken]:
        """Take deliveries now, in the caller's thread.

        Raises:
            StoreError: not all of the live ones were taken; the same have to be given again.
        """
        return self.path.take(deliveries)

    def beside(
        self,
        *,
        shoppers: Shoppers | None = None,
        spool: str | Path | None = None,
        backlog: Backlog | None = None,
    ) -> CompatLayer:
        """A layer that puts this path beside the handlers of an application.

        Args:
            shoppers: finds out whose a delivery is.
            spool: a folder in which deliveries that are to be stored wait on disk, so that a crash loses none.
            backlog: where the others wait; a thread's queue when left out.
        """
        waiting = ThreadBacklog(self.path, metrics=self.metrics) if backlog is None else backlog
        kept = None if spool is None else Spool(Path(spool), self.path, metrics=self.metrics)
        self._closing += [waiting, *([] if kept is None else [kept])]
        return CompatLayer(
            self.flags, waiting, spool=kept, shoppers=shoppers, metrics=self.metrics, candidate=self.path
        )

    def replay(self, ids: Collection[int] | None = None) -> Replayed:
        """Give dead letters to this path again; what becomes events now is stored, and a dead letter no more.

        Args:
            ids: which; all of them when left out.

        Raises:
            StoreError: those given before have been stored.
        """
        from rollout_cli.store.events.dead_letters import batches, unbury  # noqa: PLC0415 - not in shadow alone

        asked = become = events = 0
        if self.store is None:
            return Replayed(0, 0, 0)
        for batch in batches(self.store, ids):
            taken = replay(self.path, batch)
            gone = [each.id for each, end in zip(batch, taken, strict=True) if has_become_events(end) and each.id]
            unbury(self.store, gone)
            asked, become, events = asked + len(batch), become + len(gone), events + sum(each.new for each in taken)
        return Replayed(asked, become, events)

    def close_idle(self, after: timedelta, *, now: datetime | None = None) -> int:
        """Close the conversations in which nothing has happened for so long; how many.

        Raises:
            StoreError: those closed before stay so.
        """
        moment = datetime.now(UTC) if now is None else now
        return 0 if self.store is None else close_idle(self.store, silent_since=moment - after, now=moment)

    def close_conversations(self, ids: Sequence[str], reason: str = "closed") -> int:
        """Close conversations by their ids; how many were open.

        Raises:
            StoreError: none was closed.
        """
        return 0 if self.store is None else close(self.store, list(ids), now=datetime.now(UTC), reason=reason)

    def close(self, timeout: float = 5.0) -> None:
        """Take what waits for so many seconds at most, then let go of everything."""
        for each in self._closing:
            each.close(timeout)
        if self.signals is not None:
            self.signals.close(timeout)
        if self.store is not None:
            self.store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def open_new_path(
    events: str | None,
    flags: Flags,
    *,
    teams: Teams | None = None,
    same_line: Mapping[Channel, Channel] | None = None,
    comparison: Comparison | None = None,
    metrics: Metrics | None = None,
    reopens_within: timedelta = REOPENS_WITHIN,
    create: bool = False,
    environment: Mapping[str, str] | None = None,
) -> Installation:
    """Put a new path together.

    Args:
        events: the URL of the store of events; None for a path that only ever runs in shadow.
        flags: whoever answers for the flags: a `RolloutClient`.
        teams: who can serve a shopper's conversations; without one nothing is assigned.
        same_line: second channels of one number, with the first channel of each.
        comparison: compares with the legacy path, for shoppers with WHATSAPP_DUAL_RUN on.
        metrics: counts; in memory when left out, `rollout_cli.pipeline.prometheus.PrometheusMetrics` for Prometheus.
        reopens_within: how long after its closing a conversation goes on.
        create: set the store up where it has no tables of events yet, instead of refusing it.
        environment: for ROLLOUT_PSEUDONYM_KEY; the process's when left out.

    Raises:
        StoreError: the store is missing, unreachable, damaged, or has another schema.
        UsageError: its URL is none, or lines contradict each other.
    """
    store = None if events is None else _opened(events, create=create)
    return around(
        store,
        flags,
        teams=teams,
        same_line=same_line,
        comparison=comparison,
        metrics=metrics,
        reopens_within=reopens_within,
        environment=environment,
    )


def around(
    store: "SqlEventStore | None",
    flags: Flags,
    *,
    teams: Teams | None = None,
    same_line: Mapping[Channel, Channel] | None = None,
    comparison: Comparison | None = None,
    metrics: Metrics | None = None,
    reopens_within: timedelta = REOPENS_WITHIN,
    environment: Mapping[str, str] | None = None,
) -> Installation:
    """The same around a store that is open already.

    Raises:
        UsageError: lines contradict each other.
    """
    counting = Counts() if metrics is None else metrics
    signals = None if store is None else _signals(store)
    path = NewPath(
        flags,
        store,
        router=Router(teams, reopens_within=reopens_within),
        metrics=counting,
        log=PipelineLog(pseudonym_key(os.environ if environment is None else environment)),
        comparison=comparison,
        lines=None if same_line is None else Lines(same_line),
        after=None if signals is None else signals.notify,
    )
    return Installation(path, flags, counting, store, signals)


def pseudonym_key(environment: Mapping[str, str]) -> bytes | None:
    """The key of the names in logs; None where none is set, and each process makes its own."""
    return os.fsencode(environment.get(PSEUDONYM_KEY, "")) or None


def replay(path: NewPath, letters: Sequence[DeadLetter]) -> list[Taken]:
    """Give dead letters to a path again; what becomes events now is stored, what does not stays a dead letter.

    Raises:
        StoreError: not all of them were stored.
    """
    deliveries = [
        Delivery(
            each.provider, each.body, each.at, each.instance, each.event, None, each.shopper_id, each.signature_valid
        )
        for each in letters
    ]  # fmt: skip
    return path.take(deliveries)


def has_become_events(taken: Taken) -> bool:
    """Whether a dead letter is one no more."""
    return taken.outcome in (Outcome.PUBLISHED, Outcome.REPEATED)


def _opened(events: str, *, create: bool) -> "SqlEventStore":
    from rollout_cli.store.address import address_from_url  # noqa: PLC0415 - shadow alone needs no SQLAlchemy
    from rollout_cli.store.events.opening import open_event_store, upgrade_event_store  # noqa: PLC0415

    address = address_from_url(events)
    if create:
        upgrade_event_store(address)
    return open_event_store(address)


def _signals(store: "SqlEventStore") -> SignalLoop:
    from rollout_cli.store.events.outbox import SqlOutbox  # noqa: PLC0415 - as above

    return SignalLoop(SqlOutbox(store))


__all__ = ["Installation", "Replayed", "around", "has_become_events", "open_new_path", "pseudonym_key", "replay"]
