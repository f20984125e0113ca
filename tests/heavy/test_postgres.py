"""PostgreSQL as the store: the whole way, several at once, and everything that can be wrong with a server."""

import os
import socket
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from rollout_cli import RolloutClient
from rollout_cli.control.history import verify_history
from rollout_cli.errors import ExitCode, StoreError
from rollout_cli.store.address import address_from_url
from rollout_cli.store.engine import open_engine
from rollout_cli.store.schema_versions import SCHEMA_HEAD, VERSION_TABLE
from rollout_cli.store.sql_store import open_store, upgrade_store, version_of
from rollout_cli.store.tables import metadata
from tests.support.children import in_children
from tests.support.old_store import OLD_SCHEMA, old_project, old_server_store
from tests.support.postgres import PASSWORD, Postgres
from tests.support.program import Run, rollout, rollout_here
from tests.support.stores import draft
from tests.support.waiting import eventually

pytestmark = pytest.mark.heavy


@pytest.fixture
def empty(postgres: Postgres) -> str:
    """The URL of an empty database."""
    return postgres.new_database()


@pytest.fixture
def url(empty: str) -> str:
    """The URL of a store."""
    upgrade_store(address_from_url(empty))
    return empty


def run(project: Path, url: str, command: str) -> Run:
    """A command; whatever it says, it never says the password."""
    done = rollout_here("--store", url, "-v", *command.split(), cwd=project)
    assert PASSWORD not in done.out + done.err
    assert quote(PASSWORD, safe="") not in done.out + done.err
    return done


def numbers(url: str) -> int:
    with open_store(address_from_url(url)).ledger("test-rollout").reading() as reading:
        report = verify_history("test-rollout", reading)
    assert report.sound, report.problems
    return report.revisions


def assert_refused(done: Run, words: str) -> None:
    assert done.code == ExitCode.STORE, done
    assert words in done.err, done.err
    assert "\n  -> " in done.err


def test_the_whole_way(folder: Path, empty: str) -> None:
    assert_refused(run(folder, empty, "status"), "is empty")
    assert run(folder, empty, "init").code == 0
    assert run(folder, empty, "db current").code == 0
    assert run(folder, empty, "status").code == 0
    assert run(folder, empty, "advance --yes").code == 0
    assert run(folder, empty, "advance --phase 1 --yes").code == 0
    assert run(folder, empty, "flags deny EVENTS ann --yes").code == 0
    assert "revision 3" in run(folder, empty, "status").out
    assert '"value": true' in run(folder, empty, "evaluate EVENTS --shopper bob --format json").out
    assert run(folder, empty, "history verify").code == 0
    assert run(folder, empty, "rollback --reason alarm").code == 0
    assert '"value": false' in run(folder, empty, "evaluate EVENTS --shopper bob --format json").out
    doctor = run(folder, empty, "doctor --format json")
    assert doctor.code == 0, doctor
    looked_at = {check["id"]: check for check in doctor.document["checks"]}
    assert looked_at["history"]["verdict"] == "PASS"
    assert "4" in looked_at["history"]["message"]
    assert "***@" in looked_at["store"]["message"]
    assert not (folder / ".rollout").exists()


def test_the_way_as_a_process_with_the_store_in_the_environment(folder: Path, url: str) -> None:
    for command in ("advance --yes", "status", "rollback", "doctor"):
        done = rollout(*command.split(), cwd=folder, ROLLOUT_STORE=url)
        assert done.code == 0, done
        assert PASSWORD not in done.out + done.err
    assert numbers(url) == 2


def test_even_a_traceback_keeps_the_password(folder: Path, postgres: Postgres) -> None:
    done = rollout("--debug", "--store", postgres.url("nowhere"), "status", cwd=folder)
    assert done.code != 0
    assert PASSWORD not in done.out + done.err


def test_a_database_may_hold_tables_of_others(folder: Path, empty: str, postgres: Postgres) -> None:
    with postgres.connect(empty) as connection:
        connection.execute("CREATE TABLE invoices (id integer)")
    assert_refused(run(folder, empty, "status"), "is somebody else's database")
    assert run(folder, empty, "db upgrade").code == 0
    assert run(folder, empty, "advance --yes").code == 0


def test_the_migrations_make_exactly_the_tables_that_the_program_uses(url: str) -> None:
    with open_engine(address_from_url(url)).connect() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE, "compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_four_that_upgrade_at_once_make_one_store(empty: str) -> None:
    results = in_children(4, lambda _number: upgrade_store(address_from_url(empty)))
    assert sorted(results, key=str) == [(SCHEMA_HEAD, SCHEMA_HEAD)] * 3 + [(None, SCHEMA_HEAD)]
    assert numbers(empty) == 0


def test_four_first_advances_at_once_are_one(folder: Path, url: str) -> None:
    codes = in_children(4, lambda _number: run(folder, url, "advance --phase 0 --yes").code)
    assert min(codes) == 0
    assert set(codes) <= {0, 6}  # whoever comes later finds it done, or is told of the conflict
    assert numbers(url) == 1


def test_before_its_first_revision_a_rollout_has_one_writer_at_a_time(url: str) -> None:
    def append(number: int) -> int:
        with open_store(address_from_url(url)).ledger("test-rollout").writing() as writing:
            revision = writing.append(draft(f"number {number}"))
            time.sleep(0.2)
            return revision.number

    assert sorted(in_children(4, append)) == [1, 2, 3, 4]
    assert numbers(url) == 4


@contextmanager
def held(postgres: Postgres, url: str) -> Iterator[None]:
    """Somebody holds the rollout's row."""
    with postgres.connect(url) as connection:
        connection.execute("SELECT * FROM rollout_heads FOR UPDATE")
        yield
        connection.rollback()


def test_a_lock_that_is_held_is_busy_within_seconds(folder: Path, url: str, postgres: Postgres) -> None:
    assert run(folder, url, "advance --yes").code == 0
    with held(postgres, url):
        begun = time.monotonic()
        assert_refused(run(folder, url, "advance --phase 1 --yes"), "is locked by somebody else")
        assert 4 < time.monotonic() - begun < 9
        assert run(folder, url, "status").code == 0
        assert_refused(run(folder, url, "rollback"), "is locked by somebody else")
    assert "*" in (folder / ".rollout" / "kill").read_text().splitlines()
    assert numbers(url) == 1
    assert run(folder, url, "rollback").code == 0


def test_a_stopped_server_is_exit_7_and_a_rollback_writes_the_kill_file(
    folder: Path, url: str, postgres: Postgres
) -> None:
    assert run(folder, url, "advance --yes").code == 0
    postgres.stop()
    try:
        for command in ("status", "advance --phase 1 --yes", "history verify", "evaluate EVENTS"):
            assert_refused(run(folder, url, command), "cannot be reached")
        assert not (folder / ".rollout").exists()
        assert_refused(run(folder, url, "rollback --reason alarm"), "cannot be reached")
        assert "*" in (folder / ".rollout" / "kill").read_text().splitlines()
        assert run(folder, url, "doctor").code == 3
    finally:
        postgres.start()
    assert numbers(url) == 1
    assert run(folder, url, "rollback").code == 0


def test_a_connection_cut_in_the_middle_leaves_nothing(url: str, postgres: Postgres) -> None:
    def work() -> None:
        with open_store(address_from_url(url)).ledger("test-rollout").writing() as writing:
            writing.append(draft())
            with postgres.connect(url) as other:
                query = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'rollout'"
                other.execute(query)
            writing.append(draft())

    with pytest.raises(StoreError, match="cannot be reached"):
        work()
    assert numbers(url) == 0


def test_a_wrong_password_is_named_and_not_shown(folder: Path, url: str) -> None:
    wrong = url.replace("s3cret", "wr0ng")
    done = rollout_here("--store", wrong, "-v", "status", cwd=folder)
    assert_refused(done, "refuses this user or password")
    assert "wr0ng" not in done.out + done.err


def test_an_unknown_user_is_named(folder: Path, url: str) -> None:
    assert_refused(run(folder, url.replace("//rollout:", "//stranger:"), "status"), "refuses this user or password")


def test_a_missing_database_is_named(folder: Path, postgres: Postgres) -> None:
    assert_refused(run(folder, postgres.url("nowhere"), "status"), "has no such database")


def test_an_unknown_option_of_the_url_is_named(folder: Path, url: str) -> None:
    assert_refused(run(folder, f"{url}&nonsense=1", "status"), "knows no such option")


def test_a_server_that_never_answers_is_given_up_within_seconds(folder: Path) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as silent:
        port = silent.getsockname()[1]
        begun = time.monotonic()
        done = run(folder, f"postgresql://user:secret@127.0.0.1:{port}/name", "status")
    assert_refused(done, "cannot be reached")
    assert "secret" not in done.out + done.err
    assert time.monotonic() - begun < 9


def test_a_newer_schema_is_refused_and_left(folder: Path, url: str, postgres: Postgres) -> None:
    with postgres.connect(url) as connection:
        connection.execute("UPDATE rollout_schema SET version_num = '9999'")
    for command in ("status", "advance --yes", "db upgrade"):
        assert_refused(run(folder, url, command), "is newer than this program")
    with postgres.connect(url) as connection:
        assert connection.execute("SELECT version_num FROM rollout_schema").fetchall() == [("9999",)]


def everything(url: str, postgres: Postgres) -> list[list[tuple[object, ...]]]:
    """All rows, as an older program knows them."""
    yeses = "SELECT id, rollout, check_id, actor, at, note, expires_at, plan_digest FROM rollout_attestations"
    with postgres.connect(url) as connection:
        queries = (yeses, "SELECT * FROM rollout_heads", "SELECT * FROM rollout_revisions")
        return [connection.execute(f"{query} ORDER BY 1, 2").fetchall() for query in queries]


def test_an_old_store_is_refused_until_an_upgrade_that_keeps_every_row(
    tmp_path: Path, empty: str, postgres: Postgres
) -> None:
    project = old_project(tmp_path / "old")
    old_server_store(empty)
    before = everything(empty, postgres)
    assert [len(rows) for rows in before] == [2, 1, 3]
    for command in ("status", "attest trained", "advance --yes"):
        assert_refused(run(project, empty, command), f"has the older schema {OLD_SCHEMA}")
    assert upgrade_store(address_from_url(empty)) == (OLD_SCHEMA, SCHEMA_HEAD)
    assert everything(empty, postgres) == before
    with open_engine(address_from_url(empty)).connect() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE, "compare_type": True})
        assert compare_metadata(context, metadata) == []
    assert numbers(empty) == 3
    listed = run(project, empty, "attest --list --format json").document["attestations"]
    assert [view["yeses"][0]["actor"] for view in listed] == ["ann", "ann"]
    assert listed[1]["valid"] is False  # kept, and void: it does not say to which question it was
    assert run(project, empty, "attest for-ever").code == 0
    assert run(project, empty, "attest --list --format json").document["attestations"][1]["valid"] is True
    assert run(project, empty, "attest for-ever --revoke").code == 0
    assert run(project, empty, "attest --list --format json").document["attestations"][1]["valid"] is False


def test_a_rollback_needs_no_upgrade(tmp_path: Path, empty: str) -> None:
    project = old_project(tmp_path / "old")
    old_server_store(empty)
    done = run(project, empty, "rollback --reason alarm")
    assert (done.code, "Rolled back" in done.out) == (0, True), done
    assert version_of(address_from_url(empty)) == OLD_SCHEMA
    assert not (project / ".rollout" / "kill").exists()
    upgrade_store(address_from_url(empty))
    assert numbers(empty) == 4


def test_four_that_upgrade_an_old_store_at_once_do_it_once(empty: str, postgres: Postgres) -> None:
    old_server_store(empty)
    before = everything(empty, postgres)
    results = in_children(4, lambda _number: upgrade_store(address_from_url(empty)))
    assert sorted(results) == [(OLD_SCHEMA, SCHEMA_HEAD)] + [(SCHEMA_HEAD, SCHEMA_HEAD)] * 3
    assert everything(empty, postgres) == before


def test_a_missing_table_is_damage(folder: Path, url: str, postgres: Postgres) -> None:
    with postgres.connect(url) as connection:
        connection.execute("DROP TABLE rollout_heads")
    assert_refused(run(folder, url, "status"), "is damaged")


def test_a_database_that_takes_no_changes_is_read_only(folder: Path, url: str, postgres: Postgres) -> None:
    assert run(folder, url, "advance --yes").code == 0
    with postgres.connect(url) as connection:
        name = connection.info.dbname
        connection.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    assert run(folder, url, "status").code == 0
    assert_refused(run(folder, url, "advance --phase 1 --yes"), "is read-only")


def test_a_backup_is_the_servers_own_business(folder: Path, url: str, tmp_path: Path) -> None:
    done = run(folder, url, f"db backup {tmp_path}/copy.db")
    assert (done.code, "pg_dump" in done.err) == (2, True)


def test_status_knows_the_processes_that_hear_of_a_server(folder: Path, url: str) -> None:
    run(folder, url, "advance --yes")
    with RolloutClient.connect(url, environment={}, refresh_seconds=0.1) as client:
        eventually(lambda: told(folder, url) == [(os.getpid(), 1)])
        run(folder, url, "rollback")
        eventually(lambda: client.health().revision == 2)
        eventually(lambda: told(folder, url) == [(os.getpid(), 2)])
    eventually(lambda: told(folder, url) == [])


def told(project: Path, url: str) -> list[tuple[int, int]]:
    document = run(project, url, "status --format json").document
    return [(each["pid"], each["revision"]) for each in document["processes"]]
