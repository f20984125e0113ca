"""Reports as JSON documents: snake_case keys, times in ISO 8601 UTC, one schema name each."""

import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import Any


def schema_name(command: str) -> str:
    """The name of a command's document."""
    return f"rollout/{command}/v1"


def document(command: str, report: Any) -> dict[str, Any]:
    """A report as the document that `--format json` prints."""
    return {"schema": schema_name(command), **plain(report)}


def json_text(content: Any, *, indent: int | None = 2) -> str:
    """JSON as text. Always ASCII: no terminal or locale can change or be harmed by it."""
    return json.dumps(content, indent=indent, ensure_ascii=True, allow_nan=False)


def plain(value: Any) -> Any:
    """A report in JSON's own types; a trailing underscore (`from_`) is Python's need, not JSON's."""
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name.rstrip("_"): plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, Mapping):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(inner) for inner in value]
    return value
