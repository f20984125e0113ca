"""Reading the log: by the provider's time for people, by place for programs, and never more than is asked for."""

from datetime import timedelta
from pathlib import Path

import pytest

from rollout_cli.pipeline.event_store import Entry
from rollout_cli.store.events.reading import Wanted, all_events, stored_events
from rollout_cli.store.events.sql_event_store import SqlEventStore
from rollout_cli.whatsapp import CanonicalEvent, normalize
from tests.support.event_stores import NOW, cloud_text, new_events_file, publish_texts, text_event

FIRST = 1_793_000_000


def told(number: int, at: int) -> CanonicalEvent:
    return normalize("cloud_api", cloud_text(number, at=FIRST + at), received_at=NOW, tenant="shopper-1")[0]


def put(store: SqlEventStore, *entries: Entry) -> None:
    with store.publication() as publication:
        publication.append(entries)


def messages(store: SqlEventStore, **wanted: object) -> list[str | None]:
    return [each.event.source.provider_message_id for each in stored_events(store, Wanted(**wanted))]  # type: ignore[arg-type]


@pytest.fixture
def late(events: SqlEventStore) -> SqlEventStore:
    """Three texts: the second is the oldest by the provider's time, the third as old as the first."""
    put(events, *(Entry(told(number, at), NOW, "shopper-1") for number, at in ((1, 5), (2, 0), (3, 5))))
    return events


def test_people_read_by_the_providers_time_and_then_in_the_order_of_arrival(late: SqlEventStore) -> None:
    assert messages(late) == ["wamid.T2", "wamid.T1", "wamid.T3"]


def test_programs_read_in_the_order_of_arrival(late: SqlEventStore) -> None:
    assert [each.event.source.provider_message_id for each in all_events(late)] == ["wamid.T1", "wamid.T2", "wamid.T3"]


def test_a_program_goes_on_behind_a_place(late: SqlEventStore) -> None:
    first, *rest = all_events(late)
    assert [each.number for each in all_events(late, first.number)] == [each.number for each in rest]
    assert list(all_events(late, rest[-1].number)) == []


def test_times_are_from_and_up_to(late: SqlEventStore) -> None:
    oldest = told(2, 0).occurred_at
    assert messages(late, until=oldest) == []
    assert messages(late, until=oldest + timedelta(seconds=1)) == ["wamid.T2"]
    assert messages(late, since=oldest + timedelta(seconds=5)) == ["wamid.T1", "wamid.T3"]


def test_all_that_is_said_has_to_hold(events: SqlEventStore) -> None:
    put(
        events,
        Entry(text_event(1), NOW, "shopper-1", thread_key="a", conversation_id="c", skm_id="s"),
        Entry(text_event(2, shopper="shopper-2"), NOW, "shopper-2", thread_key="a"),
    )
    every: dict[str, object] = {
        "thread": "a", "conversation": "c", "shopper": "shopper-1", "skm": "s", "provider": "cloud_api",
        "event_type": "whatsapp.message.", "message": "wamid.T1",
    }  # fmt: skip
    assert messages(events, **every) == ["wamid.T1"]
    assert messages(events, thread="a") == ["wamid.T1", "wamid.T2"]
    for name in every:
        assert messages(events, **{**every, name: "another"}) == []


def test_a_type_is_meant_to_the_letter(events: SqlEventStore) -> None:
    publish_texts(events, 1)
    assert messages(events, event_type="whatsapp.message.inbound") == ["wamid.T1"]
    assert messages(events, event_type="whatsapp%") == []
    assert messages(events, event_type="whatsapp_message") == []


def test_an_event_is_read_as_it_was_published_with_the_place_that_it_was_given(events: SqlEventStore) -> None:
    event = text_event(1)
    put(events, Entry(event, NOW, "shopper-1", thread_key="a", conversation_id="c", skm_id="s"))
    (read,) = all_events(events)
    routing = {"shopper_id": "shopper-1", "skm_id": "s", "conversation_id": "c", "thread_key": "a"}
    assert read.event.to_dict() == {**event.to_dict(), "routing": routing}
    assert read.received_at == NOW


def test_a_limit_takes_the_first(late: SqlEventStore) -> None:
    assert [each.event.source.provider_message_id for each in stored_events(late, Wanted(), limit=1)] == ["wamid.T2"]


def test_publishers_write_while_somebody_reads_all_of_it(tmp_path: Path) -> None:
    store = new_events_file(tmp_path)
    publish_texts(store, *range(3))
    reading = all_events(store)
    next(reading)
    publish_texts(store, 3)
    assert len(list(reading)) >= 2
    store.empty_log()
    assert (tmp_path / "events.db-wal").stat().st_size == 0
