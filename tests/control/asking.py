"""Checks that ask made-up questions, and whoever answers them in virtual time."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from rollout_cli.checks.facts import Facts
from rollout_cli.checks.kinds import Check, Kind
from rollout_cli.checks.questions import Answer, Answers, NoAnswer, Number, NumberQuestion, Question, Questions
from rollout_cli.checks.verdict import Cause, CheckResult, Origin, Outcome, failed, passed, unclear
from rollout_cli.checks.words import say
from rollout_cli.control.inquiry import Asked, too_slow
from rollout_cli.flags.model import Snapshot
from rollout_cli.plan.models import CheckEntry

FACTS = Facts(datetime(2026, 1, 5, tzinfo=UTC), Snapshot("test"), Snapshot("test"))
SILENT = NoAnswer(Cause.UNREACHABLE, say("nobody answers"), say("look there"))


@dataclass(frozen=True)
class Zeros:
    """Passes when every answer is nought, fails when one is not, says nothing when one is missing."""

    names: tuple[str, ...] = ()

    def questions(self, entry: CheckEntry, facts: Facts) -> Questions:
        return {name: NumberQuestion("source", name) for name in self.names}

    def judge(self, entry: CheckEntry, facts: Facts, answers: Answers) -> Outcome:
        evidence = {name: getattr(answer, "value", None) for name, answer in answers.items()}
        for answer in answers.values():
            if isinstance(answer, NoAnswer):
                return unclear(answer.cause, answer.message, answer.hint, evidence)
        if all(answer == Number(0) for answer in answers.values()):
            return passed(say("zeros"), evidence)
        return failed(say("no zeros"), say("mend it"), evidence)


@dataclass(frozen=True)
class MustAnswer(Zeros):
    """Like a service that must be there: silence is a failure."""

    def judge(self, entry: CheckEntry, facts: Facts, answers: Answers) -> Outcome:
        silent = any(isinstance(answer, NoAnswer) for answer in answers.values())
        return failed(say("silence"), say("mend it")) if silent else super().judge(entry, facts, answers)


@dataclass(frozen=True)
class Breaks:
    """A kind with a bug in it."""

    where: str

    def questions(self, entry: CheckEntry, facts: Facts) -> Questions:
        if self.where == "questions":
            raise RuntimeError("a secret")
        return {"q": NumberQuestion("source", "q")}

    def judge(self, entry: CheckEntry, facts: Facts, answers: Answers) -> Outcome:
        raise RuntimeError("a secret")


def asks(name: str, *questions: str, kind: Kind | None = None, section: str = "gates", **keys: Any) -> Asked:
    """A check that asks these questions; those of its keys that a file would write are given as models have them."""
    entry = CheckEntry.model_validate({"id": name, "kind": "count", **keys})
    origin = Origin(section, "phases/0-x.yaml", 1, 1)
    return Asked(Check(entry, kind or Zeros(questions), origin, (section, 0)), FACTS)


@dataclass
class VirtualWorld:
    """Keeps the promises of a prober in virtual time: every answer comes when it does, and every limit is exact.

    Attributes:
        answers: to the questions by name; nought to those that are not here.
        takes: how many seconds an answer takes; none where nothing is said.
    """

    answers: Mapping[str, Answer] = field(default_factory=dict)
    takes: Mapping[str, float] = field(default_factory=dict)
    now: float = 0.0
    under_way: dict[int, tuple[float, Answer | Outcome]] = field(default_factory=dict)
    started: list[tuple[float, str]] = field(default_factory=list)
    most_under_way: int = 0

    def start(self, ticket: int, question: Question, seconds: float) -> None:
        assert isinstance(question, NumberQuestion)
        assert seconds > 0
        assert ticket not in self.under_way
        takes = self.takes.get(question.query, 0.0)
        answer = self.answers.get(question.query, Number(0))
        in_time = answer if takes < seconds else too_slow(timedelta(seconds=seconds))
        self.under_way[ticket] = (self.now + min(takes, seconds), in_time)
        self.started.append((self.now, question.query))
        self.most_under_way = max(self.most_under_way, len(self.under_way))

    def weigh(self, ticket: int, work: Callable[[], Outcome], seconds: float) -> None:
        assert seconds > 0
        self.under_way[ticket] = (self.now, work())

    def wait(self) -> tuple[int, Answer | Outcome]:
        ticket = min(self.under_way, key=lambda each: (self.under_way[each][0], each))
        self.now, answer = self.under_way.pop(ticket)
        return ticket, answer

    def elapsed(self) -> float:
        return self.now


@dataclass
class Diary:
    """Writes down what an inquiry tells."""

    lines: list[tuple[str, str]] = field(default_factory=list)

    def begun(self, asked: Sequence[Asked]) -> None:
        self.lines.append(("begun", " ".join(each.check.entry.id for each in asked)))

    def asking(self, asked: Asked) -> None:
        self.lines.append(("asking", asked.check.entry.id))

    def answered(self, result: CheckResult) -> None:
        self.lines.append(("answered", result.id))
