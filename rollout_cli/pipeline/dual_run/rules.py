"""The rules of a comparison: comparators, what not to mind and until when, how bad each kind is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from rollout_cli.errors import UsageError
from rollout_cli.pipeline.dual_run.comparators import DEFAULT_COMPARATORS, WAYS, Compare
from rollout_cli.pipeline.dual_run.facts import FIELDS
from rollout_cli.pipeline.dual_run.observation import Kind, Observation, Severity


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


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=False)


class _Comparator(_Model):
    path: str
    how: str = "exact"
    severity: Severity = Severity.CRITICAL
    within: float = Field(default=0.0, ge=0)
    synonyms: dict[str, str] = {}

    @field_validator("path")
    @classmethod
    def _is_known(cls, path: str) -> str:
        if path not in FIELDS:
            raise ValueError(f"there is no field {path}; there are {', '.join(sorted(FIELDS))}")
        return path

    @field_validator("how")
    @classmethod
    def _is_a_way(cls, how: str) -> str:
        if how not in WAYS:
            raise ValueError(f"one of {', '.join(WAYS)}")
        return how


class _Ignored(_Model):
    reason: str = Field(min_length=1)
    expires: date
    path: str | None = None
    kind: Kind | None = None
    provider: str | None = None

    @model_validator(mode="after")
    def _says_what(self) -> "_Ignored":
        if self.path is None and self.kind is None:
            raise ValueError("say a path or a kind: a rule about everything hides everything")
        return self


class _RulesFile(_Model):
    comparators: list[_Comparator] = []
    ignore: list[_Ignored] = []
    severities: dict[Kind, Severity] = {}
    late_ms: float = Field(default=100.0, gt=0)


def rules_from(written: Mapping[str, Any]) -> Rules:
    """Rules as a file has them: `comparators` replace those of their fields, `ignore`, `severities`, `late_ms`.

    Raises:
        UsageError: they cannot be meant; all that is wrong is said.
    """
    try:
        told = _RulesFile.model_validate(written)
    except ValidationError as error:
        problems = [f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors()]
        raise UsageError(
            f"the rules of the comparison cannot be used: {'; '.join(problems)}", hint="see docs/pipeline.md"
        ) from None
    own = {each.path: Compare(**each.model_dump()) for each in told.comparators}
    others = tuple(each for each in DEFAULT_COMPARATORS if each.path not in own)
    ignores = tuple(Ignore(**each.model_dump()) for each in told.ignore)
    return Rules((*own.values(), *others), ignores, {**SEVERITIES, **told.severities}, told.late_ms)


def expired(ignores: Sequence[Ignore], today: date) -> list[Ignore]:
    """Those that ignore nothing any more."""
    return [each for each in ignores if each.expires < today]
