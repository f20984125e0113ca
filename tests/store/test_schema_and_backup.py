"""Schema: created, upgraded and copied whole, by several at once, and while somebody writes."""

import os
import shutil
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from rollout_cli.control.history import verify_history
from rollout_cli.errors import StoreError, UsageError
from rollout_cli.store import migrations
from rollout_cli.store.address import default_address
from rollout_cli.store.engine import sqlite_engine
from rollout_cli.store.schema_versions import KNOWN_SCHEMAS, SCHEMA_HEAD, VERSION_TABLE
from rollout_cli.store.sql_store import backup_store, create_store, upgrade_store, version_of
from rollout_cli.store.sqlite_file import backup_database
from rollout_cli.store.tables import metadata
from tests.support.children import in_children, with_small_files
from tests.support.program import Run, rollout_here
from tests.support.projects import write_project
from tests.support.stores import address_of, draft, listing, meddle, new_sqlite, open_sqlite


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def revisions(path: Path) -> int:
    with open_sqlite(path).ledger("test-rollout").reading() as reading:
        report = verify_history("test-rollout", reading)
    assert report.sound, report.problems
    return report.revisions


def write(path: Path, count: int) -> Path:
    with open_sqlite(path).ledger("test-rollout").writing() as writing:
        for number in range(count):
            writing.append(draft(f"number {number}"))
    return path


def test_the_migrations_make_exactly_the_tables_that_the_program_uses(tmp_path: Path) -> None:
    with sqlite_engine(new_sqlite(tmp_path / "rollout.db")).connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"version_table": VERSION_TABLE, "compare_type": True, "compare_server_default": True}
        )
        assert compare_metadata(context, metadata) == []


def test_the_program_knows_every_migration() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    scripts = ScriptDirectory.from_config(config)
    assert tuple(script.revision for script in scripts.walk_revisions())[::-1] == KNOWN_SCHEMAS
    assert scripts.get_current_head() == SCHEMA_HEAD == KNOWN_SCHEMAS[-1]


def test_an_upgrade_of_a_store_that_is_up_to_date_changes_nothing(tmp_path: Path) -> None:
    path = write(new_sqlite(tmp_path / "rollout.db"), 3)
    before = listing(tmp_path)
    assert upgrade_store(address_of(path)) == (SCHEMA_HEAD, SCHEMA_HEAD)
    assert listing(tmp_path) == before


def test_an_empty_file_becomes_a_store(tmp_path: Path) -> None:
    path = tmp_path / "rollout.db"
    path.touch()
    assert upgrade_store(address_of(path)) == (None, SCHEMA_HEAD)
    assert revisions(path) == 0
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_a_database_may_be_shared_with_somebody_else(tmp_path: Path) -> None:
    path = tmp_path / "shared.db"
    meddle(path, "CREATE TABLE alembic_version (version_num TEXT)", "INSERT INTO alembic_version VALUES ('theirs')")
    assert upgrade_store(address_of(path)) == (None, SCHEMA_HEAD)
    assert revisions(write(path, 2)) == 2
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchall() == [("theirs",)]


def test_an_upgrade_never_touches_a_newer_store(tmp_path: Path) -> None:
    path = write(new_sqlite(tmp_path / "rollout.db"), 3)
    meddle(path, "UPDATE rollout_schema SET version_num = '9999'")
    before = listing(tmp_path)
    with pytest.raises(StoreError, match="is newer than this program: schema 9999"):
        upgrade_store(address_of(path))
    assert listing(tmp_path) == before
    assert version_of(address_of(path)) == "9999"


def test_an_upgrade_that_fails_leaves_the_store_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "shared.db"
    meddle(path, "CREATE TABLE rollout_attestations (theirs TEXT)")  # the last table that the migration creates
    with pytest.raises(StoreError, match="already exists"):
        upgrade_store(address_of(path))
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT name FROM sqlite_master").fetchall() == [("rollout_attestations",)]


@pytest.mark.parametrize("command", ["init", "db upgrade", "advance --phase 0 --yes", "flags deny EVENTS ann --yes"])
def test_four_processes_that_create_at_once_make_one_sound_store(tmp_path: Path, command: str) -> None:
    project = write_project(tmp_path / "project")
    done: list[Run] = in_children(4, lambda _number: rollout_here(*command.split(), cwd=project))
    codes = sorted(run.code for run in done)
    assert codes[0] == 0, done
    assert set(codes) <= {0, 6}, done
    assert names(project / ".rollout") == [".gitignore", "rollout.db"]
    changed = {"advance --phase 0 --yes", "flags deny EVENTS ann --yes"}
    successes = sum("Applied" in run.out or '"applied": true' in run.out for run in done)
    assert revisions(project / ".rollout" / "rollout.db") == (successes if command in changed else 0)


def test_four_processes_that_upgrade_an_empty_file_at_once_make_one_sound_store(tmp_path: Path) -> None:
    path = tmp_path / "rollout.db"
    path.touch()
    results = in_children(4, lambda _number: upgrade_store(address_of(path)))
    assert sorted(before is None for before, _ in results) == [False, False, False, True]
    assert names(tmp_path) == ["rollout.db"]
    assert revisions(path) == 0


def test_a_backup_is_complete_private_and_can_be_used(tmp_path: Path) -> None:
    path, target = write(new_sqlite(tmp_path / "rollout.db"), 5), tmp_path / "copy.db"
    before = os.umask(0)
    try:
        size = backup_store(address_of(path), target)
    finally:
        os.umask(before)
    assert size == target.stat().st_size
    assert target.stat().st_mode & 0o777 == 0o600
    assert target.stat().st_nlink == 1
    assert names(tmp_path) == ["copy.db", "rollout.db"]
    assert revisions(target) == 5
    shutil.copy(target, path)
    assert revisions(write(path, 1)) == 6


def test_a_backup_holds_what_is_still_in_the_log_of_a_store_in_use(tmp_path: Path) -> None:
    path, target = new_sqlite(tmp_path / "rollout.db"), tmp_path / "copy.db"
    store = open_sqlite(path)
    with store.ledger("other").reading() as reading:  # keeps the log from being folded into the file
        reading.pointer()
        write(path, 5)
        assert (tmp_path / "rollout.db-wal").stat().st_size > 0
        backup_store(address_of(path), target)
    assert revisions(target) == 5


def test_backups_while_somebody_writes_are_each_one_moment(tmp_path: Path) -> None:
    path, stop = new_sqlite(tmp_path / "rollout.db"), threading.Event()

    def keep_writing() -> None:
        while not stop.is_set():
            write(path, 3)  # three at a time, so that half of a transaction would be seen

    writer = threading.Thread(target=keep_writing)
    writer.start()
    try:
        for number in range(10):
            backup_store(address_of(path), tmp_path / f"copy-{number}.db")
    finally:
        stop.set()
        writer.join()
    counts = [revisions(tmp_path / f"copy-{number}.db") for number in range(10)]
    assert counts == sorted(counts)
    assert all(count % 3 == 0 for count in counts)
    assert counts[-1] > 0


def _a_file(target: Path) -> None:
    target.write_text("precious")


def _a_folder(target: Path) -> None:
    target.mkdir()


def _a_link_to_nothing(target: Path) -> None:
    target.symlink_to("nothing")


@pytest.mark.parametrize("occupy", [_a_file, _a_folder, _a_link_to_nothing])
def test_a_backup_overwrites_nothing(tmp_path: Path, occupy: Callable[[Path], None]) -> None:
    path, target = new_sqlite(tmp_path / "rollout.db"), tmp_path / "copy.db"
    occupy(target)
    before = listing(tmp_path)
    with pytest.raises(UsageError, match="is already there"):
        backup_store(address_of(path), target)
    assert listing(tmp_path) == before
    assert names(tmp_path) == ["copy.db", "rollout.db"]


def test_a_backup_of_a_store_onto_itself_is_refused(tmp_path: Path) -> None:
    path = new_sqlite(tmp_path / "rollout.db")
    with pytest.raises(UsageError, match="is already there"):
        backup_store(address_of(path), path)


def test_a_target_that_appears_meanwhile_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, target = new_sqlite(tmp_path / "rollout.db"), tmp_path / "copy.db"
    link = os.link
    monkeypatch.setattr(
        "rollout_cli.store.sqlite_file.os.link", lambda a, b: (target.write_text("precious"), link(a, b))
    )
    with pytest.raises(UsageError, match="is already there"):
        backup_database(path, target)
    assert target.read_text() == "precious"
    assert names(tmp_path) == ["copy.db", "rollout.db"]


def test_a_backup_into_a_folder_that_is_not_there_fails_and_creates_none(tmp_path: Path) -> None:
    path = new_sqlite(tmp_path / "rollout.db")
    with pytest.raises(StoreError, match="No such file or directory"):
        backup_store(address_of(path), tmp_path / "nowhere" / "copy.db")
    assert names(tmp_path) == ["rollout.db"]


@pytest.mark.parametrize("limit", [0, 4096, 20_000])
def test_a_backup_that_does_not_fit_leaves_nothing(tmp_path: Path, limit: int) -> None:
    write(new_sqlite(tmp_path / "place" / "rollout.db"), 20)
    project, target = write_project(tmp_path / "project"), tmp_path / "target" / "copy.db"
    target.parent.mkdir()
    store = f"sqlite:///{tmp_path}/place/rollout.db"
    # the limit does not reach the store's own shared memory, which is there already
    with open_sqlite(tmp_path / "place" / "rollout.db").ledger("other").reading() as reading:
        reading.pointer()
        done = with_small_files(limit, lambda: rollout_here("--store", store, "db", "backup", str(target), cwd=project))
    assert done.code == 7, done
    assert names(target.parent) == []


def test_a_backup_of_a_locked_store_gives_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = new_sqlite(tmp_path / "rollout.db")
    with closing(sqlite3.connect(path, isolation_level=None)) as holder:
        holder.execute("PRAGMA locking_mode = EXCLUSIVE")
        holder.execute("BEGIN IMMEDIATE")
        monkeypatch.setattr("rollout_cli.store.sqlite_file.WAIT_SECONDS", 0.05)
        with pytest.raises(StoreError, match="is locked by somebody else"):
            backup_store(address_of(path), tmp_path / "copy.db")
        holder.execute("ROLLBACK")
    assert "copy.db" not in names(tmp_path)


def test_a_store_can_be_created_only_once(tmp_path: Path) -> None:
    address = default_address(tmp_path)
    assert create_store(address)
    assert address.path is not None
    write(address.path, 1)
    assert not create_store(address)
    assert revisions(address.path) == 1
