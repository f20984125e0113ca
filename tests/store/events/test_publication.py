"""A publication: one transaction, and each fact once."""

import json
from base64 import b64encode
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from rollout_cli.errors import ConflictError
from rollout_cli.new_path import replay
from rollout_cli.pipeline.delivery import Delivery
from rollout_cli.pipeline.event_store import Contact, Conversation, DeadLetter, Entry, Participant
from rollout_cli.pipeline.new_path import Outcome
from rollout_cli.pipeline.storable import LONGEST, storable
from rollout_cli.store.events.dead_letters import letters
from rollout_cli.store.events.forgetting import forget
from rollout_cli.store.events.publishing import SqlPublication
from rollout_cli.store.events.reading import Wanted, all_events, stored_events
from rollout_cli.store.events.retaining import prune
from rollout_cli.store.events.sql_event_store import SqlEventStore
from rollout_cli.store.events.tables import aliases, contacts, participants
from tests.support.event_stores import NOW, new_events_file, publish_texts, text_event
from tests.support.routed import (
    all_conversations,
    baileys,
    cloud,
    cloud_status,
    evolution,
    jid,
    open_ones,
    routed,
    said,
    told,
)

ANA = "5511970000001"
LONG, NUL, SMILES = "x" * 10_000, "a\0b", "\U0001f600" * 10_000
ODD = [LONG, NUL, SMILES, "\0", "\udc80", "\u2028'; --"]


def numbers(store: SqlEventStore) -> list[int]:
    return [each.number for each in all_events(store)]


def entry(number: int, **more: Any) -> Entry:
    return Entry(text_event(number), NOW, "shopper-1", **more)


def named(*ids: int) -> list[str]:
    return [text_event(number).trace.idempotency_key for number in ids]


# insert or ignore


def test_what_is_new_comes_back_in_its_order_with_its_place_in_the_log(events: SqlEventStore) -> None:
    with events.publication() as publication:
        first = publication.append([entry(2), entry(1), entry(2)])
        second = publication.append([entry(1), entry(3), entry(2), entry(0)])
        assert publication.append([entry(3)]) == publication.append([]) == []
    assert [each.key for each in first + second] == named(2, 1, 3, 0)
    places = [each.id or 0 for each in first + second]
    assert places == sorted(places) == numbers(events)


def test_the_first_of_two_of_one_key_is_kept_whatever_the_second_says(events: SqlEventStore) -> None:
    publish_texts(events, 1)
    other = replace_text(text_event(1), "good evening")
    with events.publication() as publication:
        assert publication.append([Entry(other, NOW, "shopper-1")]) == []
    (event,) = [each.event for each in all_events(events)]
    assert event.message is not None
    assert event.message.text == "good morning"


def replace_text(event: Any, text: str) -> Any:
    return type(event).from_json(event.to_json().replace("good morning", text))


def test_numbers_are_never_given_twice_also_when_the_newest_event_is_let_go(events: SqlEventStore) -> None:
    publish_texts(events, 1, 2)
    last = numbers(events)[-1]
    prune(events, old_events=NOW + timedelta(days=1))
    assert numbers(events) == []
    publish_texts(events, 3)
    assert numbers(events)[0] > last


def test_a_block_that_fails_leaves_nothing_of_all_that_it_did(events: SqlEventStore) -> None:
    def fail_after_all(publication: SqlPublication) -> None:
        publication.append([entry(1)])
        publication.add_contacts([Contact("c", "shopper-1", ANA)])
        publication.add_aliases({("shopper-1", ANA): "c"})
        publication.open_conversations([conversation("v")])
        publication.add_participants([Participant("v", "c", "customer", NOW)])
        assert publication.next_turn("shopper-1") == 0
        publication.bury([DeadLetter(NOW, "evolution", "not_json", "no JSON", b"{")])
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), events.publication() as publication:
        fail_after_all(publication)
    assert (numbers(events), all_conversations(events), letters(events)) == ([], [], [])
    with events.reading() as connection:
        left = [connection.execute(select(func.count()).select_from(each)).scalar() for each in (contacts, aliases)]
    assert left == [0, 0]
    with events.publication() as publication:
        assert [publication.next_turn("shopper-1") for _ in range(3)] == [0, 1, 2]
        assert publication.next_turn("shopper-2") == 0


def conversation(name: str, **more: Any) -> Conversation:
    return Conversation(name, "t", "private", "cloud_api", NOW, **more)


def test_a_thread_never_has_two_open_conversations(events: SqlEventStore) -> None:
    with events.publication() as publication:
        publication.open_conversations([conversation("one"), conversation("ended", closed_at=NOW)])
    with pytest.raises(ConflictError), events.publication() as publication:
        publication.open_conversations([conversation("two")])
    with events.publication() as publication:
        assert publication.latest_conversations(["t", "nobody's"])["t"].id == "one"
        assert [each.id for each in publication.conversations(["one", "two"])] == ["one"]


def test_who_takes_part_is_kept_with_the_first_and_the_latest_time(events: SqlEventStore) -> None:
    for hours in (2, 1, 3):
        with events.publication() as publication:
            publication.add_participants([Participant("v", "c", "customer", NOW + timedelta(hours=hours))])
    with events.reading() as connection:
        row = connection.execute(select(participants)).one()
    assert (row.first_at, row.last_at) == (NOW + timedelta(hours=1), NOW + timedelta(hours=3))


def test_questions_about_thousands_are_answered(events: SqlEventStore) -> None:
    many = [f"55119{number:08}" for number in range(2_000)]
    with events.publication() as publication:
        publication.add_contacts([Contact(each, "shopper-1", each) for each in many])
        publication.add_aliases({("shopper-1", each): each for each in many})
        assert len(publication.contacts({("shopper-1", each) for each in [*many, "nobody"]})) == 2_000
        assert publication.latest_conversations(many) == {}
        assert publication.threads_of_messages([("shopper-1", each) for each in many]) == {}


def test_a_store_knows_whether_somebody_else_has_written_since(tmp_path: Path) -> None:
    one, other = new_events_file(tmp_path), new_events_file(tmp_path)

    def undisturbed(store: SqlEventStore, **how: bool) -> bool:
        with store.publication(**how) as publication:
            return publication.is_undisturbed

    assert [undisturbed(each) for each in (one, one, other, one, one)] == [False, True, False, False, True]
    undisturbed(one, by_router=False)
    assert [undisturbed(one), undisturbed(one)] == [False, True]
    with pytest.raises(ZeroDivisionError), one.publication():
        raise ZeroDivisionError
    assert [undisturbed(one), undisturbed(one)] == [False, True]
    forget(other, ANA, shopper=None, key=b"key")
    assert not undisturbed(one)


# through the new path


@pytest.mark.parametrize("size", [1, 3, 100])
def test_each_fact_is_there_once_in_batches_of_any_size_and_after_a_restart(events: SqlEventStore, size: int) -> None:
    work = [cloud(number % 4) for number in range(12)]
    for path in (routed(events), routed(events)):  # the second one remembers nothing: a process that begins
        for start in range(0, len(work), size):
            path.take(work[start : start + size])
        events.close()
    assert len(said(events)) == 4
    by_time = [each.event.occurred_at for each in stored_events(events, Wanted(event_type="whatsapp.message"))]
    assert by_time == sorted(by_time)


def test_every_state_of_a_message_is_one_event_through_both_channels_of_a_line(events: SqlEventStore) -> None:

    path = routed(events, same_line={("evolution", "business"): ("cloud_api", "700100")})
    for number, (state, theirs) in enumerate(
        {"sent": "SERVER_ACK", "delivered": "DELIVERY_ACK", "read": "READ"}.items()
    ):
        update = {"keyId": "wamid.O", "remoteJid": jid(ANA), "fromMe": True, "status": theirs}
        both = [cloud_status(number, state, "wamid.O", recipient_id=ANA),
                evolution("messages.update", update, instance="business")]  # fmt: skip
        path.take(both if number % 2 else both[::-1])
    assert [each.event_type.rpartition(".")[2] for each in said(events)] == ["sent", "delivered", "read"]
    assert len({each.routing.thread_key for each in said(events)}) == 1


@pytest.mark.parametrize("name", ODD)
def test_names_of_any_characters_and_length_are_stored_wherever_they_stand(events: SqlEventStore, name: str) -> None:
    whole = name.encode("utf-8", "replace").decode()  # what JSON can say of it
    path = routed(events, "round_robin")
    work = [
        baileys(1, jid(ANA), instance=name),
        baileys(2, jid(ANA), shopper=name),
        baileys(3, f"{whole}@g.us", participant=f"{whole}@s.whatsapp.net"),
        baileys(4, f"{whole}@lid", remoteJidAlt=f"{whole}1@lid"),
        baileys(5, jid(ANA), said={"conversation": whole}),
        replace(cloud(6), body=cloud(6).body.replace(b"wamid.T6", json.dumps(whole)[1:-1].encode())),
        replace(cloud(7), body=cloud(7).body.replace(b"Ana", json.dumps(whole)[1:-1].encode())),
    ]
    assert [each.outcome for each in path.take(work)] == [Outcome.PUBLISHED] * len(work)
    assert [each.outcome for each in path.take(work)] == [Outcome.REPEATED] * len(work)
    assert (len(said(events)), letters(events)) == (len(work), [])
    assert said(events)[4].message.text == whole  # type: ignore[union-attr]


@pytest.mark.parametrize("name", ODD)
def test_a_dead_letter_is_kept_whatever_the_names_around_it(events: SqlEventStore, name: str) -> None:
    broken = Delivery("evolution", b'{"\0', NOW, name, name, shopper_id=name)
    path = routed(events)
    path.take([broken, replace(broken, received_at=NOW + timedelta(seconds=1))])
    ((letter, times),) = letters(events)
    assert (letter.body, letter.instance, letter.shopper_id, times) == (broken.body, *[storable(name)] * 2, 2)
    assert path.replay().become_events == 0
    assert letters(events) == [(letter, 2)]


@pytest.mark.parametrize("name", ODD)
def test_a_storable_name_is_short_text_and_one_of_its_own(name: str) -> None:
    stored = storable(name)
    assert len(stored) <= LONGEST
    assert "\0" not in stored.encode().decode()
    assert stored == storable(name) == storable(stored) != storable(f"{name}1")


def test_a_letter_tells_why_it_was_refused_the_last_time(events: SqlEventStore) -> None:
    for reason in ("not_json", "unpublishable"):
        with events.publication() as publication:
            publication.bury([DeadLetter(NOW, "evolution", reason, f"because of {reason}", b"{")])
    ((letter, times),) = letters(events)
    assert (letter.reason, letter.explanation) == ("unpublishable", "because of unpublishable")
    assert times == 1  # of one time of receipt: it was given again, and nothing has come


def test_a_letter_that_is_replayed_and_refused_again_has_not_come_again(events: SqlEventStore) -> None:
    path = routed(events)
    path.take([Delivery("evolution", b"{", NOW + timedelta(minutes=each)) for each in range(3)])
    replay(path.path, [letter for letter, _ in letters(events)])
    assert [times for _, times in letters(events)] == [3]


@pytest.mark.parametrize("is_valid", [False, True, None])
def test_a_replayed_letter_is_signed_as_it_was_when_it_came(events: SqlEventStore, is_valid: bool | None) -> None:
    letter = DeadLetter(NOW, "cloud_api", "not_json", "an older program", cloud(1).body, signature_valid=is_valid)
    (taken,) = replay(routed(events).path, [letter])
    (event,) = taken.events
    assert event.security.signature_valid is is_valid
    assert ("invalid_signature" in event.security.risk_flags) == (is_valid is False)
    assert bool(open_ones(events)) == (is_valid is not False)


def test_a_mistake_in_reading_one_delivery_holds_up_no_other(
    events: SqlEventStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = routed(events)
    real = path.path._normalized

    def buggy(delivery: Delivery) -> Any:
        return real(delivery) if b"wamid.T2" not in delivery.body else {}["a bug"]

    monkeypatch.setattr(path.path, "_normalized", buggy)
    assert [each.reason for each in path.take([cloud(number) for number in range(4)])] == [
        None, None, "unpublishable", None,
    ]  # fmt: skip
    assert [each.source.provider_message_id for each in said(events)] == ["wamid.T0", "wamid.T1", "wamid.T3"]
    ((letter, _),) = letters(events)
    assert (letter.body, letter.explanation) == (cloud(2).body, "its events could not be made: KeyError")


def test_what_contradicts_the_store_is_a_dead_letter_and_never_tried_for_ever(
    events: SqlEventStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = routed(events)
    path.take([baileys(1, jid(ANA))])
    monkeypatch.setattr("rollout_cli.pipeline.routing.router.conversation_id", lambda *_: open_ones(events)[0].id)
    taken = path.take([baileys(2, jid("5511970000002")), baileys(3, jid(ANA))])
    assert [each.reason for each in taken] == ["unpublishable", None]
    assert len(said(events)) == 2


def test_a_message_that_comes_again_after_its_person_was_forgotten_is_taken(events: SqlEventStore) -> None:
    name = "wamid." + b64encode(b"\x1c\x18\x0d" + ANA.encode() + b"\x15\x02\x00\x01").decode()
    again = replace(cloud(1), body=cloud(1).body.replace(b"wamid.T1", name.encode()))
    path = routed(events)
    path.take([again])
    forget(events, ANA, shopper=None, key=b"key")
    assert [each.outcome for each in path.take([again, cloud(2)])] == [Outcome.PUBLISHED, Outcome.PUBLISHED]
    assert len(open_ones(events)) == 1
    assert told(events) == ["conversation.opened", "thread.assigned"] * 2


def test_a_message_that_comes_again_after_its_event_was_let_go_opens_nothing_new(events: SqlEventStore) -> None:
    path = routed(events)
    path.take([cloud(1)])
    prune(events, old_events=NOW + timedelta(days=1))
    assert path.take([cloud(1)])[0].outcome is Outcome.PUBLISHED
    path.close_idle(timedelta(0), now=NOW)
    prune(events, old_events=NOW + timedelta(days=1))
    assert path.take([cloud(1)])[0].outcome is Outcome.PUBLISHED
    assert (len(all_conversations(events)), open_ones(events)) == (1, [])


def test_in_shadow_a_store_and_its_subscribers_see_nothing(events: SqlEventStore) -> None:
    heard: list[Any] = []
    path = routed(events, flags={"WHATSAPP_CANONICAL_SHADOW_MODE": True})
    assert path.signals is not None
    path.signals.connect("a", heard.append)
    path.signals.start()
    before = contents(events)
    assert {each.outcome for each in path.take([cloud(number) for number in range(3)])} == {Outcome.SHADOW}
    path.signals.close(5)
    assert (heard, numbers(events), all_conversations(events)) == ([], [], [])
    assert contents(events) == before


def contents(store: SqlEventStore) -> list[int | None]:
    with store.reading() as connection:
        return [connection.execute(select(func.count()).select_from(each)).scalar() for each in (contacts, aliases)]
