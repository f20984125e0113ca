"""Asking a real PostgreSQL: reading holds against everything that writes, and every limit holds."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import pytest

from rollout_cli.checks.questions import NumberQuestion, TablesQuestion
from rollout_cli.checks.verdict import Cause
from rollout_cli.sources.probes.leash import Leash, OutOfTimeError
from rollout_cli.sources.probes.settings import ProbeSettings
from rollout_cli.sources.probes.sql import SqlReader
from tests.support.databases import asked, cause, number, pointing_at, spoken, value
from tests.support.postgres import PASSWORD, Postgres

pytestmark = pytest.mark.heavy

SCHEMA = """
CREATE TABLE events (id serial PRIMARY KEY, kind text, cost numeric);
INSERT INTO events (kind, cost) VALUES ('sent', 1.5), ('read', 2.5), ('read', NULL);
CREATE SEQUENCE numbers;
CREATE FUNCTION sneak() RETURNS integer LANGUAGE plpgsql AS
  $$ BEGIN PERFORM set_config('transaction_read_only', 'off', false); DELETE FROM events; RETURN 1; END $$;
CREATE FUNCTION sneak_later() RETURNS integer LANGUAGE plpgsql AS
  $$ BEGIN PERFORM set_config('default_transaction_read_only', 'off', false); DELETE FROM events; RETURN 1; END $$;
CREATE FUNCTION sneak_past() RETURNS integer LANGUAGE plpgsql AS
  $$ BEGIN EXECUTE 'SET TRANSACTION READ WRITE'; DELETE FROM events; RETURN 1; END $$;
CREATE FUNCTION endless() RETURNS integer LANGUAGE plpgsql AS
  $$ BEGIN PERFORM set_config('statement_timeout', '0', false); PERFORM pg_sleep(60); RETURN 1; END $$;
"""


@pytest.fixture(scope="module")
def url(postgres: Postgres) -> str:
    """The URL of a database that nobody here may change."""
    url = postgres.new_database()
    with postgres.connect(url) as connection:
        connection.execute(SCHEMA)
    return url


@pytest.fixture
def shop(url: str, tmp_path: Path) -> ProbeSettings:
    return pointing_at(url, tmp_path)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("SELECT count(*) FROM events", 3),
        ("SELECT sum(cost) FROM events;", 4.0),
        ("WITH e AS (TABLE events) SELECT count(*) FROM e -- of them", 3),
        ("VALUES (7.5)", 7.5),
        ("SELECT count(*) FROM events WHERE kind LIKE 're%' AND kind <> ':name' AND kind <> '%(name)s'", 2),
        ("SELECT 7 % 4", 3),
        ("SELECT extract(epoch FROM timestamptz '1970-01-02 00:00+00')", 86_400),
        ("SELECT '1.5'::float8", 1.5),
        ("SELECT count(*) FROM jsonb_array_elements('[1]') AS e WHERE NOT e ? 'a'", 1),
        ("SELECT count(current_setting('transaction_read_only')) FROM events", 3),
    ],
)  # fmt: skip
def test_one_number_is_the_answer(shop: ProbeSettings, query: str, expected: float) -> None:
    assert value(shop, query) == expected


@pytest.mark.parametrize(
    ("query", "why"),
    [
        ("SELECT cost FROM events WHERE id = 99", Cause.NO_DATA),
        ("SELECT NULL", Cause.NO_DATA),
        ("SELECT max(cost) FROM events WHERE id > 3", Cause.NO_DATA),
        ("SELECT cost FROM events", Cause.SEVERAL_SERIES),
        ("TABLE events", Cause.SEVERAL_SERIES),
        ("SELECT 'NaN'::numeric", Cause.NOT_A_NUMBER),
        ("SELECT 'Infinity'::float8", Cause.NOT_A_NUMBER),
        ("SELECT 1e400", Cause.NOT_A_NUMBER),
        ("SELECT true", Cause.BAD_ANSWER),
        ("SELECT '12'", Cause.BAD_ANSWER),
        ("SELECT now()", Cause.BAD_ANSWER),
        ("SELECT timestamp '12000-01-01'", Cause.BAD_ANSWER),
        ("SELECT FROM events", Cause.BAD_ANSWER),
        ("SELECT count(*) FROM nowhere", Cause.BAD_ANSWER),
        ("SELECT nothing FROM events", Cause.BAD_ANSWER),
        ("SELECT (", Cause.BAD_ANSWER),
        ("SELECT $1", Cause.BAD_ANSWER),
        ("SELECT $1::integer", Cause.BAD_ANSWER),
        ("SELECT 1 / 0", Cause.BAD_ANSWER),
        ("SELECT count(*) FROM generate_series(1, 3) WHERE (SELECT 1 UNION SELECT 2) = 1", Cause.BAD_ANSWER),
    ],
)
def test_anything_else_is_no_answer(shop: ProbeSettings, query: str, why: Cause) -> None:
    assert cause(number(shop, query)) is why


def test_what_the_server_says_about_a_query_is_repeated_and_what_it_says_about_data_is_not(shop: ProbeSettings) -> None:
    assert 'relation "nowhere" does not exist' in spoken(number(shop, "SELECT count(*) FROM nowhere"))
    answer = number(shop, "SELECT sum(kind::integer) FROM events WHERE kind = 'read'")
    assert cause(answer) is Cause.BAD_ANSWER
    assert "InvalidText" in spoken(answer)
    assert "read" not in spoken(answer)


WRITING = [
    "SELECT nextval('numbers')",
    "SELECT setval('numbers', 100)",
    "SELECT sneak()",
    "SELECT sneak_later()",
    "SELECT set_config('transaction_read_only', 'off', false), sneak()",
    "SELECT * INTO copy FROM events",
    "SELECT id FROM events WHERE id = 1 FOR UPDATE",
    "WITH gone AS (DELETE FROM events RETURNING id) SELECT count(*) FROM gone",
    "WITH new AS (INSERT INTO events (kind) VALUES ('new') RETURNING id) SELECT id FROM new",
    "WITH new AS (SELECT 1) INSERT INTO events (kind) SELECT 'new' FROM new",
    "SELECT 1; COMMIT; DROP TABLE events",
    "SELECT 1; ROLLBACK; SET default_transaction_read_only = off; DROP TABLE events",
    "SELECT 1; SELECT 2",
    "DELETE FROM events",
    "DO $$ BEGIN CREATE TABLE copy (a integer); END $$",
    "CALL sneak()",
    "COPY events TO PROGRAM 'touch {folder}/touched'",
    "COPY (SELECT 1) TO '{folder}/touched'",
    "CREATE TABLE copy AS SELECT 1",
    "SET default_transaction_read_only = off",
    "EXPLAIN ANALYZE DELETE FROM events",
    "PREPARE p AS DELETE FROM events",
    "LISTEN channel",
    "/* /* */ SELECT 1 */ DELETE FROM events",
    "--\rDELETE FROM events\nSELECT 1",
]


def state(postgres: Postgres, url: str) -> list[object]:
    """Everything that a query of this file could change."""
    with postgres.connect(url) as connection:
        rows = connection.execute("SELECT * FROM events ORDER BY id").fetchall()
        tables = connection.execute("SELECT relname FROM pg_class WHERE relkind IN ('r', 'S') ORDER BY 1").fetchall()
        numbers = connection.execute("SELECT last_value, is_called FROM numbers").fetchall()
    return [rows, tables, numbers]


@pytest.mark.parametrize("query", WRITING)
def test_what_does_more_than_read_is_refused_and_changes_nothing(
    shop: ProbeSettings, postgres: Postgres, url: str, query: str
) -> None:
    before = state(postgres, url)
    answer = number(shop, query.replace("{folder}", str(shop.folder)))
    assert cause(answer) is Cause.FORBIDDEN
    assert state(postgres, url) == before
    assert not list(shop.folder.iterdir())


@pytest.mark.parametrize(
    "query",
    [
        "SELECT sneak_past()",
        "SELECT count(set_config('transaction_read_only', 'off', false))",
        "SELECT count(set_config('default_transaction_read_only', 'off', false))",
        "SELECT 1) TO STDOUT; DROP TABLE events; --",
        "SELECT lo_creat(-1)",
    ],
)  # fmt: skip
def test_what_tries_to_get_around_that_changes_nothing_either(
    shop: ProbeSettings, postgres: Postgres, url: str, query: str
) -> None:
    before = state(postgres, url)
    number(shop, query)
    assert state(postgres, url) == before
    with postgres.connect(url) as connection:
        assert connection.execute("SELECT count(*) FROM pg_largeobject_metadata").fetchone() == (0,)


def test_the_address_cannot_turn_reading_only_off(url: str, tmp_path: Path) -> None:
    options = quote("-c default_transaction_read_only=off -c statement_timeout=0 -c search_path=pg_catalog", safe="")
    there = pointing_at(f"{url}&options={options}", tmp_path)
    assert cause(number(there, "SELECT nextval('public.numbers')")) is Cause.FORBIDDEN
    assert value(there, "SELECT count(*) FROM pg_settings WHERE name = 'search_path' AND setting = 'pg_catalog'") == 1
    read_only = "SELECT count(*) FROM pg_settings WHERE name = 'default_transaction_read_only' AND setting = 'on'"
    assert value(there, read_only) == 1


@pytest.mark.parametrize(
    "query",
    ["SELECT pg_sleep(60)", "SELECT endless()", "SELECT count(*) FROM pg_class a, pg_class b, pg_class c, pg_class d"],
)
def test_a_slow_query_ends_at_the_limit_and_leaves_nobody_working(
    shop: ProbeSettings, postgres: Postgres, url: str, query: str
) -> None:
    answer, seconds = asked(shop, NumberQuestion("shop", query), 1)
    assert cause(answer) is Cause.TIMEOUT
    assert seconds < 2
    assert_nobody_works(postgres, url)


def assert_nobody_works(postgres: Postgres, url: str) -> None:
    with postgres.connect(url) as connection:
        for _ in range(60):
            query = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'rollout check'"
            if connection.execute(query).fetchone() == (0,):
                return
            connection.rollback()
            time.sleep(0.05)
    raise AssertionError("somebody still works for a question that was given up")


def test_a_leash_that_is_cut_ends_the_question_at_once(shop: ProbeSettings) -> None:
    leash = Leash(30)
    threading.Timer(0.3, leash.cut).start()
    begun = time.monotonic()
    with pytest.raises(OutOfTimeError):
        SqlReader(shop).number(NumberQuestion("shop", "SELECT pg_sleep(60)"), leash)
    assert time.monotonic() - begun < 2


def test_a_cut_leash_says_nothing_to_the_terminal(
    shop: ProbeSettings, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    assert cause(number(shop, "SELECT pg_sleep(60)", seconds=0.4)) is Cause.TIMEOUT
    time.sleep(0.5)
    assert capfd.readouterr() == ("", "")
    assert not caplog.records


def test_of_a_huge_result_two_rows_are_sent(shop: ProbeSettings) -> None:
    answer, seconds = asked(shop, NumberQuestion("shop", "SELECT generate_series(1, 1000000000)"))
    assert cause(answer) is Cause.SEVERAL_SERIES
    assert seconds < 5


@pytest.mark.parametrize(
    "question", [NumberQuestion("shop", "SELECT count(*) FROM events"), TablesQuestion("shop", ("events",))]
)
def test_a_locked_table_is_waited_for_until_the_limit(
    shop: ProbeSettings, postgres: Postgres, url: str, question: NumberQuestion | TablesQuestion
) -> None:
    with postgres.connect(url) as holder:
        holder.execute("LOCK TABLE events, pg_catalog.pg_class IN ACCESS EXCLUSIVE MODE")
        answer, seconds = asked(shop, question, 1)
        holder.rollback()
    assert cause(answer) is Cause.TIMEOUT
    assert seconds < 2


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("s3cret", "wr0ng"), "refuses this user or password"),
        (("//rollout:", "//stranger:"), "refuses this user or password"),
        (("/rollout_", "/nowhere_"), "there is no such database"),
        (("port=54321", "port=54322"), "cannot be reached"),
    ],
)
def test_who_is_not_let_in_is_told_why_and_no_password_is_shown(
    url: str, tmp_path: Path, change: tuple[str, str], words: str
) -> None:
    for question in (NumberQuestion("shop", "SELECT 1"), TablesQuestion("shop", ("a",))):
        answer, _ = asked(pointing_at(url.replace(*change), tmp_path), question)
        assert cause(answer) is Cause.UNREACHABLE
        assert words in spoken(answer)
        for secret in (PASSWORD, quote(PASSWORD, safe=""), "wr0ng"):
            assert secret not in spoken(answer)


def test_a_user_who_may_not_read_is_told_so(url: str, postgres: Postgres, tmp_path: Path) -> None:
    with postgres.connect(url) as connection:
        connection.execute("DROP ROLE IF EXISTS guest")
        connection.execute("CREATE ROLE guest LOGIN PASSWORD 'guest'")
    guest = url.replace(f"//rollout:{quote(PASSWORD, safe='')}@", "//guest:guest@")
    answer = number(pointing_at(guest, tmp_path), "SELECT count(*) FROM events")
    assert cause(answer) is Cause.FORBIDDEN
    assert "GRANT" in spoken(answer).upper()


def test_a_stopped_server_is_unreachable(shop: ProbeSettings, postgres: Postgres) -> None:
    postgres.stop()
    try:
        assert cause(number(shop, "SELECT 1")) is Cause.UNREACHABLE
    finally:
        postgres.start()
    assert value(shop, "SELECT 1") == 1


def test_a_server_that_goes_away_in_the_middle_is_unreachable(
    shop: ProbeSettings, postgres: Postgres, url: str
) -> None:
    answered = threading.Event()

    def end() -> None:
        query = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'rollout check'"
        with postgres.connect(url) as other:
            while not answered.wait(0.05):  # the first that is ended may be one that a test before this left behind
                other.execute(query)
                other.rollback()

    thread = threading.Thread(target=end)
    thread.start()
    answer, seconds = asked(shop, NumberQuestion("shop", "SELECT pg_sleep(20)"))
    answered.set()
    thread.join()
    assert cause(answer) is Cause.UNREACHABLE
    assert seconds < 5


@contextmanager
def frozen(postgres: Postgres, url: str) -> Iterator[None]:
    """The server's processes for our questions stop answering, and do not close their lines either."""
    stopped = set()
    ends = threading.Event()

    def freeze() -> None:
        query = "SELECT pid FROM pg_stat_activity WHERE application_name = 'rollout check'"
        with postgres.connect(url) as other:
            other.autocommit = True
            while not ends.is_set():
                for (pid,) in other.execute(query).fetchall():
                    if pid not in stopped:
                        stopped.add(pid)
                        signal.pidfd_send_signal(os.pidfd_open(pid), signal.SIGSTOP)
                time.sleep(0.01)

    thread = threading.Thread(target=freeze)
    thread.start()
    try:
        yield
    finally:
        ends.set()
        thread.join()
        for pid in stopped:
            os.kill(pid, signal.SIGCONT)


def test_a_server_that_freezes_in_the_middle_is_given_up_at_the_limit(
    shop: ProbeSettings, postgres: Postgres, url: str
) -> None:
    before = threading.active_count()
    with frozen(postgres, url):
        answer, seconds = asked(shop, NumberQuestion("shop", "SELECT pg_sleep(0.5)"), 1)
        time.sleep(0.3)
        assert threading.active_count() <= before + 1  # the one that freezes; ours was woken and has gone
    assert cause(answer) is Cause.TIMEOUT
    assert seconds < 2
