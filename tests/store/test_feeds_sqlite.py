"""What a feed of a SQLite file does beside the contract: files that may only be read, old schemas, and addresses."""

import os
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rollout_cli.control.record import DamagedRecordError, Revision
from rollout_cli.errors import StoreError, StoreMissingError, UsageError
from rollout_cli.store.address import address_from_url
from rollout_cli.store.feeds import _plain_sqlite_path, open_feed
from rollout_cli.store.sqlite_feed import SqliteFeed
from rollout_cli.store.sqlite_reading import SqliteReading
from tests.support.children import without_privileges
from tests.support.old_store import old_sqlite
from tests.support.stores import draft, listing, meddle, new_sqlite, open_sqlite
from tests.support.waiting import eventually


def write(path: Path, reason: str = "") -> Revision:
    with open_sqlite(path).ledger("test-rollout").writing() as writing:
        return writing.append(draft(reason))


def number_read(feed: SqliteFeed) -> int:
    revision = feed.read()
    return 0 if revision is None else revision.number


@pytest.fixture
def store(tmp_path: Path) -> Path:
    path = new_sqlite(tmp_path / "place" / "rollout.db")
    write(path)
    return path


def test_looking_changes_nothing_and_leaves_nothing_behind(store: Path) -> None:
    before = listing(store.parent)
    feed = SqliteFeed(store, None)
    assert feed.changed()
    assert number_read(feed) == 1
    assert not feed.changed()
    feed.close()
    assert listing(store.parent) == before


def test_a_feed_leaves_the_file_to_writers_while_it_is_open(store: Path) -> None:
    feed = SqliteFeed(store, None)
    feed.read()
    with closing(sqlite3.connect(store, isolation_level=None, timeout=0)) as writer:
        writer.execute("BEGIN EXCLUSIVE")
        writer.execute("ROLLBACK")
    feed.close()


def test_a_commit_that_was_taken_back_is_not_news(store: Path) -> None:
    feed = SqliteFeed(store, None)
    feed.read()
    feed.changed()
    with closing(sqlite3.connect(store, isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("DELETE FROM rollout_heads")
        assert number_read(feed) == 1
        writer.execute("ROLLBACK")
    assert not feed.changed()
    feed.close()


def test_a_commit_in_the_middle_of_a_reading_is_not_taken_for_damage(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read_them = SqliteReading.revisions

    def after_a_commit(reading: SqliteReading) -> Iterator[Revision | DamagedRecordError]:
        write(store)
        return read_them(reading)

    feed = SqliteFeed(store, None)
    with monkeypatch.context() as patched:
        patched.setattr(SqliteReading, "revisions", after_a_commit)
        assert number_read(feed) == 1
    assert feed.changed()
    assert number_read(feed) == 2
    feed.close()


def read_only(path: Path) -> Callable[[], None]:
    """Take the right to write the file and its folder from everybody who has no privileges.

    Returns:
        What gives it back.
    """
    path.chmod(0o444)
    path.parent.chmod(0o555)
    return lambda: path.parent.chmod(0o755)


def test_a_file_that_may_only_be_read_is_read_and_nothing_is_put_beside_it(store: Path) -> None:
    give_back = read_only(store)

    def look() -> tuple[int, bool, list[str]]:
        feed = SqliteFeed(store, None)
        number, news = (number_read(feed) if feed.changed() else 0), feed.changed()
        beside = sorted(listing(store.parent))
        feed.close()
        return number, news, beside

    try:
        assert without_privileges(look) == (1, False, ["rollout.db"])
    finally:
        give_back()


@pytest.mark.skipif(os.geteuid() != 0, reason="takes somebody who may write where the feed may not: root")
def test_who_may_only_read_hears_of_commits_in_a_log_that_appears_later(store: Path, tmp_path: Path) -> None:
    board = tmp_path / "board"
    board.mkdir(mode=0o777)
    give_back = read_only(store)

    def watch() -> list[int]:
        feed, seen = SqliteFeed(store, None), [0]
        while seen[-1] < 3:
            eventually(feed.changed, within=20)
            seen.append(number_read(feed))
            (board / str(seen[-1])).touch()
        feed.close()
        return sorted(set(seen))

    try:
        with ThreadPoolExecutor(1) as pool:
            watching = pool.submit(without_privileges, watch)
            eventually((board / "1").exists, within=20)
            with closing(sqlite3.connect(store, isolation_level=None)) as holds_the_log_open:
                holds_the_log_open.execute("BEGIN")  # a reader keeps the writer from emptying the log
                holds_the_log_open.execute("SELECT count(*) FROM rollout_heads").fetchone()
                write(store)
                assert Path(f"{store}-wal").stat().st_size
                eventually((board / "2").exists, within=20)
            write(store)
            assert watching.result() == [0, 1, 2, 3]
    finally:
        give_back()


def test_a_file_that_may_not_be_read_is_said_to_be(store: Path) -> None:
    store.chmod(0)

    def look() -> str:
        with pytest.raises(StoreError) as caught:
            SqliteFeed(store, None).read()
        return caught.value.message

    assert "cannot be opened" in without_privileges(look)


def test_a_folder_that_may_not_be_entered_is_said_to_be(store: Path) -> None:
    store.parent.chmod(0)

    def look() -> str:
        with pytest.raises(StoreError) as caught:
            SqliteFeed(store, None).changed()
        return caught.value.message

    try:
        assert without_privileges(look).endswith("cannot be read: Permission denied")
    finally:
        store.parent.chmod(0o755)


def test_the_history_of_an_older_schema_is_read(tmp_path: Path) -> None:
    feed = SqliteFeed(old_sqlite(tmp_path / "rollout.db"), None)
    assert feed.changed()
    assert number_read(feed) > 1
    assert not feed.changed()
    feed.close()


@pytest.mark.parametrize(
    ("statement", "problem"),
    [
        ("UPDATE rollout_schema SET version_num = '9999'", "has the schema 9999, and this program knows"),
        ("DELETE FROM rollout_schema", "has the schema None"),
        ("DROP TABLE rollout_schema", "has no rollout tables"),
        ("DROP TABLE rollout_heads", "is damaged: no such table: rollout_heads"),
        ("DROP TABLE rollout_revisions", "is damaged: no such table: rollout_revisions"),
        ("UPDATE rollout_heads SET revision = 'x'", "is damaged"),
        ("UPDATE rollout_heads SET hash = x'00ff'", "is damaged"),
        ("UPDATE rollout_revisions SET record = x'00ff'", "is damaged: revision 1 is not text"),
        ("DELETE FROM rollout_revisions", "is damaged: its latest record is gone"),
    ],
)
def test_whatever_is_in_the_tables_it_is_an_error_in_our_words(store: Path, statement: str, problem: str) -> None:
    feed = SqliteFeed(store, None)
    assert number_read(feed) == 1
    meddle(store, statement)
    for _ in range(2):
        assert feed.changed()
        with pytest.raises(StoreError) as caught:
            feed.read()
        assert problem in caught.value.message
    feed.close()


def test_a_missing_file_is_missing_and_is_not_created(tmp_path: Path) -> None:
    feed = SqliteFeed(tmp_path / "rollout.db", None)
    for ask in (feed.changed, feed.read):
        with pytest.raises(StoreMissingError):
            ask()
    assert listing(tmp_path) == {}


def test_a_store_behind_a_link_is_heard_also_when_the_link_is_turned(tmp_path: Path) -> None:
    first, second = new_sqlite(tmp_path / "a" / "a.db"), new_sqlite(tmp_path / "b" / "b.db")
    write(first)
    write(second)
    write(second)
    link = tmp_path / "rollout.db"
    link.symlink_to(first)
    feed = SqliteFeed(link, None)
    assert number_read(feed) == 1
    other = tmp_path / "new"
    other.symlink_to(second)
    other.replace(link)
    assert feed.changed()
    assert number_read(feed) == 2
    write(second)
    assert feed.changed()
    assert number_read(feed) == 3
    feed.close()


paths = st.text(st.one_of(st.sampled_from("/%:?#@ 2F5\0.\n+&=é"), st.characters(exclude_categories=())), max_size=20)
starts = st.sampled_from(
    ["sqlite:///", "sqlite:////", "sqlite://", "sqlite:/", "sqlite+pysqlite:///", "SQLITE:///", ""]
)


@given(st.builds(str.__add__, starts, paths))
@example("sqlite:///rollout.db")
@example("sqlite:////srv/a%20b/%252F.db")
@example("sqlite:///a%FFb.db")
@example("sqlite:///a%00b.db")
@example("sqlite:///a%3Fb.db")
@example("sqlite:///a?b.db")
@example("sqlite:///:memory:")
@example("sqlite:///file:a.db")
@example("sqlite:///a\nb.db")
@example("sqlite:///a+b.db")
@example("sqlite:///ü\udcff.db")
@example("sqlite:///")
def test_the_short_way_to_a_path_agrees_with_the_long_one(url: str) -> None:
    path = _plain_sqlite_path(url)
    if path is not None:
        assert path == address_from_url(url).path


@given(st.builds(str.__add__, starts, paths))
def test_whatever_stands_for_an_address_it_gives_a_feed_or_an_error_in_our_words(url: str) -> None:
    try:
        feed = open_feed(url, None)
    except UsageError:
        return
    assert feed.name
