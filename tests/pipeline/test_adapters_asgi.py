"""ASGI: every message passes as it is, and what came is given to the new path when the response has been sent."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollout_cli.errors import UsageError
from rollout_cli.pipeline.adapters.asgi import AsgiCompat
from rollout_cli.pipeline.adapters.routes import Match, Routes
from rollout_cli.pipeline.compat import CompatLayer
from rollout_cli.pipeline.delivery import Answer, Delivery
from rollout_cli.pipeline.metrics import DROPPED
from rollout_cli.pipeline.shoppers import ByInstance
from rollout_cli.pipeline.switches import DUAL_RUN, EVENTS, SHADOW
from tests.pipeline.compat_doubles import Counted
from tests.support.flags_answering import Answering

ON = {EVENTS: True, SHADOW: True, DUAL_RUN: True}
ROUTES = {"/webhooks/evolution/{instance}": "evolution", "/webhooks/cloud": "cloud_api"}
Messages = list[dict[str, Any]]


class Kept:
    """A backlog that also knows what had been sent when it was offered something."""

    def __init__(self, sent: Messages) -> None:
        self.offered: list[Delivery] = []
        self.sent = sent
        self.sent_before: list[int] = []

    def offer(self, delivery: Delivery) -> bool:
        self.sent_before.append(len(self.sent))
        self.offered.append(delivery)
        return True


class Server:
    """Gives an application its messages, and keeps what it sends."""

    def __init__(self, app: Callable[..., Awaitable[None]], flags: Any = None, **options: Any) -> None:
        self.sent: Messages = []
        self.kept = Kept(self.sent)
        self.metrics = Counted()
        layer = CompatLayer(
            Answering(ON if flags is None else flags), self.kept, metrics=self.metrics,
            shoppers=ByInstance({"north": "s-1"}), clock=lambda: datetime(2026, 1, 1, tzinfo=UTC),
        )  # fmt: skip
        self.app = AsgiCompat(app, layer, ROUTES, **options)

    def serve(self, messages: Messages, path: str = "/webhooks/evolution/north", **scope: Any) -> None:
        headers = [(b"x-a", b"1"), (b"X-A", b"2")]
        whole = {"type": "http", "method": "POST", "path": path, "headers": headers} | scope
        asyncio.run(serve(self.app, whole, messages, self.sent))


async def serve(app: Callable[..., Awaitable[None]], scope: Any, messages: Messages, sent: Messages) -> None:
    coming = iter(messages)

    async def receive() -> dict[str, Any]:
        return next(coming, {"type": "http.disconnect"})

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    await app(scope, receive, send)


def parts(*bodies: bytes) -> Messages:
    messages: Messages = [{"type": "http.request", "body": each, "more_body": True} for each in bodies]
    messages[-1]["more_body"] = False
    return messages


async def reading(scope: Any, receive: Any, send: Any) -> None:
    """Reads all, answers in two parts."""
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 202, "headers": [(b"Y", b"z")]})
    await send({"type": "http.response.body", "body": b"o", "more_body": True})
    await send({"type": "http.response.body", "body": b"k"})
    await asyncio.sleep(0)


def test_the_body_is_given_to_the_new_path_after_the_last_part_of_the_response() -> None:
    server = Server(reading)
    server.serve(parts(b'{"a"', b"", b": 1}"))
    (delivery,) = server.kept.offered
    assert delivery.body == b'{"a": 1}'
    assert (delivery.provider, delivery.instance, delivery.shopper_id) == ("evolution", "north", "s-1")
    assert delivery.headers == {"x-a": "1, 2"}
    assert delivery.legacy is not None
    assert delivery.legacy.response == Answer(202, [("Y", "z")], b"ok")
    assert server.kept.sent_before == [3]
    assert not server.metrics.counts


def test_the_application_gets_the_messages_themselves_and_no_sooner_than_it_asks() -> None:
    messages = parts(b"a", b"b")
    seen: list[Any] = []
    asked = 0

    async def app(scope: Any, receive: Any, send: Any) -> None:
        assert asked == 0
        seen.append(await receive())
        assert asked == 1
        seen.append(await receive())

    async def receive() -> Any:
        nonlocal asked
        asked += 1
        return messages[asked - 1]

    async def send(_: Any) -> None:
        raise AssertionError

    server = Server(app)
    scope = {"type": "http", "method": "POST", "path": "/webhooks/cloud", "headers": []}
    asyncio.run(server.app(scope, receive, send))
    assert all(one is other for one, other in zip(seen, messages, strict=True))
    assert server.kept.offered[0].body == b"ab"


def test_an_exception_of_the_application_passes_and_is_told() -> None:
    error = LookupError("x")

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        raise error

    server = Server(app)
    with pytest.raises(LookupError) as caught:
        server.serve(parts(b"a"))
    assert caught.value is error
    assert server.kept.offered[0].legacy.error == "LookupError"  # type: ignore[union-attr]
    assert server.sent == []


def test_what_happens_after_the_response_is_not_the_delivery_s_outcome() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await reading(scope, receive, send)
        raise OSError("a background task")

    server = Server(app)
    with pytest.raises(OSError, match="background"):
        server.serve(parts(b"a"))
    (delivery,) = server.kept.offered
    assert delivery.legacy.error is None  # type: ignore[union-attr]


def test_a_body_that_was_not_read_to_its_end_is_counted_and_not_guessed() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "http.response.start", "status": 401})
        await send({"type": "http.response.body"})

    server = Server(app)
    server.serve(parts(b"a", b"b"))
    assert server.kept.offered == []
    assert server.metrics.counts == {(DROPPED, "unread"): 1}


def test_a_client_that_goes_away_is_seen_by_the_application_and_is_no_delivery() -> None:
    server = Server(reading)
    server.serve([{"type": "http.request", "body": b"a", "more_body": True}, {"type": "http.disconnect"}])
    assert server.metrics.counts == {(DROPPED, "unread"): 1}
    assert len(server.sent) == 3


def test_a_body_that_is_too_long_passes_and_is_counted() -> None:
    server = Server(reading, most_bytes=3)
    server.serve(parts(b"ab", b"cd"))
    assert server.metrics.counts == {(DROPPED, "oversized"): 1}
    assert len(server.sent) == 3


def test_a_long_answer_is_not_kept() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "http.response.start", "status": 200})
        for _ in range(10):
            await send({"type": "http.response.body", "body": bytes(10_000), "more_body": True})
        await send({"type": "http.response.body"})

    server = Server(app)
    server.serve(parts(b"a"))
    assert server.kept.offered[0].legacy.response == Answer(200, [], None)  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "scope",
    [
        {"type": "lifespan"},
        {"type": "websocket", "path": "/webhooks/cloud", "headers": []},
        {"type": "http", "method": "GET", "path": "/webhooks/cloud", "headers": []},
        {"type": "http", "method": "POST", "path": "/other", "headers": []},
        {"type": "http"},
    ],
)
def test_everything_else_gets_the_server_s_own_functions(scope: Any) -> None:
    got: list[Any] = []

    async def app(*args: Any) -> None:
        got.extend(args)

    async def receive() -> Any: ...

    async def send(_: Any) -> None: ...

    server = Server(app)
    asyncio.run(server.app(scope, receive, send))
    assert got[0] is scope
    assert got[1:] == [receive, send]
    assert not server.metrics.counts


def test_with_the_flags_off_nothing_is_offered() -> None:
    server = Server(reading, flags={EVENTS: False})
    server.serve(parts(b"a"))
    assert (server.kept.offered, len(server.sent)) == ([], 3)
    assert not server.metrics.counts


MESSAGES = st.lists(
    st.fixed_dictionaries(
        {"type": st.sampled_from(["http.response.start", "http.response.body", "odd"])},
        optional={
            "body": st.binary(max_size=5) | st.none(),
            "status": st.integers(100, 599) | st.text(max_size=3),
            "headers": st.lists(st.tuples(st.binary(max_size=3), st.binary(max_size=3)), max_size=2) | st.integers(),
            "more_body": st.booleans(),
        },
    ),
    max_size=6,
)


@given(answers=MESSAGES, requests=MESSAGES, raises=st.booleans(), events=st.booleans())
def test_any_application_says_the_same_with_and_without(
    answers: Messages, requests: Messages, raises: bool, events: bool
) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        for each in answers:
            heard.append(await receive())
            await send(each)
        if raises:
            raise ValueError(scope["path"])

    def outcome(serves: Callable[[], None]) -> Any:
        try:
            return serves()
        except ValueError as error:
            return repr(error)

    heard: Messages = []
    server = Server(app, flags={EVENTS: events})
    scope = {"type": "http", "method": "POST", "path": "/webhooks/cloud", "headers": []}
    bare: Messages = []
    ends_bare = outcome(lambda: asyncio.run(serve(app, scope, requests, bare)))
    heard_bare, heard = heard, []
    ends = outcome(lambda: server.serve(requests, "/webhooks/cloud"))
    assert (ends, server.sent, heard) == (ends_bare, bare, heard_bare)
    assert all(one is other for one, other in zip(server.sent, answers, strict=True))


def test_a_fastapi_application_answers_as_ever_with_the_middleware_added() -> None:
    from fastapi import FastAPI, Request

    app = FastAPI()
    server = Server(reading)
    app.add_middleware(AsgiCompat, layer=server.app._layer, routes=ROUTES)

    @app.post("/webhooks/evolution/{instance}")
    async def receive(instance: str, request: Request) -> dict[str, Any]:
        return {"instance": instance, "length": len(await request.body())}

    scope = {
        "type": "http", "method": "POST", "path": "/webhooks/evolution/north", "raw_path": b"", "query_string": b"",
        "headers": [(b"content-type", b"application/json")], "http_version": "1.1", "root_path": "", "scheme": "http",
        "server": ("a", 1), "client": ("b", 2),
    }  # fmt: skip
    asyncio.run(serve(app, scope, parts(b'{"a":', b"1}"), server.sent))
    assert (server.sent[0]["status"], server.sent[1]["body"]) == (200, b'{"instance":"north","length":7}')
    (delivery,) = server.kept.offered
    assert delivery.body == b'{"a":1}'
    assert delivery.legacy.response.status == 200  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("table", "path", "expected"),
    [
        ({"/hooks": "evolution"}, "/hooks", Match("evolution")),
        ({"/hooks": "evolution"}, "/hooks/", Match("evolution")),
        ({"/hooks": "evolution"}, "/hooks/more", Match("evolution")),
        ({"/hooks": "evolution"}, "/hooksmore", None),
        ({"/hooks": "evolution"}, "/", None),
        ({"/": "evolution"}, "/x", None),
        ({"/h/{instance}": "evolution"}, "/h", None),
        ({"/h/{instance}": "evolution"}, "/h/", None),
        ({"/h/{instance}": "evolution"}, "/h/n/x", Match("evolution", "n")),
        ({"/h/{instance}/{event}": "evolution", "/h/{instance}": "evolution"}, "/h/n/e", Match("evolution", "n", "e")),
        ({"/h/{shopper}": "evolution"}, "/h/s-1", Match("evolution", shopper_id="s-1")),
        ({"/h/{a}/{b}": ("evolution", "{b}-{a}")}, "/h/1/2", Match("evolution", "2-1")),
        ({"/h": ("evolution", "fixed")}, "/h", Match("evolution", "fixed")),
        ({"/h/{instance}": "evolution", "/h/cloud": "cloud_api"}, "/h/cloud", Match("cloud_api")),
    ],
)
def test_a_table_of_paths_says_whose_deliveries_they_are(table: Any, path: str, expected: Match | None) -> None:
    assert Routes(table).find(path) == expected


@pytest.mark.parametrize("table", [{"/h": "pigeon"}, {"/h/{a}": ("evolution", "{b}")}])
def test_a_table_that_cannot_be_meant_is_refused(table: Any) -> None:
    with pytest.raises(UsageError):
        Routes(table)
