"""The JSON Schema of a canonical event, made from the types that write it, so that the two cannot disagree."""

import re
from textwrap import dedent
from typing import Any

import msgspec

from rollout_cli.whatsapp.events import VERSION, Form

SCHEMA_ID = f"urn:rollout-cli:schema:canonical-event:{VERSION}"
"""The name of the schema; what `dataschema` of a CloudEvent says."""

_HEAD = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "$id": SCHEMA_ID,
    "title": "Canonical WhatsApp event",
    "description": "One fact, in the form that all providers share. Every key is always there, with null for what a "
    "provider does not say; times are UTC. Newer versions may have more keys.",
}
_ATTRIBUTES = "\nAttributes:\n"
_ATTRIBUTE = re.compile(r"(?:\A|\n) {4}(?=\S)")
_KEYS: dict[str, dict[str, str]] = {
    "event_id": {"format": "uuid", "description": "A UUIDv5 of the idempotency key."},
    "occurred_at": {
        "format": "date-time",
        "description": "When it happened as the provider says, else when it was received.",
    },
    "details": {"description": "What an event says that is neither a message nor a status: members, a call, a field."},
    "raw": {
        "description": "A body of its own with what the event was read from alone, without credentials: "
        "normalized again it gives the same event."
    },
}
"""What the types do not say of the keys of an event."""


def event_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of what `CanonicalEvent.to_json` writes.

    Every key is required, for every key is always written. Other keys are allowed: a newer version may have more.
    """
    _, components = msgspec.json.schema_components((Form,))
    parts = {name: _described(part) for name, part in sorted(components.items())}
    event = parts.pop(Form.__name__)
    for name, told in _KEYS.items():
        event["properties"][name] |= told
    return {**_HEAD, **{name: event[name] for name in ("type", "properties", "required")}, "$defs": parts}


def _described(part: dict[str, Any]) -> dict[str, Any]:
    """A part with all keys required and no defaults, its docstring told key by key."""
    summary, told = _read_docstring(part.get("description", ""))
    properties = {name: _required(value, told.get(name)) for name, value in part["properties"].items()}
    return {
        "title": part["title"],
        "description": summary,
        "type": "object",
        "properties": properties,
        "required": list(properties),
    }


def _required(value: dict[str, Any], description: str | None) -> dict[str, Any]:
    kept = {name: inner for name, inner in value.items() if name != "default"}
    return {**kept, "description": description} if description else kept


def _read_docstring(text: str) -> tuple[str, dict[str, str]]:
    """What a docstring says of the whole, and what of each attribute by its name."""
    first, _, rest = text.partition("\n")
    summary, _, attributes = f"{first}\n{dedent(rest)}".partition(_ATTRIBUTES)
    told: dict[str, str] = {}
    for each in _ATTRIBUTE.split(attributes):
        names, _, description = each.partition(": ")
        told |= dict.fromkeys(names.split(", "), " ".join(description.split()))
    return " ".join(summary.split()), told
