"""Lint rules about the way through the phases: whom it would switch off, and how it is taken back."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from rollout_cli.flags.model import FlagState, Snapshot
from rollout_cli.flags.percent import EVERYBODY, percent_text
from rollout_cli.plan.difference import snapshot_at
from rollout_cli.plan.document import Document
from rollout_cli.plan.findings import Severity
from rollout_cli.plan.lint_flags import place_in
from rollout_cli.plan.lint_rules import Complaint, FlagSubject, flag_rule
from rollout_cli.plan.models import FlagsFile, PhaseFile
from rollout_cli.plan.position import Position, position_text
from rollout_cli.plan.prerequisites import is_tangled
from rollout_cli.plan.removal import Removal, is_on_for_shoppers, removals_between
from rollout_cli.plan.wanted import Wanted, in_order, positions_of

Phases = Sequence[tuple[PhaseFile, Document]]

_MOST_LOOKS = 2_000_000
"""How many looks at a name on a list the way is worth; with many more, reading the files would take seconds."""


def way_of(flags: FlagsFile, phases: Phases) -> Wanted | None:
    """The plan that the files make; None while they name unknown flags, circles, or a phase twice."""
    named = {name for phase, _ in phases for name in (*phase.flags, *(phase.ramp.flags if phase.ramp else ()))}
    required = {need for entry in flags.flags.values() for need in entry.requires}
    numbers = {phase.phase for phase, _ in phases}
    if not (named | required) <= flags.flags.keys() or len(numbers) < len(phases) or is_tangled(flags):
        return None
    return Wanted(flags, in_order({document.file: phase for phase, document in phases}), "")


@flag_rule("removals", Severity.WARNING)
def removals(subject: FlagSubject) -> Iterator[Complaint]:
    """No phase switches off shoppers for whom the phase before is on: `advance` refuses that."""
    if subject.way is None:
        return
    places = {phase.phase: (phase, document) for phase, document in subject.phases}
    looks = 0
    for before, after in _steps_between(subject.way):
        phase, document = places[after.phase]
        old, new = _what_shrinks(snapshot_at(subject.way, before), snapshot_at(subject.way, after))
        looks += _looks_at(old, new)
        if looks > _MOST_LOOKS:
            message = f"too many shoppers are named to see whom entering {position_text(after)} would switch off"
            yield document, ("flags",), message, "look there with `rollout plan`"
            return
        for removal in removals_between(old, before, new):
            message = f"entering {position_text(after)} switches off {_who(removal)}"
            hint = "keep them on its list or within its percent; `advance` wants --allow-removals for this"
            yield document, place_in(phase, removal.flag), message, hint


@flag_rule("rollback-missing", Severity.WARNING)
def rollback_missing(subject: FlagSubject) -> Iterator[Complaint]:
    """A phase that serves shoppers, not in shadow, says under `rollback` what is asked after a rollback from it."""
    for phase, document in subject.phases if subject.way is not None else ():
        said = phase.rollback
        if said is None or (not said.post_checks and said.observe is None):
            name = _first_served(subject, phase)
            if name is not None:
                message = f"phase {phase.phase} turns on {name}, and does not say what is asked after a rollback"
                yield document, ("phase",), message, "add `rollback: {observe: 15m, post_checks: […]}`"


def _first_served(subject: FlagSubject, phase: PhaseFile) -> str | None:
    """A flag that is on for shoppers at the end of a phase."""
    last = max(positions_of(phase))
    snapshot = snapshot_at(subject.way, last) if subject.way is not None else None
    names = () if snapshot is None else snapshot.definitions
    return next((name for name in names if snapshot and is_on_for_shoppers(snapshot, name, last)), None)


def _steps_between(way: Wanted) -> Iterator[tuple[Position, Position]]:
    """From the end of each phase to the beginning of the next; within a rising ramp nobody is switched off."""
    for here, there in zip(way.phases, way.phases[1:], strict=False):
        yield max(positions_of(here)), min(positions_of(there))


def _what_shrinks(before: Snapshot, after: Snapshot) -> tuple[Snapshot, Snapshot]:
    """The same snapshots without the flags that cannot lose anybody: nobody asks fifty thousand ids for nothing."""
    shrinking = {name for name in before.definitions if _may_lose(before.state_of(name), after.state_of(name))}
    needed_by: dict[str, set[str]] = {name: set() for name in before.definitions}
    for name, definition in before.definitions.items():
        for need in set(definition.requires):
            needed_by[need].add(name)
    lost = _reached(shrinking, needed_by)
    safeguards = {name for name, each in before.definitions.items() if each.default is True} if lost else set()
    kept = _reached(lost | safeguards, _requirements(before))
    definitions = {name: each for name, each in before.definitions.items() if name in kept}
    return replace(before, definitions=definitions), replace(after, definitions=definitions)


def _reached(names: set[str], onward: Mapping[str, set[str]]) -> set[str]:
    """Names, and all that they lead to."""
    waiting, found = list(names), set(names)
    while waiting:
        more = onward[waiting.pop()] - found
        found |= more
        waiting += more
    return found


def _may_lose(before: FlagState, after: FlagState) -> bool:
    """Whether anybody for whom the first state is on could be without the second."""
    if not before.enabled:
        return False
    shrinks = _share(after) < _share(before) or bool(before.allowlist - after.allowlist)
    return not after.enabled or shrinks or bool(after.denylist - before.denylist)


def _share(state: FlagState) -> int:
    if state.percent is not None:
        return state.percent
    return 0 if state.allowlist else EVERYBODY


def _requirements(snapshot: Snapshot) -> Mapping[str, set[str]]:
    return {name: set(definition.requires) for name, definition in snapshot.definitions.items()}


def _looks_at(before: Snapshot, after: Snapshot) -> int:
    """How many flags are looked at for one name, times the names on all lists."""
    requirements = _requirements(before)
    asked = sum(len(_reached({name}, requirements)) for name in requirements)
    states = [snapshot.state_of(name) for snapshot in (before, after) for name in snapshot.definitions]
    return asked * sum(len(state.allowlist) + len(state.denylist) for state in states)


def _who(removal: Removal) -> str:
    parts = [f"{len(removal.ids):,} by name"] if removal.ids else []
    parts += [f"{percent_text(removal.share)} of all others"] if removal.share else []
    return f"{removal.flag} for {' and '.join(parts)}"
