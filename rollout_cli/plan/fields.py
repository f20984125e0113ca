"""The value types of the files: percents, durations, ids, names, each with the error a person needs."""

import math
import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    PlainSerializer,
    StringConstraints,
    WithJsonSchema,
)

from rollout_cli.flags.percent import percent_from_number, percent_number
from rollout_cli.plan.duration import duration_from_text, duration_text

_DURATION_PATTERN = "^([0-9]{1,6}[dhms])+$"
FLAG_NAME = r"^[A-Za-z][A-Za-z0-9_]{0,127}$"
_SLUG = r"^[a-z0-9][a-z0-9._-]{0,63}$"
VARIABLE_NAME = r"^[A-Z][A-Z0-9_]{0,127}$"
HEADER_NAME = r"^[A-Za-z0-9-]{1,64}$"
FORMS = {
    FLAG_NAME: "letters, digits and _, a letter first, at most 128",
    _SLUG: "small letters, digits and . _ -, a letter or digit first, at most 64",
}
"""The forms of names, in words."""
STANDS_HERE = {
    VARIABLE_NAME: "here stands the name of a variable, like DEPLOY_TOKEN, not its value",
    HEADER_NAME: "here stands the name of a header, like X-Api-Key: letters, digits and -, at most 64",
}
"""The same for names of what is elsewhere, which are often taken for the thing itself."""
DECIMALS = "decimals have a point, like 0.5: a comma in braces begins another key"
_COMMA = re.compile(r"([0-9]{1,9}),([0-9]{1,9})( ?%)?")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@dataclass(frozen=True, slots=True)
class KnownKeys:
    """Stands beside the type of a mapping that has only keys of these names, and is no model."""

    keys: tuple[str, ...]


def refuse_comma(value: Any) -> None:
    """Say how decimals are written to whoever wrote `0,5`.

    Raises:
        ValueError: it is a number with a comma.
    """
    found = _COMMA.fullmatch(value) if isinstance(value, str) else None
    if found is not None:
        raise ValueError(f"decimals have a point: write {found[1]}.{found[2]}{(found[3] or '').strip()}")


def _percent(value: Any) -> int:
    refuse_comma(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError("a percent is a number from 0 to 100, without quotes and without a % sign")
    return percent_from_number(value)


def _duration(value: Any) -> timedelta:
    if not isinstance(value, str):
        raise ValueError("a duration is a number with a unit, like 48h, 7d, 15m, 90s or 1h30m")  # noqa: TRY004
    return duration_from_text(value)


def _date(value: Any) -> date:
    if not isinstance(value, str) or not _DATE.fullmatch(value):
        raise ValueError("a date is written like 2027-06-30")
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise ValueError("there is no such day in the calendar") from None


def _version(value: Any) -> int:
    if type(value) is not int or value != 1:
        raise ValueError("write 1, without quotes: it is the only version there is")
    return value


def _default(value: Any) -> bool | str:
    if not isinstance(value, bool | str):
        raise ValueError("a default is true or false, or text in quotes")  # noqa: TRY004 - pydantic collects ValueErrors
    return value


def _id(value: str) -> str:
    if value != value.strip() or not value.isprintable():
        raise ValueError("an id has no spaces around it and no invisible characters")
    return value


PercentField = Annotated[
    int,
    BeforeValidator(_percent),
    PlainSerializer(percent_number, return_type=float),
    WithJsonSchema({"type": "number", "minimum": 0, "maximum": 100, "multipleOf": 0.001}),
]
DurationField = Annotated[
    timedelta,
    BeforeValidator(_duration),
    PlainSerializer(duration_text, return_type=str),
    WithJsonSchema({"type": "string", "pattern": _DURATION_PATTERN, "examples": ["48h", "7d", "15m"]}),
]
DateField = Annotated[
    date,
    BeforeValidator(_date),
    PlainSerializer(date.isoformat, return_type=str),
    WithJsonSchema({"type": "string", "format": "date"}),
]
FormatVersion = Annotated[Literal[1], BeforeValidator(_version)]
FlagDefault = Annotated[bool | str, BeforeValidator(_default)]
Identifier = Annotated[str, StringConstraints(min_length=1, max_length=512), AfterValidator(_id)]
WaitsFor = Annotated[str, StringConstraints(min_length=3, max_length=200), AfterValidator(_id)]
FlagName = Annotated[str, StringConstraints(pattern=FLAG_NAME)]
Slug = Annotated[str, StringConstraints(pattern=_SLUG)]
PhaseNumber = Annotated[int, Field(ge=0, le=99)]
