"""Checks of your own: what a package offers under the entry point group `rollout.checks`.

An entry point's name is the kind; it leads to an object that keeps to `CheckPlugin`. Its parameters are read as
strictly as those of our own kinds. `ask` runs in a process of its own, and is ended at its time limit; what it prints
goes nowhere, and what it raises makes the check INCONCLUSIVE. See docs/plugins.md.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol, TypeVar

from pydantic import BaseModel

from rollout_cli.checks.facts import Facts
from rollout_cli.checks.invisible import has_something_to_read
from rollout_cli.checks.questions import (
    Answers,
    PluginAnswer,
    PluginQuestion,
    Questions,
    UnansweredError,
    reply_to,
)
from rollout_cli.checks.redaction import redacted
from rollout_cli.checks.verdict import Cause, Outcome, failed, passed, unclear
from rollout_cli.checks.words import said, say
from rollout_cli.flags.document import state_document
from rollout_cli.plan.models import CheckEntry

GROUP = "rollout.checks"
"""The entry point group."""

Parameters_contra = TypeVar("Parameters_contra", bound=BaseModel, contravariant=True)


@dataclass(frozen=True, slots=True)
class PluginContext:
    """What a plugin is told of the moment.

    Attributes:
        check_id: the id of the check in its phase file.
        now: the store's time, in UTC.
        rollout: the rollout's name.
        entered_at: when the position that holds was entered, in UTC; None before the first.
        flags: how each flag stands: `enabled`, `percent` (0 to 100 or None), `value`, `shadow`, `allowlist`,
            `denylist`.
        seconds: how many seconds there are for an answer.
    """

    check_id: str
    now: datetime
    rollout: str
    entered_at: datetime | None
    flags: Mapping[str, Mapping[str, Any]]
    seconds: float


@dataclass(frozen=True, slots=True)
class PluginOutcome:
    """What a plugin makes of it.

    Attributes:
        message: one line with the numbers it was drawn from; no personal data, no secrets.
        hint: what to do, unless it passes.
        evidence: JSON types only, at most 100 kB.
    """

    verdict: Literal["PASS", "FAIL", "INCONCLUSIVE"]
    message: str
    hint: str = ""
    evidence: Mapping[str, Any] = field(default_factory=dict)


class CheckPlugin(Protocol[Parameters_contra]):
    """One kind of check."""

    @property
    def parameters(self) -> type[BaseModel]:
        """The model of the keys that a phase file gives to this kind."""
        ...

    def ask(self, parameters: Parameters_contra, context: PluginContext) -> PluginOutcome:
        """Ask and judge. Whatever it raises makes the check INCONCLUSIVE."""
        ...


@dataclass(frozen=True, slots=True)
class PluginCheck:
    """A check of a plugin's kind."""

    parameters: BaseModel

    def questions(self, entry: CheckEntry, facts: Facts) -> Questions:
        """One call of the plugin."""
        context = {
            "check_id": entry.id,
            "now": facts.now.isoformat(),
            "rollout": facts.current.rollout,
            "entered_at": None if facts.entered_at is None else facts.entered_at.isoformat(),
            "flags": {
                name: dict(state_document(facts.current.state_of(name))) for name in facts.current.definitions
            },
        }  # fmt: skip
        return {"plugin": PluginQuestion(entry.kind, self.parameters.model_dump(mode="json"), context)}

    def judge(self, entry: CheckEntry, facts: Facts, answers: Answers) -> Outcome:  # noqa: ARG002
        """The plugin's own verdict; words that make no sense are INCONCLUSIVE."""
        try:
            answer = reply_to("plugin", answers, PluginAnswer)
        except UnansweredError as error:
            return error.outcome
        message, hint = (
            said(redacted(answer.message)),
            said(redacted(answer.hint)) or say("see the plugin's documentation"),
        )
        match answer.verdict if has_something_to_read(str(message)) else "":
            case "PASS":
                return passed(message, answer.evidence)
            case "FAIL":
                return failed(message, hint, answer.evidence)
            case "INCONCLUSIVE":
                return unclear(Cause.NO_DATA, message, hint, answer.evidence)
        return unclear(
            Cause.BAD_ANSWER,
            say("the plugin's answer is no verdict"),
            say("mend the plugin of kind {kind}", kind=entry.kind),
        )
