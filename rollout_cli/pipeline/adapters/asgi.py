"""ASGI: the new path beside an application of Starlette, FastAPI, Django or any other.

Every message passes as it is, when it comes. The new path's turn is after the last message of the response was sent.
"""

from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from functools import partial
from typing import Any

from rollout_cli.ending import overlooked
from rollout_cli.pipeline.adapters.exchange import MOST_BYTES, Exchange, Gathered
from rollout_cli.pipeline.adapters.routes import Routes, Table
from rollout_cli.pipeline.compat import CompatLayer

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


class AsgiCompat:
    """An application with the new path beside it."""

    def __init__(self, app: App, layer: CompatLayer, routes: Table, *, most_bytes: int = MOST_BYTES) -> None:
        """Put a layer beside an application.

        Args:
            app: the legacy application.
            layer: runs the new path.
            routes: which paths are a provider's. Their POST requests count, and nothing else.
            most_bytes: of a body; a longer one is counted and not given to the new path.

        Raises:
            UsageError: a route cannot be meant.
        """
        self._app = app
        self._layer = layer
        self._routes = Routes(routes)
        self._most_bytes = most_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        exchange = self._exchange(scope)
        if exchange is None:
            await self._app(scope, receive, send)
            return

        async def hear() -> Message:
            message = await receive()
            _hear(exchange, message)
            return message

        async def say(message: Message) -> None:
            await send(message)
            _say(exchange, message)

        try:
            await self._app(scope, hear, say)
        except Exception as error:
            exchange.done(type(error).__name__)
            raise
        exchange.done(None)

    def _exchange(self, scope: Scope) -> Exchange | None:
        with overlooked():
            if scope["type"] == "http" and scope["method"] == "POST":
                match = self._routes.find(scope["path"])
                if match is not None:
                    headers = partial(headers_of, scope["headers"])
                    return Exchange(self._layer, match, headers, Gathered(self._most_bytes))
        return None


def headers_of(pairs: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Headers under their names in lower case; one that comes several times is joined with commas."""
    headers: dict[str, str] = {}
    for raw_name, raw_value in pairs:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers


def _hear(exchange: Exchange, message: Message) -> None:
    with overlooked():
        if message["type"] == "http.request":
            exchange.body.add(message.get("body", b""))
            if not message.get("more_body", False):
                exchange.body.end()


def _say(exchange: Exchange, message: Message) -> None:
    with overlooked():
        if message["type"] == "http.response.start":
            pairs = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in message.get("headers", ())]
            exchange.begin_answer(message["status"], pairs)
        elif message["type"] == "http.response.body":
            exchange.answered.add(message.get("body", b""))
            if not message.get("more_body", False):
                exchange.answered.end()
                exchange.done(None)
