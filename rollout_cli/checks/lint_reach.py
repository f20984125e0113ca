"""Lint rules about checks of flags that the files themselves decide: what can never pass leads nowhere."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, time
from itertools import islice

from rollout_cli.checks.facts import Facts
from rollout_cli.checks.flag_check import FlagCheck
from rollout_cli.checks.kinds import Check
from rollout_cli.checks.lint_subject import CheckSubject, check_rule
from rollout_cli.checks.verdict import Outcome, Verdict, result_of
from rollout_cli.flags.model import FlagState, Snapshot
from rollout_cli.plan.difference import snapshot_at
from rollout_cli.plan.document import Document
from rollout_cli.plan.findings import Severity
from rollout_cli.plan.lint_rules import Complaint
from rollout_cli.plan.position import Position, position_text
from rollout_cli.plan.wanted import Wanted, positions_of

_MOST_CHECKS = 1_000
"""How many checks of flags are followed; many more and reading the files would take seconds."""


@check_rule("unreachable-phase")
def unreachable_phase(subject: CheckSubject) -> Iterator[Complaint]:
    """No phase has a preflight check of planned flags that fails by what the phase itself says: it is never entered."""
    for check, document, position, outcome in _failures(subject):
        if _is_decided_by_files(check):
            message = f"{position_text(position)} can never be entered, because of {check.entry.id}: {outcome.message}"
            yield document, check.path, message, "change the check, or what the phase says of the flag"


@check_rule("contradicted-check", Severity.WARNING)
def contradicted_check(subject: CheckSubject) -> Iterator[Complaint]:
    """A check of flags holds where the files are followed, else only a change made by hand lets the rollout go on."""
    for check, document, position, outcome in _failures(subject):
        if not _is_decided_by_files(check):
            where = "entering" if check.section == "preflight" else "leaving"
            message = f"{check.entry.id} fails {where} {position_text(position)}: {outcome.message}"
            yield document, check.path, message, _hint(check)


def _hint(check: Check) -> str:
    if check.section == "preflight":
        return "if it means the flags as they will be, say `state: planned`; else change the check, or the phase"
    return "change the check, or what the phase says of the flag"


def _is_decided_by_files(check: Check) -> bool:
    return check.section == "preflight" and isinstance(check.kind, FlagCheck) and check.kind.state == "planned"


Failure = tuple[Check, Document, Position, Outcome]
_ASKED = frozenset({"preflight", "gates", "alerts"})


def _failures(subject: CheckSubject) -> Iterator[Failure]:
    """The checks of flags that have a say and fail by the files, each at the first position where it does."""
    if subject.way is None:
        return
    course = _Course(subject.way, datetime.combine(subject.today, time(), UTC))
    asked = ((each, at) for each, at in subject.placed() if isinstance(each.kind, FlagCheck) and each.section in _ASKED)
    phases = {document.file: phase.phase for phase, document in subject.phases}
    for check, document in islice(asked, _MOST_CHECKS):
        for position in course.telling(phases[document.file]):
            outcome = course.failure(check, check.kind, position) if isinstance(check.kind, FlagCheck) else None
            if outcome is not None:
                yield check, document, position, outcome
                break


class _Course:
    """The way that the files describe, and how flags stand on it."""

    def __init__(self, way: Wanted, now: datetime) -> None:
        self._way = way
        self._now = now
        self._order: list[Position | None] = [None, *sorted(set(way.positions()))]
        self._index = {position: index for index, position in enumerate(self._order)}
        self._telling = {phase.phase: _ends(sorted(set(positions_of(phase)))) for phase in way.phases}
        self._known: dict[Position | None, Snapshot] = {}

    def telling(self, phase: int) -> Sequence[Position]:
        """The positions of a phase that have to be looked at: of a ramp its first two and last two steps.

        That is enough: while the percent rises, a flag goes on once for each shopper, and has a percent once.
        """
        return self._telling[phase]

    def failure(self, check: Check, kind: FlagCheck, position: Position) -> Outcome | None:
        """How a check fails at a position and has a say; None when it does not, or when a denial made by hand helps."""
        here = self._index[position]
        if check.section == "preflight":
            here -= 1
        current, planned = self._at(here), self._at(here + 1)
        found = None
        for denied in (False, True) if kind.shopper is not None else (False,):
            facts = Facts(self._now, _known_to(kind, current, denied=denied), _known_to(kind, planned, denied=denied))
            outcome = kind.judge(check.entry, facts, {})
            if outcome.verdict is not Verdict.FAIL or not result_of(check.entry, check.origin, outcome).counts:
                return None
            found = found or outcome
        return found

    def _at(self, index: int) -> Snapshot:
        """How the flags stand at a position; after the last one as at the last."""
        position = self._order[min(index, len(self._order) - 1)]
        if position not in self._known:
            self._known[position] = snapshot_at(self._way, position)
        return self._known[position]


def _ends(positions: Sequence[Position]) -> Sequence[Position]:
    return positions if len(positions) <= 4 else [*positions[:2], *positions[-2:]]  # noqa: PLR2004 - two at each end


def _known_to(kind: FlagCheck, snapshot: Snapshot, *, denied: bool) -> Snapshot:
    """As much of a snapshot as one shopper's decision needs: nobody reads fifty thousand names for one of them."""
    if kind.shopper is None or kind.flag not in snapshot.definitions:
        return snapshot
    names = _with_needs(snapshot, kind.flag)
    states = {name: _thinned(snapshot.state_of(name), kind.shopper) for name in names}
    if denied:
        states[kind.flag] = replace(states[kind.flag], denylist=frozenset({kind.shopper}))
    return replace(snapshot, definitions={name: snapshot.definitions[name] for name in names}, states=states)


def _with_needs(snapshot: Snapshot, name: str) -> set[str]:
    waiting, found = [name], {name}
    while waiting:
        more = set(snapshot.definitions[waiting.pop()].requires) - found
        found |= more
        waiting += more
    return found


def _thinned(state: FlagState, shopper: str) -> FlagState:
    """The same for this shopper, with at most one name on each list; a list that is not empty matters to everybody."""
    allowed = frozenset({shopper}) if shopper in state.allowlist else frozenset(islice(state.allowlist, 1))
    return replace(state, allowlist=allowed, denylist=state.denylist & {shopper})
