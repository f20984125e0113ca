"""A model's keys as a table: what pydantic knows about each, in a reader's words."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from docs_markdown import literal, table
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from rollout_cli.plan.duration import duration_text

Schema = Mapping[str, Any]
Links = Mapping[str, str]
"""For the name of a model, the Markdown that leads to its section."""

Together = Sequence[tuple[str, tuple[str, ...]]]
"""How many of some keys are required, in words, and the keys."""

_SCALARS = {"boolean": "true or false", "integer": "whole number", "number": "number", "string": "text"}
_FORMATS = {"date": "date", "date-time": "time"}
_FORMS = {
    "^[A-Za-z][A-Za-z0-9_]{0,127}$": "flag name",
    "^[a-z0-9][a-z0-9._-]{0,63}$": "name",
    "^([0-9]{1,6}[dhms])+$": "duration",
    "^[A-Z][A-Z0-9_]{0,127}$": "variable name",
    "^[A-Za-z0-9-]{1,64}$": "header name",
    "^[A-Za-z_][A-Za-z0-9_$.]{0,127}$": "table or column",
    "^[A-Za-z_][A-Za-z0-9_]{0,99}[.][A-Za-z0-9_]{1,200}$": "migration",
}
_ID_CHARACTERS = 512
_UNION = "anyOf"
_SHARE = ["0.1%"]
"""What the schema of a share has as its example."""


_WORDS = {
    ("CheckEntry", "covers"): "list: text",
    **dict.fromkeys([("SimulateCheck", "min"), ("SimulateCheck", "max")], "KPI → like `0.1%`, or a number from 0 on"),
}
"""Types that the schema calls by a narrower name than a reader does."""


def keys_table(model: type[BaseModel], links: Links, together: Together = ()) -> str:
    """Every key of a model: name, type, default, meaning; of keys that are required together, which others count."""
    properties = model.model_json_schema()["properties"]
    return table(
        ("Key", "Type", "Default", "Meaning"),
        [
            (
                literal(name),
                _WORDS.get((model.__name__, name)) or type_words(properties[name], links),
                _needed(name, together) or _default(field, properties[name]),
                field.description or "",
            )
            for name, field in model.model_fields.items()
        ],
    )


def type_words(schema: Schema, links: Links) -> str:
    """The type of a value in words."""
    options = [each for each in schema.get(_UNION, ()) if each.get("type") != "null"]
    if options:
        return ", or ".join(type_words(each, links) for each in options)
    if "$ref" in schema:
        return links[schema["$ref"].rpartition("/")[2]]
    if "const" in schema or "enum" in schema:
        return ", ".join(literal(each) for each in schema.get("enum", [schema.get("const")]))
    if schema["type"] == "array":
        return f"list: {type_words(schema['items'], links)}"
    if schema["type"] == "object":
        return _mapping(schema, links)
    return _scalar(schema)


def _mapping(schema: Schema, links: Links) -> str:
    if "patternProperties" not in schema:
        return f"{type_words(schema['propertyNames'], links)} → {type_words(schema['additionalProperties'], links)}"
    [(pattern, value)] = schema["patternProperties"].items()
    return f"{_FORMS[pattern]} → {type_words(value, links)}"


def _scalar(schema: Schema) -> str:
    if schema.get("pattern") in _FORMS:
        return _FORMS[schema["pattern"]]
    if "format" in schema:
        return _FORMATS[schema["format"]]
    if "multipleOf" in schema:
        return "percent"
    if "examples" in schema:
        return f"like {literal(schema['examples'][0])}"
    if schema.get("maxLength") == _ID_CHARACTERS:
        return "id"
    return _SCALARS[schema["type"]] + _range(schema)


def _range(schema: Schema) -> str:
    if "exclusiveMinimum" in schema:
        return f", above {schema['exclusiveMinimum']}, at most {schema['maximum']}"
    if "minimum" not in schema:
        return ""
    return f", {schema['minimum']} to {schema['maximum']}" if "maximum" in schema else f", at least {schema['minimum']}"


def _needed(name: str, together: Together) -> str:
    found = next(((words, keys) for words, keys in together if name in keys), None)
    if found is None:
        return ""
    words, keys = found
    return f"**{words} is required:** {_or(keys)}" if len(keys) > 1 else "**required**"


def _or(keys: Sequence[str]) -> str:
    return " or ".join(filter(None, (", ".join(map(literal, keys[:-1])), literal(keys[-1]))))


def _default(field: FieldInfo, schema: Schema) -> str:
    if field.is_required():
        return "**required**"
    if schema.get("examples") == _SHARE and isinstance(field.default, float):
        return literal(f"{field.default * 100:g}%")
    if isinstance(field.default, BaseModel):
        return "its defaults"
    return _EMPTY.get(repr(field.default)) or ", ".join(literal(_written(each)) for each in _each(field.default))


_EMPTY = {"None": "not said", "[]": "empty", "{}": "empty", "''": "empty"}


def _each(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else [value]


def _written(value: Any) -> Any:
    """A value as a file writes it."""
    if isinstance(value, dict):
        return f"{{{', '.join(f'{name}: {_written(each)}' for name, each in value.items())}}}"
    if isinstance(value, timedelta):
        return duration_text(value)
    return str(value).lower() if isinstance(value, bool) else value
