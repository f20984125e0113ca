"""The other end of `plugins`: a process that asks one plugin once, or only imports it. Never started by hand.

In: a question on standard input, and the number of a descriptor as last argument. Out: one JSON object there; what the
plugin prints goes nowhere. The process ends with the answer: nothing that the plugin left running can hold it up.
"""

import json
import os
import sys
from collections.abc import Mapping
from datetime import datetime
from importlib.metadata import entry_points
from typing import Any, NoReturn

from pydantic import ValidationError

from rollout_cli.checks.plugin import GROUP, CheckPlugin, PluginContext, PluginOutcome

MOST_EVIDENCE = 100_000
"""How many characters of JSON a plugin's answer may have."""

LONGEST_MESSAGE = 2_000
"""How many characters of a message or hint are handed on."""

Answer = dict[str, Any]


class _UnusableError(Exception):
    """The answer cannot be used; its only argument says why, in a word that `plugins` knows."""


def main(question: Mapping[str, Any]) -> NoReturn:
    """Ask the plugin, answer, end."""
    descriptor, me = int(sys.argv[-1]), os.getpid()
    os.set_inheritable(descriptor, False)  # noqa: FBT003 - it takes no name
    written = answer_to(question)
    try:
        if os.getpid() == me:  # else the plugin forked, and this is the fork that came back
            with open(descriptor, "wb") as answer:
                answer.write(written)
    finally:
        os._exit(0)


def answer_to(question: Mapping[str, Any]) -> bytes:
    """What the plugin makes of a question, or why nothing can be made of it, as a JSON object."""
    try:
        return _imported(question["kind"]) if question.get("import") else _outcome(question)
    except _UnusableError as error:
        answer = {"unusable": str(error)}
    except BaseException as error:  # noqa: BLE001 - also what would end the process: foreign code
        answer = {"raised": type(error).__name__}
    return json.dumps(answer).encode()


def _imported(kind: str) -> bytes:
    """That it can be imported, and leads to something that has parameters."""
    getattr(_plugin(kind), "parameters")  # noqa: B009 - it may be a property that raises
    return json.dumps({"imported": True}).encode()


def _outcome(question: Mapping[str, Any]) -> bytes:
    plugin = _plugin(question["kind"])
    try:
        parameters = plugin.parameters.model_validate_json(json.dumps(question["parameters"]))
    except ValidationError:
        raise _UnusableError("parameters") from None
    outcome = plugin.ask(parameters, _context(question["context"]))
    answer = _checked(outcome)
    try:
        written = json.dumps(answer, allow_nan=False).encode()
    except (TypeError, ValueError, RecursionError):
        raise _UnusableError("json") from None
    if len(written) > MOST_EVIDENCE:
        raise _UnusableError("size")
    return written


def _plugin(kind: str) -> CheckPlugin[Any]:
    for offer in entry_points(group=GROUP, name=kind):
        plugin: CheckPlugin[Any] = offer.load()
        return plugin
    raise _UnusableError("gone")


def _context(given: Mapping[str, Any]) -> PluginContext:
    entered_at = given["entered_at"]
    return PluginContext(
        check_id=given["check_id"],
        now=datetime.fromisoformat(given["now"]),
        rollout=given["rollout"],
        entered_at=None if entered_at is None else datetime.fromisoformat(entered_at),
        flags=given["flags"],
        seconds=given["seconds"],
    )


def _checked(outcome: object) -> Answer:
    """The outcome as a document; the types that its author promised are looked at, not believed."""
    if not isinstance(outcome, PluginOutcome):
        raise _UnusableError("outcome")
    said: tuple[object, ...] = (outcome.verdict, outcome.message, outcome.hint)
    evidence: object = outcome.evidence
    if not all(isinstance(each, str) for each in said) or not isinstance(evidence, Mapping):
        raise _UnusableError("outcome")
    return {
        "verdict": outcome.verdict,
        "message": outcome.message[:LONGEST_MESSAGE],
        "hint": outcome.hint[:LONGEST_MESSAGE],
        "evidence": dict(evidence),
    }
