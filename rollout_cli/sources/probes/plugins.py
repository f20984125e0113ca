"""Checks that other packages offer: finding them, and running one of them in a process of its own."""

import json
from collections.abc import Iterable, Mapping
from functools import cached_property
from importlib.metadata import EntryPoint, entry_points
from typing import Any, NoReturn, Self

from pydantic import BaseModel, ConfigDict, ModelWrapValidatorHandler, ValidationError, model_validator

from rollout_cli.checks.kinds import Plugins, UnusablePluginError
from rollout_cli.checks.plugin import GROUP
from rollout_cli.checks.questions import NoAnswer, PluginAnswer, PluginQuestion
from rollout_cli.checks.redaction import redacted, redacted_evidence
from rollout_cli.checks.verdict import Cause
from rollout_cli.checks.words import Said, say
from rollout_cli.ending import is_asked_for
from rollout_cli.plan.models import CheckEntry
from rollout_cli.sources.probes.leash import Leash
from rollout_cli.sources.probes.plugin_import import imported, unusable
from rollout_cli.sources.probes.plugin_process import host_program, read_object
from rollout_cli.sources.probes.process import Ended, Head, Program, TooMuchError, run_program
from rollout_cli.sources.probes.secrets import Secrets, masked_json, secrets_of
from rollout_cli.sources.probes.settings import ProbeSettings

MOST_ANSWER = 1 << 20
"""How many bytes an answer may have on its way; the host lets none out that is so large."""

_LONGEST_NAME = 100
_UNUSABLE: Mapping[str, Said] = {
    "gone": say("the plugin is gone since the files were read"),
    "parameters": say("the plugin does not take its own parameters back"),
    "outcome": say("the plugin's answer is no outcome"),
    "json": say("the plugin's evidence is not JSON"),
    "size": say("the plugin's answer is too large"),
}
"""What the host says of an answer that cannot be used."""


def installed_plugins() -> Plugins:
    """The kinds that the installed packages offer; looked for only when somebody asks."""
    installed = _Installed()
    return Plugins(installed.names, installed.model)


class _Installed:
    """What is installed, looked up once."""

    @cached_property
    def _offers(self) -> dict[str, list[EntryPoint]]:
        found: dict[str, list[EntryPoint]] = {}
        for each in entry_points(group=GROUP):
            found.setdefault(each.name, []).append(each)
        return found

    @cached_property
    def _models(self) -> dict[str, type[BaseModel] | UnusablePluginError]:
        return {}

    def names(self) -> Iterable[str]:
        return sorted(self._offers)

    def model(self, name: str) -> type[BaseModel] | None:
        offers = self._offers.get(name)
        if offers is None:
            return None
        if len(offers) > 1:
            packages = ", ".join(sorted(_package(each) for each in offers))
            raise UnusablePluginError(f"several packages offer it: {packages}", "uninstall all of them but one")
        if name not in self._models:
            try:
                self._models[name] = _model(offers[0], _package(offers[0]))
            except UnusablePluginError as error:  # finding that out may have taken seconds: once is enough
                self._models[name] = error
        found = self._models[name]
        if isinstance(found, UnusablePluginError):
            raise found
        return found


def _package(offer: EntryPoint) -> str:
    return redacted(str(offer.dist.name), _LONGEST_NAME) if offer.dist is not None else "?"


def _model(offer: EntryPoint, package: str) -> type[BaseModel]:
    """The model of a plugin's parameters, made strict. Whatever foreign code raises on the way is said."""
    plugin = imported(offer, package)
    try:
        return _usable_model(plugin.parameters, package)
    except UnusablePluginError:
        raise
    except BaseException as error:
        if is_asked_for(error):
            raise
        raise unusable(package, f"importing it raises {type(error).__name__}") from None


def _usable_model(model: Any, package: str) -> type[BaseModel]:
    if not (isinstance(model, type) and issubclass(model, BaseModel)):
        raise unusable(package, "its `parameters` are no pydantic model")
    taken = sorted(set(model.model_fields) & set(CheckEntry.model_fields))
    if taken:
        raise unusable(package, f"its parameter `{taken[0]}` is a key of every check")
    return _strict(model)


def _strict(model: type[BaseModel]) -> type[BaseModel]:
    """The model as files are read with it: strict where it does not say otherwise, and never raising anything odd."""
    config = ConfigDict(**{"extra": "forbid", "strict": True, **model.model_config})

    class Parameters(model):  # type: ignore[misc,valid-type]
        model_config = config

        @model_validator(mode="wrap")
        @classmethod
        def _takes_them_back(cls, data: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
            try:
                given = handler(data)
            except (ValidationError, ValueError, AssertionError):
                raise
            except BaseException as error:
                if is_asked_for(error):
                    raise
                _complain("reading them raises", error)
            try:
                model.model_validate_json(json.dumps(given.model_dump(mode="json"), allow_nan=False))
            except BaseException as error:
                if is_asked_for(error):
                    raise
                _complain("they do not survive the way to the plugin as JSON:", error)
            return given

    return Parameters


def _complain(what: str, error: BaseException) -> NoReturn:
    raise ValueError(f"mend the plugin: {what} {type(error).__name__}") from None


class PluginProbe:
    """Asks one plugin, in a process of its own that finds packages where this one does."""

    def __init__(self, settings: ProbeSettings) -> None:
        self._settings = settings

    def __call__(self, question: PluginQuestion, leash: Leash) -> PluginAnswer | NoAnswer:
        """What the plugin makes of it, fit to be shown.

        Raises:
            OutOfTimeError: it took too long.
        """
        output = Head(MOST_ANSWER, MOST_ANSWER)
        try:
            ended = run_program(self._host(question, leash.left()), leash, output)
        except TooMuchError:
            return _no_answer(Cause.BAD_ANSWER, _UNUSABLE["size"], question.kind)
        return read_answer(output.kept, ended, question.kind, secrets_of(self._settings.environment))

    def _host(self, question: PluginQuestion, seconds: float) -> Program:
        document = {
            "kind": question.kind,
            "parameters": dict(question.parameters),
            "context": {**question.context, "seconds": round(seconds, 3)},
        }
        return host_program(document, self._settings.environment, self._settings.folder)


def read_answer(written: bytes, ended: Ended, kind: str, secrets: Secrets = ()) -> PluginAnswer | NoAnswer:
    """Read what came, without the secrets; the host wrote it, unless the plugin found the way out by itself."""
    if not written:
        how = say("the plugin ended by signal {number}", number=-ended.code)
        if ended.code >= 0:
            how = say("the plugin ended without an answer: exit status {status}", status=ended.code)
        return _no_answer(Cause.BROKEN, how, kind)
    try:
        match masked_json(read_object(written), secrets):
            case {"verdict": str(verdict), "message": str(message), "hint": str(hint), "evidence": dict(evidence)}:
                return PluginAnswer(verdict, message, hint, redacted_evidence(evidence))
            case {"raised": str(name)}:
                raised = say("the plugin raised {error}", error=redacted(name, _LONGEST_NAME))
                return _no_answer(Cause.BROKEN, raised, kind)
            case {"unusable": str(why)} if why in _UNUSABLE:
                return _no_answer(Cause.BAD_ANSWER, _UNUSABLE[why], kind)
    except (ValueError, RecursionError, OverflowError):
        pass
    return _no_answer(Cause.BAD_ANSWER, _UNUSABLE["outcome"], kind)


def _no_answer(cause: Cause, message: Said, kind: str) -> NoAnswer:
    return NoAnswer(cause, message, say("mend the plugin of kind {kind}", kind=kind))
