"""A glance at a SQLite store sees what opening it sees, or nothing; it never says what is wrong, and never waits."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from rollout_cli.control.standing import read_standing
from rollout_cli.store.schema_versions import VERSION_TABLE
from rollout_cli.store.sqlite_glance import standing_at_a_glance
from tests.support.stores import draft, listing, new_sqlite, open_sqlite

NAME = "test-rollout"


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """A store with two revisions."""
    path = new_sqlite(tmp_path / "place" / "rollout.db")
    with open_sqlite(path).ledger(NAME).writing() as writing:
        writing.append(draft("first"))
        writing.append(draft("second"))
    return path


def changed(path: Path, statement: str) -> Path:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(statement)
        connection.commit()
    return path


def test_it_sees_what_opening_the_store_sees_and_leaves_nothing_behind(store: Path) -> None:
    with open_sqlite(store).ledger(NAME).reading() as reading:
        opened = read_standing(reading)
    before = listing(store.parent)
    glanced = standing_at_a_glance(store, NAME)
    assert glanced is not None
    assert (glanced.latest, glanced.revision) == (opened.latest, 2)
    assert listing(store.parent) == before


def test_a_rollout_that_has_not_begun_is_seen_as_such(store: Path) -> None:
    glanced = standing_at_a_glance(store, "another")
    assert glanced is not None
    assert glanced.latest is None


@pytest.mark.parametrize(
    "statement",
    [
        f"UPDATE {VERSION_TABLE} SET version_num = '0001'",
        f"UPDATE {VERSION_TABLE} SET version_num = '9999'",
        f"DELETE FROM {VERSION_TABLE}",
        f"DROP TABLE {VERSION_TABLE}",
        "UPDATE rollout_revisions SET record = 'no record' WHERE revision = 2",
        "DELETE FROM rollout_revisions WHERE revision = 2",
    ],
)
def test_of_a_store_that_opening_it_would_complain_about_nothing_is_seen(store: Path, statement: str) -> None:
    assert standing_at_a_glance(changed(store, statement), NAME) is None


def test_a_store_that_somebody_holds_is_not_waited_for(store: Path) -> None:
    changed(store, "PRAGMA journal_mode = DELETE")
    with closing(sqlite3.connect(store, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        assert standing_at_a_glance(store, NAME) is None
    assert standing_at_a_glance(store, NAME) is not None


def test_what_is_no_database_is_not_opened(tmp_path: Path) -> None:
    pipe, text, empty = tmp_path / "pipe", tmp_path / "text", tmp_path / "empty"
    os.mkfifo(pipe)
    text.write_text("no database\n" * 100, encoding="utf-8")
    empty.touch()
    for path in (pipe, text, empty, tmp_path, tmp_path / "missing", tmp_path / "nul\0"):
        assert standing_at_a_glance(path, NAME) is None
    assert standing_at_a_glance(new_sqlite(tmp_path / "rollout.db"), "name\udc80") is None
    assert sorted(each.name for each in tmp_path.iterdir()) == ["empty", "pipe", "rollout.db", "text"]
