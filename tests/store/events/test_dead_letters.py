"""Dead letters: each body once, with how often it came, until its events are in the log."""

from dataclasses import replace
from datetime import timedelta
from itertools import chain

from rollout_cli.pipeline.event_store import DeadLetter
from rollout_cli.store.events.dead_letters import batches, count_letters, letters, unbury
from rollout_cli.store.events.sql_event_store import SqlEventStore
from tests.support.event_stores import NOW


def letter(body: bytes, instance: str = "shop", reason: str = "not_json") -> DeadLetter:
    return DeadLetter(NOW, "baileys", reason, "the body is not JSON", body, instance, "messages.upsert", "shopper-1")


def bury(store: SqlEventStore, *found: DeadLetter) -> None:
    with store.publication() as publication:
        publication.bury(found)


def test_the_same_body_of_the_same_instance_is_one_letter_that_came_often(events: SqlEventStore) -> None:
    bury(events, letter(b"{"), letter(b"["))
    later = replace(letter(b"{", reason="too_deep"), at=NOW + timedelta(seconds=1))
    bury(events, later, letter(b"{", instance="other"))
    found = [(each.body, each.instance, each.reason, times) for each, times in letters(events)]
    assert found == [(b"{", "shop", "too_deep", 2), (b"[", "shop", "not_json", 1), (b"{", "other", "not_json", 1)]
    assert count_letters(events) == 3


def test_a_letter_is_read_as_it_was_buried_whatever_its_bytes_are(events: SqlEventStore) -> None:
    body = bytes(range(256))
    bury(events, letter(body))
    ((found, _),) = letters(events)
    assert found.id is not None
    assert (found.at, found.provider, found.instance, found.event) == (NOW, "baileys", "shop", "messages.upsert")
    assert (found.body, found.shopper_id) == (body, "shopper-1")


def test_a_forgery_of_a_letter_is_a_letter_of_its_own_and_stays_one(events: SqlEventStore) -> None:
    forged, signed = (replace(letter(b"{"), signature_valid=each) for each in (False, True))
    bury(events, forged, signed, letter(b"{"))
    bury(events, replace(forged, at=NOW + timedelta(seconds=1)))
    found = [(each.signature_valid, times) for each, times in letters(events)]
    assert found == [(False, 2), (True, 1), (None, 1)]


def test_letters_are_read_some_at_a_time_and_by_number(events: SqlEventStore) -> None:
    bury(events, *(letter(bytes([each])) for each in range(5)))
    first = [each.id or 0 for each, _ in letters(events, limit=2)]
    rest = [each.id or 0 for each, _ in letters(events, after=first[-1])]
    assert len(first) == 2
    assert len(rest) == 3
    assert [each.id for each, _ in letters(events, [rest[0], first[0], 10_000])] == [first[0], rest[0]]


def test_all_letters_or_some_come_in_batches_each_once(events: SqlEventStore) -> None:
    bury(events, *(letter(b"%d" % each) for each in range(103)))
    assert [len(each) for each in batches(events)] == [100, 3]
    assert [each.body for each in chain.from_iterable(batches(events, [7, 9, 9, 999]))] == [b"6", b"8"]


def test_what_has_become_events_is_taken_away_and_nothing_else(events: SqlEventStore) -> None:
    bury(events, letter(b"{"), letter(b"["))
    (gone, _), (stays, _) = letters(events)
    unbury(events, [gone.id or 0])
    unbury(events, [])
    unbury(events, [gone.id or 0])
    assert [each.id for each, _ in letters(events)] == [stays.id]
