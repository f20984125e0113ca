"""The shipped plan's questions of the event store, asked where all is as it should be, and where something is wrong."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from rollout_cli.checks.facts import Facts
from rollout_cli.checks.measured import Measured
from rollout_cli.checks.questions import NumberQuestion
from rollout_cli.client import RolloutClient
from rollout_cli.control.project import Project
from rollout_cli.new_path import open_new_path
from rollout_cli.pipeline.delivery import Delivery
from rollout_cli.pipeline.routing.teams import FixedTeams, Skm, SkmTeam
from tests.checks.asking import OFF
from tests.support.event_stores import NOW, cloud_text
from tests.support.projects import REPOSITORY, load_project

SHOPPER = "shopper_beta_001"
RECEIVED = NOW + timedelta(seconds=30)
LIVE = {
    "WHATSAPP_CANONICAL_EVENTS_ENABLED": "true", "WHATSAPP_CANONICAL_SHADOW_MODE": "false",
    "WHATSAPP_ROUTING_ENABLED": "true", "WHATSAPP_GROUP_ROUTING_ENABLED": "true",
}  # fmt: skip
BUSINESS = (
    "messages-have-conversations",
    "conversations-have-skms",
    "one-conversation-a-thread",
    "threads-are-named",
    "no-message-left-behind",
    "keys-are-made",
    "raw-payloads-are-kept",
    "no-duplicates",
)
PERSON, GROUP = "5511970000009@s.whatsapp.net", "120363000000000009@g.us"


def upsert(number: int, chat: str, event: str = "messages.upsert", **key: str) -> bytes:
    """A text that an Evolution server tells of."""
    told = {
        "key": {"remoteJid": chat, "fromMe": False, "id": f"3EB0AA{number:02}", **key},
        "message": {"conversation": "good morning"},
        "messageTimestamp": int(NOW.timestamp()) + number,
    }
    return json.dumps(
        {"event": event, "instance": "north", "data": [told] if event == "messages.set" else told}
    ).encode()


def told(provider: str, body: bytes, **more: Any) -> Delivery:
    return Delivery(provider, body, RECEIVED, shopper_id=SHOPPER, **more)  # type: ignore[arg-type]


SOUND = {
    "a text": told("cloud_api", cloud_text(1)),
    "a text by a person of Evolution": told("evolution", upsert(2, PERSON)),
    "a group in which nobody is mentioned": told("evolution", upsert(3, GROUP, participant=PERSON)),
    "a status post": told("evolution", upsert(4, "status@broadcast", participant=PERSON)),
    "a newsletter": told("evolution", upsert(5, "120363000000000007@newsletter")),
    "a forgery": told("cloud_api", cloud_text(6, sender="5511970000006"), signature_valid=False),
    "a history": told("evolution", upsert(7, "5511970000007@s.whatsapp.net", "messages.set")),
    "a phone that does not end in a text": told("cloud_api", cloud_text(8, text='\\"invalid_signature\\"')),
}


def store_sound_deliveries(url: str) -> None:
    """Give all of that to a new path with a new store."""
    flags = RolloutClient.connect(None, environment=LIVE, project=REPOSITORY)
    teams = FixedTeams({}, otherwise=SkmTeam(default="skm-1", members=(Skm("skm-1"),)))
    with flags, open_new_path(url, flags, teams=teams, create=True) as path:
        for each in SOUND.values():
            path.take([each])


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    events = tmp_path_factory.mktemp("events") / "events.db"
    store_sound_deliveries(f"sqlite:///{events}")
    return events


@pytest.fixture
def stored(file: Path) -> Iterator[sqlite3.Connection]:
    """A copy of it in memory, for whoever does harm."""
    with closing(sqlite3.connect(":memory:")) as copy:
        with closing(sqlite3.connect(file)) as database:
            database.backup(copy)
        yield copy


@pytest.fixture(scope="module")
def shipped() -> Project:
    return load_project(REPOSITORY)


def queries_of(shipped: Project, check: str, entered_at: datetime = NOW - timedelta(days=1)) -> list[NumberQuestion]:
    """What each phase's check of that name asks for, two minutes after it all."""
    facts = Facts(NOW + timedelta(minutes=2), OFF, OFF, entered_at=entered_at)
    queries = [
        question
        for checks in shipped.checks.values()
        for each in checks
        if each.entry.id == check and isinstance(each.kind, Measured) and each.kind.source == "events"
        for key, question in each.kind.questions(each.entry, facts).items()
        if key in {"query", "count"} and isinstance(question, NumberQuestion)
    ]
    assert queries
    return queries


def counted(shipped: Project, database: sqlite3.Connection, check: str, **more: datetime) -> list[int]:
    """What that counts."""
    return [database.execute(each.query).fetchone()[0] for each in queries_of(shipped, check, **more)]


@pytest.mark.parametrize("check", BUSINESS)
def test_nothing_is_wrong_where_everything_is_as_it_should_be(
    shipped: Project, stored: sqlite3.Connection, check: str
) -> None:
    payloads = [json.loads(row[0]) for row in stored.execute("SELECT payload FROM whatsapp_events")]
    kinds = {each["context"]["chat_type"] for each in payloads}
    assert {"private", "group", "broadcast", "newsletter"} <= kinds
    assert set(counted(shipped, stored, check)) == {0}


@pytest.mark.parametrize(
    ("harm", "check"),
    [
        (
            "UPDATE whatsapp_events SET conversation_id = NULL WHERE message_id = 'wamid.T1'",
            "messages-have-conversations",
        ),
        (
            "UPDATE whatsapp_events SET conversation_id = NULL WHERE message_id = 'wamid.T8'",
            "messages-have-conversations",
        ),
        ("UPDATE whatsapp_events SET conversation_id = NULL WHERE message_id = '3EB0AA03'", "no-message-left-behind"),
        ("UPDATE whatsapp_conversations SET skm_id = NULL WHERE provider = 'cloud_api'", "conversations-have-skms"),
        ("UPDATE whatsapp_events SET thread_key = NULL WHERE message_id = '3EB0AA02'", "threads-are-named"),
    ],
)
def test_what_is_wrong_among_it_is_counted(shipped: Project, stored: sqlite3.Connection, harm: str, check: str) -> None:
    assert stored.execute(harm).rowcount == 1
    assert set(counted(shipped, stored, check)) == {1}


@pytest.mark.parametrize("check", ["nothing-stored", "beta-events-stored"])
def test_what_was_stored_before_the_phase_was_entered_does_not_count(
    shipped: Project, stored: sqlite3.Connection, check: str
) -> None:
    (before,) = counted(shipped, stored, check)
    assert before >= len(SOUND)
    assert counted(shipped, stored, check, entered_at=RECEIVED + timedelta(seconds=10)) == [0]
