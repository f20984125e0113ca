"""WSGI: the response is the application's own, and what it read of the request is given to the new path."""

import io
import json
import re
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from typing import Any
from wsgiref.handlers import SimpleHandler
from wsgiref.util import FileWrapper, setup_testing_defaults
from wsgiref.validate import validator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollout_cli.pipeline.adapters.exchange import Gathered
from rollout_cli.pipeline.adapters.wsgi import Tee, WsgiCompat
from rollout_cli.pipeline.compat import CompatLayer
from rollout_cli.pipeline.delivery import Answer, Delivery
from rollout_cli.pipeline.metrics import DROPPED
from rollout_cli.pipeline.switches import DUAL_RUN, EVENTS, SHADOW
from tests.pipeline.compat_doubles import Counted
from tests.support.flags_answering import Answering

ON = {EVENTS: True, SHADOW: True, DUAL_RUN: True}
BODY = b'{"event":\n "messages.upsert"}\n'
App = Callable[..., Iterable[bytes]]


class Kept:
    """A backlog."""

    def __init__(self) -> None:
        self.offered: list[Delivery] = []

    def offer(self, delivery: Delivery) -> bool:
        self.offered.append(delivery)
        return True


def compat(app: App, flags: Any = None, **options: Any) -> tuple[WsgiCompat, Kept, Counted]:
    kept, metrics = Kept(), Counted()
    answering = Answering(ON if flags is None else flags)
    layer = CompatLayer(answering, kept, metrics=metrics, clock=lambda: datetime(2026, 1, 1, tzinfo=UTC))
    return WsgiCompat(app, layer, {"/webhooks/{instance}": "evolution"}, **options), kept, metrics


def environ_of(body: bytes = BODY, *, length: bool = True, **more: Any) -> dict[str, Any]:
    environ: dict[str, Any] = {"REQUEST_METHOD": "POST", "PATH_INFO": "/webhooks/north", "HTTP_X_A": "1"}
    environ["wsgi.input"] = io.BytesIO(body)
    if length:
        environ["CONTENT_LENGTH"] = str(len(body))
    setup_testing_defaults(environ)
    return environ | more


def served(app: App, environ: dict[str, Any]) -> bytes:
    """All that a server would send, but for the time: headers depend on what the response looks like."""
    out = io.BytesIO()
    handler = SimpleHandler(environ["wsgi.input"], out, io.StringIO(), environ, multithread=False)
    handler.server_software = ""
    handler.run(app)
    return re.sub(rb"\r\nDate: [^\r]*", b"", out.getvalue(), count=1)


def answering(read: Callable[[Any], Any], parts: Iterable[bytes] = (b"ok",)) -> App:
    def app(environ: Any, start_response: Any) -> Iterable[bytes]:
        read(environ["wsgi.input"])
        start_response("202 Accepted", [("X-Y", "z")])
        return parts

    return app


def until_empty(source: Any) -> None:
    while source.read(7):
        pass


def into_buffers(source: Any) -> None:
    buffer = bytearray(7)
    while source.readinto(buffer):
        pass


WAYS = {
    "read": lambda source: source.read(),
    "read by length": lambda source: source.read(len(BODY)),
    "read in parts": until_empty,
    "readline": lambda source: list(iter(source.readline, b"")),
    "readlines": lambda source: source.readlines(),
    "for": list,
    "readinto": into_buffers,
    "read1": lambda source: list(iter(source.read1, b"")),
    "several ways": lambda source: (source.readinto(bytearray(3)), source.read1(2), source.readline(), source.read()),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("length", [True, False])
def test_the_body_is_had_in_whichever_way_the_application_reads(way: str, length: bool) -> None:
    if way == "read by length" and not length:
        pytest.skip("nobody knows that this was the end")
    app, kept, metrics = compat(answering(WAYS[way]))
    sent = served(app, environ_of(length=length))
    assert sent.endswith(b"\r\n\r\nok")
    (delivery,) = kept.offered
    assert delivery.body == BODY
    assert (delivery.provider, delivery.instance) == ("evolution", "north")
    assert delivery.headers is not None
    assert delivery.headers["x-a"] == "1"
    assert delivery.legacy is not None
    assert delivery.legacy.response == Answer(202, [("X-Y", "z")], b"ok")
    assert not metrics.counts


@pytest.mark.parametrize(
    "read",
    [
        lambda source: None,
        lambda source: source.read(3),
        lambda source: source.read(0),
        lambda source: source.readlines(1),
        lambda source: (source.read(), source.seek(0), source.read()),
        lambda source: (source.readinto(bytearray(0)), source.readinto(bytearray(5)), source.read1(0)),
    ],
)
@pytest.mark.parametrize("length", [True, False])
def test_a_body_that_was_not_read_to_its_end_is_counted_and_not_guessed(read: Any, length: bool) -> None:
    app, kept, metrics = compat(answering(read))
    assert served(app, environ_of(length=length)).endswith(b"ok")
    assert kept.offered == []
    assert metrics.counts == {(DROPPED, "unread"): 1}


@pytest.mark.parametrize("read", ["data", "json", "stream"])
@pytest.mark.parametrize("length", [True, False])
def test_what_flask_reads_is_had_from_a_server_whose_file_reads_into_buffers(read: str, length: bool) -> None:
    flask = pytest.importorskip("flask")
    app = flask.Flask("shop")

    @app.post("/webhooks/<shop>")  # type: ignore[untyped-decorator, unused-ignore]
    def receive(shop: str) -> str:
        request = flask.request
        seen.append({"data": lambda: request.data, "json": request.get_json, "stream": request.stream.read}[read]())
        return shop

    seen: list[Any] = []
    with_it, kept, metrics = compat(app.wsgi_app)
    app.wsgi_app = with_it  # type: ignore[method-assign, unused-ignore]
    more = {} if length else {"HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input_terminated": True}
    sent = served(app, environ_of(length=length, CONTENT_TYPE="application/json", **more))
    assert sent.endswith(b"north")
    assert seen == [json.loads(BODY) if read == "json" else BODY]
    assert [each.body for each in kept.offered] == [BODY]
    assert not metrics.counts


def test_a_body_that_is_too_long_passes_and_is_counted() -> None:
    app, kept, metrics = compat(answering(lambda source: source.read()), most_bytes=10)
    assert served(app, environ_of()).endswith(b"ok")
    assert (kept.offered, metrics.counts) == ([], {(DROPPED, "oversized"): 1})


def test_the_new_path_s_turn_is_after_the_response_was_closed() -> None:
    class Closing:
        def __iter__(self) -> Iterator[bytes]:
            yield b"a"
            assert not kept.offered
            yield b"b"

        def close(self) -> None:
            assert not kept.offered
            closed.append(True)

    closed: list[bool] = []
    app, kept, _ = compat(answering(lambda source: source.read(), Closing()))
    assert b"ab" in served(app, environ_of()).replace(b"\r\n", b"")
    assert closed == [True]
    assert kept.offered[0].legacy.response.body == b"ab"  # type: ignore[union-attr]


def test_an_exception_passes_when_it_is_called_and_when_it_is_read_from() -> None:
    error = LookupError("x")

    def at_once(environ: Any, _: Any) -> Any:
        environ["wsgi.input"].read()
        raise error

    def late(environ: Any, start_response: Any) -> Iterator[bytes]:
        environ["wsgi.input"].read()
        start_response("200 OK", [])
        yield b"a"
        raise error

    for legacy in (at_once, late):
        app, kept, _ = compat(legacy)
        with pytest.raises(LookupError) as caught:
            read_and_close(app)
        assert caught.value is error
        assert kept.offered[0].legacy.error == "LookupError"  # type: ignore[union-attr]


def read_and_close(app: App) -> None:
    answer: Any = app(environ_of(), lambda *_: None)
    try:
        list(answer)
    finally:
        answer.close()


def test_an_exception_of_close_passes_and_the_delivery_is_given() -> None:
    class Closing(list[bytes]):
        def close(self) -> None:
            raise OSError("close")

    app, kept, _ = compat(answering(lambda source: source.read(), Closing([b"a"])))
    answer = app(environ_of(), lambda *_: None)
    assert len(answer) == 1  # type: ignore[arg-type]
    with pytest.raises(OSError, match="close"):
        answer.close()  # type: ignore[attr-defined]
    assert len(kept.offered) == 1


def test_a_file_is_left_to_the_server() -> None:
    wrapped = FileWrapper(io.BytesIO(b"file"))
    app, kept, _ = compat(answering(lambda source: source.read(), wrapped))
    assert app(environ_of(**{"wsgi.file_wrapper": FileWrapper}), lambda *_: None) is wrapped
    assert len(kept.offered) == 1


@pytest.mark.parametrize("more", [{"REQUEST_METHOD": "GET"}, {"PATH_INFO": "/other"}])
def test_everything_else_is_the_application_s_alone(more: Any) -> None:
    answer, environ = [b"x"], environ_of(**more)
    source = environ["wsgi.input"]
    app, kept, metrics = compat(answering(lambda source: source.read(), answer))
    assert app(environ, lambda *_: None) is answer
    assert environ["wsgi.input"] is source
    assert (kept.offered, metrics.counts) == ([], {})


def test_it_keeps_to_the_specification() -> None:
    def app(environ: Any, start_response: Any) -> Iterable[bytes]:
        until_empty(environ["wsgi.input"])
        start_response("202 Accepted", [("Content-Type", "text/plain")])
        return [b"ok"]

    with_it, kept, _ = compat(validator(app))  # type: ignore[arg-type]
    assert b"202 Accepted" in served(validator(with_it), environ_of() | {"QUERY_STRING": "", "SCRIPT_NAME": ""})  # type: ignore[arg-type]
    assert len(kept.offered) == 1


def test_what_is_asked_of_the_response_is_asked_of_the_application_s_own() -> None:
    class Response(list[bytes]):
        direct_passthrough = True

    app, _, _ = compat(answering(lambda source: source.read(), Response([b"a"])))
    answer: Any = app(environ_of(), lambda *_: None)
    assert answer.direct_passthrough
    assert not hasattr(answer, "other")


@given(
    reads=st.lists(st.integers(-1, 9) | st.sampled_from(["readline", "readlines"]), max_size=5),
    status=st.sampled_from(["200 OK", "404 Not Found", "500 Oops"]),
    headers=st.lists(st.tuples(st.sampled_from(["A", "Content-Type", "B-C"]), st.text("ab1 ", max_size=5)), max_size=3),
    parts=st.lists(st.binary(max_size=5), max_size=4),
    lazily=st.booleans(),
    raises=st.sampled_from([None, 0, 1]),
    body=st.binary(max_size=30),
    events=st.booleans(),
)
def test_any_application_sends_the_same_bytes_with_and_without(
    reads: list[Any], status: str, headers: Any, parts: list[bytes], lazily: bool, raises: int | None, body: bytes,
    events: bool,
) -> None:  # fmt: skip
    def app(environ: Any, start_response: Any) -> Iterable[bytes]:
        source = environ["wsgi.input"]
        seen.append([getattr(source, each)() if isinstance(each, str) else source.read(each) for each in reads])
        if raises == 0:
            raise ValueError
        start_response(status, headers)
        return later() if lazily else parts

    def later() -> Iterator[bytes]:
        yield from parts
        if raises == 1:
            raise ValueError

    seen: list[Any] = []
    with_it, _, _ = compat(app, flags={EVENTS: events})
    assert served(with_it, environ_of(body)) == served(app, environ_of(body))
    assert seen[0] == seen[1]


@given(body=st.binary(max_size=40), sizes=st.lists(st.integers(1, 9), max_size=20))
def test_a_tee_keeps_exactly_what_was_read(body: bytes, sizes: list[int]) -> None:
    kept = Gathered(100)
    source = Tee(io.BytesIO(body), kept)
    read = b"".join(source.read(each) for each in sizes)
    rest = source.read()
    assert read + rest == body
    if body:
        assert kept.whole() == body
