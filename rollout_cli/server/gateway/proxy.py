"""The proxy: a request to the upstream, its answer back, and then the delivery to the new path."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from http import HTTPStatus
from time import perf_counter

from aiohttp import hdrs, web

from rollout_cli.pipeline.adapters.exchange import MOST_ANSWERED, Gathered
from rollout_cli.pipeline.adapters.routes import Match
from rollout_cli.pipeline.compat import UnreadError
from rollout_cli.pipeline.complaints import Complaints
from rollout_cli.pipeline.delivery import Answer as Told
from rollout_cli.server.gateway.answering import Reply, Sent, read_body
from rollout_cli.server.gateway.deliveries import Handover, Passed, path_of
from rollout_cli.server.gateway.headers import Caller, request_head, values_of
from rollout_cli.server.gateway.load import Limits, Load, Place, RefusedError
from rollout_cli.server.gateway.options import Addresses
from rollout_cli.server.gateway.upstream import Answer, BrokenError, LateError, UnreachableError, Upstream

HEALTH = b"/-/rollout/health"
_UPSTREAM = "upstream"


class Gateway:
    """Answers requests with what the upstream says. For use within one event loop."""

    def __init__(
        self,
        upstream: Upstream,
        handover: Handover,
        addresses: Addresses,
        *,
        limits: Limits,
        health: Callable[[], bytes] | None,
        host: str | None = None,
    ) -> None:
        """Put it together.

        Args:
            upstream: the endpoint that is live today.
            handover: takes deliveries once they are answered.
            addresses: which paths get deliveries.
            limits: what is too much.
            health: the body of our own answer at /-/rollout/health; that path is the upstream's when left out.
            host: what the upstream gets as Host instead of what the caller has said.
        """
        self._upstream = upstream
        self._handover = handover
        self._addresses = addresses
        self._load = Load(limits)
        self._health = health
        self._host = None if host is None else host.encode()
        self._complaints = Complaints()
        self._exchanges: set[asyncio.Task[bool]] = set()
        self._is_idle = asyncio.Event()
        self._is_idle.set()
        self.is_stopping = False

    @property
    def running(self) -> int:
        """How many requests there are just now."""
        return self._load.requests

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request.

        Raises:
            ConnectionError: the caller has gone before all of it was here.
        """
        target = target_of(request)
        if self._health is not None and target.partition(b"?")[0] == HEALTH:
            return await self._tell_health(request, self._health)
        try:
            place = self._load.begin()
        except RefusedError as refused:
            return await self._refuse(request, refused)
        self._is_idle.clear()
        try:
            refuse_early(request)
            body = await read_body(request, self._load.limits, place)
        except RefusedError as refused:
            self._leave(place)
            return await self._refuse(request, refused)
        except BaseException:
            self._leave(place)
            raise
        exchange = asyncio.create_task(self._exchange(request, target, body, place))
        self._exchanges.add(exchange)  # it goes on when the caller hangs up
        exchange.add_done_callback(self._exchanges.discard)
        return Sent(keep_alive=await asyncio.shield(exchange))

    async def wait_until_idle(self) -> None:
        """Wait until there is no request any more."""
        await self._is_idle.wait()

    async def _exchange(self, request: web.BaseRequest, target: bytes, body: bytes, place: Place) -> bool:
        """One request and its answer.

        Returns:
            Whether the connection may be used again.
        """
        reply = Reply(request, timeout=self._load.limits.timeout, closes=self.is_stopping)
        try:
            passed = await self._pass_on(request, target, body, reply)
            if passed is not None:
                self._handover.give(passed)
        finally:
            self._leave(place)
        return reply.keeps_alive

    async def _pass_on(self, request: web.BaseRequest, target: bytes, body: bytes, reply: Reply) -> Passed | None:
        """Ask the upstream, and answer what it says.

        Returns:
            The delivery, where it was one and the upstream has taken it.
        """
        match = self._match(request, target)
        head = self._head(request, target, len(body))
        started = perf_counter()
        try:
            async with self._upstream.ask(request.method, head, body) as answer:
                self._complaints.over(_UPSTREAM, "the upstream answers again")
                told, error = await _pass_back(answer, reply)
        except (UnreachableError, BrokenError, LateError) as failure:
            await reply.refuse(self._in_words(failure))
            return None
        if match is None or told.status // 100 != 2:  # noqa: PLR2004 - success
            return None
        return Passed(match, request.raw_headers, body, told, perf_counter() - started, error)

    def _match(self, request: web.BaseRequest, target: bytes) -> Match | None:
        if request.method == hdrs.METH_POST:
            with suppress(Exception):  # whatever a path is like, the request is passed on
                return self._addresses.find(path_of(target))
        return None

    def _head(self, request: web.BaseRequest, target: bytes, length: int) -> bytes:
        return request_head(
            request.method.encode(),
            self._upstream.target(target),
            request.raw_headers,
            length=length,
            caller=Caller(request.remote or "", request.scheme),
            host=self._host or self._upstream.host,
            replaces_host=self._host is not None,
            closes=self._upstream.closes,
        )

    def _in_words(self, failure: Exception) -> RefusedError:
        """What the caller is told of the upstream, and, once, whoever reads the log."""
        if isinstance(failure, LateError):
            return RefusedError(HTTPStatus.GATEWAY_TIMEOUT, "the upstream took too long")
        cause = type(failure.__cause__).__name__
        self._complaints.once(_UPSTREAM, "the upstream does not answer: %s; callers get 502, to try again", cause)
        words = "cannot be reached" if isinstance(failure, UnreachableError) else "went away"
        return RefusedError(HTTPStatus.BAD_GATEWAY, f"the upstream {words}")

    async def _tell_health(self, request: web.BaseRequest, health: Callable[[], bytes]) -> web.StreamResponse:
        reply = Reply(request, timeout=self._load.limits.timeout, closes=self.is_stopping)
        if request.method in {hdrs.METH_GET, hdrs.METH_HEAD}:
            await reply.own(HTTPStatus.OK, health(), "application/json")
        else:
            await reply.refuse(RefusedError(HTTPStatus.METHOD_NOT_ALLOWED, "this is for GET"))
        return Sent(keep_alive=reply.keeps_alive)

    async def _refuse(self, request: web.BaseRequest, refused: RefusedError) -> web.StreamResponse:
        """Answer for ourselves; what is still to come of the request is not waited for."""
        reply = Reply(request, timeout=self._load.limits.timeout, closes=True)
        await reply.refuse(refused)
        return Sent(keep_alive=False)

    def _leave(self, place: Place) -> None:
        place.leave()
        if not self._load.requests:
            self._is_idle.set()


def target_of(request: web.BaseRequest) -> bytes:
    """Path and query as they came; without the scheme and host that a request to a proxy has before them."""
    target = request.raw_path.encode("utf-8", "surrogateescape")
    scheme, separator, rest = target.partition(b"://")
    if not separator or not scheme.isalpha():
        return target
    path = rest.partition(b"/")
    return b"/" + path[2]


def refuse_early(request: web.BaseRequest) -> None:
    """Refuse what is refused whatever its body may be.

    Raises:
        RefusedError: it is to become another protocol, is for two hosts at once, or is packed in a way that would be
            lost: `Transfer-Encoding` concerns one connection, and is not passed on.
    """
    upgrades = {value.strip().lower() for value in values_of(request.raw_headers, b"upgrade")}
    if request.method == hdrs.METH_CONNECT or upgrades - {b"h2c"}:  # that one may be ignored, and clients try it
        raise RefusedError(HTTPStatus.NOT_IMPLEMENTED, "no WebSockets, no tunnels")
    if len(values_of(request.raw_headers, b"host")) > 1:
        raise RefusedError(HTTPStatus.BAD_REQUEST, "a request is for one host")
    if any(value.strip().lower() != b"chunked" for value in values_of(request.raw_headers, b"transfer-encoding")):
        raise RefusedError(HTTPStatus.NOT_IMPLEMENTED, "no Transfer-Encoding but chunked")


async def _pass_back(answer: Answer, reply: Reply) -> tuple[Told, str | None]:
    """Answer what the upstream says, part by part.

    Returns:
        The answer as far as it was kept, and the name of what has cut it short.
    """
    kept, size, error = Gathered(MOST_ANSWERED), 0, None
    reply.begin(answer.status, answer.reason, answer.headers)
    try:
        part = answer.ready()
        while True:
            is_last = answer.is_whole or not reply.has_body
            kept.add(part)
            size += len(part)
            await reply.send(part, is_last=is_last)
            if is_last or (reply.is_gone and size > MOST_ANSWERED):  # nobody needs the rest
                break
            part = await answer.more()
        kept.end()
    except (BrokenError, LateError) as failure:
        reply.abort()
        error = type(failure.__cause__).__name__
    headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in answer.headers]
    body = _whole(kept) if size else b""
    return Told(answer.status, headers, body if error is None else None), error


def _whole(kept: Gathered) -> bytes | None:
    try:
        return kept.whole()
    except UnreadError:
        return None
