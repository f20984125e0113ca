"""Lint rules about how a phase is gone through and taken back, as far as its own file says it."""

from collections.abc import Iterator

from rollout_cli.flags.percent import EVERYBODY, percent_text
from rollout_cli.plan.findings import Severity
from rollout_cli.plan.lint_rules import Complaint, PhaseSubject, phase_rule


@phase_rule("ramp-not-to-100", Severity.WARNING)
def ramp_not_to_100(subject: PhaseSubject) -> Iterator[Complaint]:
    """The last ramp of the plan ends at 100 percent; else the rollout is never over."""
    ramps = [(phase, document) for phase, document in subject.phases if phase.ramp is not None]
    for phase, document in sorted(ramps, key=lambda each: each[0].phase)[-1:] if subject.whole else ():
        steps = phase.ramp.steps if phase.ramp else []
        if steps[-1].percent < EVERYBODY:
            path = ("ramp", "steps", len(steps) - 1, "percent")
            message = f"the last ramp ends at {percent_text(steps[-1].percent)}"
            yield document, path, message, "add a step of 100"


@phase_rule("ramp-step-without-soak", Severity.WARNING)
def ramp_step_without_soak(subject: PhaseSubject) -> Iterator[Complaint]:
    """Every step of a ramp is held for some time, by its own `soak` or the phase's."""
    for phase, document in subject.phases:
        for index, step in enumerate(phase.ramp.steps if phase.ramp and phase.soak is None else ()):
            if step.soak is None:
                message = f"the step of {percent_text(step.percent)} is not held: the next may follow at once"
                yield document, ("ramp", "steps", index), message, "add `soak: 24h` to the step, or to the phase"


@phase_rule("rollback-without-observe", Severity.WARNING)
def rollback_without_observe(subject: PhaseSubject) -> Iterator[Complaint]:
    """Checks to ask after a rollback are asked for some time: one good answer is not a recovery."""
    for phase, document in subject.phases:
        if phase.rollback is not None and phase.rollback.post_checks and phase.rollback.observe is None:
            message = f"phase {phase.phase} does not say for how long its post_checks are asked"
            yield document, ("rollback",), message, "add `observe: 15m`"


@phase_rule("observe-without-checks", Severity.WARNING)
def observe_without_checks(subject: PhaseSubject) -> Iterator[Complaint]:
    """Whoever observes after a rollback has something to ask."""
    for phase, document in subject.phases:
        if phase.rollback is not None and phase.rollback.observe is not None and not phase.rollback.post_checks:
            message = f"phase {phase.phase} observes after a rollback, and asks nothing"
            yield document, ("rollback", "observe"), message, "say under `post_checks` what must hold again"
