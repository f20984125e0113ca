"""The log as JSON: one object a line whatever is in a record, and of an exception its type alone."""

import io
import json
import logging
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollout_cli.pipeline.logs import JsonFormatter, PipelineLog, log_as_json
from tests.support.examples import examples

AT = datetime(2026, 11, 1, 12, tzinfo=UTC)
KEY = b"a key of the tests"
MADE = "0b7f3c1e-5f0a-4c56-9d3e-2f6f4a1b9c0d"


@pytest.fixture
def our_logger() -> Iterator[logging.Logger]:
    logger = logging.getLogger("rollout")
    before = logger.handlers[:], logger.level, logger.propagate
    yield logger
    logger.handlers[:], logger.propagate = before[0], before[2]
    logger.setLevel(before[1])


def record(message: Any = "said", *args: Any, **more: Any) -> logging.LogRecord:
    made = logging.LogRecord("rollout.pipeline", logging.INFO, __file__, 1, message, args, more.pop("exc_info", None))
    made.__dict__.update(more)
    return made


def line(of: logging.LogRecord) -> Any:
    text = JsonFormatter().format(of)
    assert "\n" not in text
    assert text.isascii()
    return json.loads(text, parse_constant=lambda word: pytest.fail(f"{word} is no JSON"))


def test_a_line_has_its_time_and_the_fields_beside_the_message(our_logger: logging.Logger) -> None:
    stream = io.StringIO()
    log_as_json(logging.StreamHandler(stream))
    log = PipelineLog(KEY)
    log.published("evolution", "shopper-1", 2, 0, MADE)
    told = json.loads(stream.getvalue())
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", told.pop("timestamp"))
    assert told == {
        "level": "INFO",
        "logger": "rollout.pipeline",
        "message": f"canonical events published: 2 provider=evolution shopper={log.name_of('shopper-1')}",
        "provider": "evolution",
        "shopper": log.name_of("shopper-1"),
        "new": 2,
        "duplicates": 0,
        "correlation_id": MADE,
    }


def test_a_time_is_in_utc() -> None:
    assert line(record(created=AT.timestamp()))["timestamp"] == "2026-11-01T12:00:00.000Z"


def test_a_decision_is_told_in_the_same_form() -> None:
    assert line(record(feature_flag={"flag": "A_FLAG", "reason": "global"}))["flag"] == "A_FLAG"


def test_no_field_takes_the_place_of_what_every_line_has() -> None:
    told = line(record(rollout={"message": "another", "level": "another", "more": 1}))
    assert (told["message"], told["level"], told["more"]) == ("said", "INFO", 1)


def test_of_an_exception_only_the_type_is_told() -> None:
    name = "Ana de Tal"
    try:
        raise ValueError(name)
    except ValueError as error:
        told = record(exc_info=(type(error), error, error.__traceback__), stack_info=name, exc_text=name)
    assert name not in JsonFormatter().format(told)
    assert line(told)["exception"] == "ValueError"


@pytest.mark.parametrize("arguments", [("x",), (1, 2)])
def test_a_message_that_cannot_be_put_together_is_a_line_all_the_same(arguments: tuple[object, ...]) -> None:
    assert line(record("%d", *arguments))["message"] == "a message that cannot be written: TypeError"


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary() | st.just(object()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text() | st.integers(), inner, max_size=3),
    max_leaves=5,
)


@settings(max_examples=examples(50))
@given(st.dictionaries(st.text(), VALUES, max_size=3), st.text(), st.floats())
def test_whatever_the_fields_are_a_line_is_json(fields: dict[str, Any], message: str, created: float) -> None:
    told = line(record(message, rollout=fields, created=created))
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", told["timestamp"])


def test_what_json_cannot_say_is_named() -> None:
    deep: Any = 1
    for _ in range(9):
        deep = [deep]
    fields: dict[Any, Any] = {
        10**5000: 1,
        "half": "a\ud83d",
        "nan": float("nan"),
        "huge": 10**5000,
        "thing": AT,
        "deep": deep,
        "many": [1] * 999,
    }
    told = line(record(rollout=fields))
    assert told["half"] == "a?"
    assert (told["nan"], told["huge"], told["thing"], told["many"]) == ("<float>", "<int>", "<datetime>", "<list>")
    assert "<list>" in str(told["deep"])


def test_one_call_writes_json_to_a_stream_once(our_logger: logging.Logger) -> None:
    stream = io.StringIO()
    handler = log_as_json(logging.StreamHandler(stream))
    assert log_as_json(handler) is handler
    PipelineLog(KEY).published("evolution", None, 1, 0, None)
    logging.getLogger("rollout.decisions").info("[FEATURE_FLAG] said")
    told = [json.loads(each) for each in stream.getvalue().splitlines()]
    assert [(each["logger"], each["message"][:19]) for each in told] == [
        ("rollout.pipeline", "canonical events pu"),
        ("rollout.decisions", "[FEATURE_FLAG] said"),
    ]


def test_the_file_that_the_plan_looks_at_is_a_handler_like_any_other(
    our_logger: logging.Logger, tmp_path: Path
) -> None:
    handler = log_as_json(logging.FileHandler(tmp_path / "whatsapp.log", encoding="utf-8"))
    PipelineLog(KEY).published("evolution", None, 0, 1, None)
    handler.close()
    assert "duplicate events ignored" in (tmp_path / "whatsapp.log").read_text()
