"""Lint rules about checks that need each other."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from rollout_cli.plan.document import Document, Path
from rollout_cli.plan.lint_rules import Complaint, PhaseSubject, checks_of, phase_rule
from rollout_cli.plan.models import CheckEntry
from rollout_cli.plan.suggestion import closest

Placed = tuple[Path, CheckEntry]


@phase_rule("needs-unknown")
def needs_unknown(subject: PhaseSubject) -> Iterator[Complaint]:
    """A check needs checks of its own list only; it would wait for any other for ever."""
    for document, checks in _lists(subject):
        known = {check.id: None for _, check in checks}
        for path, check in checks:
            for index, need in enumerate(check.needs):
                if need not in known:
                    close = closest(need, known)
                    hint = f"did you mean {close}?" if close else "name a check of the same list, or remove it here"
                    yield document, (*path, "needs", index), f"{check.id} needs {need}, which is not in this list", hint


@phase_rule("needs-circle")
def needs_circle(subject: PhaseSubject) -> Iterator[Complaint]:
    """No check needs itself, directly or through others."""
    for document, checks in _lists(subject):
        waiting = _in_circles({check.id: check.needs for _, check in checks})
        for path, check in checks:
            if check.id in waiting:
                message = f"{check.id} needs itself, directly or through others"
                yield document, (*path, "needs"), message, "break the circle"


def _lists(subject: PhaseSubject) -> Iterator[tuple[Document, list[Placed]]]:
    """The lists of checks in which some need others."""
    for phase, document in subject.phases:
        lists: dict[Path, list[Placed]] = {}
        for path, check in checks_of(phase):
            lists.setdefault(path[:-1], []).append((path, check))
        for checks in lists.values():
            if any(check.needs for _, check in checks):
                yield document, checks


def _in_circles(needs: Mapping[str, Sequence[str]]) -> set[str]:
    """The names in circles, and on the way from one circle to another: those that lead nowhere else are peeled off."""
    forward = {name: {need for need in direct if need in needs} for name, direct in needs.items()}
    backward: dict[str, set[str]] = {name: set() for name in needs}
    for name, direct in forward.items():
        for need in direct:
            backward[need].add(name)
    return _peeled(forward, backward) & _peeled(backward, forward)


def _peeled(ahead: Mapping[str, set[str]], behind: Mapping[str, set[str]]) -> set[str]:
    """What is left when whoever waits for nobody is taken away, over and over."""
    open_needs = Counter({name: len(needs) for name, needs in ahead.items()})
    free = [name for name, count in open_needs.items() if not count]
    left = set(ahead)
    while free:
        name = free.pop()
        left.discard(name)
        for each in behind[name]:
            open_needs[each] -= 1
            if not open_needs[each]:
                free.append(each)
    return left
