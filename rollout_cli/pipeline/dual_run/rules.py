"""The rules of a comparison: comparators, what not to mind and until when, how bad each kind is."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)
from pydantic_core import ErrorDetails

from rollout_cli.errors import UsageError
from rollout_cli.pipeline.dual_run.comparators import DEFAULT_COMPARATORS, WAYS, Compare
from rollout_cli.pipeline.dual_run.facts import FIELDS, KINDS
from rollout_cli.pipeline.dual_run.observation import Kind, Observation, Severity
from rollout_cli.whatsapp.vocabulary import Provider


@dataclass(frozen=True, slots=True)
class Ignore:
    """What not to mind, why, and until when.

    Attributes:
        reason: for whoever wonders.
        expires: the last day; after it, the rule ignores nothing.
        path: a field, or the kind of fact that is missing or extra; None for any.
        kind: of divergence; None for any.
        provider: None for any.
    """

    reason: str
    expires: date
    path: str | None = None
    kind: Kind | None = None
    provider: str | None = None

    def applies(self, found: Observation, today: date) -> bool:
        """Whether it is about this finding, today."""
        return (
            today <= self.expires
            and self.path in (None, found.path)
            and self.kind in (None, found.kind)
            and self.provider in (None, found.provider)
        )


SEVERITIES: Mapping[Kind, Severity] = {
    Kind.MISSING: Severity.CRITICAL,
    Kind.EXTRA: Severity.MINOR,
    Kind.DUPLICATE: Severity.CRITICAL,
    Kind.ORDER: Severity.MINOR,
    Kind.EXCEPTION: Severity.CRITICAL,
    Kind.LATE: Severity.MINOR,
}
"""How bad each kind is, until something else is declared; a field's is its comparator's."""


@dataclass(frozen=True)
class Rules:
    """All rules of a comparison.

    Attributes:
        late_ms: what the candidate may take longer than the legacy path.
    """

    comparators: tuple[Compare, ...] = DEFAULT_COMPARATORS
    ignores: tuple[Ignore, ...] = ()
    severities: Mapping[Kind, Severity] = field(default_factory=lambda: SEVERITIES)
    late_ms: float = 100.0


SIDES = frozenset({"legacy", "candidate", "extract", "exceptions", "order"})
"""The paths of what is about a side as a whole."""
_WITHIN = ("number", "moment")
_ENUM = re.compile(r"<\w+\.\w+: ('\w+')>")


def _field(path: str) -> str:
    if path not in FIELDS:
        raise ValueError(f"there is no field {path}; there are {', '.join(sorted(FIELDS))}")
    return path


def _path(path: str) -> str:
    if path not in FIELDS | KINDS | SIDES:
        raise ValueError(f"there is no field, kind of fact or side {path}")
    return path


def _way(how: str) -> str:
    if how not in WAYS:
        raise ValueError(f"one of {', '.join(WAYS)}")
    return how


def _day(written: object) -> object:
    if isinstance(written, date):
        return written
    if not isinstance(written, str):
        raise ValueError("a day, like 2026-12-31")  # noqa: TRY004 - pydantic wants it so; a number is no day
    return date.fromisoformat(written)


_Field = Annotated[str, AfterValidator(_field)]
_Severity = Literal[Severity.MINOR, Severity.CRITICAL]
_Divergence = Literal[
    Kind.FIELD, Kind.MISSING, Kind.EXTRA, Kind.DUPLICATE, Kind.ORDER, Kind.EXCEPTION, Kind.LATE
]  # fmt: skip
_Graded = Literal[Kind.MISSING, Kind.EXTRA, Kind.DUPLICATE, Kind.ORDER, Kind.EXCEPTION, Kind.LATE]
"""The kinds that have a severity of their own; that of a field is its comparator's."""


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=False, allow_inf_nan=False)


class _Comparator(_Model):
    path: _Field
    how: Annotated[str, AfterValidator(_way)] = "exact"
    severity: _Severity = Severity.CRITICAL
    within: float = Field(default=0.0, ge=0)
    synonyms: dict[str, str] = {}

    @model_validator(mode="after")
    def _means_all_it_says(self) -> "_Comparator":
        if self.synonyms and self.how != "one_of":
            raise ValueError("synonyms are for one_of alone")
        if self.within and self.how not in _WITHIN:
            raise ValueError(f"within is for {' and '.join(_WITHIN)} alone")
        return self


class _Ignored(_Model):
    reason: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
    expires: Annotated[date, BeforeValidator(_day)]
    path: Annotated[str, AfterValidator(_path)] | None = None
    kind: _Divergence | None = None
    provider: Provider | None = None

    @model_validator(mode="after")
    def _says_what(self) -> "_Ignored":
        if self.path is None and self.kind is None:
            raise ValueError("say a path or a kind: a rule about everything hides everything")
        return self


class _RulesFile(_Model):
    comparators: list[_Comparator] = []
    ignore: list[_Ignored] = []
    severities: dict[_Graded, _Severity] = {}
    late_ms: float = Field(default=100.0, gt=0)

    @model_validator(mode="after")
    def _compares_each_field_once(self) -> "_RulesFile":
        paths = [each.path for each in self.comparators]
        twice = sorted({path for path in paths if paths.count(path) > 1})
        if twice:
            raise ValueError(f"declared more than once: {', '.join(twice)}")
        return self


def rules_from(written: Mapping[str, Any]) -> Rules:
    """Rules as a file has them: `comparators` replace those of their fields, `ignore`, `severities`, `late_ms`.

    Raises:
        UsageError: they cannot be meant; all that is wrong is said.
    """
    try:
        told = _RulesFile.model_validate(written)
    except ValidationError as error:
        problems = [_said(each) for each in error.errors()]
        raise UsageError(
            f"the rules of the comparison cannot be used: {'; '.join(problems)}", hint="see docs/pipeline.md"
        ) from None
    own = {each.path: Compare(**each.model_dump()) for each in told.comparators}
    others = tuple(each for each in DEFAULT_COMPARATORS if each.path not in own)
    ignores = tuple(Ignore(**each.model_dump()) for each in told.ignore)
    graded: dict[Kind, Severity] = dict(told.severities.items())
    return Rules((*own.values(), *others), ignores, {**SEVERITIES, **graded}, told.late_ms)


def _said(problem: ErrorDetails) -> str:
    """A problem as a person reads it: where, and what, without Python's own words."""
    where = ".".join(str(each) for each in problem["loc"] if each != "[key]") or "all of it"
    what = _ENUM.sub(r"\1", problem["msg"]).removeprefix("Value error, ")
    return f"{where}: {what}"


def expired(ignores: Sequence[Ignore], today: date) -> list[Ignore]:
    """Those that ignore nothing any more."""
    return [each for each in ignores if each.expires < today]
