"""Lint rules about what a check says of itself: its bound, its reactions, its window, how long a yes counts."""

from collections.abc import Iterator
from datetime import timedelta

from rollout_cli.checks.attestation_check import AttestationCheck
from rollout_cli.checks.entry_digest import entry_digest
from rollout_cli.checks.kinds import Check
from rollout_cli.checks.lint_subject import CheckSubject, check_rule
from rollout_cli.plan.duration import duration_text
from rollout_cli.plan.findings import Severity
from rollout_cli.plan.lint_rules import Complaint
from rollout_cli.plan.models import PhaseFile

_MEASURING = ("ratio", "quantile", "value", "count", "sql")
"""Kinds by their names: a rule asks a plan's checks without importing the kinds that the plan does not use."""


@check_rule("gate-without-on")
def gate_without_on(subject: CheckSubject) -> Iterator[Complaint]:
    """A gate or an alert says what it calls for when it does not pass: `on: {fail, inconclusive, error}`."""
    for check, document in subject.placed():
        if check.section in {"gates", "alerts"} and check.entry.on is None:
            message = f"{check.entry.id} does not say what it calls for when it does not pass"
            hint = "add `on: {fail: hold, inconclusive: hold, error: hold}`; each is hold, rollback or warn"
            yield document, check.path, message, hint


@check_rule("gate-without-threshold")
def gate_without_threshold(subject: CheckSubject) -> Iterator[Complaint]:
    """A check that measures says `max` or `min`: without a bound every number would do."""
    for check, document in subject.placed():
        if _has_no_bound(check):
            bounds = "`max`" if check.is_of("quantile") else "`max` or `min`"
            yield document, check.path, f"{check.entry.id} measures, and holds against nothing", f"say {bounds}"


@check_rule("alert-without-rollback", Severity.WARNING)
def alert_without_rollback(subject: CheckSubject) -> Iterator[Complaint]:
    """A failed alert calls for a rollback; what only holds or warns is a gate."""
    for check, document in subject.placed():
        reactions = check.entry.on
        if check.section == "alerts" and reactions is not None and reactions.fail != "rollback":
            message = f"the alert {check.entry.id} calls for `{reactions.fail}` when it fails"
            yield document, (*check.path, "on", "fail"), message, "write `fail: rollback`, or move it to the gates"


@check_rule("rollback-on-silence", Severity.WARNING)
def rollback_on_silence(subject: CheckSubject) -> Iterator[Complaint]:
    """Silence calls for no rollback: else an outage of the monitoring would take the new path from everybody."""
    for check, document in subject.placed():
        said = {} if check.entry.on is None else check.entry.on.model_dump(include={"inconclusive", "error"})
        for key, reaction in said.items():
            if reaction == "rollback":
                message = f"{check.entry.id} calls for a rollback when there is no answer (`{key}`)"
                yield document, (*check.path, "on", key), message, f"write `{key}: hold`"


@check_rule("attestation-without-expiry", Severity.WARNING)
def attestation_without_expiry(subject: CheckSubject) -> Iterator[Complaint]:
    """A person's yes counts for some time only: what was true in spring need not be in autumn."""
    for check, document in subject.placed():
        if isinstance(check.kind, AttestationCheck) and check.kind.expires is None:
            yield document, check.path, f"a yes to {check.entry.id} would count for ever", "add `expires: 30d`"


@check_rule("attestation-without-title", Severity.WARNING)
def attestation_without_title(subject: CheckSubject) -> Iterator[Complaint]:
    """Whoever is to say yes is told in words to what: an attestation has a title."""
    for check, document in subject.placed():
        if isinstance(check.kind, AttestationCheck) and not check.entry.title.strip():
            yield document, check.path, f"{check.entry.id} does not say what it asks", "add a `title`"


@check_rule("yes-to-two-questions")
def yes_to_two_questions(subject: CheckSubject) -> Iterator[Complaint]:
    """An id that a person says yes to asks the same in every phase: one yes must not answer two questions."""
    first: dict[str, tuple[str, str]] = {}
    for check, document in subject.placed():
        if check.entry.pending is None and check.entry.kind != "attestation":
            continue
        file, digest = first.setdefault(check.entry.id, (document.file, entry_digest(check.entry)))
        if digest != entry_digest(check.entry):
            message = f"{check.entry.id} asks something else in {file}"
            yield document, (*check.path, "id"), message, "give it another id, or the same title and parameters"


@check_rule("window-longer-than-soak", Severity.WARNING)
def window_longer_than_soak(subject: CheckSubject) -> Iterator[Complaint]:
    """A gate looks back no further than its position is held, else it also measures what was before."""
    soaks = {document.file: _shortest_soak(phase) for phase, document in subject.phases}
    for check, document in subject.placed():
        window = getattr(check.kind, "window", None) if check.is_of(*_MEASURING) else None
        soak = soaks[document.file]
        if check.section == "gates" and window is not None and soak is not None and window > soak:
            message = f"{check.entry.id} looks back {duration_text(window)}, the soak may be {duration_text(soak)}"
            hint = "shorten the window, or leave it out: then it is the time since the position was entered"
            yield document, (*check.path, "window"), message, hint


@check_rule("clock-over", Severity.WARNING)
def clock_over(subject: CheckSubject) -> Iterator[Complaint]:
    """A clock's window is still to come or open; once it is over the check always fails."""
    for check, document in subject.placed():
        before = getattr(check.kind, "before", None) if check.is_of("clock") else None
        if before is not None:
            last = before.date()
            if last < subject.today:
                message = f"the window of {check.entry.id} was over on {last}"
                yield document, (*check.path, "before"), message, "move `before`, or remove the check"


def _has_no_bound(check: Check) -> bool:
    bounds = (getattr(check.kind, key, None) for key in ("max", "min"))
    return check.is_of(*_MEASURING) and all(bound is None for bound in bounds)


def _shortest_soak(phase: PhaseFile) -> timedelta | None:
    """How long at least a position of the phase is held; None where that is not said."""
    if phase.ramp is None:
        return phase.soak
    soaks = [phase.soak if step.soak is None else step.soak for step in phase.ramp.steps]
    return min((soak for soak in soaks if soak is not None), default=None)
