"""What stands between the gateway and the new path: what waits, in memory and on disk."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, Protocol

from rollout_cli.client.current import Health
from rollout_cli.pipeline.backlog import Backlog
from rollout_cli.pipeline.compat import CompatLayer, Taker
from rollout_cli.pipeline.metrics import Metrics
from rollout_cli.pipeline.shoppers import Shoppers
from rollout_cli.pipeline.spool import Spool
from rollout_cli.pipeline.switches import Flags
from rollout_cli.server.gateway.deliveries import Handover, Signed


class HealthyFlags(Flags, Protocol):
    """Whoever answers for flags, and can say how sure that is: `RolloutClient`."""

    def health(self) -> Health:
        """Who answers, how old that is, and what is wrong."""
        ...  # pragma: no cover - a protocol


class Waiting(Backlog, Protocol):
    """A backlog that can say how much waits in it."""

    @property
    def depth(self) -> int:
        """How many deliveries wait or are being taken."""
        ...  # pragma: no cover - a protocol


class Behind:
    """All that stands before the new path. It does nothing before the first delivery that is not off."""

    def __init__(
        self,
        flags: HealthyFlags,
        backlog: Waiting,
        metrics: Metrics,
        *,
        spool: Spool | None = None,
        shoppers: Shoppers | None = None,
        secrets: Sequence[str] = (),
    ) -> None:
        """Put it together.

        Args:
            flags: whoever answers for them.
            backlog: where deliveries wait in memory.
            metrics: count.
            spool: where those of live shoppers wait instead.
            shoppers: tells whose a delivery is.
            secrets: app secrets of Meta; with them, each delivery is marked by whether its signature is good.
        """
        self._flags = flags
        self._backlog = backlog
        self._spool = spool

        def marked(taker: Taker) -> Taker:
            return Signed(taker, secrets) if secrets else taker

        kept = None if spool is None else marked(spool)
        layer = CompatLayer(flags, marked(backlog), metrics=metrics, spool=kept, shoppers=shoppers)
        self.handover = Handover(layer, metrics)

    def health(self) -> Mapping[str, Any]:
        """How it is doing, in numbers and a few words; never of whom."""
        return {
            "queue_depth": self._backlog.depth + self.handover.waiting,
            "spool_bytes": None if self._spool is None else self._spool.size,
            "flags": asdict(self._flags.health()),
        }

    def close(self, timeout: float) -> bool:
        """Have what waits taken, for so many seconds at most at each place. What is in the spool stays there.

        Returns:
            Whether all was taken.
        """
        is_done = self.handover.close(timeout)
        if self._spool is not None:
            is_done = self._spool.close(timeout) and is_done
        return self._backlog.close(timeout) and is_done
