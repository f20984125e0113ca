"""One number from a database: what counts as one, what does not, and that asking for it changes nothing."""

import math
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import make_url
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite

from rollout_cli.checks.questions import NoAnswer, Number, NumberQuestion, TablesQuestion, TablesSeen
from rollout_cli.checks.verdict import Cause
from rollout_cli.sources.probes.leash import Leash, OutOfTimeError
from rollout_cli.sources.probes.settings import OwnStore, ProbeSettings
from rollout_cli.sources.probes.sql import SqlReader, _number_in, _Rows
from tests.support.databases import EVENTS, asked, cause, new_file, number, pointing_at, spoken, value
from tests.support.examples import examples

ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return new_file(tmp_path / "shop.db", *EVENTS)


@pytest.fixture
def shop(file: Path) -> ProbeSettings:
    return pointing_at(f"sqlite:///{file}", file.parent)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("SELECT count(*) FROM events", 3),
        ("select sum(cost) from events;", 4.0),
        ("-- how many\nSELECT count(*) /* all */ FROM events -- of them", 3),
        ("/* a */ -- b\n  /* c */ WITH e AS (SELECT * FROM events) SELECT count(*) FROM e", 3),
        ("VALUES (7)", 7),
        ("SELECT count(*) FROM events WHERE kind LIKE 're%'", 2),
        ("SELECT count(*) FROM events WHERE kind <> ':name' AND kind <> '%(name)s' AND kind <> '?'", 3),
        ("SELECT 7 % 4", 3),
        ("SELECT -9223372036854775808", -9223372036854775808),
        ("SELECT count(*) FROM json_each('[1, 2]')", 2),
        ("SELECT cost FROM events WHERE id = 1", 1.5),
    ],
)
def test_one_number_is_the_answer(shop: ProbeSettings, query: str, expected: float) -> None:
    assert value(shop, query) == expected


@pytest.mark.parametrize(
    ("query", "why"),
    [
        ("SELECT cost FROM events WHERE id = 99", Cause.NO_DATA),
        ("SELECT cost FROM events WHERE id = 3", Cause.NO_DATA),
        ("SELECT max(cost) FROM events WHERE id > 3", Cause.NO_DATA),
        ("SELECT cost FROM events", Cause.SEVERAL_SERIES),
        ("SELECT id, cost FROM events WHERE id = 1", Cause.SEVERAL_SERIES),
        ("SELECT 9e999", Cause.NOT_A_NUMBER),
        ("SELECT -9e999", Cause.NOT_A_NUMBER),
        ("SELECT kind FROM events WHERE id = 1", Cause.BAD_ANSWER),
        ("SELECT '12'", Cause.BAD_ANSWER),
        ("SELECT x'31'", Cause.BAD_ANSWER),
        ("SELECT CAST(x'ff' AS TEXT)", Cause.BAD_ANSWER),
        ("SELECT count(*) FROM nowhere", Cause.BAD_ANSWER),
        ("SELECT nothing FROM events", Cause.BAD_ANSWER),
        ("SELECT (", Cause.BAD_ANSWER),
        ("SELECT ?", Cause.BAD_ANSWER),
        ("SELECT :name", Cause.BAD_ANSWER),
        ("SELECT '\ud800'", Cause.BAD_ANSWER),
        ("SELECT 1\0; DROP TABLE events", Cause.BAD_ANSWER),
        ("SELECT length(zeroblob(20000000))", Cause.BAD_ANSWER),
        ("SELECT abs(-9223372036854775808)", Cause.BAD_ANSWER),
    ],
)
def test_anything_else_is_no_answer(shop: ProbeSettings, query: str, why: Cause) -> None:
    assert cause(number(shop, query)) is why


WRITING = [
    "INSERT INTO events (kind) VALUES ('new')",
    "INSERT INTO events (kind) VALUES ('new') RETURNING id",
    "UPDATE events SET cost = 0",
    "DELETE FROM events",
    "DELETE FROM events RETURNING 1",
    "REPLACE INTO events (id) VALUES (1)",
    "CREATE TABLE more (a)",
    "CREATE TEMP TABLE more (a)",
    "CREATE TEMP VIEW more AS SELECT 1",
    "DROP TABLE events",
    "ALTER TABLE events ADD COLUMN a",
    "CREATE INDEX more ON events (kind)",
    "REINDEX",
    "ANALYZE",
    "VACUUM",
    "VACUUM INTO '{folder}/copy.db'",
    "ATTACH '{folder}/copy.db' AS copy",
    "PRAGMA journal_mode = WAL",
    "PRAGMA query_only = OFF",
    "PRAGMA user_version = 7",
    "PRAGMA table_info(events)",
    "BEGIN IMMEDIATE",
    "COMMIT",
    "EXPLAIN SELECT 1",
    "WITH n AS (SELECT 1) INSERT INTO events (kind) SELECT 'new' FROM n",
    "WITH n AS (SELECT 1) INSERT INTO events (kind) SELECT 'new' FROM n RETURNING id",
    "WITH n AS (SELECT 1) UPDATE events SET cost = 0",
    "WITH n AS (SELECT 1) DELETE FROM events",
    "WITH n AS (SELECT 1) REPLACE INTO events (id) SELECT 1 FROM n",
    "SELECT 1; DELETE FROM events",
    "SELECT 1; COMMIT; DROP TABLE events",
    "SELECT 1; SELECT 2",
    "SELECT load_extension('{folder}/evil')",
    "SELECT count(*) FROM pragma_journal_mode('wal')",
    "SELECT count(*) FROM pragma_table_info('events')",
    "/* SELECT */ DELETE FROM events",
    "-- SELECT\nDELETE FROM events",
    "--\rDELETE FROM events\nSELECT 1",
    "/*! SELECT */ DELETE FROM events",
    "/* /* */ DELETE FROM events; -- */ SELECT 1",
    "; DELETE FROM events",
    "",
    "   ",
    "SELECTED",
]


@pytest.mark.parametrize("query", WRITING)
@pytest.mark.parametrize("journal", ["delete", "wal"])
def test_what_does_more_than_read_is_refused_and_changes_nothing(tmp_path: Path, query: str, journal: str) -> None:
    file = new_file(tmp_path / "shop.db", f"PRAGMA journal_mode = {journal}", *EVENTS)
    before = contents(tmp_path)
    answer = number(pointing_at(f"sqlite:///{file}", tmp_path), query.replace("{folder}", str(tmp_path)))
    assert cause(answer) is Cause.FORBIDDEN
    assert contents(tmp_path) == before


@pytest.mark.parametrize(
    "query", [each for each in WRITING if each.startswith(("INSERT", "UPDATE", "DELETE", "PRAGMA"))]
)
def test_the_database_itself_refuses_what_the_first_look_lets_through(shop: ProbeSettings, query: str) -> None:
    with SqlReader(shop).schema("shop", Leash(5)) as database:
        assert isinstance(database, sqlite3.Connection)
        if query != "PRAGMA table_info(events)":
            with pytest.raises(sqlite3.DatabaseError):
                database.execute(query)


def test_what_the_database_says_about_a_query_is_repeated_without_secrets(shop: ProbeSettings) -> None:
    assert "no such table: nowhere" in spoken(number(shop, "SELECT count(*) FROM nowhere"))
    said = spoken(number(shop, 'SELECT count(*) FROM "+55 11 91234-5678"'))
    assert "91234" not in said


def test_an_endless_query_ends_at_the_limit(shop: ProbeSettings) -> None:
    answer, seconds = asked(shop, NumberQuestion("shop", ENDLESS), 0.3)
    assert cause(answer) is Cause.TIMEOUT
    assert seconds < 6


def test_an_endless_query_ends_by_itself_when_its_leash_is_over(shop: ProbeSettings) -> None:
    reader, leash = SqlReader(shop), Leash(0.2)
    with pytest.raises(OutOfTimeError):
        reader.number(NumberQuestion("shop", ENDLESS), leash)


def test_of_a_huge_result_two_rows_are_enough(shop: ProbeSettings) -> None:
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n"
    answer, seconds = asked(shop, NumberQuestion("shop", endless), 10)
    assert cause(answer) is Cause.SEVERAL_SERIES
    assert seconds < 7


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("not a url", Cause.NOT_SET_UP),
        ("postgresql://user:s3cret-word@host:port/name", Cause.NOT_SET_UP),
        ("nosuchdatabase://user:s3cret-word@host/name", Cause.NOT_SET_UP),
        ("mysql+nosuchdriver://user:s3cret-word@host/name", Cause.NOT_SET_UP),
        ("sqlite://", Cause.NOT_SET_UP),
        ("sqlite:///:memory:", Cause.NOT_SET_UP),
        ("sqlite:///file:shop.db?uri=true", Cause.NOT_SET_UP),
        ("sqlite:///shop.db?mode=rw", Cause.NOT_SET_UP),
        ("sqlite://host/shop.db", Cause.NOT_SET_UP),
        ("postgresql://user:s3cret-word@127.0.0.1:1/name", Cause.UNREACHABLE),
        ("postgres://user:s3cret-word@127.0.0.1:1/name", Cause.UNREACHABLE),
        ("postgresql+asyncpg://user:s3cret-word@127.0.0.1:1/name", Cause.UNREACHABLE),
        ("postgresql://user:s3cret-word@127.0.0.1:1/name?nonsense=1", Cause.NOT_SET_UP),
    ],
)
def test_an_address_that_leads_nowhere_is_named_and_its_password_is_not_shown(
    tmp_path: Path, url: str, why: Cause
) -> None:
    for question in (NumberQuestion("shop", "SELECT 1"), TablesQuestion("shop", ("a",))):
        answer, _ = asked(pointing_at(url, tmp_path), question)
        assert cause(answer) is why
        assert "s3cret-word" not in spoken(answer)
        assert "shop" in spoken(answer)


def test_a_missing_driver_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)  # as where the extra was not installed
    answer = number(pointing_at("postgresql://127.0.0.1:1/name", tmp_path), "SELECT 1")
    assert cause(answer) is Cause.NOT_SET_UP
    assert "pip install 'psycopg[binary]'" in spoken(answer)


def test_a_source_that_is_not_declared_is_named(shop: ProbeSettings) -> None:
    assert cause(number(shop, "SELECT 1", source="elsewhere")) is Cause.NOT_SET_UP


def test_a_source_without_an_address_is_named(shop: ProbeSettings) -> None:
    bare = ProbeSettings(shop.folder, {}, shop.sources)
    assert "SHOP_URL" in spoken(number(bare, "SELECT 1"))
    assert cause(number(bare, "SELECT 1")) is Cause.NOT_SET_UP


def test_a_relative_path_counts_from_the_project(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir("/")
    assert value(pointing_at("sqlite:///shop.db", file.parent), "SELECT count(*) FROM events") == 3


def test_the_own_store_is_a_source(file: Path) -> None:
    store = OwnStore(make_url("sqlite://"), file, "0001", "rollout_schema")
    answer = number(pointing_at("sqlite:///elsewhere.db", file.parent, store=store), "SELECT 2", source="store")
    assert answer == Number(2)


def test_an_own_store_that_is_not_there_yet_is_no_data(tmp_path: Path) -> None:
    store = OwnStore(make_url("sqlite://"), tmp_path / "rollout.db", "0001", "rollout_schema")
    answer = number(pointing_at("sqlite:///elsewhere.db", tmp_path, store=store), "SELECT 2", source="store")
    assert cause(answer) is Cause.NO_DATA
    assert not list(tmp_path.iterdir())


def test_where_no_store_is_known_it_cannot_be_asked(shop: ProbeSettings) -> None:
    assert cause(number(shop, "SELECT 1", source="store")) is Cause.NOT_SET_UP


class Elsewhere(SQLiteDialect_pysqlite):
    """A database that nothing is known about, but that SQLAlchemy speaks to it."""

    name = "elsewhere"
    supports_statement_cache = True

    def do_begin(self, dbapi_connection: Any) -> None:
        dbapi_connection.execute("BEGIN")


@pytest.fixture
def elsewhere(file: Path) -> Iterator[ProbeSettings]:
    registry.register("elsewhere", __name__, "Elsewhere")
    registry.impls["elsewhere"] = lambda: Elsewhere
    yield pointing_at(f"elsewhere:///{file}", file.parent)
    del registry.impls["elsewhere"]


def test_another_database_answers_too(elsewhere: ProbeSettings) -> None:
    assert value(elsewhere, "SELECT count(*) FROM events WHERE kind LIKE '%e%' AND kind <> ':x'") == 3
    assert cause(number(elsewhere, "SELECT id FROM events")) is Cause.SEVERAL_SERIES
    assert cause(number(elsewhere, "SELECT kind FROM events")) is Cause.SEVERAL_SERIES
    assert cause(number(elsewhere, "DELETE FROM events")) is Cause.FORBIDDEN


def test_what_another_database_lets_happen_is_rolled_back(elsewhere: ProbeSettings, file: Path) -> None:
    answer = number(elsewhere, "WITH n AS (SELECT 9) INSERT INTO events (id) SELECT * FROM n")
    assert cause(answer) is Cause.BAD_ANSWER
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute("SELECT count(*) FROM events").fetchone() == (3,)


def test_another_database_shows_its_tables(elsewhere: ProbeSettings) -> None:
    seen, _ = asked(elsewhere, TablesQuestion("shop", ("events", "nowhere"), version_table="alembic_version"))
    assert isinstance(seen, TablesSeen)
    assert list(seen.tables) == ["events"]
    assert seen.tables["events"].unique == {("id",)}
    assert (seen.versions, seen.applied, seen.known) == (None, None, None)


ANY_CELL = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.decimals()
    | st.text()
    | st.binary()
    | st.just(Decimal("sNaN"))
    | st.just(10**400)
    | st.dates()
)


@given(st.lists(st.lists(ANY_CELL, max_size=3), max_size=2), st.integers(0, 3))
def test_whatever_comes_back_is_a_finite_number_or_no_answer(rows: list[list[object]], columns: int) -> None:
    answer = _number_in(_Rows(columns, [[*row, None, None, None][:columns] for row in rows]), "shop")
    assert isinstance(answer, Number | NoAnswer)
    if isinstance(answer, Number):
        assert math.isfinite(answer.value)
        assert (columns, len(rows)) == (1, 1)
        assert not isinstance(rows[0][0] if rows[0] else None, bool | str | bytes | None)


@settings(deadline=None, max_examples=examples(60))
@given(
    st.lists(
        st.sampled_from(
            ["SELECT", "WITH", "DELETE FROM", "INSERT INTO", "events", "VALUES", "(1)", "n", "AS", "1", ";", "--", "\n",
             "/*", "*/", "'", "ATTACH", "PRAGMA", "writable_schema", "=", "ON", "RETURNING", "id", "COMMIT",
             "DROP TABLE", "CREATE TABLE", "x", "REPLACE INTO", "DEFAULT VALUES", ","]
        ),
        max_size=12,
    )
)  # fmt: skip
def test_no_statement_whatever_changes_the_file(file_of_all: Path, words: list[str]) -> None:
    before = contents(file_of_all.parent)
    reader = SqlReader(pointing_at(f"sqlite:///{file_of_all}", file_of_all.parent))
    assert isinstance(reader.number(NumberQuestion("shop", " ".join(words)), Leash(5)), Number | NoAnswer)
    assert contents(file_of_all.parent) == before


@pytest.fixture(scope="module")
def file_of_all(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return new_file(tmp_path_factory.mktemp("all") / "shop.db", *EVENTS)
