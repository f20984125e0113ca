"""Gateways with everything behind them in memory."""

import asyncio
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from rollout_cli.client.answers import Source
from rollout_cli.client.current import Health
from rollout_cli.pipeline.backlog import ThreadBacklog
from rollout_cli.pipeline.delivery import Delivery
from rollout_cli.pipeline.shoppers import ByInstance, FirstOf
from rollout_cli.pipeline.spool import Spool
from rollout_cli.pipeline.switches import DUAL_RUN, EVENTS, SHADOW
from rollout_cli.server.gateway.behind import Behind
from rollout_cli.server.gateway.options import Always, Listen, addresses
from rollout_cli.server.gateway.serving import Serving, Settings
from tests.pipeline.compat_doubles import Counted, Remembering
from tests.server.raw_upstream import RawUpstream
from tests.support.flags_answering import Answering

T = TypeVar("T")
SHADOWED = {EVENTS: True, SHADOW: True, DUAL_RUN: True}
LIVE = {EVENTS: True, SHADOW: False}


class Flags(Answering):
    """Flags that can say how they are."""

    def health(self) -> Health:
        return Health(Source.STORE, "r", 1, False, 0.0, None, ())


@dataclass
class Running:
    """A gateway that listens."""

    serving: Serving
    behind: Behind
    taken: list[Delivery]
    metrics: Counted

    @property
    def address(self) -> str:
        return self.serving.address

    async def settled(self) -> list[Delivery]:
        """What has come to the candidate, when nothing more is on its way."""
        await asyncio.to_thread(self.behind.close, 5)
        return self.taken


@asynccontextmanager
async def gateway(
    upstream: RawUpstream | str,
    *,
    flags: dict[str, Any] | None = None,
    candidate: Remembering | None = None,
    routes: Sequence[str] = (),
    spool: Path | None = None,
    secrets: Sequence[str] = (),
    **settings: Any,
) -> AsyncIterator[Running]:
    """A gateway in front of an upstream, where every POST is a delivery of Evolution's."""
    metrics, taker = Counted(), candidate or Remembering()
    behind = Behind(
        Flags(SHADOWED if flags is None else flags),
        ThreadBacklog(taker, metrics=metrics),
        metrics,
        spool=None if spool is None else Spool(spool, taker, metrics=metrics),
        shoppers=FirstOf(ByInstance({"north": "s-north"}), Always("s-1")),
        secrets=secrets,
    )
    url = upstream if isinstance(upstream, str) else upstream.url
    found = addresses(None if routes else "evolution", routes)
    try:
        async with Serving(Settings(url, Listen("127.0.0.1", 0), **settings), found, behind) as serving:
            yield Running(serving, behind, taker.taken, metrics)
    finally:
        await asyncio.to_thread(behind.close, 1)


def within_time(work: Coroutine[Any, Any, T]) -> T:
    """Run a test's work, and not for ever."""

    async def bounded() -> T:
        return await asyncio.wait_for(work, 60)

    return asyncio.run(bounded())
