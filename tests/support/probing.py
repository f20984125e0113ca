"""Whoever asks the outside, in memory: for each question an answer, and how long it takes in virtual time."""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta

from rollout_cli.checks.questions import Answer, Question
from rollout_cli.checks.verdict import CheckResult, Outcome
from rollout_cli.control.inquiry import NOBODY, Asked, Limits, Observer, inquire, too_slow


class MemoryProber:
    """Keeps the promises of `Prober` in virtual time: nothing waits, and every limit is exact."""

    def __init__(self, answers: Mapping[Question, Answer], latency: Mapping[Question, float] | None = None) -> None:
        self._answers = answers
        self._latency = latency or {}
        self._under_way: dict[int, tuple[float, Answer | Outcome]] = {}
        self._now = 0.0
        self.asked: list[Question] = []

    def start(self, ticket: int, question: Question, seconds: float) -> None:
        self.asked.append(question)
        takes = self._latency.get(question, 0.0)
        answer = self._answers[question] if takes <= seconds else too_slow(timedelta(seconds=seconds))
        self._under_way[ticket] = (self._now + min(takes, seconds), answer)

    def weigh(self, ticket: int, work: Callable[[], Outcome], seconds: float) -> None:
        self._under_way[ticket] = (self._now, work())

    def wait(self) -> tuple[int, Answer | Outcome]:
        ticket = min(self._under_way, key=lambda each: self._under_way[each][0])
        self._now, answer = self._under_way.pop(ticket)
        return ticket, answer

    def elapsed(self) -> float:
        return self._now


def ask_in_memory(
    asked: Sequence[Asked],
    answers: Mapping[Question, Answer] | None = None,
    limits: Limits = Limits(),  # noqa: B008 - frozen
    observer: Observer = NOBODY,
) -> list[CheckResult]:
    """Ask checks whose questions have these answers; with none given, only such as ask nothing of the outside."""
    return inquire(asked, MemoryProber(answers or {}), limits, observer)
