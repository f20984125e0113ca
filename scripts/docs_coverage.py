"""docs/checklist-coverage.md: each line of the two checklists that the plans came from, and the checks that answer it.

The lines are in checklist_lines.tsv. A check names the lines it answers in `title_pt` and `covers`: by their words, or
by `section: words` where the same words stand in several sections.
"""

import csv
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from docs_markdown import literal, page, table

from rollout_cli.checks.attestation_check import AttestationCheck
from rollout_cli.checks.kinds import Check
from rollout_cli.control.project import read_project
from rollout_cli.sources.project_files import read_project_files

_SCRIPTS = Path(__file__).resolve().parent
LINES = _SCRIPTS / "checklist_lines.tsv"
PLANS: Mapping[str, Path] = {"": _SCRIPTS.parent, "gradual": _SCRIPTS.parent / "examples" / "gradual"}
"""The plans that answer, by what the page calls them; the shipped one needs no name."""

_ANY_DAY = date(2026, 1, 1)  # lint compares expiries with it; what is asked does not depend on the day
_INTRO = """\
The shipped plan and [`examples/gradual`](../examples/gradual) came from two checklists, written in Portuguese. Here is
each of their lines, and the checks that answer it; `rollout check --lang pt` says a check
in the words of its line, and names further lines behind `também`; post-checks are asked by `rollout rollback --watch`.

**asked**: the program finds out by itself. **pending**: it will, when what the check waits for is there; until then a
person's yes answers it (`rollout attest`). **person**: only people know. Lines with several states count as the first
of these."""
_STATES = ("asked", "pending", "person", "no question")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a checklist; `reason` says why it asks nothing, if it asks nothing."""

    document: str
    number: int
    section: str
    words: str
    reason: str

    @property
    def key(self) -> str:
        """What no other line is called."""
        return f"{self.section}: {self.words}"


@dataclass(frozen=True, slots=True)
class Asked:
    """A check in a plan."""

    plan: str
    phase: int
    check: Check

    @property
    def state(self) -> str:
        """Who answers it."""
        entry = self.check.entry
        if entry.pending is not None:
            return f"pending: {entry.pending}"
        return "person" if isinstance(self.check.kind, AttestationCheck) else "asked"

    def __str__(self) -> str:
        """Where it is found."""
        plan = f"{self.plan}, " if self.plan else ""
        place = "rollback" if self.check.section == "post_checks" else self.check.section
        return f"{literal(self.check.entry.id)} ({plan}phase {self.phase}, {place}, {self.check.entry.kind})"


@dataclass(frozen=True, slots=True)
class Coverage:
    """Each line with the checks that answer it, and everything that does not add up."""

    answers: Mapping[Line, Sequence[Asked]]
    problems: Sequence[str]


def read_lines(path: Path = LINES) -> list[Line]:
    """The lines of both checklists, in their order."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    return [
        Line(document, int(number), section, words, reason) for document, number, section, words, reason in rows[1:]
    ]


def read_plans(plans: Mapping[str, Path] = PLANS) -> list[Asked]:
    """Every check of the plans, in the order of their files."""
    found = []
    for plan, folder in plans.items():
        files = read_project_files(folder)
        project = read_project(
            files.flags, files.phases, files.findings, _ANY_DAY, sources_document=files.sources
        ).require()
        for (phase, _), checks in project.checks.items():
            found += [Asked(plan, phase, check) for check in checks]
    return found


def coverage(lines: Sequence[Line], asked: Iterable[Asked]) -> Coverage:
    """Who answers what, and which names and lines are left over."""
    named = _by_name(lines)
    answers: dict[Line, list[Asked]] = {line: [] for line in lines}
    problems = [f"two lines are called {name!r}" for name, count in _keys(lines).items() if count > 1]
    for each in asked:
        covered, wrong = _covered(each, named)
        problems += [f"{each}: {words}" for words in wrong]
        for line in covered:
            answers[line].append(each)
    return Coverage(answers, [*problems, *_left_over(answers)])


def coverage_page() -> str:
    """docs/checklist-coverage.md."""
    answers = coverage(read_lines(), read_plans()).answers
    documents = list(dict.fromkeys(line.document for line in answers))
    parts = [_INTRO, _totals(answers, documents)]
    for document in documents:
        parts.append(f"## {document}")
        for section in dict.fromkeys(line.section for line in answers if line.document == document):
            rows = [
                _row(line, checks)
                for line, checks in answers.items()
                if (line.document, line.section) == (document, section)
            ]
            parts += [f"### {section}", table(("Line", "Words", "Answered by", "State"), rows)]
    return page("Coverage of the checklists", *parts)


def _by_name(lines: Iterable[Line]) -> dict[str, list[Line]]:
    """The lines by their words, and by their keys."""
    named: dict[str, list[Line]] = {}
    for line in lines:
        named.setdefault(line.words, []).append(line)
        named.setdefault(line.key, []).append(line)
    return named


def _keys(lines: Iterable[Line]) -> Counter[str]:
    return Counter(line.key for line in lines)


def _covered(asked: Asked, named: Mapping[str, Sequence[Line]]) -> tuple[list[Line], list[str]]:
    """The lines that a check names, and what is wrong with its names.

    A title may be spoken by several checks, each about its own section; then `covers` says which one is meant.
    """
    entry = asked.check.entry
    found, wrong = [], []
    for name in entry.covers:
        lines = named.get(name, ())
        if len(lines) == 1:
            found.append(lines[0])
        else:
            wrong.append(f"{name!r} is no line" if not lines else f"{name!r} is {len(lines)} lines: add the section")
    spoken = named.get(entry.title_pt, ())
    if not spoken:
        wrong.append(f"its title_pt {entry.title_pt!r} is no line")
    elif len(spoken) == 1:
        found.append(spoken[0])
    elif not any(line.words == entry.title_pt for line in found):
        wrong.append(f"its title_pt {entry.title_pt!r} is {len(spoken)} lines: say which in `covers`")
    return list(dict.fromkeys(found)), wrong


def _left_over(answers: Mapping[Line, Sequence[Asked]]) -> Iterator[str]:
    for line, checks in answers.items():
        if line.reason and checks:
            yield f"{line.document}:{line.number} is no question, and {checks[0]} answers it"
        if not line.reason and not checks:
            yield f"{line.document}:{line.number} is answered by nothing: {line.words}"


def _state_of(line: Line, checks: Sequence[Asked]) -> str:
    """The state that a line counts as."""
    if line.reason:
        return "no question"
    return min((each.state.partition(":")[0] for each in checks), key=_STATES.index, default="nothing")


def _totals(answers: Mapping[Line, Sequence[Asked]], documents: Sequence[str]) -> str:
    counted = Counter((line.document, _state_of(line, checks)) for line, checks in answers.items())
    rows = []
    for document in documents:
        numbers = [counted[document, state] for state in _STATES]
        rows.append([document, *map(str, [*numbers, sum(numbers)])])
    sums = [sum(int(row[column]) for row in rows) for column in range(1, len(_STATES) + 2)]
    return table(("Document", *_STATES, "lines"), [*rows, ["both", *map(str, sums)]])


def _row(line: Line, checks: Sequence[Asked]) -> tuple[str, str, str, str]:
    words = line.words.replace("](", "]\\(")  # their links lead to pages of theirs
    if line.reason:
        return str(line.number), words, "", f"no question: {line.reason}"
    states = dict.fromkeys(each.state for each in checks)
    return str(line.number), words, "\n".join(map(str, checks)), "\n".join(states)
