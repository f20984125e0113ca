"""Documents into models: every deviation becomes a finding with a rule, a place and a hint."""

import difflib
import reprlib
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from rollout_cli.plan.document import Document, Path
from rollout_cli.plan.findings import Finding

Model = TypeVar("Model", bound=BaseModel)


def read_model(
    model: type[Model], document: Document, *, path: Path = (), data: Any = None
) -> tuple[Model | None, list[Finding]]:
    """Read a document, or the part of it at `path`, as a model.

    Returns:
        The model, or None with at least one finding.
    """
    try:
        return model.model_validate(document.data if data is None else data), []
    except ValidationError as error:
        return None, [
            _finding(model, document, path, details)
            for details in error.errors(include_url=False, include_context=True)
        ]


def _finding(model: type[BaseModel], document: Document, prefix: Path, details: ErrorDetails) -> Finding:
    location = [part for part in details["loc"] if part != "[key]"]
    path = (*prefix, *_without_union_tags(document, prefix, location))
    rule, describe, on_key = _RULES.get(details["type"], ("bad-value", _bad_value, False))
    message, hint = describe(details, path, model)
    line, column = document.place(path, key=on_key or "[key]" in details["loc"])
    where = ".".join(str(part) for part in path)
    return Finding(document.file, line, column, rule, f"{where}: {message}" if where else message, hint)


def _without_union_tags(document: Document, prefix: Path, location: list[str | int]) -> Path:
    """Pydantic names the member of a union in the path; the file knows nothing of it."""
    path: Path = ()
    for part in location:
        if (*prefix, *path, part) in document.places or part == location[-1]:
            path = (*path, part)
    if path and (*prefix, *path) not in document.places and path[-1] in {"bool", "str"}:
        path = path[:-1]
    return path


Described = tuple[str, str]


def _unknown_key(_details: ErrorDetails, path: Path, model: type[BaseModel]) -> Described:
    known = _keys_at(model, path)
    close = difflib.get_close_matches(str(path[-1]), known, n=1)
    hint = (
        f"did you mean `{close[0]}`?" if close else f"known here: {', '.join(sorted(known))}" if known else "remove it"
    )
    return "unknown key", hint


def _missing(_details: ErrorDetails, path: Path, _model: type[BaseModel]) -> Described:
    return "missing", f"add the key `{path[-1]}`"


def _wrong_type(details: ErrorDetails, path: Path, _model: type[BaseModel]) -> Described:
    wanted = details["msg"].removeprefix("Input should be ").removeprefix("a valid ")
    given = details["input"]
    if isinstance(given, int | float) and not isinstance(given, bool) and "string" in wanted:
        return "must be text", f"put it in quotes: '{_short(given)}'"
    if isinstance(given, str) and given.lower() in {"yes", "no", "on", "off"} and "bool" in wanted:
        return "must be true or false", f"write {'true' if given.lower() in {'yes', 'on'} else 'false'}"
    wanted = _TYPE_WORDS.get(wanted, wanted)
    return (
        f"must be {wanted}, not {_short(given)}",
        f"see `{path[-1] if path else 'the file'}` in docs/files.md",
    )


def _bad_value(details: ErrorDetails, _path: Path, _model: type[BaseModel]) -> Described:
    message = details["msg"].removeprefix("Value error, ")
    given = _short(details["input"])
    return f"{given} is not allowed", message[:1].lower() + message[1:]


def _pattern(details: ErrorDetails, _path: Path, _model: type[BaseModel]) -> Described:
    return (
        f"{_short(details['input'])} is not a usable name",
        f"it must match {details.get('ctx', {}).get('pattern')}",
    )


def _short(value: Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    return str(value).lower() if isinstance(value, bool) else _SHORT.repr(value)


def _keys_at(model: type[BaseModel], path: Path) -> list[str]:
    """The keys a model allows where the last part of the path stands."""
    here: type[BaseModel] | None = model
    for part in path[:-1]:
        field = here.model_fields.get(part) if here is not None and isinstance(part, str) else None
        here = _model_in(field.annotation) if field is not None else here
    return [] if here is None else list(here.model_fields)


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    found = [_model_in(inner) for inner in getattr(annotation, "__args__", ())]
    return next((model for model in found if model is not None), None)


_SHORT = reprlib.Repr()
_SHORT.maxstring = _SHORT.maxother = 40
_TYPE_WORDS = {
    "boolean": "true or false",
    "dictionary": "a mapping",
    "list": "a list",
    "string": "text",
    "integer": "a whole number",
}
_Describe = Callable[[ErrorDetails, Path, type[BaseModel]], Described]
_RULES: dict[str, tuple[str, _Describe, bool]] = {
    "extra_forbidden": ("unknown-key", _unknown_key, True),
    "missing": ("missing-key", _missing, False),
    "bool_type": ("wrong-type", _wrong_type, False),
    "dict_type": ("wrong-type", _wrong_type, False),
    "int_type": ("wrong-type", _wrong_type, False),
    "list_type": ("wrong-type", _wrong_type, False),
    "model_type": ("wrong-type", _wrong_type, False),
    "model_attributes_type": ("wrong-type", _wrong_type, False),
    "string_type": ("wrong-type", _wrong_type, False),
    "string_pattern_mismatch": ("bad-name", _pattern, False),
}
