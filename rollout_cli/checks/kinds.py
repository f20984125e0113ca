"""The kinds of checks, by name, and how an entry of a phase file becomes one of them."""

import importlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from pydantic import BaseModel

from rollout_cli.checks.facts import Facts
from rollout_cli.checks.pending_check import PendingCheck
from rollout_cli.checks.questions import Answers, Questions
from rollout_cli.checks.verdict import Origin, Outcome
from rollout_cli.plan.document import Document, Path
from rollout_cli.plan.findings import Finding
from rollout_cli.plan.models import CheckEntry, FileModel
from rollout_cli.plan.reading import read_model
from rollout_cli.plan.reading_rules import ReadingRule
from rollout_cli.plan.suggestion import closest


class Kind(Protocol):
    """The parameters of one kind, which know what to ask, and what the answers mean."""

    def questions(self, entry: CheckEntry, facts: Facts) -> Questions:
        """What has to be asked of the outside; nothing where the facts suffice."""
        ...

    def judge(self, entry: CheckEntry, facts: Facts, answers: Answers) -> Outcome:
        """Turn facts and answers into an outcome; there is an answer to every question, or the reason why not."""
        ...


_MODELS = {
    "flag": ("flag_check", "FlagCheck"),
    "clock": ("clock_check", "ClockCheck"),
    "attestation": ("attestation_check", "AttestationCheck"),
    "migrations": ("migrations_check", "MigrationsCheck"),
    "http": ("http_check", "HttpCheck"),
    "command": ("command_check", "CommandCheck"),
    "file": ("file_check", "FileCheck"),
    "log": ("log_check", "LogCheck"),
    "sql": ("value_check", "SqlCheck"),
    "ratio": ("ratio_check", "RatioCheck"),
    "quantile": ("quantile_check", "QuantileCheck"),
    "value": ("value_check", "ValueCheck"),
    "count": ("value_check", "CountCheck"),
    "simulate": ("simulate_check", "SimulateCheck"),
}
"""For a kind, the module beside this one and the model in it."""


class _Kinds(Mapping[str, type[FileModel]]):
    """The models by kind, each imported when it is first looked up: a plan pays for the kinds that it uses."""

    def __getitem__(self, name: str) -> type[FileModel]:
        module, model = _MODELS[name]
        found: type[FileModel] = getattr(importlib.import_module(f"{__package__}.{module}"), model)
        return found

    def __contains__(self, name: object) -> bool:
        return name in _MODELS

    def __iter__(self) -> Iterator[str]:
        return iter(_MODELS)

    def __len__(self) -> int:
        return len(_MODELS)


KINDS: Mapping[str, type[FileModel]] = _Kinds()
"""Our own kinds; every model is a `Kind`."""


class UnusablePluginError(Exception):
    """A package offers a kind, and it cannot be used; `hint` says what to do."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


@dataclass(frozen=True, slots=True)
class Plugins:
    """The kinds that other packages offer; asked for only when a file names a kind that is none of ours.

    Attributes:
        names: the kinds there are.
        model: the parameters of one of them; raises `UnusablePluginError` when it is there and broken.
    """

    names: Callable[[], Iterable[str]] = tuple
    model: Callable[[str], type[BaseModel] | None] = field(default=lambda _name: None)


NO_PLUGINS = Plugins()


@dataclass(frozen=True, slots=True)
class Check:
    """An entry with its parameters, ready to be asked.

    Attributes:
        path: where it stands in its file.
    """

    entry: CheckEntry
    kind: Kind
    origin: Origin
    path: Path

    def is_of(self, *kinds: str) -> bool:
        """Whether it is asked as one of these kinds; what waits for something is asked as none. Imports no kind."""
        return self.entry.pending is None and self.entry.kind in kinds

    @property
    def section(self) -> str:
        """The list it stands in: `preflight`, `gates`, `alerts` or `post_checks`."""
        return self.origin.section

    @property
    def file(self) -> str:
        """The file it stands in."""
        return self.origin.file


def read_check(
    entry: CheckEntry, document: Document, path: Path, plugins: Plugins = NO_PLUGINS
) -> tuple[Check | None, list[Finding]]:
    """Read the parameters of one check as its kind wants them."""
    origin = Origin(str(path[-2]), document.file, *document.place(path), phase=_phase_of(document))
    try:
        model: type[BaseModel] | None = KINDS.get(entry.kind) or plugins.model(entry.kind)
    except UnusablePluginError as error:
        return None, [_unusable_kind(entry, document, path, error)]
    if model is None:
        if entry.pending is not None:
            return Check(entry, PendingCheck(is_known=False), origin, path), []
        return None, [_unknown_kind(entry, document, path, plugins)]
    parameters, findings = read_model(
        model, document, path=path, data=entry.parameters, also_known=CheckEntry.model_fields
    )
    if parameters is None:
        return None, findings
    return Check(entry, _as_kind(entry, parameters), origin, path), findings


def _phase_of(document: Document) -> int | None:
    found = document.data.get("phase") if isinstance(document.data, dict) else None
    return found if isinstance(found, int) else None


def _as_kind(entry: CheckEntry, parameters: BaseModel) -> Kind:
    if entry.pending is not None:
        return PendingCheck()
    if entry.kind in KINDS:
        return parameters  # type: ignore[return-value] # every model of KINDS is a Kind; a test holds them to it
    from rollout_cli.checks.plugin import PluginCheck  # noqa: PLC0415 - few plans use plugins

    return PluginCheck(parameters)


def _unusable_kind(entry: CheckEntry, document: Document, path: Path, error: UnusablePluginError) -> Finding:
    line, column = document.place((*path, "kind"))
    message = f"{entry.id}: the kind {entry.kind!r} cannot be used: {error.message}"
    return Finding(document.file, line, column, ReadingRule.UNKNOWN_KIND, message, error.hint)


def _unknown_kind(entry: CheckEntry, document: Document, path: Path, plugins: Plugins) -> Finding:
    known = sorted({*KINDS, *plugins.names()})
    close = closest(entry.kind, known)
    hint = f"did you mean `{close}`?" if close else f"kinds: {', '.join(known)}"
    line, column = document.place((*path, "kind"))
    message = f"{entry.id}: there is no kind of check called {entry.kind!r}"
    return Finding(document.file, line, column, ReadingRule.UNKNOWN_KIND, message, hint)
