"""A store of an older program: upgraded with all that is in it, refused until then, and never in a rollback's way."""

import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from rollout_cli.checks.facts import Attestation
from rollout_cli.control.attest import list_attestations
from rollout_cli.control.history import verify_history
from rollout_cli.errors import ExitCode, StoreError
from rollout_cli.store.engine import sqlite_engine
from rollout_cli.store.schema_versions import HISTORY_SCHEMAS, KNOWN_SCHEMAS, SCHEMA_HEAD, VERSION_TABLE
from rollout_cli.store.sql_store import open_store, upgrade_store, version_of
from rollout_cli.store.tables import metadata
from tests.support.children import in_children, with_small_files
from tests.support.memory_ledger import Clock
from tests.support.old_store import OLD_SCHEMA, old_project, old_sqlite
from tests.support.program import Run, rollout_here
from tests.support.projects import load_project
from tests.support.stores import address_of, listing, meddle, open_sqlite

THEN = datetime(2026, 11, 24, 16, tzinfo=UTC)
TABLES = ("rollout_heads", "rollout_revisions", "rollout_attestations")
READING = ["status", "plan", "check", "evaluate EVENTS", "history", "flags list", "export json", "attest --list"]
WRITING = ["advance --yes", "flags deny EVENTS ann --yes", "attest trained", "attest trained --revoke"]


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return old_project(tmp_path_factory.mktemp("old"))


@pytest.fixture
def project(written: Path, tmp_path: Path) -> Path:
    """The old project, to be worked with."""
    return Path(shutil.copytree(written, tmp_path / "project"))


@pytest.fixture
def store(project: Path) -> Path:
    return project / ".rollout" / "rollout.db"


def rows(path: Path) -> dict[str, list[Any]]:
    """What an older program knows of the tables, as it is stored."""
    names = "id, rollout, check_id, actor, at, note, expires_at, plan_digest"
    with closing(sqlite3.connect(path)) as connection:
        return {
            table: connection.execute(
                f"SELECT {names if table == 'rollout_attestations' else '*'} FROM {table} ORDER BY 1, 2"
            ).fetchall()
            for table in TABLES
        }


def assert_outdated(done: Run) -> None:
    assert (done.code, done.out) == (ExitCode.STORE, "")
    assert f"has the older schema {OLD_SCHEMA}\n  -> make a backup, then bring it to {SCHEMA_HEAD} with" in done.err


def test_an_upgrade_keeps_every_row(store: Path) -> None:
    before = rows(store)
    assert {table: len(found) for table, found in before.items()} == dict(zip(TABLES, (1, 3, 2), strict=True))
    assert upgrade_store(address_of(store)) == (OLD_SCHEMA, SCHEMA_HEAD)
    assert rows(store) == before
    with open_sqlite(store).ledger("test-rollout").reading() as reading:
        report = verify_history("test-rollout", reading)
        said = reading.attestations()
    assert (report.sound, report.revisions) == (True, 3)
    assert [(each.check, each.actor, each.note) for each in said] == [
        ("trained", "ann", "all fïve"), ("for-ever", "ann", ""),
    ]  # fmt: skip
    assert not any(each.is_revocation for each in said)


def test_an_upgraded_store_has_exactly_the_tables_of_a_new_one(store: Path) -> None:
    upgrade_store(address_of(store))
    with sqlite_engine(store).connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"version_table": VERSION_TABLE, "compare_type": True, "compare_server_default": True}
        )
        assert compare_metadata(context, metadata) == []


def test_yeses_from_before_are_kept_and_void_for_they_do_not_say_what_was_asked(project: Path, store: Path) -> None:
    upgrade_store(address_of(store))
    with open_sqlite(store, Clock(THEN)).ledger("test-rollout").reading() as reading:
        report = list_attestations(reading, load_project(project))
    found = {view.check: (view.valid, view.yeses[0].problem) for view in report.attestations}
    why = "is void: it does not say what was asked"
    assert {check: (valid, problem.endswith(why)) for check, (valid, problem) in found.items()} == {
        "trained": (False, True), "for-ever": (False, True),
    }  # fmt: skip


def test_after_an_upgrade_a_yes_from_before_can_be_revoked(store: Path) -> None:
    upgrade_store(address_of(store))
    ledger = open_sqlite(store).ledger("test-rollout")
    said = Attestation("trained", "bob", THEN + timedelta(hours=1), "no", None, "", is_revocation=True)
    with ledger.writing() as writing:
        writing.attest(said)
    with ledger.reading() as reading:
        assert reading.attestations()[-1] == said


def test_an_old_store_is_refused_and_left_as_it_is_until_it_is_upgraded(project: Path) -> None:
    before = listing(project)
    for command in [*READING, *WRITING, "history verify"]:
        assert_outdated(rollout_here(*command.split(), cwd=project))
        assert listing(project) == before, command
    upgraded = rollout_here("db", "upgrade", cwd=project)
    assert (upgraded.code, f"schema {OLD_SCHEMA} -> {SCHEMA_HEAD}\n" in upgraded.out) == (0, True), upgraded
    for command in READING:
        assert rollout_here(*command.split(), cwd=project).code in {0, 4}, command


def test_a_rollback_needs_no_upgrade(project: Path, store: Path) -> None:
    before = rows(store)["rollout_attestations"]
    done = rollout_here("rollback", "--reason", "alarm", "--format", "json", cwd=project)
    assert (done.code, done.err) == (0, "")
    assert (done.document["applied"], done.document["revision"], done.document["to"]) == (True, 4, None)
    assert not (project / ".rollout" / "kill").exists()
    assert version_of(address_of(store)) == OLD_SCHEMA
    assert rows(store)["rollout_attestations"] == before
    assert_outdated(rollout_here("status", cwd=project))
    upgrade_store(address_of(store))
    assert rollout_here("status", "--format", "json", cwd=project).document["state"] == "rolled_back"
    assert rollout_here("history", "verify", cwd=project).code == 0


@pytest.mark.parametrize("arguments", [("--shopper", "carl"), ("--to", "previous"), ("--to", "phase:0")])
def test_every_way_back_works_in_an_old_store(project: Path, store: Path, arguments: tuple[str, ...]) -> None:
    done = rollout_here("rollback", *arguments, cwd=project)
    assert (done.code, done.err) == (0, "")
    upgrade_store(address_of(store))
    answer = rollout_here("evaluate", "EVENTS", "--shopper", "carl", "--format", "json", cwd=project).document
    assert answer["value"] is ("--shopper" not in arguments)


def test_where_the_files_cannot_say_an_old_store_tells_which_rollout_is_meant(project: Path) -> None:
    (project / "flags.yaml").unlink()
    assert rollout_here("rollback", cwd=project).code == 0


def test_only_the_history_of_an_old_store_is_within_reach(store: Path) -> None:
    address = address_of(store)
    with pytest.raises(StoreError, match=f"has the older schema {OLD_SCHEMA}"):
        open_store(address)
    with open_store(address, history_only=True).ledger("test-rollout").reading() as reading:
        assert verify_history("test-rollout", reading).sound


@pytest.mark.parametrize(("version", "words"), [("9999", "is newer than this program"), ("0000", "is newer")])
def test_a_schema_that_nobody_knows_is_refused_for_the_history_too(store: Path, version: str, words: str) -> None:
    meddle(store, f"UPDATE rollout_schema SET version_num = '{version}'")
    with pytest.raises(StoreError, match=words):
        open_store(address_of(store), history_only=True)


def test_the_head_is_among_the_schemas_whose_history_is_known() -> None:
    assert SCHEMA_HEAD in HISTORY_SCHEMAS
    assert set(KNOWN_SCHEMAS) >= HISTORY_SCHEMAS


@pytest.mark.parametrize("schema", sorted(HISTORY_SCHEMAS))
def test_a_schema_whose_history_is_known_has_the_tables_of_today(tmp_path: Path, schema: str) -> None:
    """Whoever changes heads or revisions in a migration has to take the older schemas out of the list."""
    path = old_sqlite(tmp_path / "rollout.db")
    if schema != OLD_SCHEMA:
        upgrade_store(address_of(path))
    assert version_of(address_of(path)) == schema
    with sqlite_engine(path).connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={
                "version_table": VERSION_TABLE, "compare_type": True, "compare_server_default": True,
                "include_name": lambda name, kind, _: kind != "table" or name in TABLES[:2],
                "include_object": lambda item, _name, kind, *_: kind != "table" or item.name in TABLES[:2],
            },
        )  # fmt: skip
        assert compare_metadata(context, metadata) == []


def test_four_processes_that_upgrade_an_old_store_at_once_do_it_once(store: Path) -> None:
    before = rows(store)
    results = in_children(4, lambda _number: upgrade_store(address_of(store)))
    assert sorted(results) == [(OLD_SCHEMA, SCHEMA_HEAD)] + [(SCHEMA_HEAD, SCHEMA_HEAD)] * 3
    assert rows(store) == before


def test_an_upgrade_that_fails_leaves_the_old_store_whole(store: Path) -> None:
    meddle(store, "ALTER TABLE rollout_attestations ADD COLUMN is_revocation TEXT")
    before = rows(store)
    with pytest.raises(StoreError, match="duplicate column"):
        upgrade_store(address_of(store))
    assert (version_of(address_of(store)), rows(store)) == (OLD_SCHEMA, before)


def test_an_upgrade_that_finds_no_room_leaves_the_old_store_whole(project: Path, store: Path) -> None:
    before = rows(store)
    done = with_small_files(0, lambda: rollout_here("db", "upgrade", cwd=project))
    assert done.code == ExitCode.STORE, done
    assert (version_of(address_of(store)), rows(store)) == (OLD_SCHEMA, before)
    assert rollout_here("db", "upgrade", cwd=project).code == 0


def test_a_rollback_that_opened_the_store_before_an_upgrade_works_after_it(store: Path) -> None:
    ledger = open_store(address_of(store), history_only=True).ledger("test-rollout")
    upgrade_store(address_of(store))
    with ledger.writing() as writing:
        assert [each.number for each in writing.revisions()] == [3, 2, 1]


@pytest.mark.parametrize("mark", ["2", "NULL", "'x'", "x'01'"])
def test_a_mark_that_is_none_is_damage_and_a_rollback_works_all_the_same(project: Path, store: Path, mark: str) -> None:
    upgrade_store(address_of(store))
    meddle(
        store,
        "PRAGMA writable_schema = ON",
        "UPDATE sqlite_master SET sql = replace(sql, 'is_revocation INTEGER DEFAULT 0 NOT NULL', 'is_revocation')",
        "PRAGMA writable_schema = RESET",
    )
    meddle(store, f"UPDATE rollout_attestations SET is_revocation = {mark} WHERE id = 1")
    done = rollout_here("attest", "--list", cwd=project)
    assert (done.code, "an attestation of trained cannot be read" in done.err) == (ExitCode.STORE, True), done
    assert rollout_here("rollback", cwd=project).code == 0
