"""The compat layer where something goes wrong, or takes the handler's place: an answer is what it would have been."""

import logging
import sys
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollout_cli.errors import UsageError
from rollout_cli.pipeline.backlog import ThreadBacklog
from rollout_cli.pipeline.compat import CompatLayer
from rollout_cli.pipeline.delivery import LegacyOutcome
from rollout_cli.pipeline.metrics import DROPPED, FAILED
from rollout_cli.pipeline.switches import DUAL_RUN, EVENTS, SHADOW
from tests.pipeline.compat_doubles import AwayFor, Counted, Eating, Hanging, Raising, Remembering
from tests.pipeline.compat_layers import (
    BODY,
    LIVE,
    SHADOWED,
    Kept,
    RaisingFlags,
    RaisingShoppers,
    both,
    call,
    layer_of,
    raising,
)
from tests.support.asked_to_end import OutOfTimeError, asked_to_end, give_up, heard_by
from tests.support.flags_answering import Answering
from tests.support.waiting import eventually


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


class Supervised:
    """An application that hears of its end by a method, or by an object that can be called."""

    def leave(self, *_: object) -> None:
        sys.exit(7)

    __call__ = leave


def leave(*_: object) -> None:
    Supervised().leave()


ENDS = [leave, Supervised().leave, Supervised(), partial(leave, 1), give_up]


@pytest.mark.parametrize("handler", ENDS, ids=[*"fmopg"])
@pytest.mark.parametrize("kind", [0, 1])
def test_an_application_that_is_asked_to_end_while_we_are_at_work_ends(kind: int, handler: Any) -> None:
    busy: list[Any] = [{"body": asked_to_end}, {"headers": asked_to_end}]
    for wrapping in busy:
        layer, kept, metrics = layer_of()
        with heard_by(handler), pytest.raises((SystemExit, OutOfTimeError)):
            call(layer.wrap(both(len)[kind], provider="evolution", **wrapping), BODY)
        assert (kept.offered, metrics.counts) == ([], {})


def test_neither_metrics_nor_a_candidate_keep_an_application_from_ending() -> None:
    layer, _, counting = layer_of(backlog=Kept(ValueError()))
    counting.add = asked_to_end  # type: ignore[method-assign]
    with heard_by(leave), pytest.raises(SystemExit, match="7"):
        call(layer.wrap(len, provider="evolution"), BODY)
    taking = Remembering()
    taking.take = asked_to_end  # type: ignore[assignment,method-assign]
    layer, *_ = layer_of(candidate=taking, flags=Answering(LIVE))
    instead = raising(AssertionError("it was not taken"))
    with heard_by(leave), pytest.raises(SystemExit, match="7"):
        call(layer.wrap(len, provider="evolution", instead=instead), BODY)


def test_who_only_says_that_the_process_should_end_is_not_heard_whatever_handlers_there_are() -> None:
    layer, _, metrics = layer_of()
    with heard_by(leave):
        assert call(layer.wrap(len, provider="evolution", headers=raising(SystemExit(7))), BODY) == len(BODY)
    assert metrics.counts == {(DROPPED, "compat"): 1}


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
