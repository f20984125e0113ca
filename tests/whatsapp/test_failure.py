"""The one error that leaves the room: it survives a trip between processes, and says nothing of the body."""

import copy
import pickle
import re
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollout_cli.whatsapp import PROVIDERS, NormalizeError, Reason, normalize

NOW = datetime(2026, 11, 1, tzinfo=UTC)
ERROR = NormalizeError(Reason.TOO_DEEP, "the body is too deep", hint="look at who sent it")


def refused(body: bytes, provider: str = "simulated") -> NormalizeError:
    with pytest.raises(NormalizeError) as caught:
        normalize(provider, body, received_at=NOW)
    return caught.value


@pytest.mark.parametrize("again", [lambda error: pickle.loads(pickle.dumps(error)), copy.copy, copy.deepcopy])
def test_a_copy_says_the_same(again: object) -> None:
    other = again(ERROR)  # type: ignore[operator]
    assert type(other) is NormalizeError
    assert (other.reason, other.message, other.hint, str(other)) == (
        ERROR.reason,
        ERROR.message,
        ERROR.hint,
        str(ERROR),
    )


def test_it_is_a_value_error_whose_text_is_its_message() -> None:
    assert isinstance(ERROR, ValueError)
    assert str(ERROR) == ERROR.message == "the body is too deep"


def test_a_reason_is_a_code_that_reads_as_text() -> None:
    assert f"{Reason.NOT_JSON}" == "not_json" == Reason("not_json")
    assert [each for each in Reason if not re.fullmatch("[a-z0-9_]+", each)] == []


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize(
    "body",
    [
        b'{"hidden":"hidden',
        b'{"hidden":hidden}',
        b'{"hidden":"hid\xffden"}',
        b'{"a":"hidden \\ud800"}',
        b'"hidden"',
        b'{"a":1}hidden',
        b'{"hidden":' + b"[" * 500,
        b"hidden" * 100_000,
    ],
    ids=lambda body: body[:24].decode("latin-1"),
)
def test_nothing_of_the_body_stands_in_what_is_said(body: bytes, provider: str) -> None:
    error = refused(body, provider)
    assert "hid" not in repr(error) + error.message + error.hint
    assert error.__cause__ is None
    assert error.__suppress_context__ or error.__context__ is None
    assert len(error.message) < 200
    assert "\n" not in error.message
    assert error.hint


@given(st.text(st.characters(codec="ascii", categories=["Lu", "Ll", "Nd"]), min_size=12))
def test_nor_does_a_providers_name_that_nobody_knows(name: str) -> None:
    with pytest.raises(NormalizeError) as caught:
        normalize(name, b"{}", received_at=NOW)
    assert caught.value.reason == Reason.UNKNOWN_PROVIDER
    assert name not in caught.value.message
    assert all(provider in caught.value.hint for provider in PROVIDERS)


def test_a_time_of_receipt_without_its_offset_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="offset") as caught:
        normalize("simulated", b"{}", received_at=datetime(2026, 11, 1))  # noqa: DTZ001 - that is what is wrong
    assert not isinstance(caught.value, NormalizeError)
