"""The published schema: what is written is valid, and what is not of its form is not."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from jsonschema import Draft202012Validator

from rollout_cli.whatsapp import PROVIDERS, normalize
from rollout_cli.whatsapp.schema import SCHEMA_ID, event_schema
from rollout_cli.whatsapp.vocabulary import EVENT_TYPES, MESSAGE_TYPES
from tests.support.examples import examples
from tests.support.for_each import for_each
from tests.support.projects import REPOSITORY
from tests.whatsapp.building import forms
from tests.whatsapp.written import Case, cases

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
SCHEMA = event_schema()
VALIDATOR = Draft202012Validator(SCHEMA, format_checker=Draft202012Validator.FORMAT_CHECKER)
(EVENT,) = normalize("simulated", b'{"kind":"message.inbound","id":"1","message":{"type":"text"}}', received_at=NOW)
FORM = EVENT.to_dict()


def parts() -> list[dict[str, Any]]:
    return [SCHEMA, *SCHEMA["$defs"].values()]


def test_it_is_a_schema_that_names_itself() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert SCHEMA["$id"] == SCHEMA_ID == "urn:rollout-cli:schema:canonical-event:1.0"
    assert SCHEMA["title"]
    assert all(part["description"] for part in parts())


def test_what_is_published_is_what_the_program_says() -> None:
    published = REPOSITORY / "docs" / "canonical-event-1.0.json"
    assert json.loads(published.read_text(encoding="utf-8")) == SCHEMA


def test_every_key_is_required_and_others_are_allowed() -> None:
    for part in parts():
        assert part["required"] == list(part["properties"])
        assert part.get("additionalProperties", True) is True
    VALIDATOR.validate({**FORM, "new": 1, "source": {**FORM["source"], "new": [None]}})


def test_it_has_the_words_of_the_vocabulary() -> None:
    assert set(SCHEMA["properties"]["event_type"]["enum"]) == set(EVENT_TYPES)
    assert set(SCHEMA["$defs"]["Source"]["properties"]["provider"]["enum"]) == set(PROVIDERS)
    assert set(SCHEMA["$defs"]["Message"]["properties"]["type"]["anyOf"][0]["enum"]) == set(MESSAGE_TYPES)
    assert SCHEMA["properties"]["event_version"]["enum"] == ["1.0"]


def test_what_the_code_says_of_a_key_is_told() -> None:
    assert SCHEMA["properties"]["raw"]["description"].startswith("A body of its own with what")
    assert SCHEMA["$defs"]["Status"]["properties"]["pricing"]["description"] == "as the provider has them."
    assert list(SCHEMA["properties"]) == list(FORM)


@pytest.mark.parametrize("raw", [None, True, 0, 1.5, "text", [], {}, [{"a": [None]}]])
def test_raw_may_be_any_json(raw: Any) -> None:
    VALIDATOR.validate({**FORM, "raw": raw})


@settings(max_examples=examples(30), suppress_health_check=[HealthCheck.too_slow])
@given(forms)
def test_every_event_that_can_be_built_is_valid(form: dict[str, Any]) -> None:
    VALIDATOR.validate(form)


@for_each("case", cases(), ids=lambda case: case.name)
def test_the_events_of_every_case_are_valid(case: Case) -> None:
    for event in normalize(case.provider, case.data, event=case.event, received_at=NOW):
        VALIDATOR.validate(event.to_dict())


@pytest.mark.parametrize("key", FORM)
def test_an_event_without_one_of_its_keys_is_not_valid(key: str) -> None:
    assert not VALIDATOR.is_valid({name: value for name, value in FORM.items() if name != key})


@pytest.mark.parametrize(
    "change",
    [{"event_type": "whatsapp.other"}, {"event_version": "2.0"}, {"event_id": None}, {"event_id": "1"},
     {"occurred_at": 5}, {"source": {**FORM["source"], "provider": "other"}},
     {"message": {**FORM["message"], "type": "other"}}, {"message": {}},
     {"status": {}}, {"details": []}, {"security": None},
     {"trace": {"idempotency_key": "a"}}],
    ids=json.dumps,
)  # fmt: skip
def test_what_is_no_event_is_not_valid(change: dict[str, Any]) -> None:
    assert not VALIDATOR.is_valid({**FORM, **change})
