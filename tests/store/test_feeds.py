"""What every feed promises to a client: the fake, SQLite and PostgreSQL alike."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Protocol

import pytest

from rollout_cli.control.attest import AttestedLedger
from rollout_cli.control.ledger import Head
from rollout_cli.control.record import Draft, Revision, seal
from rollout_cli.errors import StoreError
from rollout_cli.store.feeds import Feed, open_feed
from rollout_cli.store.sql_feed import SqlFeed
from rollout_cli.store.sqlite_feed import SqliteFeed
from tests.support.memory_feed import MemoryFeed, MemoryStore
from tests.support.places import PostgresPlace, SqlitePlace
from tests.support.postgres import PASSWORD, Postgres
from tests.support.stores import draft, new_sqlite

BACK = "UPDATE rollout_heads SET revision = revision - 1 WHERE rollout = "
GONE = "DELETE FROM rollout_heads WHERE rollout = "


class Place(Protocol):
    """Where rollouts are, and whoever edits them past the program."""

    def ledger(self, rollout: str) -> AttestedLedger: ...

    def feed(self, rollout: str | None) -> Feed: ...

    def rewrite(self, rollout: str, number: int, record: str) -> None: ...

    def set_pointer_back(self, rollout: str) -> None: ...

    def drop_pointer(self, rollout: str) -> None: ...


class MemoryFeeds:
    def __init__(self) -> None:
        self._store = MemoryStore()
        self.ledger = self._store.ledger

    def feed(self, rollout: str | None) -> Feed:
        return MemoryFeed(self._store, rollout)

    def rewrite(self, rollout: str, number: int, record: str) -> None:
        records = self._store.ledger(rollout).records
        records[number - 1] = (record, records[number - 1][1])

    def set_pointer_back(self, rollout: str) -> None:
        records = self._store.ledger(rollout).records
        self._store.pointers[rollout] = Head(len(records) - 1, records[-1][1])

    def drop_pointer(self, rollout: str) -> None:
        self._store.pointers[rollout] = None


class SqliteFeeds(SqlitePlace):
    def feed(self, rollout: str | None) -> Feed:
        return open_feed(f"sqlite:///{self._path}", rollout)

    def set_pointer_back(self, rollout: str) -> None:
        self._meddle(BACK, rollout)

    def drop_pointer(self, rollout: str) -> None:
        self._meddle(GONE, rollout)

    def _meddle(self, statement: str, rollout: str) -> None:
        with closing(sqlite3.connect(self._path, isolation_level=None)) as connection:
            connection.execute(f"{statement} ?", (rollout,))


class PostgresFeeds(PostgresPlace):
    def feed(self, rollout: str | None) -> Feed:
        return open_feed(self._url, rollout)

    def set_pointer_back(self, rollout: str) -> None:
        self._meddle(BACK, rollout)

    def drop_pointer(self, rollout: str) -> None:
        self._meddle(GONE, rollout)

    def _meddle(self, statement: str, rollout: str) -> None:
        with self._server.connect(self._url) as connection:
            connection.execute(f"{statement} %s", (rollout,))


@pytest.fixture(params=["memory", "sqlite", pytest.param("postgres", marks=pytest.mark.heavy)])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    if request.param == "memory":
        return MemoryFeeds()
    if request.param == "sqlite":
        return SqliteFeeds(new_sqlite(tmp_path / "rollout.db"))
    server: Postgres = request.getfixturevalue("postgres")
    return PostgresFeeds(server)


def write(place: Place, rollout: str, *drafts: Draft) -> Revision:
    """Commit the drafts one by one; the last of their revisions."""
    for each in drafts or (draft(),):
        with place.ledger(rollout).writing() as writing:
            last = writing.append(each)
    return last


def news(feed: Feed) -> Revision | None:
    """What a client reads when it is told that there may be something new."""
    assert feed.changed()
    return feed.read()


def numbered(revision: Revision | None) -> int:
    """A revision's number; 0 for none."""
    return 0 if revision is None else revision.number


def refused(feed: Feed) -> StoreError:
    """The error with which a look at the store ends."""
    try:
        if feed.changed():
            feed.read()
    except StoreError as error:
        return error
    raise AssertionError("it was read without an error")


def test_the_first_question_is_news_and_the_latest_revision_is_read(place: Place) -> None:
    written = write(place, "one", draft("a"), draft("b"))
    feed = place.feed("one")
    assert news(feed) == written
    feed.close()


def test_a_rollout_that_has_not_begun_has_none_and_its_first_revision_is_heard(place: Place) -> None:
    named, unnamed = place.feed("one"), place.feed(None)
    assert news(named) is None
    assert news(unnamed) is None
    assert not named.changed()
    assert not unnamed.changed()
    written = write(place, "one")
    assert news(named) == news(unnamed) == written
    named.close()
    unnamed.close()


def test_where_nothing_happened_there_is_nothing_new_however_often_it_is_asked(place: Place) -> None:
    write(place, "one")
    feed = place.feed("one")
    news(feed)
    assert [feed.changed() for _ in range(20)] == [False] * 20
    feed.close()


def test_every_commit_is_heard(place: Place) -> None:
    feed = place.feed("one")
    news(feed)
    for number in range(1, 16):
        written = write(place, "one", draft(str(number)))
        assert news(feed) == written
        assert not feed.changed()
    feed.close()


def test_several_commits_between_two_questions_are_one_piece_of_news_the_latest(place: Place) -> None:
    feed = place.feed("one")
    news(feed)
    written = write(place, "one", *(draft(str(number)) for number in range(5)))
    assert news(feed) == written
    assert not feed.changed()
    feed.close()


def test_a_commit_between_question_and_reading_is_not_lost(place: Place) -> None:
    write(place, "one")
    feed = place.feed("one")
    assert feed.changed()
    between = write(place, "one", draft("between"))
    assert feed.read() == between
    if feed.changed():  # it may be told twice, and must not be told too seldom
        assert feed.read() == between
    assert news_after(place, feed) == 3
    feed.close()


def news_after(place: Place, feed: Feed) -> int:
    write(place, "one")
    return numbered(news(feed))


def test_reading_needs_no_question_first(place: Place) -> None:
    written = write(place, "one")
    feed = place.feed("one")
    assert feed.read() == written
    feed.close()


def test_two_feeds_hear_each_of_the_same_commit(place: Place) -> None:
    feeds = [place.feed("one"), place.feed("one")]
    assert [news(feed) for feed in feeds] == [None, None]
    written = write(place, "one")
    assert [news(feed) for feed in feeds] == [written, written]
    for feed in feeds:
        feed.close()


def test_a_named_rollout_is_read_whatever_happens_to_its_neighbours(place: Place) -> None:
    written = write(place, "one", draft("mine"))
    feed = place.feed("one")
    news(feed)
    write(place, "other", draft("theirs"), draft("theirs"))
    assert not feed.changed() or feed.read() == written
    assert news_after(place, feed) == 2
    feed.close()


def test_without_a_name_the_only_rollout_is_meant(place: Place) -> None:
    written = write(place, "one")
    feed = place.feed(None)
    assert news(feed) == written
    feed.close()


def test_without_a_name_among_several_the_error_says_which_there_are_every_time(place: Place) -> None:
    write(place, "one")
    write(place, "other")
    feed = place.feed(None)
    for _ in range(3):
        error = refused(feed)
        assert error.message.endswith("holds several rollouts")
        assert error.hint == "name one: one, other"
    feed.close()


def test_who_follows_the_only_rollout_goes_on_with_it_when_another_joins(place: Place) -> None:
    write(place, "one")
    feed = place.feed(None)
    news(feed)
    write(place, "other")
    written = write(place, "one", draft("more"))
    assert news(feed) == written
    feed.close()


@pytest.mark.parametrize("record", ["{}", "", "not json", "null"])
def test_a_damaged_latest_record_is_an_error_every_time_until_it_is_mended(place: Place, record: str) -> None:
    write(place, "one", draft("a"), draft("b"))
    with place.ledger("one").reading() as reading:
        sound = next(iter(reading.revisions()))
    original = original_record(place, "one", 2)
    feed = place.feed("one")
    news(feed)
    place.rewrite("one", 2, record)
    close_unless_heard(feed)
    assert "damaged: revision 2" in refused(feed).message
    assert "damaged: revision 2" in refused(feed).message
    place.rewrite("one", 2, original)
    assert news(feed) == sound
    feed.close()


def original_record(place: Place, rollout: str, number: int) -> str:
    """The record of a revision as it is sealed."""
    with place.ledger(rollout).reading() as reading:
        revision = next(each for each in reading.revisions() if isinstance(each, Revision) and each.number == number)
    record, digest = seal(rollout, revision.draft, number=number, at=revision.at, previous_hash=revision.previous_hash)
    assert digest == revision.hash
    return record


def close_unless_heard(feed: Feed) -> None:
    """Edits past the program move no head, so a server's feed need not hear of them before it connects anew."""
    if isinstance(feed, SqlFeed):
        feed.close()


def test_a_damaged_earlier_record_disturbs_nobody(place: Place) -> None:
    written = write(place, "one", draft("a"), draft("b"))
    place.rewrite("one", 1, "{}")
    feed = place.feed("one")
    assert news(feed) == written
    feed.close()


def test_a_pointer_that_was_set_back_is_an_error(place: Place) -> None:
    write(place, "one", draft("a"), draft("b"))
    feed = place.feed("one")
    news(feed)
    place.set_pointer_back("one")
    assert "damaged: the latest record is not the one that was written" in refused(feed).message
    assert "damaged" in refused(feed).message
    feed.close()


def test_a_pointer_that_is_gone_is_an_error_and_no_rollout_that_has_not_begun(place: Place) -> None:
    write(place, "one", draft("a"), draft("b"))
    feed = place.feed("one")
    news(feed)
    place.drop_pointer("one")
    assert "damaged: the pointer to the latest revision is gone" in refused(feed).message
    feed.close()


def test_after_closing_the_next_question_opens_the_store_again(place: Place) -> None:
    written = write(place, "one")
    feed = place.feed("one")
    news(feed)
    feed.close()
    feed.close()
    assert news(feed) == written
    feed.close()
    assert feed.read() == written
    feed.close()


def test_a_feed_that_was_abandoned_opens_the_store_again_and_hears_on(place: Place) -> None:
    written = write(place, "one")
    feed = place.feed("one")
    news(feed)
    feed.abandon()
    feed.abandon()
    if feed.changed():
        assert feed.read() == written
    assert news_after(place, feed) == 2
    feed.close()


def test_what_was_never_opened_can_be_closed_and_abandoned(place: Place) -> None:
    place.feed("one").close()
    place.feed("one").abandon()


def test_the_name_may_be_shown(place: Place) -> None:
    name = place.feed(None).name
    assert name
    assert PASSWORD not in name
    assert "s3cret" not in name


def test_an_address_takes_the_feed_of_its_database(tmp_path: Path) -> None:
    assert isinstance(open_feed(f"sqlite:///{tmp_path}/a.db", None), SqliteFeed)
    assert isinstance(open_feed(f"sqlite+pysqlite:///{tmp_path}/a.db", None), SqliteFeed)
    assert isinstance(open_feed("postgresql+psycopg://user@localhost/db", None), SqlFeed)
