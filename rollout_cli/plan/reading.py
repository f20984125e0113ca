"""Documents into models: every deviation becomes a finding with a rule, a place and a hint.

What a finding repeats of the file is short, and of text that is of the wrong type altogether it repeats nothing.
"""

import re
import reprlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from rollout_cli.plan.document import Document, Path
from rollout_cli.plan.fields import FORMS
from rollout_cli.plan.findings import Finding, at_most
from rollout_cli.plan.reading_rules import ReadingRule
from rollout_cli.plan.suggestion import closest

Model = TypeVar("Model", bound=BaseModel)
Described = tuple[str, str]
"""A message and a hint."""

_LONGEST = 40
_PLAIN_PART = re.compile(r"[\w.-]{1,40}")
"""Other keys are not repeated: where no key of ours stands, somebody's secret may."""


@dataclass(frozen=True, slots=True)
class _Deviation:
    """One thing that pydantic found.

    Attributes:
        path: from the top of the model.
        known: the keys that are allowed where it stands, when it is a key.
    """

    details: ErrorDetails
    path: Path
    known: tuple[str, ...]

    @property
    def given(self) -> Any:
        """What stands in the file."""
        return self.details["input"]

    @property
    def limits(self) -> dict[str, Any]:
        """What pydantic says about the allowed values."""
        return self.details.get("ctx", {})


def read_model(
    model: type[Model], document: Document, *, path: Path = (), data: Any = None, also_known: Iterable[str] = ()
) -> tuple[Model | None, list[Finding]]:
    """Read a document, or the part of it at `path`, as a model.

    Args:
        model: what it is to be read as.
        document: the file.
        path: where the part begins.
        data: the part, when it is not the whole document.
        also_known: keys that may stand there, too, and are read by somebody else.

    Returns:
        The model, or None with at least one finding.
    """
    try:
        return model.model_validate(document.data if data is None else data), []
    except ValidationError as error:
        found = error.errors(include_url=False)
        return None, at_most(_finding(model, document, path, details, tuple(also_known)) for details in found)


def _finding(
    model: type[BaseModel], document: Document, prefix: Path, details: ErrorDetails, also_known: tuple[str, ...]
) -> Finding:
    inner: Path = details["loc"]
    is_key = inner[-1:] == ("[key]",)
    if is_key:
        inner = inner[:-1]
    rule, describe = _DESCRIBED.get(details["type"], (ReadingRule.BAD_VALUE, _bad_value))
    is_key = is_key or rule is ReadingRule.UNKNOWN_KEY
    known = (*_keys_at(model, inner), *(also_known if len(inner) == 1 else ())) if is_key else ()
    message, hint = describe(_Deviation(details, inner, known))
    path = (*prefix, *inner)
    line, column = document.place(path, key=is_key)
    where = ".".join(str(part) if _PLAIN_PART.fullmatch(str(part)) else "…" for part in path)
    return Finding(document.file, line, column, rule, f"{where}: {message}" if where else message, hint)


def _unknown_key(deviation: _Deviation) -> Described:
    close = closest(str(deviation.path[-1]), deviation.known)
    if close is not None:
        return "unknown key", f"did you mean `{close}`?"
    return "unknown key", f"known here: {', '.join(sorted(deviation.known))}"


def _missing(deviation: _Deviation) -> Described:
    return "missing", f"add the key `{deviation.path[-1]}`"


def _wrong_type(deviation: _Deviation) -> Described:
    wanted = _WANTED.get(deviation.details["type"], "of another type")
    given = deviation.given
    if wanted == "text" and isinstance(given, int | float) and not isinstance(given, bool):
        return "must be text", f"put it in quotes: '{_short(given)}'"
    if wanted == "true or false" and isinstance(given, str) and given.lower() in _SWITCHES:
        return "must be true or false", f"write {_SWITCHES[given.lower()]}, without quotes"
    hint = f"see `{deviation.path[-1]}` in docs/files.md" if deviation.path else "see docs/files.md"
    return f"must be {wanted}, not {_kind_of(given)}", hint


def _bad_name(deviation: _Deviation) -> Described:
    pattern = str(deviation.limits.get("pattern"))
    return f"{_short(deviation.given)} is not a usable name", FORMS.get(pattern, f"it must match {pattern}")


def _bad_value(deviation: _Deviation) -> Described:
    words = deviation.details["msg"].removeprefix("Value error, ")
    if isinstance(deviation.given, Mapping):
        return "not possible like this", words
    return f"{_short(deviation.given)} is not allowed", words[:1].lower() + words[1:]


def _choice(deviation: _Deviation) -> Described:
    choices = re.findall(r"'([^']*)'", str(deviation.limits.get("expected")))
    close = closest(deviation.given, choices) if isinstance(deviation.given, str) else None
    hint = f"use one of {', '.join(choices)}" if close is None else f"did you mean `{close}`?"
    return f"{_short(deviation.given)} is not allowed", hint


def _too_small(deviation: _Deviation) -> Described:
    return f"{_short(deviation.given)} is not allowed", f"it is at least {deviation.limits.get('ge')}"


def _too_large(deviation: _Deviation) -> Described:
    return f"{_short(deviation.given)} is not allowed", f"it is at most {deviation.limits.get('le')}"


def _too_short(_deviation: _Deviation) -> Described:
    return "must not be empty", "say at least one"


def _too_long(deviation: _Deviation) -> Described:
    most = deviation.limits.get("max_length")
    if isinstance(deviation.given, str):
        return "too long", f"at most {most:,} characters"
    return "too many entries", f"at most {most:,}"


def _short(value: Any) -> str:
    """A value in few characters; a mapping or list only as what it is."""
    if isinstance(value, Mapping | list) or value is None:
        return _kind_of(value)
    return str(value).lower() if isinstance(value, bool) else _SHORT.repr(value)


def _kind_of(value: Any) -> str:
    return next((words for kind, words in _KINDS if isinstance(value, kind)), "nothing")


def _keys_at(model: type[BaseModel], path: Path) -> tuple[str, ...]:
    """The keys a model allows where the last part of the path stands."""
    here: Any = model
    for part in path[:-1]:
        here = _inside(here, part)
    found = _model_in(here)
    return () if found is None else tuple(found.model_fields)


def _inside(annotation: Any, part: str | int) -> Any:
    """The annotation of what stands in an annotated value under a key or index."""
    model = _model_in(annotation)
    if model is not None:
        field = model.model_fields.get(str(part))
        return None if field is None else field.annotation
    return get_args(annotation)[-1] if get_origin(annotation) in {list, dict} else None


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """The model that an annotation is, as such or with `None`."""
    options = (annotation, *(() if get_origin(annotation) in {list, dict} else get_args(annotation)))
    return next((each for each in options if isinstance(each, type) and issubclass(each, BaseModel)), None)


_SHORT = reprlib.Repr()
_SHORT.maxstring = _SHORT.maxother = _SHORT.maxlong = _LONGEST
_SWITCHES = {"yes": "true", "on": "true", "true": "true", "no": "false", "off": "false", "false": "false"}
_KINDS: tuple[tuple[Any, str], ...] = (
    (bool, "true or false"),
    (int | float, "a number"),
    (str, "text"),
    (list, "a list"),
    (Mapping, "a mapping"),
)
_WANTED = {
    "bool_type": "true or false",
    "dict_type": "a mapping",
    "int_type": "a whole number",
    "list_type": "a list",
    "model_type": "a mapping",
    "string_type": "text",
}
_DESCRIBED: dict[str, tuple[ReadingRule, Callable[[_Deviation], Described]]] = {
    "extra_forbidden": (ReadingRule.UNKNOWN_KEY, _unknown_key),
    "missing": (ReadingRule.MISSING_KEY, _missing),
    "string_pattern_mismatch": (ReadingRule.BAD_NAME, _bad_name),
    "literal_error": (ReadingRule.BAD_VALUE, _choice),
    "greater_than_equal": (ReadingRule.BAD_VALUE, _too_small),
    "less_than_equal": (ReadingRule.BAD_VALUE, _too_large),
    "too_short": (ReadingRule.BAD_VALUE, _too_short),
    "string_too_short": (ReadingRule.BAD_VALUE, _too_short),
    "too_long": (ReadingRule.BAD_VALUE, _too_long),
    "string_too_long": (ReadingRule.BAD_VALUE, _too_long),
    **dict.fromkeys(_WANTED, (ReadingRule.WRONG_TYPE, _wrong_type)),
}
