"""The gateway as a process: from its first socket to its last answer."""

import asyncio
import json
import logging
import os
import resource
import signal
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Self

from aiohttp import web
from aiohttp.web_protocol import RequestHandler

from rollout_cli.errors import ExitCode, UsageError
from rollout_cli.server.gateway.behind import Behind
from rollout_cli.server.gateway.load import Limits
from rollout_cli.server.gateway.options import Addresses, Listen
from rollout_cli.server.gateway.proxy import Gateway
from rollout_cli.server.gateway.upstream import LONGEST_LINE, MOST_HEADERS, Upstream

KEPT_OPEN = 75.0
"""Seconds for which a caller may keep a connection without a request."""
LONGEST_HEAD = 1024 * 1024
"""Bytes of a request's head. aiohttp bounds each line and their number, and nobody has counted a request by then."""
_TOO_LONG = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
_REFUSAL = b"HTTP/1.1 %d %s\r\nContent-Length: 0\r\nConnection: close\r\n\r\n" % (_TOO_LONG, _TOO_LONG.phrase.encode())
_WAITING_CALLERS = 1024
_MOST_FILES = 65_536
_SIGNALS = {
    signal.SIGTERM: ExitCode.TERMINATED,
    signal.SIGHUP: ExitCode.TERMINATED,
    signal.SIGINT: ExitCode.INTERRUPTED,
}
_silent = logging.getLogger("rollout.gateway.aiohttp")
"""aiohttp would quote what it cannot read: a person's data."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How a gateway is to be.

    Attributes:
        upstream: the URL of the endpoint that is live today.
        listen: where callers come to.
        host: what the upstream gets as Host; what the caller has said when left out.
        timeout: seconds for the upstream, see `Upstream`.
        keep_alive: seconds for which connections to the upstream are kept.
        limits: what is too much.
        grace: seconds in which what runs may end, when the process is to.
        metrics: where Prometheus comes to.
        has_health: whether /-/rollout/health is ours, and not the upstream's.
        shares_port: whether other gateways may listen at the same place.
    """

    upstream: str
    listen: Listen
    host: str | None = None
    timeout: float = 60.0
    keep_alive: float = 0.0
    limits: Limits = field(default_factory=Limits)
    grace: float = 30.0
    metrics: Listen | None = None
    has_health: bool = True
    shares_port: bool = False


Say = Callable[[str], None]


def run(settings: Settings, addresses: Addresses, behind: Behind, say: Say) -> int:
    """Serve until a signal comes.

    Returns:
        The exit code.

    Raises:
        UsageError: one cannot listen there.
    """
    _silent.setLevel(logging.CRITICAL + 1)
    _have_many_files()
    return asyncio.run(_run(settings, addresses, behind, say))


async def _run(settings: Settings, addresses: Addresses, behind: Behind, say: Say) -> int:
    ended: asyncio.Queue[ExitCode] = asyncio.Queue()
    for number, code in _SIGNALS.items():
        if number == signal.SIGHUP and signal.getsignal(number) is signal.SIG_IGN:
            continue  # nohup has us stay
        asyncio.get_running_loop().add_signal_handler(number, ended.put_nowait, code)
    async with Serving(settings, addresses, behind) as serving:
        say(f"gateway on http://{serving.address} in front of {settings.upstream}")
        if serving.metrics_address is not None:
            say(f"metrics on http://{serving.metrics_address}/metrics")
        code = await ended.get()
        say(f"stopping: {serving.gateway.running} requests are being answered")
        in_haste = asyncio.create_task(ended.get())
        closing = asyncio.create_task(serving.stop())
        await asyncio.wait((in_haste, closing), return_when=asyncio.FIRST_COMPLETED)
        in_haste.cancel()
    return code


class Serving:
    """A gateway that listens. Enter it, and it does; leave it, and it has stopped."""

    def __init__(self, settings: Settings, addresses: Addresses, behind: Behind) -> None:
        self._settings = settings
        self._behind = behind
        self._upstream = Upstream(settings.upstream, timeout=settings.timeout, keep_alive=settings.keep_alive)
        self.gateway = Gateway(
            self._upstream,
            behind.handover,
            addresses,
            limits=settings.limits,
            health=self._health if settings.has_health else None,
            host=settings.host,
        )
        self._front = _runner(self.gateway.handle)
        self._metrics = None if settings.metrics is None else _runner(tell_metrics)

    @property
    def address(self) -> str:
        """Where it listens, with the port that it has got."""
        return shown(self._front.addresses[0])

    @property
    def metrics_address(self) -> str | None:
        """Where Prometheus comes to."""
        return None if self._metrics is None else shown(self._metrics.addresses[0])

    async def __aenter__(self) -> Self:
        try:
            await _listen(self._front, self._settings.listen, shared=self._settings.shares_port)
            if self._metrics is not None and self._settings.metrics is not None:
                await _listen(self._metrics, self._settings.metrics)
        except BaseException:
            await self._let_go()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._let_go()

    async def stop(self) -> None:
        """Accept nothing more, and have everything end that has begun."""
        self.gateway.is_stopping = True
        for site in self._front.sites:
            await site.stop()
        with suppress(TimeoutError):
            async with asyncio.timeout(self._settings.grace):
                await self.gateway.wait_until_idle()

    async def _let_go(self) -> None:
        await self._front.cleanup()
        if self._metrics is not None:
            await self._metrics.cleanup()
        await self._upstream.close()

    def _health(self) -> bytes:
        told: Mapping[str, Any] = {
            "schema": "rollout/gateway-health/v1",
            "status": "stopping" if self.gateway.is_stopping else "ok",
            "requests_running": self.gateway.running,
            **self._behind.health(),
        }
        return json.dumps(told).encode() + b"\n"


class Front(web.Server):
    """A server whose connections bound what comes."""

    def __call__(self) -> RequestHandler:
        """Another connection."""
        return _Connection(self, loop=self._loop, **self._kwargs)


class _Connection(RequestHandler):
    """A connection that counts what has come of a head. A body is not counted: `read_body` does."""

    __slots__ = ("_so_far",)

    def connection_made(self, transport: object) -> None:
        """Nothing has come."""
        self._so_far = 0
        super().connection_made(transport)  # type: ignore[arg-type]

    def data_received(self, data: bytes) -> None:
        """Read on, and give up where a head does not end."""
        is_head = self._waits()
        super().data_received(data)
        self._so_far = self._so_far + len(data) if is_head and self._waits() else 0
        if self._so_far > LONGEST_HEAD and self.transport is not None:
            self.transport.write(_REFUSAL)
            self.force_close()

    def _waits(self) -> bool:
        """Whether the next request is waited for: no other one is being answered, or read to its end."""
        return self._waiter is not None and not self._waiter.done()


async def tell_metrics(request: web.BaseRequest) -> web.StreamResponse:
    """What Prometheus is told."""
    from rollout_cli.pipeline.prometheus import exposition  # noqa: PLC0415 - not everybody has its library

    if request.path != "/metrics":
        return web.Response(status=404, text="see /metrics\n")
    shown_now = await asyncio.to_thread(exposition, accept=request.headers.get("Accept", ""))
    return web.Response(body=shown_now.body, headers={"Content-Type": shown_now.content_type})


def shown(address: Any) -> str:
    """An address of a socket as it is written in a URL."""
    host, port = address[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _runner(handle: Callable[[web.BaseRequest], Any]) -> web.ServerRunner:
    server = Front(
        handle,
        auto_decompress=False,
        access_log=None,
        logger=_silent,
        keepalive_timeout=KEPT_OPEN,
        max_line_size=LONGEST_LINE,
        max_field_size=LONGEST_LINE,
        max_headers=MOST_HEADERS,
    )
    return web.ServerRunner(server, shutdown_timeout=1)


async def _listen(runner: web.ServerRunner, where: Listen, *, shared: bool = False) -> None:
    await runner.setup()
    try:
        await web.TCPSite(runner, where.host, where.port, backlog=_WAITING_CALLERS, reuse_port=shared or None).start()
    except OSError as error:
        why = os.strerror(error.errno) if error.errno else str(error)
        raise UsageError(f"one cannot listen on {where}: {why}", hint="name another address and port") from error


def _have_many_files() -> None:
    """Each request has two sockets, and the limit is made for programs without any."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = _MOST_FILES if hard == resource.RLIM_INFINITY else min(hard, _MOST_FILES)
    if soft != resource.RLIM_INFINITY and soft < most:
        with suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
