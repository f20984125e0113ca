"""Stores of events for tests, and events to put into them."""

import shutil
import tempfile
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest

from rollout_cli.pipeline.event_store import Entry
from rollout_cli.store.address import address_from_url
from rollout_cli.store.events.opening import open_event_store, upgrade_event_store
from rollout_cli.store.events.sql_event_store import SqlEventStore
from rollout_cli.whatsapp import CanonicalEvent, normalize

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)


def new_events(url: str) -> SqlEventStore:
    """A store of events with its tables, opened."""
    address = address_from_url(url)
    upgrade_event_store(address)
    return open_event_store(address)


@cache
def _template() -> Path:
    path = Path(tempfile.mkdtemp(prefix="rollout-template-")) / "events.db"
    upgrade_event_store(address_from_url(f"sqlite:///{path}"))
    return path


def new_events_file(folder: Path, name: str = "events.db") -> SqlEventStore:
    """The same in a SQLite file, copied from one that was set up once where there is none yet."""
    file = folder / name
    if not file.exists():
        shutil.copy(_template(), file)
        file.chmod(0o600)
    return open_event_store(address_from_url(f"sqlite:///{file}"))


def events_of(request: pytest.FixtureRequest, folder: Path) -> SqlEventStore:
    """The store of the place that a test is asked for: a file, or a database of the session's server."""
    if request.param == "sqlite":
        return new_events_file(folder)
    return new_events(request.getfixturevalue("postgres").new_database())


def cloud_text(
    number: int, *, sender: str = "5511970000001", at: int | None = None, text: str = "good morning"
) -> bytes:
    """The body of a text of the Cloud API; each number is another message."""
    seconds = 1_793_000_000 + number if at is None else at
    value = (
        '{"messaging_product":"whatsapp","metadata":{"display_phone_number":"551130000001","phone_number_id":"700100"},'
        f'"contacts":[{{"profile":{{"name":"Ana"}},"wa_id":"{sender}"}}],"messages":[{{"from":"{sender}",'
        f'"id":"wamid.T{number}","timestamp":"{seconds}","type":"text","text":{{"body":"{text}"}}}}]}}'
    )
    change = f'{{"field":"messages","value":{value}}}'
    return f'{{"object":"whatsapp_business_account","entry":[{{"id":"810200","changes":[{change}]}}]}}'.encode()


def text_event(number: int, *, shopper: str = "shopper-1", sender: str = "5511970000001") -> CanonicalEvent:
    """The event of such a text."""
    return normalize("cloud_api", cloud_text(number, sender=sender), received_at=NOW, tenant=shopper)[0]


def publish_texts(store: SqlEventStore, *numbers: int, shopper: str = "shopper-1") -> None:
    """Put texts into the log."""
    with store.publication() as publication:
        publication.append([Entry(text_event(each, shopper=shopper), NOW, shopper) for each in numbers])
