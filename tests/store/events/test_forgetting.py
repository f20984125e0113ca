"""Forgetting: nothing leads to the person any more, wherever they stood; of everybody else nothing changes."""

import json
import sqlite3
from base64 import b64encode
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from threading import Event, Thread

import pytest
from sqlalchemy import or_, select, text

from rollout_cli import RolloutClient
from rollout_cli.errors import UsageError
from rollout_cli.new_path import open_new_path
from rollout_cli.pipeline.delivery import Delivery
from rollout_cli.pipeline.event_store import DeadLetter, Entry
from rollout_cli.store.events.forgetting import forget
from rollout_cli.store.events.reading import Wanted, stored_events
from rollout_cli.store.events.sql_event_store import SqlEventStore
from rollout_cli.store.events.tables import events
from tests.support.event_stores import NOW, cloud_text, new_events_file, publish_texts, text_event

ANA, ANA_WITHOUT_NINE, ANA_LID = "5541998908495", "554198908495", "201100000000777"
BIA = "5511970000002"
KEY = b"key"
ON = {
    "WHATSAPP_CANONICAL_EVENTS_ENABLED": "true", "WHATSAPP_CANONICAL_SHADOW_MODE": "false",
    "WHATSAPP_ROUTING_ENABLED": "true", "WHATSAPP_GROUP_ROUTING_ENABLED": "true",
}  # fmt: skip
GROUP = f"{ANA_WITHOUT_NINE}-1600000000@g.us"


def baileys(number: int, key: dict[str, object], said: str, **more: object) -> bytes:
    message = {"key": {"id": f"3EB0{number:016X}", "fromMe": False, **key}, "messageTimestamp": 1_793_000_000 + number,
               "message": {"extendedTextMessage": {"text": said, **more}}, "pushName": "Somebody"}  # fmt: skip
    return json.dumps({"event": "messages.upsert", "data": {"messages": [message], "type": "notify"}}).encode()


def wamid_of(phone: str, number: int) -> str:
    return "wamid." + b64encode(b"\x1c\x18\x0d" + phone.encode() + b"\x15\x02\x00" + bytes([number])).decode()


@pytest.fixture
def filled(tmp_path: Path, events: SqlEventStore, monkeypatch: pytest.MonkeyPatch) -> SqlEventStore:
    monkeypatch.chdir(tmp_path)
    flags = RolloutClient.connect(None, environment=ON, project=tmp_path)
    path = open_new_path(None, flags).path
    path._store = events
    lid = {"remoteJid": f"{ANA_LID}@lid", "remoteJidAlt": f"{ANA_WITHOUT_NINE}@s.whatsapp.net"}
    group = {"remoteJid": GROUP, "participant": f"{ANA_LID}@lid"}
    others = {"remoteJid": GROUP, "participant": f"{BIA}@s.whatsapp.net"}
    mention = {"contextInfo": {"mentionedJid": [f"{ANA_LID}@lid"], "participant": f"{ANA}@s.whatsapp.net"}}
    bodies = [
        ("cloud_api", cloud_text(1, sender=ANA_WITHOUT_NINE)),
        ("cloud_api", cloud_text(2, sender=ANA).replace(b"wamid.T2", wamid_of(ANA_WITHOUT_NINE, 2).encode())),
        ("cloud_api", cloud_text(3, sender=BIA)),
        ("baileys", baileys(4, lid, "it is me")),
        ("baileys", baileys(5, {"remoteJid": f"{ANA_LID}@lid"}, "only a lid")),
        ("baileys", baileys(6, group, "in a group")),
        ("baileys", baileys(7, others, f"hello @{ANA_LID}", **mention)),
        ("baileys", baileys(8, {"remoteJid": f"{BIA}@s.whatsapp.net"}, "nothing of her")),
    ]
    path.take([Delivery(provider, body, NOW, instance="shop", shopper_id="shopper-1") for provider, body in bodies])
    with events.publication() as publication:
        publication.bury([DeadLetter(NOW, "baileys", "not_json", "no JSON", f"<{ANA}>".encode())])
        publication.bury([DeadLetter(NOW, "baileys", "not_json", "no JSON", b"<nobody>")])
    return events


def everything(store: SqlEventStore) -> str:
    """Whatever any table holds, as text."""
    tables = ("events", "conversations", "contacts", "aliases", "participants", "dead_letters", "observations")
    with store.reading() as connection:
        rows = [row for name in tables for row in connection.execute(text(f"SELECT * FROM whatsapp_{name}"))]
    return "\n".join(str([bytes(each).decode() if isinstance(each, bytes | memoryview) else each for each in row])
                     for row in rows)  # fmt: skip


def traces() -> list[str]:
    return [ANA, ANA_WITHOUT_NINE, ANA_LID, wamid_of(ANA_WITHOUT_NINE, 2)]


@pytest.mark.parametrize("who", [ANA, f"+{ANA_WITHOUT_NINE}", f"{ANA_LID}@lid", f"{ANA}:12@s.whatsapp.net"])
def test_nothing_leads_to_a_person_who_was_forgotten_by_any_of_their_ids(filled: SqlEventStore, who: str) -> None:
    assert all(each in everything(filled) for each in traces())
    report = forget(filled, who, shopper=None, key=KEY)
    left = everything(filled)
    assert [each for each in traces() if each in left] == []
    assert report.people == 1
    assert report.dead_letters == 1
    assert report.emptied >= 5
    assert report.blotted >= 1


def test_what_was_said_and_who_said_it_is_gone_and_when_and_where_is_left(filled: SqlEventStore) -> None:
    before = {each.number: each.event for each in stored_events(filled, Wanted())}
    forget(filled, ANA, shopper=None, key=KEY)
    for each in stored_events(filled, Wanted()):
        was = before[each.number]
        assert (each.event.event_type, each.event.occurred_at) == (was.event_type, was.occurred_at)
        if each.event.message is not None and each.event.message.text is None and was.message is not None:
            assert each.event.raw == {} or each.event.raw is None
            assert each.event.actor.display_name is None


def test_everybody_elses_events_stay_to_the_byte(filled: SqlEventStore) -> None:
    hers = [events.c.payload.contains(each) for each in (ANA_LID, ANA_WITHOUT_NINE, ANA)]
    with filled.reading() as connection:
        others = connection.execute(select(events).where(~or_(*hers), events.c.payload.contains(BIA))).all()
    forget(filled, ANA, shopper=None, key=KEY)
    with filled.reading() as connection:
        after = {row.id: row for row in connection.execute(select(events))}
    assert [after[row.id] for row in others] == others
    assert len(others) >= 2


def test_forgetting_twice_changes_nothing_more(filled: SqlEventStore) -> None:
    forget(filled, ANA, shopper=None, key=KEY)
    left = everything(filled)
    again = forget(filled, ANA, shopper=None, key=KEY)
    assert (again.emptied, again.blotted, again.conversations, again.dead_letters) == (0, 0, 0, 0)
    assert everything(filled) == left


def test_a_dry_run_counts_and_changes_nothing(filled: SqlEventStore) -> None:
    before = everything(filled)
    planned = forget(filled, ANA, shopper=None, key=KEY, is_dry_run=True)
    assert everything(filled) == before
    done = forget(filled, ANA, shopper=None, key=KEY)
    assert (planned.applied, done.applied) == (False, True)
    assert (planned.emptied, planned.blotted, planned.conversations) == (done.emptied, done.blotted, done.conversations)


def test_of_another_shopper_nothing_is_forgotten(filled: SqlEventStore) -> None:
    before = everything(filled)
    report = forget(filled, ANA, shopper="shopper-2", key=KEY)
    assert (report.emptied, report.people) == (0, 0)
    assert everything(filled) == before


def test_a_delivery_that_is_repeated_after_it_is_still_refused_where_its_key_leads_to_nobody(
    filled: SqlEventStore, tmp_path: Path
) -> None:
    forget(filled, ANA, shopper=None, key=KEY)
    flags = RolloutClient.connect(None, environment=ON, project=tmp_path)
    path = open_new_path(None, flags).path
    path._store = filled
    body = baileys(5, {"remoteJid": f"{ANA_LID}@lid"}, "only a lid")
    later = NOW + timedelta(minutes=5)
    assert path.take([Delivery("baileys", body, later, instance="shop", shopper_id="shopper-1")])[0].new == 0


def test_the_file_itself_holds_nothing_of_the_person(filled: SqlEventStore, tmp_path: Path) -> None:
    if filled._engine.dialect.name != "sqlite":
        pytest.skip("a server's files are its own")
    filled.empty_log()
    assert ANA_LID.encode() in (tmp_path / "events.db").read_bytes()
    forget(filled, ANA, shopper=None, key=KEY)
    for each in tmp_path.glob("events.db*"):
        content = each.read_bytes()
        assert [trace for trace in traces() if trace.encode() in content] == []


@pytest.mark.parametrize("word", ["whatsapp", "message", "", "12345", GROUP, "status@broadcast"])
def test_what_is_nobodys_id_is_refused_and_changes_nothing(filled: SqlEventStore, word: str) -> None:
    before = everything(filled)
    with pytest.raises(UsageError, match="nobody's id"):
        forget(filled, word, shopper=None, key=KEY)
    assert everything(filled) == before


def test_publishers_write_while_somebody_is_forgotten(tmp_path: Path) -> None:
    store = new_events_file(tmp_path)
    publish_texts(store, *range(600))
    other, wrote, is_done = new_events_file(tmp_path), [0], Event()

    def publish() -> None:
        while not is_done.is_set():
            with other.publication() as publication:
                publication.append([Entry(text_event(10_000 + wrote[0], sender=BIA), NOW, "shopper-1")])
            wrote[0] += 1
            is_done.wait(0.005)  # else it holds the file all the time, and tells nothing of turns

    thread = Thread(target=publish)
    thread.start()
    try:
        report = forget(store, "5511970000001", shopper=None, key=KEY)
    finally:
        is_done.set()
        thread.join()
    assert (report.emptied, report.blotted) == (600, 0)
    assert wrote[0] > 5
    assert sum(BIA in each.event.to_json() for each in stored_events(store, Wanted())) == wrote[0]


def test_copies_that_an_application_has_left_in_unused_pages_are_gone_as_well(tmp_path: Path) -> None:
    store, file = new_events_file(tmp_path), tmp_path / "events.db"
    publish_texts(store, 1)
    with closing(sqlite3.connect(file, isolation_level=None)) as application:
        application.execute("PRAGMA secure_delete = OFF")
        application.execute("CREATE TABLE notes (about TEXT)")
        application.executemany("INSERT INTO notes VALUES (?)", [(f"<{ANA}>" * 50,)] * 50)
        application.execute("DELETE FROM notes")
        application.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert ANA.encode() in file.read_bytes()
    forget(store, ANA, shopper=None, key=KEY)
    assert ANA.encode() not in file.read_bytes()
