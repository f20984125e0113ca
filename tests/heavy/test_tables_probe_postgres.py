"""Looking at the schema of a real PostgreSQL: what is there is seen, and what only seems to be is not."""

from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url

from rollout_cli.checks.questions import Number, TablesQuestion, TablesSeen
from rollout_cli.checks.verdict import Cause
from rollout_cli.sources.probes.settings import OwnStore, ProbeSettings
from rollout_cli.store.address import address_from_url
from rollout_cli.store.schema_versions import SCHEMA_HEAD, VERSION_TABLE
from rollout_cli.store.sql_store import upgrade_store
from tests.support.databases import asked, cause, number, pointing_at
from tests.support.postgres import Postgres

pytestmark = pytest.mark.heavy


def seen(settings: ProbeSettings, question: TablesQuestion) -> TablesSeen:
    answer, _ = asked(settings, question)
    assert isinstance(answer, TablesSeen), answer
    return answer


TABLES = """
CREATE TABLE messages (id serial PRIMARY KEY, shop text, key text, body text, day date, UNIQUE (shop, key));
CREATE INDEX messages_by_shop ON messages (shop);
CREATE UNIQUE INDEX messages_by_body ON messages (body) INCLUDE (day);
CREATE UNIQUE INDEX messages_some ON messages (shop) WHERE key IS NULL;
CREATE UNIQUE INDEX messages_lower ON messages (lower(key));
CREATE TABLE pairs (b text, a text, PRIMARY KEY (b, a));
CREATE TABLE twins (b text);
INSERT INTO twins VALUES ('same'), ('same');
CREATE VIEW shops AS SELECT DISTINCT shop FROM messages;
CREATE MATERIALIZED VIEW days AS SELECT DISTINCT day FROM messages;
CREATE SCHEMA other;
CREATE TABLE other.messages (id integer);
CREATE TABLE other.alembic_version (version_num varchar(32));
INSERT INTO other.alembic_version VALUES ('ab12'), ('cd34');
CREATE TABLE django_migrations (id integer, app text, name text);
INSERT INTO django_migrations VALUES (1, 'shop', '0001_initial');
"""


@pytest.fixture(scope="module")
def full(postgres: Postgres) -> str:
    """The URL of a database with many tables."""
    url = postgres.new_database()
    with postgres.connect(url) as connection:
        connection.execute(TABLES)
    return url


@pytest.fixture
def tables(full: str, tmp_path: Path) -> ProbeSettings:
    return pointing_at(full, tmp_path)


def test_tables_indexes_and_what_is_unique_are_seen(tables: ProbeSettings) -> None:
    names = (
        "messages",
        "pairs",
        "shops",
        "days",
        "other.messages",
        "public.pairs",
        "other.pairs",
        "none.pairs",
        "nowhere",
    )
    found = seen(tables, TablesQuestion("shop", names)).tables
    assert set(found) == {"messages", "pairs", "shops", "days", "other.messages", "public.pairs"}
    assert {"messages_by_shop", "messages_by_body", "messages_some", "messages_lower"} <= found["messages"].indexes
    assert found["messages"].unique == {("id",), ("key", "shop"), ("body",)}
    assert found["pairs"].unique == found["public.pairs"].unique == {("a", "b")}
    assert found["shops"].unique == found["other.messages"].unique == frozenset()


def test_an_index_whose_building_broke_off_is_not_there(tables: ProbeSettings, postgres: Postgres, full: str) -> None:
    with postgres.connect(full) as connection:
        connection.autocommit = True
        with pytest.raises(psycopg.errors.UniqueViolation):
            connection.execute("CREATE UNIQUE INDEX CONCURRENTLY twins_by_b ON twins (b)")
    twins = seen(tables, TablesQuestion("shop", ("twins",))).tables["twins"]
    assert (twins.indexes, twins.unique) == (frozenset(), frozenset())


def test_migrations_are_read_where_they_are_kept(tables: ProbeSettings) -> None:
    answer = seen(tables, TablesQuestion("shop", version_table="other.alembic_version", with_django=True))
    assert answer.versions == {"ab12", "cd34"}
    assert answer.applied == {"shop.0001_initial"}
    assert answer.known is None
    assert seen(tables, TablesQuestion("shop", version_table="alembic_version")).versions is None
    wrong, _ = asked(tables, TablesQuestion("shop", version_table="pairs"))
    assert cause(wrong) is Cause.BAD_ANSWER


def test_the_own_store_says_at_which_schema_it_is(postgres: Postgres, tmp_path: Path) -> None:
    url = postgres.new_database()
    own = OwnStore(make_url(url), None, SCHEMA_HEAD, VERSION_TABLE)
    settings = pointing_at("sqlite:///shop.db", tmp_path, store=own)
    assert seen(settings, TablesQuestion("store")).versions is None
    upgrade_store(address_from_url(url))
    answer = seen(settings, TablesQuestion("store", ("rollout_revisions",)))
    assert (answer.versions, answer.known) == ({SCHEMA_HEAD}, SCHEMA_HEAD)
    assert answer.tables["rollout_revisions"].unique == {("revision", "rollout")}
    assert number(settings, "SELECT count(*) FROM rollout_revisions", source="store") == Number(0)
