"""Letting go of what is old: only what was said, only what is old enough, and nothing that is still to be delivered."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from rollout_cli.pipeline.dual_run.observation import Kind, Observation, Severity
from rollout_cli.pipeline.event_store import DeadLetter, Entry
from rollout_cli.store.events import retaining
from rollout_cli.store.events.outbox import SqlOutbox
from rollout_cli.store.events.retaining import prune
from rollout_cli.store.events.sql_event_store import SqlEventStore
from rollout_cli.store.events.tables import dead_letters, observations
from rollout_cli.store.events.tables import events as log
from rollout_cli.whatsapp import normalize
from tests.support.event_stores import NOW, cloud_text, new_events_file, text_event

DAY = timedelta(days=1)


def observation(at: datetime) -> Observation:
    return Observation(at, "cloud_api", Kind.MATCH, Severity.MINOR, "text", None, None, "id-1", None, None, None)


@pytest.fixture
def filled(events: SqlEventStore) -> SqlEventStore:
    """One of everything for each of ten days, the newest of which is today."""
    for day in range(10):
        at = NOW - (9 - day) * DAY
        with events.publication() as publication:
            publication.append([Entry(text_event(day), at, "shopper-1")])
            publication.bury([DeadLetter(at, "cloud_api", "not_json", "no JSON", bytes([day]))])
        events.observe([observation(at)])
    return events


def counts(store: SqlEventStore) -> tuple[int, int, int, int]:
    """Raw bodies, events, letters, observations."""
    with store.reading() as connection:
        raw, every, letters, observed = (
            connection.execute(select(func.count(column))).scalar_one()
            for column in (log.c.raw, log.c.id, dead_letters.c.id, observations.c.id)
        )
    return raw, every, letters, observed


def test_nothing_is_let_go_that_was_not_said(filled: SqlEventStore) -> None:
    prune(filled)
    assert counts(filled) == (10, 10, 10, 10)


@pytest.mark.parametrize(
    ("what", "left"),
    [("raw", (3, 10, 10, 10)), ("old_events", (3, 3, 10, 10)), ("letters", (10, 10, 3, 10)),
     ("observed", (10, 10, 10, 3))],
)  # fmt: skip
def test_only_what_was_said_and_came_before_that_time_is_let_go(
    filled: SqlEventStore, what: str, left: tuple[int, ...]
) -> None:
    before = {what: NOW - 2 * DAY}
    planned = prune(filled, **before, is_dry_run=True)
    assert counts(filled) == (10, 10, 10, 10)
    done = prune(filled, **before)  # type: ignore[arg-type]
    assert counts(filled) == left
    assert (planned.raw, planned.events, planned.dead_letters, planned.observations) == (
        done.raw, done.events, done.dead_letters, done.observations,
    )  # fmt: skip
    assert done.raw + done.events + done.dead_letters + done.observations == 7


def test_doing_it_again_finds_nothing(filled: SqlEventStore) -> None:
    for expected in (7, 0):
        assert prune(filled, raw=NOW - 2 * DAY).raw == expected


def test_the_time_of_receipt_counts_and_not_the_providers(events: SqlEventStore) -> None:
    late = normalize("cloud_api", cloud_text(1, at=1_500_000_000), received_at=NOW, tenant="shopper-1")
    with events.publication() as publication:
        publication.append([Entry(each, NOW, "shopper-1") for each in late])
    assert prune(events, old_events=NOW).events == 0


def test_what_a_subscriber_has_not_had_stays_and_is_told_of(filled: SqlEventStore) -> None:
    outbox = SqlOutbox(filled)
    outbox.enlist("slow", from_beginning=True)
    outbox.enlist("quick", from_beginning=False)
    outbox.take("slow", "p", NOW, NOW + DAY)
    outbox.advance("slow", "p", 4, NOW + DAY)
    planned = prune(filled, old_events=NOW - 2 * DAY, is_dry_run=True)
    done = prune(filled, old_events=NOW - 2 * DAY)
    assert (done.events, done.kept_for_subscribers) == (4, 3)
    assert (planned.events, planned.kept_for_subscribers) == (4, 3)
    found, _ = outbox.read(4, 100, ())
    assert [each.number for each in found] == [5, 6, 7, 8, 9, 10]


def test_raw_bodies_go_in_pieces_and_the_events_can_still_be_read(
    filled: SqlEventStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retaining, "_AT_ONCE", 3)
    assert prune(filled, raw=NOW + DAY, letters=NOW + DAY).raw == 10
    found, _ = SqlOutbox(filled).read(0, 100, ())
    assert [each.event.raw for each in found] == [None] * 10
    assert [each.event.message.text for each in found if each.event.message] == ["good morning"] * 10


def test_a_number_that_was_let_go_is_never_given_again(tmp_path: Path) -> None:
    store = new_events_file(tmp_path)
    for number in range(2):
        with store.publication() as publication:
            publication.append([Entry(text_event(number), NOW - DAY, "shopper-1")])
        assert prune(store, old_events=NOW).events == 1
    with store.publication() as publication:
        assert [each.id for each in publication.append([Entry(text_event(5), NOW, "shopper-1")])] == [3]


def test_publishers_may_trust_what_they_remember_after_it(filled: SqlEventStore) -> None:
    with filled.publication():
        pass
    prune(filled, raw=NOW, old_events=NOW)
    with filled.publication() as publication:
        assert publication.is_undisturbed


def test_what_was_let_go_is_nowhere_in_the_file(tmp_path: Path) -> None:
    store = new_events_file(tmp_path)
    secret = "a text that nobody else has written"
    for start, at, text in ((0, NOW, secret), (50, NOW + DAY, "hello")):
        bodies = [cloud_text(number, text=text) for number in range(start, start + 50)]
        made = [normalize("cloud_api", each, received_at=at, tenant="shopper-1")[0] for each in bodies]
        with store.publication() as publication:
            publication.append([Entry(each, at) for each in made])
    assert secret.encode() in (tmp_path / "events.db").read_bytes() + (tmp_path / "events.db-wal").read_bytes()
    assert prune(store, old_events=NOW + DAY).events == 50
    with store.reading() as connection:
        assert connection.exec_driver_sql("PRAGMA secure_delete").scalar() == 1
    store.empty_log()
    assert secret.encode() not in (tmp_path / "events.db").read_bytes()
    store.close()
