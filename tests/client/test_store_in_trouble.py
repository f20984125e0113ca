"""What may happen to a store's file under a running client. The answers stay, it is said what is wrong, it passes."""

import logging
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from rollout_cli.client import RolloutClient, Source
from rollout_cli.flags.decision import Reason
from rollout_cli.store.sql_store import backup_store, upgrade_store
from tests.client.clients import EVENTS_OFF, EVENTS_ON, OFTEN, client_of, everything, standing, write
from tests.support.children import without_privileges
from tests.support.old_store import old_sqlite
from tests.support.stores import address_of, meddle, new_sqlite
from tests.support.waiting import eventually


def _delete(path: Path) -> None:
    path.unlink()


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def _cut_in_the_middle_of_the_header(path: Path) -> None:
    os.truncate(path, 50)


def _overwrite_with_garbage(path: Path) -> None:
    path.write_bytes(b"\xa5" * path.stat().st_size)


def _garble_all_but_the_header(path: Path) -> None:
    data = path.read_bytes()
    path.write_bytes(data[:100] + b"\xa5" * (len(data) - 100))


def _put_a_folder_there(path: Path) -> None:
    path.unlink()
    path.mkdir()


def _put_a_link_to_nothing_there(path: Path) -> None:
    path.unlink()
    path.symlink_to("nothing")


def _put_a_link_to_itself_there(path: Path) -> None:
    path.unlink()
    path.symlink_to(path.name)


def _put_another_database_there(path: Path) -> None:
    other = path.with_name("other.db")
    meddle(other, "CREATE TABLE cats (name TEXT)")
    other.replace(path)


def _let_a_newer_program_at_it(path: Path) -> None:
    meddle(path, "UPDATE rollout_schema SET version_num = '9999'")


def _drop_a_table(path: Path) -> None:
    meddle(path, "DROP TABLE rollout_heads")


def _tamper_with_a_record(path: Path) -> None:
    meddle(path, "UPDATE rollout_revisions SET record = replace(record, 'false', 'true')")


TROUBLES: list[tuple[Callable[[Path], None], str]] = [
    (_delete, "there is no store at {path}"),
    (_empty, "the store {path} is empty"),
    (_cut, "the store {path} is damaged"),
    (_cut_in_the_middle_of_the_header, "the store {path} "),
    (_overwrite_with_garbage, "the store {path} is not a SQLite database"),
    (_garble_all_but_the_header, "the store {path} is damaged"),
    (_put_a_folder_there, "the store {path} cannot be opened"),
    (_put_a_link_to_nothing_there, "there is no store at {path}"),
    (_put_a_link_to_itself_there, "the store {path} cannot be read: Too many levels of symbolic links"),
    (_put_another_database_there, "the store {path} has no rollout tables"),
    (_let_a_newer_program_at_it, "the store {path} has the schema 9999, and this program knows"),
    (_drop_a_table, "the store {path} is damaged: no such table"),
    (_tamper_with_a_record, "the store is damaged: revision 1"),
]


@dataclass
class Kept:
    """A store's file as it was, to be put back."""

    path: Path
    data: bytes

    def put_back(self) -> None:
        if self.path.is_dir() and not self.path.is_symlink():
            self.path.rmdir()
        for each in (self.path, Path(f"{self.path}-wal"), Path(f"{self.path}-shm")):
            each.unlink(missing_ok=True)
        fresh = self.path.with_name("fresh.db")
        fresh.write_bytes(self.data)
        fresh.replace(self.path)


@pytest.fixture
def kept(path: Path) -> Kept:
    return Kept(path, path.read_bytes())


@pytest.fixture
def client(path: Path) -> Iterator[RolloutClient]:
    with client_of(path) as client:
        assert everything_is_right(client)
        yield client


def everything_is_right(client: RolloutClient) -> bool:
    """Whether the client answers with what the store says, and knows it."""
    health = client.refresh()
    assert health.problem is None, health
    assert not client.decide("EVENTS").stale
    return (health.source, health.stale) == (Source.STORE, False)


def assert_it_goes_on(client: RolloutClient, before: object) -> None:
    """The same answers as before, marked; they get older."""
    assert everything(client) == before
    health = client.health()
    assert health.stale
    assert health.source is Source.STORE
    assert all(each.stale and each.age_seconds is not None for each in client.decide_all("shopper-1").values())
    age = client.decide("EVENTS", "shopper-1").age_seconds
    assert age is not None
    eventually(lambda: (client.decide("EVENTS", "shopper-1").age_seconds or 0) > age + 0.01)
    client.refresh()
    assert (client.health().age_seconds or 0) > age


@pytest.mark.parametrize(("happens", "problem"), TROUBLES, ids=[each.__name__ for each, _ in TROUBLES])
def test_the_answers_stay_are_marked_and_it_passes(
    client: RolloutClient, kept: Kept, happens: Callable[[Path], None], problem: str
) -> None:
    before = everything(client)
    happens(kept.path)
    assert problem.format(path=kept.path) in (client.refresh().problem or "nothing")
    assert_it_goes_on(client, before)
    kept.put_back()
    assert everything_is_right(client)
    assert everything(client) == before
    write(kept.path, EVENTS_OFF)
    assert everything_is_right(client)
    assert not client.is_enabled("EVENTS")


@pytest.mark.parametrize(("happens", "problem"), TROUBLES, ids=[each.__name__ for each, _ in TROUBLES])
def test_the_log_says_once_that_it_went_wrong_and_once_that_it_passed(
    client: RolloutClient,
    kept: Kept,
    happens: Callable[[Path], None],
    problem: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.INFO, logger="rollout"):
        happens(kept.path)
        for _ in range(5):
            client.refresh()
        (warning,) = caplog.records
        assert warning.levelname == "WARNING"
        assert problem.format(path=kept.path) in warning.getMessage()
        assert warning.getMessage().endswith("until it can be used again, the last known answers stand")
        kept.put_back()
        for _ in range(5):
            client.refresh()
    assert [each.getMessage() for each in caplog.records[1:]] == ["the store answers again"]


def test_the_thread_notices_by_itself_that_a_store_goes_and_comes(path: Path, kept: Kept) -> None:
    with client_of(path, refresh_seconds=OFTEN) as client:
        _delete(path)
        eventually(lambda: client.decide("EVENTS").stale)
        kept.put_back()
        eventually(lambda: not client.decide("EVENTS").stale)
        write(path, EVENTS_OFF)
        eventually(lambda: not client.is_enabled("EVENTS"))
        assert client.health().problem is None


def test_another_trouble_is_said_when_it_takes_the_place_of_the_first(
    client: RolloutClient, path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    _delete(path)
    client.refresh()
    path.write_bytes(b"")
    assert "is empty" in (client.refresh().problem or "")
    assert len(caplog.records) == 2


def test_a_store_that_is_put_in_its_place_is_read(client: RolloutClient, path: Path) -> None:
    other = new_sqlite(path.with_name("other.db"))
    write(other, EVENTS_ON)
    write(other, EVENTS_OFF)
    other.replace(path)
    assert everything_is_right(client)
    assert not client.is_enabled("EVENTS")
    assert client.health().revision == 2


def test_a_store_that_is_put_back_to_an_earlier_revision_is_believed(
    client: RolloutClient, path: Path, kept: Kept
) -> None:
    with closing(sqlite3.connect(path)) as running, closing(sqlite3.connect(path.with_name("copy.db"))) as backup:
        running.backup(backup)
        write(path, EVENTS_OFF)
        assert everything_is_right(client)
        assert not client.is_enabled("EVENTS")
        backup.backup(running)  # what restores a backup into a store that is in use
    assert everything_is_right(client)
    assert client.is_enabled("EVENTS")
    assert client.health().revision == 1


def test_a_writer_that_holds_the_store_disturbs_no_reader(client: RolloutClient, path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as writer:
        writer.execute("BEGIN EXCLUSIVE")
        writer.execute("DELETE FROM rollout_heads")
        assert everything_is_right(client)
        writer.execute("ROLLBACK")
    assert everything_is_right(client)


def _hold(path: Path) -> sqlite3.Connection:
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("PRAGMA locking_mode = EXCLUSIVE")
    holder.execute("BEGIN EXCLUSIVE")
    holder.execute("UPDATE rollout_heads SET rollout = rollout")
    return holder


def test_a_store_that_somebody_locked_for_all_is_waited_for(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with client_of(path) as client:
        meddle_with_client_away(client, path, "PRAGMA journal_mode = DELETE")
        assert everything_is_right(client)
        before = everything(client)
        caplog.clear()
        with closing(_hold(path)) as holder:
            for _ in range(3):
                assert client.refresh().problem == f"the store {path} is locked by somebody else"
            assert_it_goes_on(client, before)
            assert len(caplog.records) == 1
            holder.execute("ROLLBACK")
        assert everything_is_right(client)
        write(path, EVENTS_OFF)
        assert everything_is_right(client)
        assert not client.is_enabled("EVENTS")


def meddle_with_client_away(client: RolloutClient, path: Path, statement: str) -> None:
    """Do what SQLite does only where nobody else has the file open: let the client lose it for a moment."""
    away = path.with_name("away.db")
    path.rename(away)
    assert client.refresh().stale
    meddle(away, statement)
    away.rename(path)


def test_a_store_in_wal_mode_that_somebody_locked_for_all_is_waited_for(path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as holder:
        holder.execute("PRAGMA locking_mode = EXCLUSIVE")
        holder.execute("BEGIN EXCLUSIVE")
        holder.execute("UPDATE rollout_heads SET rollout = rollout")
        holder.execute("COMMIT")
        with client_of(path) as client:
            assert client.health().problem == f"the store {path} is locked by somebody else"
            assert client.health().source is Source.ENVIRONMENT
            assert not client.is_enabled("EVENTS")
            holder.close()
            assert everything_is_right(client)
            assert client.is_enabled("EVENTS")


def test_a_store_of_an_older_schema_is_read_and_its_upgrade_too(tmp_path: Path) -> None:

    path = old_sqlite(tmp_path / "rollout.db")
    with client_of(path) as client:
        assert everything_is_right(client)
        before = everything(client, "alice")
        assert client.is_enabled("EVENTS", "alice")
        assert client.decide("EVENTS", "bob").reason == Reason.DENYLIST
        upgrade_store(address_of(path))
        assert everything_is_right(client)
        assert everything(client, "alice") == before


def test_a_store_that_may_no_longer_be_read_is_said_to_be(path: Path) -> None:
    def work() -> tuple[str | None, bool, bool]:
        with client_of(path) as client:
            path.chmod(0)
            os.utime(path, (1, 1))
            health = client.refresh()
            answered = client.is_enabled("EVENTS")
            path.chmod(0o600)
            return health.problem, answered, client.refresh().stale

    assert without_privileges(work) == (f"the store {path} cannot be opened", True, False)


def test_a_store_that_is_not_there_at_the_start_takes_over_when_it_comes(path: Path, tmp_path: Path) -> None:
    away = path.rename(tmp_path / "away.db")
    with client_of(path, environment={"EVENTS": "false", "ROUTING": "true"}) as client:
        assert client.health().source is Source.ENVIRONMENT
        assert client.health().stale
        assert client.health().age_seconds is None
        assert client.decide("ROUTING").stale
        assert client.is_enabled("ROUTING")
        away.rename(path)
        assert everything_is_right(client)
        assert client.decide("EVENTS", "shopper-1").reason == Reason.GLOBAL


def test_a_rollout_that_has_not_begun_has_every_flag_at_its_declared_default(folder: Path) -> None:
    path = new_sqlite(folder / "rollout.db")
    with client_of(path, environment={"EVENTS": "true"}) as client:
        assert everything_is_right(client)
        assert client.health().revision == 0
        assert not client.is_enabled("EVENTS")
        assert client.is_enabled("SHADOW")
        assert client.value("POLICY") == "default"
        write(path, standing())
        assert everything_is_right(client)
        assert client.health().revision == 1


def test_of_several_rollouts_the_named_one_answers(path: Path) -> None:
    meddle(path, "INSERT INTO rollout_heads VALUES ('zzz', 1, 'x')")
    with client_of(path, rollout="test-rollout") as client:
        assert everything_is_right(client)
        assert client.is_enabled("EVENTS")
    with client_of(path) as client:
        assert "holds several rollouts" in (client.health().problem or "")
        assert client.health().source is Source.ENVIRONMENT


def test_who_named_none_goes_on_with_the_one_they_know_when_another_joins(path: Path) -> None:
    with client_of(path) as client:
        assert everything_is_right(client)
        meddle(path, "INSERT INTO rollout_heads VALUES ('zzz', 1, 'x')")
        assert client.refresh().problem is None
        assert everything_is_right(client)
        assert client.health().rollout == "test-rollout"


def _by_copying(backup: Path, path: Path) -> None:
    shutil.copyfile(backup, path)


def _by_renaming(backup: Path, path: Path) -> None:
    backup.replace(path)


@pytest.mark.parametrize("restore", [_by_copying, _by_renaming])
@pytest.mark.parametrize("revisions", [1, 20])
def test_a_backup_that_is_put_over_a_store_in_use_is_read_as_it_is(
    client: RolloutClient, path: Path, restore: Callable[[Path, Path], None], revisions: int
) -> None:
    backup = path.with_name("backup.db")
    backup_store(address_of(path), backup)
    for _ in range(revisions):
        write(path, EVENTS_OFF)
        client.refresh()
    assert not client.is_enabled("EVENTS")
    restore(backup, path)
    assert everything_is_right(client)
    assert client.is_enabled("EVENTS")
    assert client.health().revision == 1
