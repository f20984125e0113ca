"""A model's keys as a table: what pydantic knows about each, in a reader's words."""

from collections.abc import Mapping
from typing import Any

from docs_markdown import literal, table
from pydantic import BaseModel

Schema = Mapping[str, Any]
Links = Mapping[str, str]
"""For the name of a model, the Markdown that leads to its section."""

_SCALARS = {"boolean": "true or false", "integer": "whole number", "number": "number", "string": "text"}
_FORMATS = {"date": "date", "date-time": "time"}
_FORMS = {
    "^[A-Za-z][A-Za-z0-9_]{0,127}$": "flag name",
    "^[a-z0-9][a-z0-9._-]{0,63}$": "name",
    "^([0-9]{1,6}[dhms])+$": "duration",
}


def keys_table(model: type[BaseModel], links: Links) -> str:
    """Every key of a model: name, type, default, meaning."""
    schema = model.model_json_schema()
    required = schema.get("required", [])
    return table(
        ("Key", "Type", "Default", "Meaning"),
        [
            (literal(name), type_words(key, links), _default(key, required=name in required), key["description"])
            for name, key in schema["properties"].items()
        ],
    )


def type_words(schema: Schema, links: Links) -> str:
    """The type of a value in words."""
    options = [each for each in schema.get("anyOf", ()) if each.get("type") != "null"]
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
    [(pattern, value)] = schema["patternProperties"].items()
    return f"{_FORMS[pattern]} → {type_words(value, links)}"


def _scalar(schema: Schema) -> str:
    if "pattern" in schema:
        return _FORMS[schema["pattern"]]
    if "format" in schema:
        return _FORMATS[schema["format"]]
    if "multipleOf" in schema:
        return "percent"
    if "examples" in schema:
        return f"like {literal(schema['examples'][0])}"
    if "maxLength" in schema:
        return "id"
    words = _SCALARS[schema["type"]]
    return f"{words}, {schema['minimum']} to {schema['maximum']}" if "minimum" in schema else words


def _default(schema: Schema, *, required: bool) -> str:
    if required:
        return "**required**"
    value = schema.get("default")
    if value is None or value in ([], {}, ""):
        return "not said" if value is None else "empty"
    return literal(str(value).lower() if isinstance(value, bool) else value)
