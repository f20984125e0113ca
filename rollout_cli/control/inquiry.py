"""An inquiry: many checks asked side by side, each within its limit, all within theirs.

Pure scheduling: what may be asked now, what must wait for others, what has run out of time. Asking is the prober's job,
and so is having answers weighed: what a server sends can be slow to read, too.
"""

from collections import deque
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


WEIGHING = 1.0
"""How many seconds there are at least to weigh answers that came in time, as far as the limit for all allows."""


class Prober(Protocol):
    """Asks questions of the outside, several at once. Keeps every time limit, whatever the outside does."""

    def start(self, ticket: int, question: Question, seconds: float) -> None:
        """Begin to ask; the answer, or that there was none in time, comes from `wait` under this ticket."""
        ...

    def weigh(self, ticket: int, work: Callable[[], Outcome], seconds: float) -> None:
        """Begin to weigh answers; the outcome, or that there was none in time, comes from `wait`."""
        ...

    def wait(self) -> tuple[int, Answer | Outcome]:
        """The next answer or outcome. Comes at the latest when something that was started runs out of time."""
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
    """Something under way for a check: a question by its name, or the weighing of its answers, which has none.

    Attributes:
        is_cut_short: whether the limit for all checks leaves it less time than its check's own.
    """

    check: _Open
    name: str | None
    is_cut_short: bool


@dataclass(slots=True)
class _Inquiry:
    """Everything that changes while an inquiry goes on.

    Attributes:
        ready: checks whose turn has come, by index.
        waits_for: for a check that needs others, how many of them have not passed yet.
        needed_by: for a check, those that need it.
    """

    asked: Sequence[Asked]
    prober: Prober
    limits: Limits
    observer: Observer
    results: dict[int, CheckResult] = field(default_factory=dict)
    ready: deque[int] = field(default_factory=deque)
    waits_for: dict[int, int] = field(default_factory=dict)
    needed_by: dict[int, list[int]] = field(default_factory=dict)
    starting: deque[_Open] = field(default_factory=deque)
    tickets: dict[int, _Ticket] = field(default_factory=dict)
    next_ticket: int = 0

    def run(self) -> list[CheckResult]:
        self.observer.begun(self.asked)
        self._find_needs()
        while len(self.results) < len(self.asked):
            while self.ready:
                self._open_one(self.ready.popleft())
            self._start_questions()
            if self.tickets:
                self._take(*self.prober.wait())
            elif not self.ready:  # what is left needs what will never be answered
                self._give_up_on_the_rest()
        return [self.results[index] for index in range(len(self.asked))]

    def _find_needs(self) -> None:
        """Who needs whom; a name that is not in the list is somebody who never passes."""
        known = {(each.check.file, each.check.section, each.check.entry.id): at for at, each in enumerate(self.asked)}
        for index, each in enumerate(self.asked):
            names = dict.fromkeys(each.check.entry.needs)
            self.waits_for[index] = len(names)
            for name in names:
                other = known.get((each.check.file, each.check.section, name))
                if other is not None:
                    self.needed_by.setdefault(other, []).append(index)
            if not names:
                self.ready.append(index)

    def _open_one(self, index: int) -> None:
        each = self.asked[index]
        try:
            questions = each.check.kind.questions(each.check.entry, each.facts)
        except Exception as error:  # noqa: BLE001 - one broken check is no reason to leave the others unanswered
            self._settle(index, _broken(error))
            return
        if questions:
            self.starting.append(_Open(index, dict(questions)))
        else:
            self._settle(index, _judged(each, {}))

    def _start_questions(self) -> None:
        while self.starting and len(self.tickets) < self.limits.parallel:
            each = self.starting[0]
            seconds, cut_short = self._time_for(each)
            if seconds <= 0:
                self._out_of_time(each, cut_short=cut_short)
            else:
                self._start_one(each, seconds, cut_short=cut_short)
            if not each.waiting:
                self.starting.popleft()

    def _start_one(self, each: _Open, seconds: float, *, cut_short: bool) -> None:
        if each.begun_at is None:
            each.begun_at = self.prober.elapsed()
            self.observer.asking(self.asked[each.index])
        name, question = next(iter(each.waiting.items()))
        del each.waiting[name]
        each.under_way += 1
        self.prober.start(self._ticket(each, name, cut_short=cut_short), question, seconds)

    def _ticket(self, each: _Open, name: str | None, *, cut_short: bool) -> int:
        self.next_ticket += 1
        self.tickets[self.next_ticket] = _Ticket(each, name, cut_short)
        return self.next_ticket

    def _time_for(self, each: _Open, at_least: float = 0.0) -> tuple[float, bool]:
        """How many seconds a check has left, and whether it is the limit for all that ends them."""
        now = self.prober.elapsed()
        used = 0.0 if each.begun_at is None else now - each.begun_at
        own = max(self._limit_of(each).total_seconds() - used, at_least)
        whole = self.limits.total.total_seconds() - now
        return min(own, whole), whole < own

    def _limit_of(self, each: _Open) -> timedelta:
        return self.asked[each.index].check.entry.timeout or self.limits.check

    def _out_of_time(self, each: _Open, *, cut_short: bool) -> None:
        """Questions that nobody will ask any more."""
        each.is_cut_short |= cut_short
        each.answers |= dict.fromkeys(each.waiting, too_slow(self._limit_of(each)))
        each.waiting = {}
        if not each.under_way:
            self._weigh(each)

    def _take(self, number: int, came: Answer | Outcome) -> None:
        ticket = self.tickets.pop(number)
        each = ticket.check
        if isinstance(came, Outcome):
            self._settle(each.index, came)
            return
        if isinstance(came, NoAnswer) and came.cause is Cause.TIMEOUT:
            each.is_cut_short |= ticket.is_cut_short
        if ticket.name is None:  # its answers could not be weighed
            self._settle(each.index, self._unweighed(each, came))
            return
        each.under_way -= 1
        each.answers[ticket.name] = came
        if not each.under_way and not each.waiting:
            self._weigh(each)

    def _weigh(self, each: _Open) -> None:
        """Have answers weighed. Where others left no time nothing is known, whatever silence would mean elsewhere."""
        seconds, cut_short = self._time_for(each, at_least=WEIGHING)
        if each.is_cut_short or seconds <= 0:
            self._settle(each.index, _cut_short(self.limits.total))
            return
        asked, answers = self.asked[each.index], each.answers
        self.prober.weigh(self._ticket(each, None, cut_short=cut_short), lambda: _judged(asked, answers), seconds)

    def _unweighed(self, each: _Open, why: Answer) -> Outcome:
        if each.is_cut_short:
            return _cut_short(self.limits.total)
        if isinstance(why, NoAnswer) and why.cause is not Cause.TIMEOUT:
            return unclear(why.cause, why.message, why.hint)
        message = say("the answer takes too long to be read")
        return unclear(Cause.TIMEOUT, message, say("ask for less: fewer lines, a smaller body, a simpler pattern"))

    def _give_up_on_the_rest(self) -> None:
        """Checks that need each other, or one that is not there; a lint rule finds these before anybody asks."""
        for index, each in enumerate(self.asked):
            if index not in self.results:
                names = ", ".join(each.check.entry.needs)
                message = say("not asked: it needs {names}, which will never be answered", names=names)
                self._settle(index, unclear(Cause.NEEDS, message, say("see `rollout validate`")))

    def _settle(self, index: int, outcome: Outcome) -> None:
        """A check has its outcome; whoever needs it gets its turn, or is answered by that, however long the chain."""
        settling = deque([(index, outcome)])
        while settling:
            at, found = settling.popleft()
            if at in self.results:
                continue
            check = self.asked[at].check
            self.results[at] = result_of(check.entry, check.origin, found)
            self.observer.answered(self.results[at])
            for other in self.needed_by.get(at, ()):
                if found.verdict is not Verdict.PASS:  # and it goes on waiting for this one: its turn never comes
                    settling.append((other, _not_asked(check.entry.id)))
                    continue
                self.waits_for[other] -= 1
                if not self.waits_for[other]:
                    self.ready.append(other)


def _judged(asked: Asked, answers: Answers) -> Outcome:
    check = asked.check
    try:
        return check.kind.judge(check.entry, asked.facts, answers)
    except Exception as error:  # noqa: BLE001 - the same
        return _broken(error)


def _not_asked(name: str) -> Outcome:
    message = say("not asked: {name} did not pass", name=name)
    return unclear(Cause.NEEDS, message, say("see to {name} first", name=name))


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
    message = say("files alone cannot answer this")
    hint = say("ask it where the store and the sources are, without --offline")
    return result_of(check.entry, check.origin, unclear(Cause.OFFLINE, message, hint))
