"""A handler of signals that raises while the database is at work is no failure of the store."""

from typing import Any

import pytest
from sqlalchemy import Integer, TypeDecorator, bindparam, create_engine, select
from sqlalchemy.exc import OperationalError, StatementError

from rollout_cli.errors import StoreError
from rollout_cli.store.failures import in_our_words
from tests.support.asked_to_end import OutOfTimeError, asked_to_end, give_up, heard_by


class Interrupted(TypeDecorator[int]):
    """The signal comes while a value is made ready for the database."""

    impl = Integer
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Any) -> Any:
        return asked_to_end()


def test_what_a_handler_raises_within_the_database_layer_comes_through() -> None:
    statement = select(bindparam("number", 1, type_=Interrupted()))
    with create_engine("sqlite://").connect() as connection, heard_by(give_up):
        with pytest.raises(StatementError):  # that layer has made an error of its own of it
            connection.execute(statement)
        with pytest.raises(OutOfTimeError), in_our_words("the store"):
            connection.execute(statement)


def test_a_failure_of_the_store_while_that_is_dealt_with_is_a_failure_of_the_store() -> None:
    with heard_by(give_up):
        try:
            asked_to_end()
        except OutOfTimeError:
            with pytest.raises(StoreError, match="cannot be reached"), in_our_words("the store"):
                raise OperationalError("SELECT 1", {}, OSError("gone"))  # noqa: B904
