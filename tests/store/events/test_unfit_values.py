"""What a database cannot hold is the value's failure and not the store's: waiting for the store would not help."""

from random import Random

import psycopg
import pytest
from sqlalchemy.exc import DataError, DBAPIError

from rollout_cli.errors import RolloutError, StoreError, UsageError
from rollout_cli.pipeline.event_store import Entry
from rollout_cli.store.events.reading import all_events
from rollout_cli.store.failures import in_our_words
from tests.support.event_stores import NOW, new_events, publish_texts, text_event
from tests.support.postgres import Postgres


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (DataError("INSERT", None, psycopg.DataError("PostgreSQL text fields cannot contain NUL bytes")), UsageError),
        (DBAPIError("INSERT", None, psycopg.errors.ProgramLimitExceeded("index row size 9000 exceeds")), UsageError),
        (DBAPIError("INSERT", None, psycopg.errors.NumericValueOutOfRange("out of range")), UsageError),
        (DBAPIError("INSERT", None, psycopg.errors.UndefinedColumn("no such column")), StoreError),
        (DBAPIError("INSERT", None, psycopg.OperationalError("connection refused")), StoreError),
    ],
)
def test_a_value_that_cannot_be_held_is_told_from_a_store_that_fails(
    error: DBAPIError, expected: type[RolloutError]
) -> None:
    with pytest.raises(expected), in_our_words("here"):
        raise error


@pytest.mark.heavy
@pytest.mark.parametrize("thread", ["a\0b", "\udc80", Random(1).randbytes(9_000).hex()])
def test_a_server_that_refuses_a_value_takes_the_next_one(postgres: Postgres, thread: str) -> None:
    store = new_events(postgres.new_database())
    with pytest.raises(UsageError), store.publication() as publication:
        publication.append([Entry(text_event(1), NOW, "shopper-1", thread_key=thread)])
    publish_texts(store, 1)
    assert len(list(all_events(store))) == 1
