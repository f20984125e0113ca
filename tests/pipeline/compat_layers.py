"""Layers around handlers of both kinds, and what goes wrong beside them."""

import asyncio
import functools
import inspect
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from rollout_cli.pipeline.compat import CompatLayer
from rollout_cli.pipeline.delivery import Delivery
from rollout_cli.pipeline.shoppers import Request
from rollout_cli.pipeline.switches import EVENTS, SHADOW
from tests.pipeline.compat_doubles import Counted
from tests.support.flags_answering import Answering

SHADOWED = {EVENTS: True, SHADOW: True}
LIVE = {EVENTS: True, SHADOW: False}
NOW = datetime(2026, 1, 1, tzinfo=UTC)
BODY = b'{"event": "messages.upsert"}'


class Kept:
    """A backlog, or a spool, that keeps what it is offered."""

    def __init__(self, error: BaseException | None = None) -> None:
        self.offered: list[Delivery] = []
        self.error = error

    def offer(self, delivery: Delivery) -> bool:
        if self.error is not None:
            raise self.error
        self.offered.append(delivery)
        return True


class Web:
    """A request of some framework."""

    def __init__(self, body: Any, headers: Any = None) -> None:
        self.body = body
        self.headers = headers or {}


def layer_of(flags: Any = None, backlog: Any = None, **options: Any) -> tuple[CompatLayer, Any, Counted]:
    metrics = Counted()
    kept = Kept() if backlog is None else backlog
    flags = Answering(SHADOWED) if flags is None else flags
    return CompatLayer(flags, kept, metrics=metrics, clock=lambda: NOW, **options), kept, metrics


def call(handler: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Call, and await where that is to be done."""
    result = handler(*args, **kwargs)
    return asyncio.run(result) if inspect.iscoroutine(result) else result


def both(function: Callable[..., Any]) -> list[Callable[..., Any]]:
    """A handler, and the same as a coroutine function."""

    @functools.wraps(function)
    async def coroutine(*args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)

    return [function, coroutine]


def raising(error: BaseException) -> Callable[..., Any]:
    def anything(*_: Any, **__: Any) -> Any:
        raise error

    return anything


class RaisingFlags:
    is_enabled = decide = value = staticmethod(raising(OSError("secret")))


class RaisingShoppers:
    def shopper_of(self, _: Request) -> str | None:
        raise SystemExit(3)
