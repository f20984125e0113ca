"""Couriers: each event once and in order; what a crash or a refusal hit comes once more, and is marked."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from rollout_cli.errors import StoreError
from rollout_cli.pipeline.courier import Courier
from rollout_cli.pipeline.signals import LEASE, Subscription
from rollout_cli.whatsapp import CanonicalEvent
from tests.support.asked_to_end import OutOfTimeError, asked_to_end, give_up, heard_by
from tests.support.event_stores import NOW, text_event
from tests.support.memory_outbox import MemoryOutbox
from tests.support.receivers import Receiver, also
from tests.support.shaky_outbox import AWAY, Shaky, drain, presence

LATER = NOW + LEASE + timedelta(seconds=1)


def courier(outbox: MemoryOutbox, receive: Callable[[Any], object], holder: str = "one", **more: Any) -> Courier:
    return Courier(outbox, Subscription("crm", receive, from_beginning=True, **more), holder)


def published(*events: CanonicalEvent) -> MemoryOutbox:
    outbox = MemoryOutbox()
    outbox.publish(*events)
    return outbox


def test_each_event_comes_once_and_in_order() -> None:
    outbox, got = published(*map(text_event, range(5))), Receiver()
    one = courier(outbox, got)
    drain(one)
    outbox.publish(text_event(5))
    drain(one)
    assert (got.got, got.again, one.given) == ([1, 2, 3, 4, 5, 6], [], 6)


def test_what_was_refused_comes_again_before_anything_else_and_says_so() -> None:
    got = Receiver(refuses=2)
    one = courier(published(*map(text_event, range(2))), got)
    for _ in range(2):
        with pytest.raises(ValueError, match="not now"):
            one.step(NOW)
    drain(one)
    assert (got.got, got.again) == ([1, 2], [1])
    assert [each.again for each in got.refused] == [False, True]


def test_an_event_is_passed_over_after_so_many_attempts_where_that_was_asked_for() -> None:
    got = Receiver(refuses=2)
    one = courier(published(*map(text_event, range(2))), got, give_up_after=2)
    for _ in range(2):
        with pytest.raises(ValueError, match="not now"):
            one.step(NOW)
    drain(one)
    assert (got.got, got.again, list(one.passed_over)) == ([2], [], [1])


def test_a_process_that_is_asked_to_end_within_a_call_has_not_been_refused_by_the_receiver() -> None:
    outbox, got = published(text_event(0)), Receiver()
    one = courier(outbox, asked_to_end, give_up_after=1)
    with heard_by(give_up), pytest.raises(OutOfTimeError):
        one.step(NOW)
    assert (one.refusals, one.attempts, list(one.passed_over)) == (0, 0, [])
    next_one = Courier(outbox, Subscription("crm", got, from_beginning=True), "two")
    assert not next_one.step(NOW)  # the first has the right to it for a while
    next_one.step(LATER)
    assert (got.got, got.again) == ([1], [1])


def test_a_batch_is_one_call_and_its_refusal_is_of_all_of_it() -> None:
    got = Receiver(refuses=1)
    one = courier(published(*map(text_event, range(5))), got, batch=3)
    with pytest.raises(ValueError, match="not now"):
        one.step(NOW)
    drain(one)
    assert (got.calls, got.again) == ([[1, 2, 3], [4, 5]], [1, 2, 3])


def test_a_call_whose_position_could_not_be_written_is_not_made_again_by_the_same_process() -> None:
    outbox, got = Shaky(), Receiver()
    outbox.publish(*map(text_event, range(3)))
    one = courier(outbox, got)
    outbox.fails = AWAY
    with pytest.raises(StoreError):
        one.step(NOW)
    drain(one)
    assert (got.got, one.attempts, outbox.lag("crm")) == ([1, 2, 3], 0, 0)


def test_a_position_that_was_written_although_the_answer_was_lost_counts_once() -> None:
    outbox, got = Shaky(), Receiver()
    outbox.publish(*map(text_event, range(3)))
    one = courier(outbox, got)
    outbox.fails, outbox.after = AWAY, True
    with pytest.raises(StoreError):
        one.step(NOW)
    for _ in range(3):
        drain(one)
    assert (got.got, got.again) == ([1, 2, 3], [])


def test_a_process_that_gives_up_its_right_after_a_refusal_tells_the_next_one() -> None:
    outbox, got = published(text_event(1)), Receiver()
    one = courier(outbox, Receiver(refuses=1))
    with pytest.raises(ValueError, match="not now"):
        one.step(NOW)
    one.rest()
    drain(courier(outbox, got, "two"))
    assert got.again == [1]


def test_a_right_that_was_given_back_in_order_leaves_no_doubt() -> None:
    outbox, got = published(text_event(1)), Receiver()
    one = courier(outbox, Receiver())
    drain(one)
    one.rest()
    outbox.publish(text_event(2))
    drain(courier(outbox, got, "two"))
    assert (got.got, got.again) == ([2], [])


def test_an_event_that_came_after_a_takeover_cannot_have_been_given_before() -> None:
    outbox, got = published(text_event(1)), Receiver()
    drain(courier(outbox, Receiver()))
    two = courier(outbox, got, "two")
    drain(two, LATER)
    outbox.publish(text_event(2))
    drain(two, LATER)
    assert (got.got, got.again) == ([2], [])


def test_a_doubt_lasts_while_the_store_is_away() -> None:
    outbox, got = published(text_event(1)), Receiver()
    with pytest.raises(KeyboardInterrupt):
        courier(outbox, also(Receiver(), _interrupt)).step(NOW)
    two = courier(outbox, got, "two")
    read, outbox.read = outbox.read, _away  # type: ignore[method-assign, assignment]
    with pytest.raises(StoreError):
        two.step(LATER)
    outbox.read = read  # type: ignore[method-assign]
    drain(two, LATER + LEASE / 2)
    assert got.again == [1]


def test_while_a_process_lives_a_call_may_take_longer_than_a_lease() -> None:
    outbox, first, second = published(text_event(1)), Receiver(), Receiver()
    two = courier(outbox, second, "two")

    def takes_long() -> None:
        one.renew(NOW + 0.6 * LEASE)
        drain(two, LATER)

    one = courier(outbox, also(first, takes_long))
    drain(one)
    assert (first.got, second.got) == ([1], [])


def test_whoever_sleeps_through_its_lease_lets_the_next_one_repeat_the_call_and_goes_on_behind_it() -> None:
    outbox, first, second = published(text_event(1)), Receiver(), Receiver()
    two = courier(outbox, second, "two")
    one = courier(outbox, also(first, lambda: drain(two, LATER)))
    drain(one)
    outbox.publish(text_event(2))
    drain(one, LATER)
    assert (first.got, second.got, second.again) == ([1], [1], [1])
    drain(two, LATER)
    assert second.got == [1, 2]


def test_a_process_that_rests_without_knowing_that_its_position_was_written_hands_over_all_the_same() -> None:
    outbox, got = Shaky(), Receiver()
    outbox.publish(*map(text_event, range(2)))
    one = courier(outbox, Receiver())
    outbox.fails, outbox.after = AWAY, True
    with pytest.raises(StoreError):
        one.step(NOW)
    one.rest()
    drain(courier(outbox, got, "two"))
    assert (got.got, got.again) == ([2], [])


def test_what_is_not_wanted_is_passed_over_without_a_write_for_each() -> None:
    writes = []

    class Counting(MemoryOutbox):
        def advance(self, name: str, holder: str, position: int, until: Any) -> None:
            writes.append(position)
            super().advance(name, holder, position, until)

    outbox, got = Counting(), Receiver()
    one = courier(outbox, got, types=("whatsapp.message.",))
    for number in range(20):
        outbox.publish(presence(number))
        drain(one)
    outbox.publish(text_event(20))
    drain(one)
    assert got.got == [21]
    assert writes == [1, 21]


def test_a_position_behind_what_is_not_wanted_stands_after_a_rest() -> None:
    outbox = published(*map(presence, range(3)))
    one = courier(outbox, Receiver(), types=("whatsapp.message.",))
    drain(one)
    one.rest()
    assert outbox.lag("crm") == 0


def test_effects_of_a_transaction_whose_answer_was_lost_are_there_once() -> None:
    outbox, got = Shaky(), Receiver()
    outbox.publish(*map(text_event, range(2)))
    one = courier(outbox, got, is_transactional=True)
    lost = [True]
    advancing = outbox.advancing

    class Losing:
        def __init__(self, *arguments: Any) -> None:
            self._real = advancing(*arguments)

        def __enter__(self) -> object:
            return self._real.__enter__()

        def __exit__(self, *error: object) -> None:
            self._real.__exit__(*error)
            if lost.pop() if lost else False:
                raise AWAY

    outbox.advancing = Losing  # type: ignore[method-assign, assignment]
    with pytest.raises(StoreError):
        one.step(NOW)
    for _ in range(3):
        drain(one)
    assert got.got == [1, 2]


@pytest.mark.parametrize("wrong", [{"name": ""}, {"name": "x" * 129}, {"name": "a\0"}, {"batch": 0}])
def test_a_subscription_that_cannot_be_kept_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"at least 1|printable"):
        Subscription(**{"name": "crm", "receive": print, **wrong})


def test_a_single_text_is_no_list_of_types() -> None:
    with pytest.raises(ValueError, match="several prefixes"):
        Subscription("crm", print, types="whatsapp.message.")  # type: ignore[arg-type]


def _interrupt() -> None:
    raise KeyboardInterrupt


def _away(*_: object) -> None:
    raise AWAY
