"""What is written down without a look for credentials is what a look would have left."""

import json
from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from rollout_cli.whatsapp import normalize

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
WORDS = st.text(max_size=300) | st.sampled_from(['{"token": "t"}', "apikey=k", "a\u212aey", "bearer x"])


def text_body(words: str, name: str, metadata: dict[str, str], contact: dict[str, Any]) -> bytes:
    """One text of one customer."""
    value = {
        "messaging_product": "whatsapp",
        "metadata": metadata,
        "contacts": [{"profile": {"name": name}, "wa_id": "5511970000001", **contact}],
        "messages": [
            {"from": "5511970000001", "id": "wamid.A", "timestamp": "1772366400", "type": "text",
             "text": {"body": words}}
        ],
    }  # fmt: skip
    return json.dumps({"entry": [{"id": "81", "changes": [{"field": "messages", "value": value}]}]}).encode(
        errors="replace"
    )


@given(
    WORDS.filter(bool),
    WORDS,
    st.dictionaries(st.sampled_from(["display_phone_number", "phone_number_id", "token", "api-Key"]), WORDS),
    st.fixed_dictionaries({}, optional={"user_id": WORDS}),
)
def test_the_json_of_an_original_is_its_value_without_credentials(
    words: str, name: str, metadata: dict[str, str], contact: dict[str, Any]
) -> None:
    body = text_body(words, name, metadata, contact)
    for event in normalize("cloud_api", body, received_at=NOW):
        assert json.loads(event.original.json) == event.original.value()


def test_a_credential_in_metadata_is_never_written_down() -> None:
    body = text_body("hello", "Bia", {"phone_number_id": "700", "access_token": "EAAG-secret"}, {})
    [event] = normalize("cloud_api", body, received_at=NOW)
    assert b"EAAG-secret" not in event.original.json
    assert b"[REDACTED]" in event.original.json


def test_a_name_too_long_to_be_repeated_is_left_out_whichever_it_is() -> None:
    body = text_body("hello", "Bia", {"phone_number_id": "700"}, {"profile": {"name": "Bia", "username": "u" * 300}})
    [event] = normalize("cloud_api", body, received_at=NOW)
    assert b"u" * 300 not in event.original.json
