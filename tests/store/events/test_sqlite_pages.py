"""Pages of a new SQLite file of events: large enough for several rows."""

from contextlib import closing
from pathlib import Path

from rollout_cli.store.address import address_from_url
from rollout_cli.store.events.opening import upgrade_event_store
from rollout_cli.store.sqlite_connection import connect_sqlite


def page_bytes(file: Path) -> int:
    with closing(connect_sqlite(file)) as connection:
        return int(connection.execute("PRAGMA page_size").fetchone()[0])


def test_a_new_file_has_pages_for_four_events_each(tmp_path: Path) -> None:
    file = tmp_path / "events.db"
    upgrade_event_store(address_from_url(f"sqlite:///{file}"))
    assert page_bytes(file) == 8_192


def test_a_file_that_was_there_keeps_its_pages(tmp_path: Path) -> None:
    file = tmp_path / "events.db"
    file.touch()
    with closing(connect_sqlite(file)) as connection:
        connection.execute("CREATE TABLE of_somebody (id INTEGER)")
        before = page_bytes(file)
    upgrade_event_store(address_from_url(f"sqlite:///{file}"))
    assert page_bytes(file) == before
