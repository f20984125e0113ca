"""SQLite files as they are found: missing, locked, damaged, left behind by a crash. They stay as they were found."""

import os
import shutil
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from rollout_cli.checks.questions import NumberQuestion
from rollout_cli.checks.verdict import Cause
from rollout_cli.sources.probes.settings import ProbeSettings
from tests.support.databases import EVENTS, asked, cause, new_file, number, pointing_at, spoken, value

COUNT = "SELECT count(*) FROM events"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return new_file(tmp_path / "shop.db", *EVENTS)


@pytest.fixture
def shop(file: Path) -> ProbeSettings:
    return pointing_at(f"sqlite:///{file}", file.parent)


def kept(folder: Path) -> dict[str, bytes]:
    """Everything but the memory that readers share."""
    return {path.name: path.read_bytes() for path in folder.iterdir() if not path.name.endswith("-shm")}


def at(path: Path) -> ProbeSettings:
    return pointing_at(f"sqlite:///{path}", path.parent)


def test_a_missing_file_is_not_created(tmp_path: Path) -> None:
    assert cause(number(at(tmp_path / "none.db"), COUNT)) is Cause.UNREACHABLE
    assert cause(number(at(tmp_path / "none" / "none.db"), COUNT)) is Cause.UNREACHABLE
    assert not list(tmp_path.iterdir())


def test_a_file_that_this_process_has_open_keeps_the_locks_that_it_has_there(file: Path, shop: ProbeSettings) -> None:
    writes = (
        "import sqlite3,sys; sqlite3.connect(sys.argv[1], timeout=0).execute('DELETE FROM events').connection.commit()"
    )
    with closing(sqlite3.connect(file, isolation_level=None)) as holder:
        holder.execute("BEGIN")
        holder.execute(COUNT).fetchone()
        assert value(shop, COUNT) == 3
        other = subprocess.run([sys.executable, "-c", writes, str(file)], capture_output=True, text=True, check=False)
        assert "database is locked" in other.stderr
        holder.execute("COMMIT")


def test_a_link_to_nothing_is_a_missing_file(tmp_path: Path) -> None:
    (tmp_path / "link.db").symlink_to(tmp_path / "none.db")
    assert cause(number(at(tmp_path / "link.db"), COUNT)) is Cause.UNREACHABLE
    assert not (tmp_path / "none.db").exists()


def test_a_folder_is_no_database(tmp_path: Path) -> None:
    assert cause(number(at(tmp_path), COUNT)) is Cause.UNREACHABLE


def test_a_pipe_holds_nobody_up(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    answer, seconds = asked(at(tmp_path / "pipe"), NumberQuestion("shop", COUNT))
    assert cause(answer) is Cause.UNREACHABLE
    assert seconds < 6


def test_an_empty_file_is_no_database_yet(tmp_path: Path) -> None:
    (tmp_path / "empty.db").touch()
    assert cause(number(at(tmp_path / "empty.db"), COUNT)) is Cause.NO_DATA
    assert kept(tmp_path) == {"empty.db": b""}


def test_another_kind_of_file_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("these are only words, though many of them\n" * 100)
    assert cause(number(at(tmp_path / "notes.txt"), COUNT)) is Cause.UNREACHABLE


@pytest.mark.parametrize("cut", [50, 100, 4096, 6000])
def test_a_file_cut_short_is_damaged(file: Path, shop: ProbeSettings, cut: int) -> None:
    file.write_bytes(file.read_bytes()[:cut])
    assert cause(number(shop, COUNT)) is Cause.UNREACHABLE


def test_a_file_overwritten_in_the_middle_is_damaged(file: Path, shop: ProbeSettings) -> None:
    whole = file.read_bytes()
    file.write_bytes(whole[:4096] + b"\xff" * (len(whole) - 4096))
    answer = number(shop, "SELECT sum(cost) FROM events")
    assert cause(answer) is Cause.UNREACHABLE
    assert "damaged" in spoken(answer)


def test_a_path_that_no_disk_has_is_unreachable(tmp_path: Path) -> None:
    assert cause(number(at(tmp_path / ("long" * 200)), COUNT)) is Cause.UNREACHABLE
    assert cause(number(at(tmp_path / "a%00b.db"), COUNT)) is Cause.UNREACHABLE


@pytest.mark.parametrize("name", ["a b.db", "ä.db", "what%3F.db", "100%25.db", "a#b.db", "a;b'c\".db"])
def test_a_name_may_hold_any_character(tmp_path: Path, name: str) -> None:
    written = name.replace("%3F", "?").replace("%25", "%")
    new_file(tmp_path / written, *EVENTS)
    assert value(at(tmp_path / name), COUNT) == 3


@pytest.fixture
def exclusive(file: Path) -> Iterator[sqlite3.Connection]:
    """Somebody who holds the file for himself."""
    with closing(sqlite3.connect(file, isolation_level=None)) as holder:
        holder.execute("BEGIN EXCLUSIVE")
        yield holder


@pytest.mark.usefixtures("exclusive")
def test_a_locked_file_is_waited_for_until_the_limit(shop: ProbeSettings) -> None:
    answer, seconds = asked(shop, NumberQuestion("shop", COUNT), 0.5)
    assert cause(answer) is Cause.TIMEOUT
    assert 0.4 < seconds < 6


def test_a_lock_that_is_given_up_in_time_does_no_harm(shop: ProbeSettings, file: Path) -> None:
    def hold() -> None:
        with closing(sqlite3.connect(file, isolation_level=None)) as holder:
            holder.execute("BEGIN EXCLUSIVE")
            held.set()
            time.sleep(0.2)

    held = threading.Event()
    thread = threading.Thread(target=hold)
    thread.start()
    held.wait(5)
    assert value(shop, COUNT) == 3
    thread.join()


def test_a_writer_in_the_middle_is_not_disturbed(tmp_path: Path) -> None:
    file = new_file(tmp_path / "shop.db", "PRAGMA journal_mode = WAL", *EVENTS)
    with closing(sqlite3.connect(file, isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("DELETE FROM events")
        assert value(at(file), COUNT) == 3
        writer.execute("COMMIT")
        assert value(at(file), COUNT) == 0


def test_a_log_that_a_crash_left_is_read_and_stays_as_it_is(tmp_path: Path) -> None:
    live, left = tmp_path / "live", tmp_path / "left"
    live.mkdir()
    left.mkdir()
    file = new_file(live / "shop.db", "PRAGMA journal_mode = WAL", *EVENTS)
    with closing(sqlite3.connect(file, isolation_level=None)) as writer:
        writer.execute("DELETE FROM events WHERE id = 1")
        for name in ("shop.db", "shop.db-wal"):
            shutil.copy(live / name, left)
    before = kept(left)
    assert value(at(left / "shop.db"), COUNT) == 2
    assert kept(left) == before


def test_a_journal_that_a_crash_left_is_not_rolled_back_by_a_reader(tmp_path: Path) -> None:
    live, left = tmp_path / "live", tmp_path / "left"
    live.mkdir()
    left.mkdir()
    file = new_file(live / "shop.db", *EVENTS)
    with closing(sqlite3.connect(file, isolation_level=None)) as writer:
        writer.execute("PRAGMA cache_spill = 1")
        writer.execute("PRAGMA cache_size = 1")
        writer.execute("BEGIN")
        writer.execute("UPDATE events SET kind = zeroblob(100000)")
        for name in ("shop.db", "shop.db-journal"):
            shutil.copy(live / name, left)
    before = kept(left)
    assert before["shop.db-journal"]
    assert cause(number(at(left / "shop.db"), COUNT)) is Cause.UNREACHABLE
    assert kept(left) == before


@pytest.mark.parametrize("journal", ["delete", "wal"])
def test_reading_leaves_nothing_behind(tmp_path: Path, journal: str) -> None:
    file = new_file(tmp_path / "shop.db", f"PRAGMA journal_mode = {journal}", *EVENTS)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert value(at(file), COUNT) == 3
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_file_that_a_link_leads_to_is_read(tmp_path: Path, file: Path) -> None:
    (tmp_path / "link.db").symlink_to(file)
    assert value(at(tmp_path / "link.db"), COUNT) == 3
