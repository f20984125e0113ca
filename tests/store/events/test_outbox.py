"""Both outboxes keep one contract: positions move on, and one process at a time delivers for a subscriber."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from rollout_cli.pipeline.signals import LEASE, LostLeaseError, Outbox
from rollout_cli.store.events.outbox import SqlOutbox
from tests.support.event_stores import NOW, events_of, new_events_file, publish_texts, text_event
from tests.support.memory_outbox import MemoryOutbox

Publish = Callable[[Sequence[int]], None]
LATER = NOW + LEASE


@pytest.fixture(params=["memory", "sqlite", pytest.param("postgres", marks=pytest.mark.heavy)])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Outbox, Publish]:
    if request.param == "memory":
        memory = MemoryOutbox()
        return memory, lambda numbers: memory.publish(*map(text_event, numbers))
    store = events_of(request, tmp_path)
    return SqlOutbox(store), lambda numbers: publish_texts(store, *numbers)


@pytest.fixture
def outbox(place: tuple[Outbox, Publish]) -> Outbox:
    return place[0]


@pytest.fixture
def publish(place: tuple[Outbox, Publish]) -> Publish:
    return place[1]


def heard(outbox: Outbox, after: int, types: Sequence[str] = ()) -> list[str | None]:
    found, _ = outbox.read(after, 100, types)
    return [each.event.source.provider_message_id for each in found]


def test_a_subscriber_from_now_on_misses_what_was_there_and_one_from_the_beginning_does_not(
    outbox: Outbox, publish: Publish
) -> None:
    publish([1, 2])
    outbox.enlist("new", from_beginning=False)
    outbox.enlist("all", from_beginning=True)
    publish([3])
    new, everything = (outbox.take(name, "p", NOW, LATER) for name in ("new", "all"))
    assert new is not None
    assert everything is not None
    assert heard(outbox, new.position) == ["wamid.T3"]
    assert heard(outbox, everything.position) == ["wamid.T1", "wamid.T2", "wamid.T3"]


def test_to_enlist_again_does_not_move_a_subscriber(outbox: Outbox, publish: Publish) -> None:
    outbox.enlist("all", from_beginning=True)
    publish([1])
    outbox.enlist("all", from_beginning=False)
    lease = outbox.take("all", "p", NOW, LATER)
    assert lease is not None
    assert heard(outbox, lease.position) == ["wamid.T1"]


def test_one_process_at_a_time_has_the_right(outbox: Outbox) -> None:
    outbox.enlist("a", from_beginning=True)
    assert outbox.take("a", "first", NOW, LATER) is not None
    assert outbox.take("a", "second", NOW, LATER) is None
    assert outbox.take("a", "first", NOW, LATER) is not None


def test_a_right_that_was_given_back_is_free_and_one_that_ran_out_was_abandoned(outbox: Outbox) -> None:
    outbox.enlist("a", from_beginning=True)
    outbox.take("a", "first", NOW, LATER)
    outbox.release("a", "first")
    second = outbox.take("a", "second", NOW, LATER)
    third = outbox.take("a", "third", LATER + timedelta(seconds=1), LATER + LEASE)
    assert second is not None
    assert third is not None
    assert (second.was_abandoned, third.was_abandoned) == (False, True)


def test_whoever_lost_the_right_cannot_move_the_subscriber(outbox: Outbox, publish: Publish) -> None:
    publish([1])
    outbox.enlist("a", from_beginning=True)
    outbox.take("a", "first", NOW, LATER)
    outbox.take("a", "second", LATER + timedelta(seconds=1), LATER + LEASE)
    with pytest.raises(LostLeaseError):
        outbox.advance("a", "first", 1, LATER)
    with pytest.raises(LostLeaseError), outbox.advancing("a", "first", 1, LATER):
        raise AssertionError("the block is not entered")


def test_a_position_stands_for_the_next_process(outbox: Outbox, publish: Publish) -> None:
    publish([1, 2])
    outbox.enlist("a", from_beginning=True)
    outbox.take("a", "first", NOW, LATER)
    found, _ = outbox.read(0, 1, ())
    outbox.advance("a", "first", found[0].number, LATER)
    outbox.release("a", "first")
    lease = outbox.take("a", "second", NOW, LATER)
    assert lease is not None
    assert heard(outbox, lease.position) == ["wamid.T2"]
    assert outbox.lag("a") == 1


def test_what_goes_wrong_in_the_transaction_does_not_move_the_subscriber(outbox: Outbox, publish: Publish) -> None:
    publish([1])
    outbox.enlist("a", from_beginning=True)
    outbox.take("a", "first", NOW, LATER)
    with pytest.raises(ZeroDivisionError), outbox.advancing("a", "first", 1, LATER):
        raise ZeroDivisionError
    assert outbox.lag("a") == 1


def test_only_wanted_types_are_read_and_the_others_are_passed_over(outbox: Outbox, publish: Publish) -> None:
    publish([1, 2])
    assert heard(outbox, 0, ["whatsapp.message."]) == ["wamid.T1", "wamid.T2"]
    assert outbox.read(0, 100, ["whatsapp.call"]) == ([], 2)


def test_a_log_with_nothing_new_has_nothing(outbox: Outbox, publish: Publish) -> None:
    publish([1])
    assert outbox.read(1, 100, ()) == ([], 1)


def test_a_position_moves_forward_only(outbox: Outbox, publish: Publish) -> None:
    publish([1, 2])
    outbox.enlist("a", from_beginning=True)
    outbox.take("a", "first", NOW, LATER)
    outbox.advance("a", "first", 2, LATER)
    for position in (1, 2):
        with pytest.raises(LostLeaseError):
            outbox.advance("a", "first", position, LATER)
    with pytest.raises(LostLeaseError), outbox.advancing("a", "first", 2, LATER):
        raise AssertionError("the block is not entered: its effects are there")
    assert outbox.lag("a") == 0


def test_a_right_lasts_as_long_as_it_is_renewed_and_nobody_else_can_renew_it(outbox: Outbox) -> None:
    outbox.enlist("a", from_beginning=True)
    outbox.take("a", "first", NOW, LATER)
    assert outbox.renew("a", "first", LATER + LEASE)
    assert not outbox.renew("a", "second", LATER + 2 * LEASE)
    assert outbox.take("a", "second", LATER + timedelta(seconds=1), LATER + LEASE) is None
    assert outbox.take("a", "second", LATER + LEASE, LATER + 2 * LEASE) is not None
    assert not outbox.renew("a", "first", LATER + 3 * LEASE)


def test_a_right_that_was_given_back_in_doubt_is_free_at_once_and_was_abandoned(outbox: Outbox) -> None:
    outbox.enlist("a", from_beginning=True)
    outbox.take("a", "first", NOW, LATER)
    outbox.release("a", "first", in_doubt=True)
    lease = outbox.take("a", "second", NOW, LATER)
    assert lease is not None
    assert lease.was_abandoned


def test_whoever_lost_the_right_cannot_give_it_back(outbox: Outbox) -> None:
    outbox.enlist("a", from_beginning=True)
    outbox.take("a", "first", NOW, LATER)
    outbox.take("a", "second", LATER, LATER + LEASE)
    outbox.release("a", "first")
    assert outbox.take("a", "third", LATER, LATER + LEASE) is None


def test_no_more_is_read_than_was_asked_for_and_reading_goes_on_behind_it(outbox: Outbox, publish: Publish) -> None:
    publish([1, 2, 3])
    found, looked_to = outbox.read(0, 2, ())
    assert (len(found), looked_to) == (2, found[-1].number)
    rest, looked_to = outbox.read(looked_to, 2, ())
    assert (len(rest), looked_to) == (1, rest[-1].number)


def test_prefixes_of_types_are_meant_to_the_letter(outbox: Outbox, publish: Publish) -> None:
    publish([1])
    assert heard(outbox, 0, ["Whatsapp.message."]) == []
    assert heard(outbox, 0, ["whatsapp%"]) == []
    assert heard(outbox, 0, ["whatsapp.call", "whatsapp.m"]) == ["wamid.T1"]


def test_an_event_comes_as_it_was_published(outbox: Outbox, publish: Publish) -> None:
    publish([1])
    found, _ = outbox.read(0, 1, ())
    assert found[0].event.event_id == text_event(1).event_id
    assert found[0].event.message == text_event(1).message


def test_a_rare_type_is_looked_for_in_pieces_of_the_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rollout_cli.store.events.outbox.SPAN", 2)
    store = new_events_file(tmp_path)
    publish_texts(store, *range(5))
    outbox, places = SqlOutbox(store), [0]
    while len(places) < 2 or places[-1] > places[-2]:
        found, looked_to = outbox.read(places[-1], 100, ["whatsapp.call"])
        assert found == []
        places.append(looked_to)
    assert places == [0, 2, 4, 5, 5]


def test_what_publishers_remember_stays_true_while_subscribers_move_on(tmp_path: Path) -> None:
    store = new_events_file(tmp_path)
    outbox = SqlOutbox(store)
    publish_texts(store, 1)
    outbox.enlist("a", from_beginning=True)
    outbox.take("a", "first", NOW, LATER)
    outbox.advance("a", "first", 1, LATER)
    outbox.release("a", "first")
    with store.publication() as publication:
        assert publication.is_undisturbed
