"""A SQLite store: transactions that lose nothing, files that only their owner can open, whatever the path is called."""

import os
import sqlite3
import stat
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import text

from rollout_cli.errors import StoreBusyError, StoreError, StoreMissingError, UsageError
from rollout_cli.store.address import StoreAddress, address_from_url, default_address
from rollout_cli.store.engine import WRITING, sqlite_engine
from rollout_cli.store.sql_store import SqlStore, create_store, open_store
from rollout_cli.store.sqlite_connection import connect_sqlite
from tests.support.program import rollout_here
from tests.support.projects import write_project
from tests.support.stores import add_one, draft, listing, new_sqlite, open_sqlite, sums

NAMES = [
    "plain",
    "with space",
    "what?mode=memory",
    "a#b",
    "100%25",
    "quote'\"`",
    "ünï 日本 😀",
    "new\nline",
    "-dash",
    "semi;colon&and=",
    "back\\slash",
    os.fsdecode(b"bytes-\xff\xfe"),
]


def count(store: SqlStore) -> int:
    with store.ledger("test-rollout").reading() as reading:
        pointer = reading.pointer()
    return 0 if pointer is None else pointer.number


@contextmanager
def umask(mask: int) -> Iterator[None]:
    before = os.umask(mask)
    try:
        yield
    finally:
        os.umask(before)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_eight_writers_lose_no_update(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each reads what is, adds one, and writes it back: what a driver's late BEGIN gets wrong without an error."""
    monkeypatch.setattr("rollout_cli.store.engine.WAIT_SECONDS", 60)  # a slow disk is no failure
    path = new_sqlite(tmp_path / "rollout.db")
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: add_one(path, 8), range(8)))
    assert sums(path) == list(range(1, 65))


def test_a_writer_holds_the_lock_from_its_beginning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rollout_cli.store.engine.WAIT_SECONDS", 0.05)
    store = open_sqlite(new_sqlite(tmp_path / "rollout.db"))
    with store.ledger("one").writing() as writing:
        writing.pointer()
        with pytest.raises(StoreBusyError, match="locked by somebody else"), store.ledger("other").writing():
            pass


def test_readers_do_not_wait_for_a_writer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rollout_cli.store.engine.WAIT_SECONDS", 0)
    store = open_sqlite(new_sqlite(tmp_path / "rollout.db"))
    with store.ledger("test-rollout").writing() as writing:
        writing.append(draft())
        assert count(store) == 0
    assert count(store) == 1


def test_a_reader_sees_one_moment(tmp_path: Path) -> None:
    store = open_sqlite(new_sqlite(tmp_path / "rollout.db"))
    with store.ledger("test-rollout").reading() as reading:
        assert reading.pointer() is None
        with store.ledger("test-rollout").writing() as writing:
            writing.append(draft())
        assert reading.pointer() is None
        assert list(reading.revisions()) == []


def test_every_connection_is_durable_and_checks_references(tmp_path: Path) -> None:
    path = new_sqlite(tmp_path / "rollout.db")
    with sqlite_engine(path).connect().execution_options(**WRITING) as connection:
        pragmas = {name: connection.execute(text(f"PRAGMA {name}")).scalar() for name in
                   ("journal_mode", "synchronous", "foreign_keys")}  # fmt: skip
    assert pragmas == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}


def test_a_failed_opening_leaves_no_connection_behind(tmp_path: Path) -> None:
    path = tmp_path / "rollout.db"
    path.write_bytes(b"SQLite format 3\x00" + b"\xff" * 5000)
    with pytest.raises(sqlite3.DatabaseError):
        connect_sqlite(path)  # an unclosed connection is a ResourceWarning, and so an error


@pytest.mark.parametrize("mask", [0o000, 0o077, 0o777])
def test_all_files_are_private_whatever_the_umask(tmp_path: Path, mask: int) -> None:
    project = write_project(tmp_path / "project")
    with umask(mask):
        create_store(default_address(project))
        store = open_store(default_address(project))
        with store.ledger("test-rollout").writing() as writing:
            writing.append(draft())
            files = [path for path in (project / ".rollout").iterdir() if path.name != ".gitignore"]
            modes = {path.name: mode(path) for path in files}
    assert modes == {"rollout.db": 0o600, "rollout.db-wal": 0o600, "rollout.db-shm": 0o600}
    assert mode(project / ".rollout") == 0o700


@pytest.mark.parametrize("mask", [0o000, 0o777])
def test_a_named_store_and_its_folders_are_private_whatever_the_umask(tmp_path: Path, mask: int) -> None:
    with umask(mask):
        create_store(address_from_url(f"sqlite:///{tmp_path}/some/where/store.db"))
    assert [mode(tmp_path / part) for part in ("some", "some/where", "some/where/store.db")] == [0o700, 0o700, 0o600]


def test_the_default_stores_folder_is_kept_out_of_git(tmp_path: Path) -> None:
    create_store(default_address(tmp_path))
    assert (tmp_path / ".rollout" / ".gitignore").read_text() == "*\n"
    assert sorted(path.name for path in (tmp_path / ".rollout").iterdir()) == [".gitignore", "rollout.db"]


def test_an_existing_folder_keeps_its_mode_and_its_files(tmp_path: Path) -> None:
    folder = tmp_path / ".rollout"
    folder.mkdir(mode=0o750)
    (folder / ".gitignore").write_text("mine\n")
    create_store(default_address(tmp_path))
    assert (mode(folder), (folder / ".gitignore").read_text()) == (0o750, "mine\n")


@pytest.mark.parametrize("name", NAMES)
def test_the_default_store_works_in_a_folder_of_any_name(tmp_path: Path, name: str) -> None:
    project = tmp_path / name
    project.mkdir()
    assert create_store(default_address(project))
    store = open_store(default_address(project))
    with store.ledger("test-rollout").writing() as writing:
        writing.append(draft())
    assert count(store) == 1
    assert sorted(path.name for path in tmp_path.rglob("*.db")) == ["rollout.db"]
    assert names(tmp_path) == [name]


@pytest.mark.parametrize("name", NAMES)
def test_a_store_named_by_url_may_have_any_name(tmp_path: Path, name: str) -> None:
    address = address_from_url(f"sqlite:///{tmp_path}/{name.replace('%', '%25').replace('?', '%3F')}")
    assert create_store(address)
    assert count(open_store(address)) == 0
    assert names(tmp_path) == [name]


def test_a_path_may_begin_with_two_slashes(tmp_path: Path) -> None:
    address = address_from_url(f"sqlite:////{new_sqlite(tmp_path / 'rollout.db')}")
    assert str(address.path).startswith("//")
    assert count(open_store(address)) == 0


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("sqlite://", "in memory"),
        ("sqlite:///:memory:", "in memory"),
        ("sqlite:///file:x?uri=true", "in memory"),
        ("sqlite://rollout.db", "has no host"),
        ("sqlite:///a?b.db", "ends with its path"),
        ("sqlite:///a.db?timeout=5", "ends with its path"),
        ("sqlite:///a\0b", "ends with its path"),
        ("rollout.db", "not a database URL"),
        ("", "not a database URL"),
        ("postgresql://user:secret@host:port/name", "not a database URL"),
        ("postgresql://user:top@secret@host/name", "has an @ too many"),
    ],
)
def test_an_address_that_cannot_be_meant_is_refused(url: str, words: str) -> None:
    with pytest.raises(UsageError, match=words) as caught:
        address_from_url(url)
    assert "secret" not in caught.value.message + caught.value.hint


@pytest.mark.parametrize("url", ["nonsense://host/name", "postgresql+nonsense://host/name"])
def test_a_database_without_a_driver_is_refused(url: str) -> None:
    with pytest.raises(UsageError, match="there is no driver"):
        open_store(address_from_url(url))


@pytest.mark.parametrize("length", [400, 479, 481, 700])
def test_a_path_that_is_too_long_is_refused_by_name(tmp_path: Path, length: int) -> None:
    folder = tmp_path
    while len(str(folder)) < length - 120:
        folder = folder / ("d" * 100)
    address = StoreAddress(address_from_url("sqlite:///x").url, folder / ("s" * (length - len(str(folder)) - 1)), True)
    assert address.path is not None
    assert len(str(address.path)) == length
    if length < 480:
        create_store(address)
        assert count(open_store(address)) == 0
    else:
        with pytest.raises(StoreError, match="longer than SQLite opens"):
            create_store(address)
        assert names(tmp_path) == []


def test_a_store_behind_a_symbolic_link_keeps_its_files_together(tmp_path: Path) -> None:
    real = new_sqlite(tmp_path / "real" / "rollout.db")
    link = tmp_path / "link.db"
    link.symlink_to(real)
    with open_sqlite(link).ledger("test-rollout").writing() as writing:
        writing.append(draft())
        assert names(real.parent) == ["rollout.db", "rollout.db-shm", "rollout.db-wal"]
    assert count(open_sqlite(real)) == 1
    assert names(tmp_path) == ["link.db", "real"]


def test_a_link_to_nothing_is_not_a_missing_store(tmp_path: Path) -> None:
    address = default_address(tmp_path)
    (tmp_path / ".rollout").mkdir()
    (tmp_path / ".rollout" / "rollout.db").symlink_to(tmp_path / "gone")
    for use in (open_store, create_store):
        with pytest.raises(StoreError, match="a symbolic link to nothing") as caught:
            use(address)
        assert not isinstance(caught.value, StoreMissingError)
    assert not (tmp_path / "gone").exists()


def test_only_one_of_several_creators_creates(tmp_path: Path) -> None:
    address = default_address(tmp_path)
    with ThreadPoolExecutor(4) as pool:
        created = list(pool.map(lambda _: create_store(address), range(4)))
    assert sorted(created) == [False, False, False, True]
    assert sorted(listing(tmp_path)) == [".rollout/.gitignore", ".rollout/rollout.db"]


def test_a_folder_that_cannot_be_made_is_an_error_of_the_store(tmp_path: Path) -> None:
    (tmp_path / ".rollout").write_text("a file")
    with pytest.raises(StoreError, match="Not a directory") as caught:
        create_store(default_address(tmp_path))
    assert ".rollout" in caught.value.message


def test_the_program_says_which_store_cannot_be_made(folder: Path) -> None:
    (folder / ".rollout").write_text("a file")
    run = rollout_here("advance", cwd=folder)
    assert (run.code, run.out.count("Applied")) == (7, 0)
    assert str(folder / ".rollout") in run.err
