"""An inquiry: many checks asked side by side, each within its limit, all within theirs.

Pure scheduling: what may be asked now, what must wait for others, what has run out of time. Asking is the prober's job.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol

from rollout_cli.checks.facts import Facts
from rollout_cli.checks.kinds import Check
from rollout_cli.checks.questions import Answer, Answers, NoAnswer, Question
from rollout_cli.checks.verdict import Cause, CheckResult, Outcome, Verdict, result_of, unclear
from rollout_cli.checks.words import say
from rollout_cli.plan.duration import duration_text


@dataclass(frozen=True, slots=True)
class Asked:
    """A check, and the facts it is asked about."""

    check: Check
    facts: Facts


@dataclass(frozen=True, slots=True)
class Limits:
    """How long asking may take, and how many questions are asked side by side."""

    check: timedelta = timedelta(seconds=10)
    total: timedelta = timedelta(seconds=60)
    parallel: int = 8


class Prober(Protocol):
    """Asks questions of the outside, several at once. Keeps every time limit, whatever the outside does."""

    def start(self, ticket: int, question: Question, seconds: float) -> None:
        """Begin to ask; the answer, or that there was none in time, comes from `wait` under this ticket."""
        ...

    def wait(self) -> tuple[int, Answer]:
        """The next answer. Comes at the latest when a question that was started runs out of time."""
        ...

    def elapsed(self) -> float:
        """Seconds since the inquiry began; never goes back."""
        ...


class Observer(Protocol):
    """Whoever watches an inquiry."""

    def begun(self, asked: Sequence[Asked]) -> None:
        """These checks will be asked."""
        ...

    def asking(self, asked: Asked) -> None:
        """A check is being asked now."""
        ...

    def answered(self, result: CheckResult) -> None:
        """A check has its answer."""
        ...


class Nobody:
    """Watches nothing."""

    def begun(self, asked: Sequence[Asked]) -> None:
        """Nothing."""

    def asking(self, asked: Asked) -> None:
        """Nothing."""

    def answered(self, result: CheckResult) -> None:
        """Nothing."""


NOBODY = Nobody()


@dataclass(slots=True)
class _Open:
    """A check that is being asked: the questions that have not been started, and the answers there are.

    Attributes:
        begun_at: when its first question was started.
        is_cut_short: whether the limit for all checks took a question from it.
    """

    index: int
    waiting: dict[str, Question]
    answers: dict[str, Answer] = field(default_factory=dict)
    under_way: int = 0
    begun_at: float | None = None
    is_cut_short: bool = False


@dataclass(frozen=True, slots=True)
class _Ticket:
    """A question that is under way; cut short when the limit for all checks leaves it less than its check's own."""

    check: _Open
    name: str
    is_cut_short: bool


@dataclass(slots=True)
class _Inquiry:
    """Everything that changes while an inquiry goes on."""

    asked: Sequence[Asked]
    prober: Prober
    limits: Limits
    observer: Observer
    results: dict[int, CheckResult] = field(default_factory=dict)
    open: dict[int, _Open] = field(default_factory=dict)
    tickets: dict[int, _Ticket] = field(default_factory=dict)
    next_ticket: int = 0

    def run(self) -> list[CheckResult]:
        self.observer.begun(self.asked)
        while len(self.results) < len(self.asked):
            settled = len(self.results)
            self._open_what_may_be_asked()
            self._start_questions()
            if self.tickets:
                self._take(*self.prober.wait())
            elif len(self.results) == settled:  # what is left needs what will never be answered
                self._give_up_on_the_rest()
        return [self.results[index] for index in range(len(self.asked))]

    def _open_what_may_be_asked(self) -> None:
        progressed = True
        while progressed:
            progressed = False
            for index, each in enumerate(self.asked):
                if index in self.results or index in self.open or not self._may_be_asked(index, each):
                    continue
                progressed = True
                if index not in self.results:
                    self._open_one(index, each)

    def _may_be_asked(self, index: int, each: Asked) -> bool:
        """Whether a check's turn has come; one whose needs did not pass is answered by that."""
        needed = {other: self._index_of(other, each) for other in each.check.entry.needs}
        answered = {name: self.results[at].verdict for name, at in needed.items() if at in self.results}
        for name, verdict in answered.items():
            if verdict is not Verdict.PASS:
                message = say("not asked: {name} did not pass", name=name)
                self._settle(index, unclear(Cause.NEEDS, message, say("see to {name} first", name=name)))
                return True
        return len(answered) == len(needed)

    def _index_of(self, name: str, each: Asked) -> int | None:
        """Which check of the same list bears a name."""
        here = (each.check.file, each.check.section)
        for index, other in enumerate(self.asked):
            if other.check.entry.id == name and (other.check.file, other.check.section) == here:
                return index
        return None

    def _open_one(self, index: int, each: Asked) -> None:
        check = each.check
        try:
            questions = check.kind.questions(check.entry, each.facts)
        except Exception as error:  # noqa: BLE001 - one broken check is no reason to leave the others unanswered
            self._settle(index, _broken(error))
            return
        if questions:
            self.open[index] = _Open(index, dict(questions))
        else:
            self._settle(index, _judged(each, {}))

    def _start_questions(self) -> None:
        for each in list(self.open.values()):
            while each.waiting and len(self.tickets) < self.limits.parallel:
                own, whole = self._left_to(each), self.limits.total.total_seconds() - self.prober.elapsed()
                if min(own, whole) <= 0:
                    self._out_of_time(each, cut_short=whole < own)
                    break
                self._start_one(each, min(own, whole), cut_short=whole < own)

    def _start_one(self, each: _Open, seconds: float, *, cut_short: bool) -> None:
        if each.begun_at is None:
            each.begun_at = self.prober.elapsed()
            self.observer.asking(self.asked[each.index])
        name, question = next(iter(each.waiting.items()))
        del each.waiting[name]
        each.under_way += 1
        self.tickets[self.next_ticket] = _Ticket(each, name, cut_short)
        self.prober.start(self.next_ticket, question, seconds)
        self.next_ticket += 1

    def _left_to(self, each: _Open) -> float:
        """How many seconds of its own limit a check has left."""
        used = 0.0 if each.begun_at is None else self.prober.elapsed() - each.begun_at
        return self._limit_of(each).total_seconds() - used

    def _limit_of(self, each: _Open) -> timedelta:
        return self.asked[each.index].check.entry.timeout or self.limits.check

    def _out_of_time(self, each: _Open, *, cut_short: bool) -> None:
        """Questions that nobody will ask any more."""
        each.is_cut_short |= cut_short
        each.answers |= dict.fromkeys(each.waiting, too_slow(self._limit_of(each)))
        each.waiting = {}
        if not each.under_way:
            self._judge(each)

    def _take(self, number: int, answer: Answer) -> None:
        ticket = self.tickets.pop(number)
        each = ticket.check
        each.under_way -= 1
        each.answers[ticket.name] = answer
        if isinstance(answer, NoAnswer) and answer.cause is Cause.TIMEOUT:
            each.is_cut_short |= ticket.is_cut_short
        if not each.under_way and not each.waiting:
            self._judge(each)

    def _judge(self, each: _Open) -> None:
        """Close a check. Of one that others left no time nothing is known, whatever silence would mean elsewhere."""
        del self.open[each.index]
        if each.is_cut_short:
            self._settle(each.index, _cut_short(self.limits.total))
        else:
            self._settle(each.index, _judged(self.asked[each.index], each.answers))

    def _give_up_on_the_rest(self) -> None:
        """Checks that need each other, or one that is not there; a lint rule finds these before anybody asks."""
        for index, each in enumerate(self.asked):
            if index not in self.results:
                names = ", ".join(each.check.entry.needs)
                message = say("not asked: it needs {names}, which will never be answered", names=names)
                self._settle(index, unclear(Cause.NEEDS, message, say("see `rollout validate`")))

    def _settle(self, index: int, outcome: Outcome) -> None:
        check = self.asked[index].check
        self.results[index] = result_of(check.entry, check.origin, outcome)
        self.observer.answered(self.results[index])


def _judged(asked: Asked, answers: Answers) -> Outcome:
    check = asked.check
    try:
        return check.kind.judge(check.entry, asked.facts, answers)
    except Exception as error:  # noqa: BLE001 - the same
        return _broken(error)


def _broken(error: Exception) -> Outcome:
    """What comes of a check that breaks; its own words may hold anything, so they are not repeated."""
    message = say("the check broke: {error}", error=type(error).__name__)
    return unclear(Cause.BROKEN, message, say("this is a bug in rollout or in the plugin: report it"))


def _cut_short(total: timedelta) -> Outcome:
    message = say("the limit of {limit} for all checks was over", limit=duration_text(total))
    return unclear(Cause.TIMEOUT, message, say("see which checks are slow, or raise `limits.total` in sources.yaml"))


def inquire(asked: Sequence[Asked], prober: Prober, limits: Limits, observer: Observer = NOBODY) -> list[CheckResult]:
    """Ask checks side by side.

    Args:
        asked: the checks; the results come in the same order.
        prober: asks what has to be asked.
        limits: how long that may take. All of it is over within the total.
        observer: is told what goes on.
    """
    return _Inquiry(asked, prober, limits, observer).run()


Inquirer = Callable[[Sequence[Asked]], list[CheckResult]]
"""Asks checks; what a verb is given that needs their answers."""


def too_slow(limit: timedelta) -> NoAnswer:
    """The answer that did not come in time."""
    message = say("no answer within {limit}", limit=duration_text(limit))
    return NoAnswer(Cause.TIMEOUT, message, say("see whether it is slow or gone, or give the check a longer `timeout`"))


def offline_result(check: Check) -> CheckResult:
    """A check that files alone cannot answer: shown, and without a say."""
    message = say("not asked: files alone cannot answer this")
    hint = say("ask it where the store and the sources are, without --offline")
    return result_of(check.entry, check.origin, unclear(Cause.OFFLINE, message, hint))
