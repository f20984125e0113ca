"""advance: to the next position, or to the one that is named; planned, checked, atomic, recorded.

`prepare_advance` decides and changes nothing; `apply_advance` does what was decided, on the revision it was decided on.
"""

from dataclasses import asdict, dataclass, fields

from rollout_cli.checks.facts import Attestations
from rollout_cli.checks.verdict import EXIT_CODES, CheckResult, Verdict, combined
from rollout_cli.checks.words import ENGLISH, Catalog, Said, say
from rollout_cli.control.attest import AttestedLedger
from rollout_cli.control.check import asked_of, check_views, facts_for, soak_of_move
from rollout_cli.control.inquiry import Inquirer
from rollout_cli.control.plan import PlanReport, make_plan, plan_report, refusal_hint
from rollout_cli.control.project import Project
from rollout_cli.control.record import Draft
from rollout_cli.control.standing import Standing
from rollout_cli.control.views import CheckView
from rollout_cli.errors import ConflictError, ExitCode, RefusedError, RolloutError, UsageError
from rollout_cli.flags.percent import Percent, percent_number, percent_text
from rollout_cli.plan.difference import Plan
from rollout_cli.plan.moves import Need, Refusal
from rollout_cli.plan.position import position_text


class HeldError(RolloutError):
    """The move is legal, but not everything holds that must."""

    def __init__(self, message: str, *, hint: str, exit_code: ExitCode) -> None:
        super().__init__(message, hint=hint)
        self.exit_code = exit_code


@dataclass(frozen=True, slots=True)
class AdvanceRequest:
    """What a person asks for."""

    actor: str
    phase: int | None = None
    percent: Percent | None = None
    force: bool = False
    reason: str = ""
    allow_removals: bool = False
    expect_revision: int | None = None


@dataclass(frozen=True, slots=True)
class Advance:
    """A decided move: the plan, what was asked about it, and why it is refused, if it is."""

    request: AdvanceRequest
    plan: Plan
    standing: Standing
    results: tuple[CheckResult, ...]
    refusal: RolloutError | None

    @property
    def verdict(self) -> Verdict:
        """The verdict of everything that was asked."""
        return combined(self.results)


@dataclass(frozen=True, slots=True)
class AdvanceReport(PlanReport):
    """What `rollout advance` says: the plan, the checks, and whether it was applied."""

    applied: bool
    revision: int
    verdict: Verdict
    checks: list[CheckView]


def prepare_advance(
    project: Project,
    standing: Standing,
    attestations: Attestations,
    request: AdvanceRequest,
    inquirer: Inquirer,
    *,
    catalog: Catalog = ENGLISH,
) -> Advance:
    """Decide whether the move may be made. Changes nothing.

    Args:
        project: the files.
        standing: how the rollout stands.
        attestations: what people said, by check.
        request: what is asked for.
        inquirer: asks the checks; not at all when the move is refused or changes nothing.
        catalog: the language of what is not yet there for it.

    Raises:
        UsageError: the plan has no such position, or a forced move gives no reason.
    """
    if request.force and not request.reason.strip():
        raise UsageError("--force needs a reason", hint="add --reason TEXT: it is kept in the history")
    plan = make_plan(project, standing, request.phase, request.percent)
    refusal = _refused(plan, request)
    if refusal is not None or plan.is_empty:
        return Advance(request, plan, standing, (), refusal)
    results = _ask(project, plan, standing, attestations, inquirer)
    held = None if request.force else _held(results, catalog)
    return Advance(request, plan, standing, results, held)


def apply_advance(ledger: AttestedLedger, advance: Advance, catalog: Catalog = ENGLISH) -> AdvanceReport:
    """Make the move: one transaction on the revision it was planned from.

    Raises:
        ConflictError: somebody else changed the rollout in between; nothing was written.
        RolloutError: the decision was a refusal.
    """
    if advance.refusal is not None:
        raise advance.refusal
    if advance.plan.is_empty:
        return advance_report(advance, catalog=catalog)
    with ledger.writing() as writing:
        pointer = writing.pointer()
        number = 0 if pointer is None else pointer.number
        if number != advance.plan.actual.revision:
            raise _changed_meanwhile(advance.plan.actual.revision, number)
        revision = writing.append(_draft(advance))
    return advance_report(advance, revision=revision.number, catalog=catalog)


def advance_report(advance: Advance, *, revision: int | None = None, catalog: Catalog = ENGLISH) -> AdvanceReport:
    """The decided move as it is shown; `revision` once it was applied."""
    shown, refusal = plan_report(advance.plan, None), advance.refusal
    said = {"refusal": refusal and refusal.message, "hint": refusal and refusal.hint}
    return AdvanceReport(
        **({field.name: getattr(shown, field.name) for field in fields(shown)} | said),
        applied=revision is not None,
        revision=advance.plan.actual.revision if revision is None else revision,
        verdict=advance.verdict,
        checks=check_views(advance.results, catalog),
    )


def _refused(plan: Plan, request: AdvanceRequest) -> RolloutError | None:
    """What no check could change: somebody else's change, an illegal move, shoppers switched off."""
    actual = plan.actual
    if request.expect_revision is not None and request.expect_revision != actual.revision:
        return _changed_meanwhile(request.expect_revision, actual.revision)
    outcome = plan.destination.outcome
    if isinstance(outcome, Refusal):
        wanted = position_text(plan.destination.position)
        message = f"cannot advance from {position_text(actual.position)} to {wanted}: {outcome.because}"
        return RefusedError(message, hint=refusal_hint(plan.destination, actual.position))
    if plan.removals and not request.allow_removals:
        who = "; ".join(_removal_text(removal.flag, len(removal.ids), removal.share) for removal in plan.removals)
        return RefusedError(
            f"this would switch off shoppers who are on today: {who}",
            hint=f"see who with `rollout plan{_as_options(plan)}`; if that is what you want, add --allow-removals",
        )
    return None


def _as_options(plan: Plan) -> str:
    """The destination as a person types it."""
    position = plan.destination.position
    if position is None:
        return ""
    step = "" if position.percent is None else f" --percent {percent_number(position.percent)}"
    return f" --phase {position.phase}{step}"


def _removal_text(flag: str, named: int, share: int) -> str:
    parts = [f"{named} by name"] if named else []
    parts += [f"{percent_text(share)} of all others"] if share else []
    return f"{flag} for {' and '.join(parts)}"


def _ask(
    project: Project, plan: Plan, standing: Standing, attestations: Attestations, inquirer: Inquirer
) -> tuple[CheckResult, ...]:
    outcome = plan.destination.outcome
    needs = frozenset() if isinstance(outcome, Refusal) else outcome.needs
    current, target = plan.actual.position, plan.destination.position
    results = soak_of_move(project, plan, standing)
    facts = facts_for(plan, standing, attestations)
    gates = project.guards_at(current) if Need.GATES in needs else ()
    preflight = project.checks_at(target, "preflight") if Need.PREFLIGHT in needs else ()
    return (*results, *inquirer(asked_of([*gates, *preflight], facts)))


def _held(results: tuple[CheckResult, ...], catalog: Catalog) -> HeldError | None:
    verdict = combined(results)
    if verdict is Verdict.PASS:
        return None
    open_results = [result for result in results if result.counts and result.verdict is verdict]
    first = open_results[0]
    if verdict is Verdict.FAIL:
        why = say("failed: {id}: {message}", id=first.id, message=first.outcome.message)
    else:
        why = say("not yet: {id}: {message}", id=first.id, message=first.outcome.message)
    if len(open_results) > 1:
        why = say("{first} (and {count} more)", first=why, count=len(open_results) - 1)
    hint = _held_hint(first)
    return HeldError(why.spoken(catalog), hint=hint.spoken(catalog), exit_code=EXIT_CODES[verdict])


def _held_hint(first: CheckResult) -> Said:
    if first.reaction == "rollback":
        return say("this calls for `rollout rollback`; else {hint}", hint=first.outcome.hint)
    return first.outcome.hint or say("see `rollout check`")


def _draft(advance: Advance) -> Draft:
    plan, actual = advance.plan, advance.plan.actual
    stays = plan.destination.position == actual.position and actual.stage == plan.target_stage
    latest = advance.standing.latest
    return Draft(
        action="advance",
        actor=advance.request.actor,
        reason=advance.request.reason,
        stage=plan.target_stage,
        came_from=actual.position,
        position=plan.destination.position,
        snapshot=plan.applied,
        denied_by_hand=plan.denied_by_hand,
        changes=tuple(asdict(view) for view in plan_report(plan, None).changes),
        checks=tuple(asdict(view) for view in check_views(advance.results)),
        plan_digest=plan.digest,
        entered_at=latest.entered_at if stays and latest is not None else None,
        forced=advance.request.force,
    )


def _changed_meanwhile(expected: int, found: int) -> ConflictError:
    return ConflictError(
        f"the rollout changed meanwhile: expected revision {expected}, found {found}; nothing was applied",
        hint="look at it with `rollout status` and `rollout history`, then plan again",
    )
