"""What a database's schema is seen to hold."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import make_url

from rollout_cli.checks.questions import TablesQuestion, TablesSeen
from rollout_cli.checks.verdict import Cause
from rollout_cli.sources.probes.settings import OwnStore, ProbeSettings
from rollout_cli.store.schema_versions import SCHEMA_HEAD, VERSION_TABLE
from tests.support.databases import asked, cause, new_file, pointing_at, spoken
from tests.support.stores import new_sqlite

SCHEMA = (
    "CREATE TABLE messages (id INTEGER PRIMARY KEY, shop TEXT, key TEXT, body TEXT, UNIQUE (shop, key))",
    "CREATE INDEX messages_by_shop ON messages (shop)",
    "CREATE UNIQUE INDEX messages_by_body ON messages (body)",
    "CREATE UNIQUE INDEX messages_some ON messages (shop) WHERE key IS NULL",
    "CREATE UNIQUE INDEX messages_lower ON messages (lower(key))",
    "CREATE TABLE pairs (b TEXT, a TEXT, PRIMARY KEY (b, a)) WITHOUT ROWID",
    "CREATE VIEW shops AS SELECT DISTINCT shop FROM messages",
    'CREATE TABLE "odd ""name" (a)',
)


def seen(settings: ProbeSettings, question: TablesQuestion) -> TablesSeen:
    answer, _ = asked(settings, question)
    assert isinstance(answer, TablesSeen), answer
    return answer


@pytest.fixture
def shop(tmp_path: Path) -> ProbeSettings:
    return pointing_at("sqlite:///shop.db", new_file(tmp_path / "shop.db", *SCHEMA).parent)


def test_tables_that_are_there_are_seen_and_others_are_not(shop: ProbeSettings) -> None:
    names = ("messages", "nowhere", "shops", "main.pairs", "other.pairs", "public.messages", 'odd "name')
    assert set(seen(shop, TablesQuestion("shop", names)).tables) == {"messages", "shops", "main.pairs", 'odd "name'}


def test_indexes_are_seen_by_name(shop: ProbeSettings) -> None:
    indexes = seen(shop, TablesQuestion("shop", ("messages",))).tables["messages"].indexes
    assert {"messages_by_shop", "messages_by_body", "messages_some", "messages_lower"} <= indexes


def test_unique_is_what_a_key_a_constraint_or_a_whole_index_makes_so(shop: ProbeSettings) -> None:
    tables = seen(shop, TablesQuestion("shop", ("messages", "pairs", "shops"))).tables
    assert tables["messages"].unique == {("id",), ("key", "shop"), ("body",)}
    assert tables["pairs"].unique == {("a", "b")}
    assert tables["shops"].unique == frozenset()


def test_nothing_is_known_of_migrations_where_there_are_no_tables_for_them(shop: ProbeSettings) -> None:
    answer = seen(shop, TablesQuestion("shop", version_table="alembic_version", with_django=True))
    assert (answer.tables, answer.versions, answer.applied, answer.known) == ({}, None, None, None)


def test_migrations_are_read_where_they_are_kept(shop: ProbeSettings) -> None:
    new_file(
        shop.folder / "shop.db",
        "CREATE TABLE alembic_version (version_num VARCHAR(32))",
        "INSERT INTO alembic_version VALUES ('ab12'), ('cd34')",
        "CREATE TABLE django_migrations (id INTEGER, app TEXT, name TEXT)",
        "INSERT INTO django_migrations VALUES (1, 'shop', '0001_initial')",
        "CREATE TABLE empty_version (version_num VARCHAR(32))",
    )
    answer = seen(shop, TablesQuestion("shop", version_table="main.alembic_version", with_django=True))
    assert answer.versions == {"ab12", "cd34"}
    assert answer.applied == {"shop.0001_initial"}
    unversioned = seen(shop, TablesQuestion("shop", version_table="empty_version"))
    assert (unversioned.versions, unversioned.applied) == (frozenset(), None)


def test_a_version_table_that_holds_something_else_is_no_answer(shop: ProbeSettings) -> None:
    answer, _ = asked(shop, TablesQuestion("shop", version_table="pairs"))
    assert cause(answer) is Cause.BAD_ANSWER


def test_looking_changes_nothing(shop: ProbeSettings) -> None:
    before = {path.name: path.read_bytes() for path in shop.folder.iterdir()}
    seen(shop, TablesQuestion("shop", ("messages", "pairs"), version_table="alembic_version", with_django=True))
    assert {path.name: path.read_bytes() for path in shop.folder.iterdir()} == before


def test_a_locked_database_is_out_of_time(shop: ProbeSettings) -> None:
    with closing(sqlite3.connect(shop.folder / "shop.db", isolation_level=None)) as holder:
        holder.execute("BEGIN EXCLUSIVE")
        answer, seconds = asked(shop, TablesQuestion("shop", ("messages",)), 0.3)
    assert cause(answer) is Cause.TIMEOUT
    assert seconds < 6


def own_store(path: Path) -> ProbeSettings:
    store = OwnStore(make_url("sqlite://"), path, SCHEMA_HEAD, VERSION_TABLE)
    return pointing_at("sqlite:///shop.db", path.parent, store=store)


def test_the_own_store_says_at_which_schema_it_is_and_which_one_is_expected(tmp_path: Path) -> None:
    answer = seen(own_store(new_sqlite(tmp_path / "rollout.db")), TablesQuestion("store", ("rollout_revisions",)))
    assert (answer.versions, answer.known) == ({SCHEMA_HEAD}, SCHEMA_HEAD)
    assert answer.tables["rollout_revisions"].unique == {("revision", "rollout")}


def test_somebody_elses_database_is_not_at_the_schema_of_the_own_store(tmp_path: Path) -> None:
    answer = seen(own_store(new_file(tmp_path / "shop.db", *SCHEMA)), TablesQuestion("store"))
    assert (answer.versions, answer.known) == (None, SCHEMA_HEAD)


def test_without_a_store_there_is_nothing_to_see_yet(tmp_path: Path) -> None:
    answer, _ = asked(own_store(tmp_path / "rollout.db"), TablesQuestion("store"))
    assert cause(answer) is Cause.NO_DATA
    assert "there is no store yet" in spoken(answer)
    assert "rollout init" in spoken(answer)
    assert not list(tmp_path.iterdir())
