"""Errors of databases that are known by SQLAlchemy's words alone."""

import pytest
from sqlalchemy import exc

from rollout_cli.checks.verdict import Cause
from rollout_cli.sources.probes.leash import Leash, OutOfTimeError
from rollout_cli.sources.probes.sql_failures import UnreadableError, in_our_words
from tests.support.databases import cause, spoken


def answer_for(error: Exception) -> str:
    """What is said, and why there is no answer."""
    with pytest.raises(UnreadableError) as raised, in_our_words("shop", Leash(5)):
        raise error
    return f"{cause(raised.value.answer).value}: {spoken(raised.value.answer)}"


def test_a_connection_that_fails_is_unreachable() -> None:
    error = exc.OperationalError(None, None, Exception(2003, "cannot connect as root with s3cret"))
    assert answer_for(error).startswith(Cause.UNREACHABLE.value)
    assert "s3cret" not in answer_for(error)


def test_a_connection_that_breaks_is_unreachable() -> None:
    error = exc.OperationalError("SELECT 1", None, Exception(2013, "lost"), connection_invalidated=True)
    assert answer_for(error).startswith(Cause.UNREACHABLE.value)
    assert answer_for(exc.InterfaceError("SELECT 1", None, Exception("closed"))).startswith(Cause.UNREACHABLE.value)


def test_a_write_that_was_refused_is_forbidden() -> None:
    error = exc.OperationalError(
        "SELECT f()", None, Exception(1792, "Cannot execute statement in a READ ONLY transaction")
    )
    assert answer_for(error).startswith(Cause.FORBIDDEN.value)


def test_what_is_wrong_with_a_query_is_repeated() -> None:
    error = exc.ProgrammingError("SELECT x", None, Exception(1146, "Table 'shop.nowhere' doesn't exist"))
    assert "shop.nowhere" in answer_for(error)
    assert answer_for(error).startswith(Cause.BAD_ANSWER.value)


def test_what_is_wrong_with_data_is_not_repeated() -> None:
    error = exc.DataError("SELECT x", None, Exception(1292, "Truncated value: 'hello my dear'"))
    assert "dear" not in answer_for(error)
    assert "DataError" in answer_for(error)


def test_an_address_that_fits_no_driver_is_not_set_up() -> None:
    assert answer_for(exc.InvalidRequestError("s3cret")).startswith(Cause.NOT_SET_UP.value)
    assert "s3cret" not in answer_for(exc.InvalidRequestError("s3cret"))


def test_what_no_database_raises_is_not_explained_away() -> None:
    with pytest.raises(KeyError), in_our_words("shop", Leash(5)):
        raise KeyError("bug")


def test_what_breaks_when_the_leash_was_cut_is_out_of_time() -> None:
    leash = Leash(5)
    leash.cut()
    with pytest.raises(OutOfTimeError), in_our_words("shop", leash):
        raise exc.OperationalError("SELECT 1", None, Exception("the line was cut"))
