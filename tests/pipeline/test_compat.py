"""The compat layer: what the legacy handler does is what happens, whatever the new path is like."""

import asyncio
import functools
import inspect
import logging
import threading
import traceback
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollout_cli.errors import UsageError
from rollout_cli.pipeline import compat
from rollout_cli.pipeline.backlog import ThreadBacklog
from rollout_cli.pipeline.compat import CompatLayer
from rollout_cli.pipeline.delivery import Delivery, LegacyOutcome
from rollout_cli.pipeline.metrics import DROPPED, FAILED
from rollout_cli.pipeline.shoppers import ByField, ByHeader, Request
from rollout_cli.pipeline.switches import DUAL_RUN, EVENTS, SHADOW
from tests.pipeline.compat_doubles import AwayFor, Counted, Eating, Hanging, Raising, Remembering
from tests.support.flags_answering import Answering
from tests.support.waiting import eventually

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


def raising(error: BaseException) -> Callable[..., Any]:
    def anything(*_: Any, **__: Any) -> Any:
        raise error

    return anything


class RaisingFlags:
    is_enabled = decide = value = staticmethod(raising(OSError("secret")))


class RaisingShoppers:
    def shopper_of(self, _: Request) -> str | None:
        raise SystemExit(3)


@pytest.mark.parametrize(
    ("options", "wrapping"),
    [
        ({"flags": RaisingFlags()}, {}),
        ({"backlog": Kept(ValueError("secret"))}, {}),
        ({"spool": Kept(ValueError("secret")), "flags": Answering(LIVE)}, {}),
        ({}, {"body": raising(ValueError("secret"))}),
        ({}, {"headers": raising(SystemExit(1))}),
        ({}, {"instance": raising(RecursionError())}),
        ({}, {"headers": lambda _: 7}),
    ],
)
@pytest.mark.parametrize("kind", [0, 1])
def test_what_goes_wrong_on_our_side_is_counted_said_once_and_changes_nothing(
    kind: int, options: Any, wrapping: Any, caplog: pytest.LogCaptureFixture
) -> None:
    layer, _, metrics = layer_of(**options)
    wrapped = layer.wrap(both(len)[kind], provider="evolution", **wrapping)
    with caplog.at_level(logging.DEBUG, "rollout"):
        assert call(wrapped, BODY) == call(wrapped, BODY) == len(BODY)
    assert metrics.counts == {(DROPPED, "compat"): 2}
    assert len([each for each in caplog.records if each.name.startswith("rollout")]) == 1
    assert "secret" not in caplog.text


def test_a_resolver_that_raises_counts_and_the_delivery_is_nobodys() -> None:
    layer, kept, metrics = layer_of(shoppers=RaisingShoppers())
    layer.wrap(len, provider="evolution")(BODY)
    assert kept.offered[0].shopper_id is None
    assert metrics.counts == {(FAILED, "shopper"): 1}


def test_metrics_that_raise_change_nothing() -> None:
    class Broken(Counted):
        def add(self, *_: Any, **__: Any) -> None:
            raise OSError("full")

    layer = CompatLayer(RaisingFlags(), Kept(), metrics=Broken())
    assert layer.wrap(len, provider="evolution")(BODY) == len(BODY)


def test_a_provider_that_nobody_knows_is_refused_when_a_handler_is_wrapped() -> None:
    layer, _, _ = layer_of()
    with pytest.raises(UsageError, match="pigeon"):
        layer.wrap(len, provider="pigeon")
    with pytest.raises(UsageError, match="instead"):
        layer.wrap(len, provider="evolution", instead=lambda *_: None)


@pytest.mark.parametrize("kind", [0, 1])
def test_a_live_shopper_s_delivery_is_taken_instead_and_answered_for(kind: int) -> None:
    candidate = Remembering()
    layer, kept, _ = layer_of(Answering(LIVE), candidate=candidate)
    wrapped = layer.wrap(
        both(raising(AssertionError("the legacy handler was called")))[kind],
        provider="evolution",
        instead=both(lambda delivery, taken: (delivery.body, taken))[kind],
    )
    assert call(wrapped, BODY) == (BODY, [BODY])
    assert candidate.bodies == [BODY]
    assert candidate.taken[0].legacy is None
    assert not kept.offered


@pytest.mark.parametrize("kind", [0, 1])
@pytest.mark.parametrize(
    "candidate", [AwayFor(1), Raising(SystemExit(1)), Eating()], ids=lambda each: type(each).__name__
)
def test_what_cannot_be_taken_instead_is_handled_as_ever(kind: int, candidate: Any) -> None:
    layer, kept, metrics = layer_of(Answering(LIVE), candidate=candidate)
    if isinstance(candidate, Eating):
        candidate.eaten = [b""] * 16
    if isinstance(candidate, AwayFor):
        candidate.left = 1
    wrapped = layer.wrap(
        both(len)[kind] if kind else len, provider="evolution", instead=raising(AssertionError("not taken"))
    )
    assert call(wrapped, BODY) == len(BODY)
    assert metrics.counts == {(FAILED, "instead"): 1}
    assert [each.body for each in kept.offered] == [BODY]


def test_a_shopper_who_is_not_live_has_the_legacy_handler() -> None:
    candidate = Remembering()
    layer, kept, _ = layer_of(Answering(SHADOWED), candidate=candidate)
    wrapped = layer.wrap(len, provider="evolution", instead=raising(AssertionError()))
    assert wrapped(BODY) == len(BODY)
    assert (len(kept.offered), candidate.taken) == (1, [])


@pytest.mark.parametrize("flags", [RaisingFlags(), Answering(LIVE)])
def test_where_nobody_can_tell_whether_a_shopper_is_live_the_legacy_handler_is_called(flags: Any) -> None:
    layer, _, _ = layer_of(flags, candidate=Remembering())
    wrapped = layer.wrap(len, provider="evolution", body=raising(OSError()), instead=raising(AssertionError()))
    assert wrapped(BODY) == len(BODY)


def hostile() -> list[Any]:
    return [Hanging(), Raising(ValueError("no")), Raising(SystemExit(1)), Raising(MemoryError()), Eating(), AwayFor(1)]


@given(
    results=st.lists(st.binary() | st.sampled_from([ValueError, KeyError, OSError]), min_size=1, max_size=8),
    bodies=st.lists(st.binary(max_size=50), min_size=8, max_size=8),
    temper=st.integers(0, 5),
    flags=st.fixed_dictionaries({EVENTS: st.booleans(), SHADOW: st.booleans(), DUAL_RUN: st.booleans()}),
    kind=st.integers(0, 1),
)
def test_any_handler_does_the_same_with_any_candidate_beside_it(
    results: list[Any], bodies: list[bytes], temper: int, flags: Any, kind: int
) -> None:
    def handle(number: int, body: bytes) -> tuple[Any, bytes]:
        if isinstance(results[number], type):
            raise results[number](body)
        return results[number], body

    def outcome(handler: Callable[..., Any], number: int) -> Any:
        try:
            return call(handler, number, bodies[number])
        except (ValueError, KeyError, OSError) as error:
            return type(error), error.args

    candidate = hostile()[temper]
    backlog = ThreadBacklog(candidate, metrics=Counted(), size=4, time_limit=60)
    layer, _, _ = layer_of(Answering(flags), backlog)
    wrapped = layer.wrap(both(handle)[kind], provider="evolution")
    try:
        for number in range(len(results)):
            assert outcome(wrapped, number) == outcome(handle, number)
    finally:
        if isinstance(candidate, Hanging):
            candidate.let_go.set()
        backlog.close(5)


def test_deliveries_reach_the_candidate_in_the_order_of_the_calls() -> None:
    candidate = Remembering()
    backlog = ThreadBacklog(candidate, metrics=Counted())
    layer, _, _ = layer_of(Answering(SHADOWED), backlog)
    handle = layer.wrap(len, provider="evolution")
    bodies = [b"%d" % number for number in range(1, 300)]
    for each in bodies:
        handle(each)
    eventually(lambda: candidate.bodies == bodies)
    assert backlog.close(5)


def test_an_adapter_s_look_that_raises_changes_nothing() -> None:
    layer, kept, metrics = layer_of()
    assert layer.around(len, raising(ValueError()))(BODY) == len(BODY)
    layer.after(None, LegacyOutcome())
    assert not kept.offered
    assert metrics.counts == {(DROPPED, "compat"): 1}
