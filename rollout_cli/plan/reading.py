"""Documents into models: every deviation becomes a finding with a rule, a place and a hint.

What a finding repeats of the file is short and harmless (`quoting`), and of text that is of the wrong type altogether
it repeats nothing.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from rollout_cli.plan.document import Document, Path
from rollout_cli.plan.examples import EXAMPLES
from rollout_cli.plan.fields import DECIMALS, FORMS, STANDS_HERE, KnownKeys
from rollout_cli.plan.findings import Finding, at_most
from rollout_cli.plan.quoting import kind_of, quotable, quoted, where
from rollout_cli.plan.reading_rules import ReadingRule
from rollout_cli.plan.suggestion import closest

Model = TypeVar("Model", bound=BaseModel)
Described = tuple[str, str]
"""A message and a hint."""

_REST_OF_DECIMALS = re.compile(r"[0-9]{1,9} ?%?")


@dataclass(frozen=True, slots=True)
class _Deviation:
    """One thing that pydantic found.

    Attributes:
        path: from the top of the model.
        known: the keys that are allowed where it stands, when it is a key.
        is_of_kind: whether the model is what one kind of checks wants.
    """

    details: ErrorDetails
    path: Path
    known: tuple[str, ...]
    is_of_kind: bool

    @property
    def given(self) -> Any:
        """What stands in the file."""
        return self.details["input"]

    @property
    def limits(self) -> dict[str, Any]:
        """What pydantic says about the allowed values."""
        return self.details.get("ctx", {})

    @property
    def shown(self) -> str:
        """What stands in the file, or what it is where it may be a secret."""
        return quoted(self.path, self.given)

    @property
    def page(self) -> str:
        """Where the key is described."""
        return "docs/checks.md" if self.is_of_kind else "docs/files.md"


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
    message, hint = describe(_Deviation(details, inner, known, is_of_kind=bool(prefix)))
    path = (*prefix, *inner)
    line, column = document.place(path, key=is_key)
    place = where(path, unknown=rule is ReadingRule.UNKNOWN_KEY)
    return Finding(document.file, line, column, rule, f"{place}: {message}" if place else message, hint)


def _unknown_key(deviation: _Deviation) -> Described:
    key = str(deviation.path[-1])
    if _REST_OF_DECIMALS.fullmatch(key):
        return "unknown key", DECIMALS
    close = closest(key, deviation.known)
    if close is not None:
        return "unknown key", f"did you mean `{close}`?"
    return "unknown key", f"known here: {', '.join(sorted(deviation.known))}"


def _missing(deviation: _Deviation) -> Described:
    return "missing", f"add the key `{deviation.path[-1]}`"


def _wrong_type(deviation: _Deviation) -> Described:
    wanted, given = _WANTED.get(deviation.details["type"], "of another type"), deviation.given
    if wanted == "text" and isinstance(given, int | float) and not isinstance(given, bool):
        shown = quotable(deviation.path, given)
        return "must be text", "put it in quotes" if shown is None else f"put it in quotes: '{shown}'"
    if wanted == "true or false" and isinstance(given, str) and given.lower() in _SWITCHES:
        return "must be true or false", f"write {_SWITCHES[given.lower()]}, without quotes"
    return f"must be {wanted}, not {kind_of(given)}", _written_like(deviation, wanted)


def _written_like(deviation: _Deviation, wanted: str) -> str:
    """An example of a key whose value is of another type, or the page that has one."""
    name = next((part for part in reversed(deviation.path[-2:]) if part in EXAMPLES), None)
    if name is not None:
        return f"write it like `{name}: {EXAMPLES[str(name)]}`"
    if wanted == "a whole number":
        return "write it in digits, without quotes"
    key = where(deviation.path).rpartition(".")[2]
    return f"see `{key}` in {deviation.page}" if key.strip("…") else f"see {deviation.page}"


def _bad_name(deviation: _Deviation) -> Described:
    pattern = str(deviation.limits.get("pattern"))
    form = FORMS.get(pattern) or STANDS_HERE.get(pattern) or f"it must match {pattern}"
    return f"{deviation.shown} is not a usable name", form


def _bad_value(deviation: _Deviation) -> Described:
    words = deviation.details["msg"].removeprefix("Value error, ")
    if isinstance(deviation.given, Mapping):
        return "not possible like this", words
    return f"{deviation.shown} is not allowed", words[:1].lower() + words[1:]


def _choice(deviation: _Deviation) -> Described:
    choices = re.findall(r"'([^']*)'", str(deviation.limits.get("expected")))
    close = closest(deviation.given, choices) if isinstance(deviation.given, str) else None
    hint = f"use one of {', '.join(choices)}" if close is None else f"did you mean `{close}`?"
    return f"{deviation.shown} is not allowed", hint


def _too_small(deviation: _Deviation) -> Described:
    return f"{deviation.shown} is not allowed", f"it is at least {deviation.limits.get('ge')}"


def _too_large(deviation: _Deviation) -> Described:
    return f"{deviation.shown} is not allowed", f"it is at most {deviation.limits.get('le')}"


def _too_short(deviation: _Deviation) -> Described:
    if deviation.given:
        return "too short", f"at least {deviation.limits.get('min_length')} characters"
    return "must not be empty", "say at least one"


def _too_long(deviation: _Deviation) -> Described:
    most = deviation.limits.get("max_length")
    if isinstance(deviation.given, str):
        return "too long", f"at most {most:,} characters"
    return "too many entries", f"at most {most:,}"


def _keys_at(model: type[BaseModel], path: Path) -> tuple[str, ...]:
    """The keys a model allows where the last part of the path stands."""
    here: Any = model
    named: tuple[str, ...] = ()
    for part in path[:-1]:
        named = _named_inside(here, part)
        here = _inside(here, part)
    found = _model_in(here)
    return named if found is None else tuple(found.model_fields)


def _named_inside(annotation: Any, part: str | int) -> tuple[str, ...]:
    """The keys of a mapping that stands in a model and is none, where only some are allowed."""
    model = _model_in(annotation)
    field = None if model is None else model.model_fields.get(str(part))
    return next((each.keys for each in (field.metadata if field else ()) if isinstance(each, KnownKeys)), ())


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


_SWITCHES = {"yes": "true", "on": "true", "true": "true", "no": "false", "off": "false", "false": "false"}
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
