"""The compat layer: what the legacy handler does is what happens, whatever the new path is like."""

import functools
import inspect
import threading
import traceback
from datetime import timedelta
from typing import Any

import pytest

from rollout_cli.pipeline import compat
from rollout_cli.pipeline.backlog import ThreadBacklog
from rollout_cli.pipeline.metrics import DROPPED
from rollout_cli.pipeline.shoppers import ByField, ByHeader
from rollout_cli.pipeline.switches import DUAL_RUN, EVENTS
from tests.pipeline.compat_doubles import Counted, Remembering
from tests.pipeline.compat_layers import BODY, LIVE, NOW, SHADOWED, Kept, Web, both, call, layer_of
from tests.support.flags_answering import Answering


@pytest.mark.parametrize("kind", [0, 1])
def test_the_handler_gets_its_own_arguments_and_its_result_is_the_same_object(kind: int) -> None:
    layer, kept, _ = layer_of()
    given_args, result = [], object()

    def handle(*args: Any, **kwargs: Any) -> object:
        given_args.append((args, kwargs))
        assert not kept.offered, "the legacy handler comes first"
        return result

    wrapped = layer.wrap(both(handle)[kind], provider="evolution", instance="shop")
    other = object()
    assert call(wrapped, BODY, other, key=other) is result
    assert given_args == [((BODY, other), {"key": other})]
    assert given_args[0][0][0] is BODY
    (delivery,) = kept.offered
    assert delivery.body is BODY
    assert (delivery.provider, delivery.instance) == ("evolution", "shop")


@pytest.mark.parametrize("kind", [0, 1])
def test_an_exception_of_the_handler_is_the_same_object_with_one_frame_more(kind: int) -> None:
    layer, kept, _ = layer_of()
    error = LookupError("legacy")

    def handle(_: bytes) -> None:
        raise error

    handler = both(handle)[kind]
    with pytest.raises(LookupError) as bare:
        call(handler, BODY)
    frames = len(traceback.extract_tb(bare.value.__traceback__))
    error.__traceback__ = None
    with pytest.raises(LookupError) as caught:
        call(layer.wrap(handler, provider="evolution"), BODY)
    assert caught.value is error
    assert error.__context__ is None
    assert len(traceback.extract_tb(error.__traceback__)) == frames + 1
    assert kept.offered[0].legacy.error == "LookupError"


def test_what_ends_a_process_or_a_task_passes_and_is_no_delivery() -> None:
    layer, kept, _ = layer_of()

    def handle(_: bytes) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        layer.wrap(handler=handle, provider="evolution")(BODY)
    assert not kept.offered


def test_the_wrapped_handler_has_the_name_the_marks_and_the_signature_of_the_handler() -> None:
    layer, _, _ = layer_of()

    def handle(body: bytes, *, key: int = 1) -> int:
        """Say."""
        return key

    handle.csrf_exempt = True  # type: ignore[attr-defined]
    for handler in both(handle):
        wrapped = layer.wrap(handler, provider="evolution")
        assert (wrapped.__name__, wrapped.__doc__, wrapped.csrf_exempt) == ("handle", "Say.", True)  # type: ignore[attr-defined]
        assert inspect.signature(wrapped) == inspect.signature(handle)
        assert inspect.iscoroutinefunction(wrapped) == inspect.iscoroutinefunction(handler)


def test_callable_objects_and_partials_are_handlers_too() -> None:
    layer, kept, _ = layer_of()

    class Handler:
        async def __call__(self, body: bytes) -> str:
            return "async"

    assert call(layer.wrap(Handler(), provider="evolution"), BODY) == "async"
    assert call(layer.wrap(functools.partial(lambda word, body: word, "word"), provider="evolution"), BODY) == "word"
    assert len(kept.offered) == 2


def test_with_the_flags_off_nothing_is_built_and_no_thread_begins(monkeypatch: pytest.MonkeyPatch) -> None:
    candidate = Remembering()
    backlog = ThreadBacklog(candidate, metrics=Counted())
    layer, _, metrics = layer_of(Answering({EVENTS: False}), backlog)

    def build(*_: Any, **__: Any) -> None:
        raise AssertionError("a delivery was built")

    monkeypatch.setattr(compat, "Delivery", build)
    threads = set(threading.enumerate())
    assert layer.wrap(lambda body: body, provider="evolution")(BODY) is BODY
    assert set(threading.enumerate()) <= threads
    assert backlog.depth == 0
    assert not metrics.counts


def test_a_shopper_who_is_not_let_in_is_off_while_another_one_is_on() -> None:
    flags = Answering(SHADOWED, allow={EVENTS: {"s-1"}})
    layer, kept, _ = layer_of(flags, shoppers=ByField("shop"))
    handle = layer.wrap(len, provider="evolution")
    for shopper in ("s-1", "s-2"):
        handle(b'{"shop": "%s"}' % shopper.encode())
    handle(b"{}")
    assert [each.shopper_id for each in kept.offered] == ["s-1"]


def test_a_delivery_says_what_is_known_and_when_it_came() -> None:
    layer, kept, _ = layer_of(shoppers=ByHeader("shop"))
    handle = layer.wrap(
        lambda request, name: name,
        provider="evolution",
        instance=lambda request, name: name,
        event="messages-upsert",
    )
    handle(Web(BODY, {"Shop": "s-1"}), "north")
    (delivery,) = kept.offered
    assert (delivery.instance, delivery.event, delivery.shopper_id) == ("north", "messages-upsert", "s-1")
    assert delivery.headers == {"Shop": "s-1"}
    assert NOW - timedelta(seconds=5) < delivery.received_at <= NOW
    assert delivery.signature_valid is None


def test_what_the_arguments_say_of_the_shopper_counts_before_the_resolver() -> None:
    layer, kept, _ = layer_of(shoppers=ByHeader("shop"))
    layer.wrap(lambda request, shop: None, provider="evolution", shopper=lambda _, shop: shop)(
        Web(BODY, {"shop": "other"}), "s-1"
    )
    assert kept.offered[0].shopper_id == "s-1"


@pytest.mark.parametrize("compares", [True, False])
def test_the_response_is_kept_only_where_it_is_compared(compares: bool) -> None:
    layer, kept, _ = layer_of(Answering(SHADOWED | {DUAL_RUN: compares}))
    response = object()
    layer.wrap(lambda body: response, provider="evolution")(BODY)
    legacy = kept.offered[0].legacy
    assert legacy.response is (response if compares else None)
    assert legacy.error is None
    assert 0 <= legacy.seconds < 5


@pytest.mark.parametrize(
    ("flags", "has_spool", "goes_to"),
    [(LIVE, True, "spool"), (LIVE, False, "backlog"), (SHADOWED, True, "backlog")],
)
def test_what_is_live_goes_to_the_spool_where_there_is_one(flags: Any, has_spool: bool, goes_to: str) -> None:
    spool = Kept()
    layer, backlog, _ = layer_of(Answering(flags), spool=spool if has_spool else None)
    layer.wrap(len, provider="evolution")(BODY)
    assert (len(spool.offered), len(backlog.offered)) == ((1, 0) if goes_to == "spool" else (0, 1))


@pytest.mark.parametrize(
    ("args", "kwargs"),
    [
        ((BODY,), {}),
        ((object(), bytearray(BODY)), {}),
        ((), {"payload": memoryview(BODY)}),
        ((Web(BODY),), {}),
        ((object(),), {"request": Web(BODY)}),
    ],
)
def test_the_raw_body_is_found_in_the_arguments(args: Any, kwargs: Any) -> None:
    layer, kept, _ = layer_of()
    layer.wrap(lambda *_, **__: None, provider="evolution")(*args, **kwargs)
    assert kept.offered[0].body == BODY
    assert type(kept.offered[0].body) is bytes


def test_what_a_starlette_request_has_read_is_found_too() -> None:
    from starlette.requests import Request as StarletteRequest

    async def receive() -> Any:
        return {"type": "http.request", "body": BODY}

    async def handle(request: StarletteRequest) -> Any:
        return await request.json()

    layer, kept, _ = layer_of()
    scope = {"type": "http", "headers": [(b"x-a", b"b")], "method": "POST"}
    assert call(layer.wrap(handle, provider="evolution"), StarletteRequest(scope, receive)) == {
        "event": "messages.upsert"
    }
    assert kept.offered[0].body == BODY
    assert kept.offered[0].headers == {"x-a": "b"}


@pytest.mark.parametrize("args", [(), (object(),), (b"",), (Web("text"),), (Web(b""),)])
def test_a_body_that_is_not_to_be_had_is_counted(args: Any, caplog: pytest.LogCaptureFixture) -> None:
    layer, kept, metrics = layer_of()
    wrapped = layer.wrap(lambda *args: args, provider="evolution")
    assert wrapped(*args) == wrapped(*args) == args
    assert not kept.offered
    assert metrics.counts == {(DROPPED, "unread"): 2}
    assert len(caplog.records) == 1
