"""The promises of an inquiry with real threads and real time: whatever a probe does, the limit holds."""

import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from rollout_cli.checks.facts import Facts
from rollout_cli.checks.questions import Answer, Answers, Number, NumberQuestion
from rollout_cli.checks.verdict import Cause, CheckResult, Outcome, Verdict, failed, passed
from rollout_cli.checks.words import say
from rollout_cli.control.inquiry import Asked, Limits, inquire
from rollout_cli.plan.models import CheckEntry
from rollout_cli.sources.probes.crew import Crew
from rollout_cli.sources.probes.leash import Leash, OutOfTimeError
from tests.control.asking import Zeros, asks

PASS, FAIL, OPEN = Verdict.PASS, Verdict.FAIL, Verdict.INCONCLUSIVE
Probe = Callable[[NumberQuestion, Leash], Answer]


def limits(check: float, total: float, parallel: int = 8) -> Limits:
    return Limits(timedelta(seconds=check), timedelta(seconds=total), parallel)


@dataclass
class Stuck:
    """Probes that do not come back before the test is over, and do not look at their leash."""

    gate: threading.Event = field(default_factory=threading.Event)
    asked: list[str] = field(default_factory=list)
    cuts: list[str] = field(default_factory=list)
    threads: list[threading.Thread] = field(default_factory=list)

    def __call__(self, question: NumberQuestion, leash: Leash) -> Answer:
        self.threads.append(threading.current_thread())
        self.asked.append(question.query)
        leash.on_cut(lambda: self.cuts.append(question.query))
        self.gate.wait()
        return Number(0)


@contextmanager
def stuck() -> Iterator[Stuck]:
    found = Stuck()
    try:
        yield found
    finally:
        found.gate.set()
        for thread in found.threads:
            thread.join(5)


def asked_of(crew: Crew, asked: list[Asked], within: Limits) -> tuple[list[CheckResult], float]:
    """The results, and how long it took."""
    begun = time.monotonic()
    results = inquire(asked, crew, within)
    return results, time.monotonic() - begun


def crew(probe: Probe) -> Crew:
    return Crew({NumberQuestion: probe})


def test_probes_that_hang_hold_nobody_up_beyond_the_limit_for_all() -> None:
    with stuck() as probe:
        names = [f"q{index}" for index in range(8)]
        results, seconds = asked_of(crew(probe), [asks(name, name) for name in names], limits(0.2, 0.5, parallel=2))
        assert seconds < 0.5 + 1
        assert {each.outcome.cause for each in results} == {Cause.TIMEOUT}
        assert sorted(probe.cuts) == sorted(probe.asked)
        assert set(probe.asked) < set(names)  # the last ones never had their turn


def test_those_that_answer_are_heard_beside_those_that_hang() -> None:
    with stuck() as probe:

        def ask(question: NumberQuestion, leash: Leash) -> Answer:
            return probe(question, leash) if question.query == "hangs" else Number(0)

        asked = [asks("a", "fine"), asks("b", "fine", "hangs"), asks("c", "fine"), asks("d", "fine", needs=["b"])]
        results, seconds = asked_of(crew(ask), asked, limits(0.6, 5))
        assert seconds < 1.6
        assert [each.outcome.cause for each in results] == [None, Cause.TIMEOUT, None, Cause.NEEDS]


@pytest.mark.parametrize("error", [RuntimeError("token=abc"), KeyError("secret"), RecursionError(), MemoryError()])
def test_a_probe_that_raises_is_broken_and_its_words_are_not_repeated(error: Exception) -> None:
    def ask(question: NumberQuestion, _leash: Leash) -> Answer:
        if question.query == "bad":
            raise error
        return Number(0)

    (broken, fine), _ = asked_of(crew(ask), [asks("a", "bad"), asks("b", "good")], limits(5, 5))
    assert (broken.outcome.cause, fine.verdict) == (Cause.BROKEN, PASS)
    assert str(broken.outcome.message) == f"asking broke: {type(error).__name__}"


def test_a_probe_that_ends_by_itself_when_its_time_is_over_has_not_answered() -> None:
    def ask(_question: NumberQuestion, leash: Leash) -> Answer:
        while True:
            time.sleep(min(leash.left(), 0.01))

    (found,), seconds = asked_of(crew(ask), [asks("a", "q")], limits(0.1, 5))
    assert (found.outcome.cause, seconds < 1.1) == (Cause.TIMEOUT, True)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_probe_that_exits_its_thread_leaves_a_question_without_an_answer_and_no_more() -> None:
    def ask(question: NumberQuestion, _leash: Leash) -> Answer:
        if question.query == "bad":
            raise SystemExit(1)
        return Number(0)

    (gone, fine), seconds = asked_of(crew(ask), [asks("a", "bad"), asks("b", "good")], limits(0.6, 5))
    assert (gone.outcome.cause, fine.verdict, seconds < 1.6) == (Cause.TIMEOUT, PASS, True)


def test_an_answer_that_comes_too_late_is_dropped() -> None:
    """The late answer is there before the one that is waited for, and says that all is well where it is not."""
    release, came = threading.Event(), threading.Event()

    def ask(question: NumberQuestion, _leash: Leash) -> Answer:
        if question.query == "late":
            release.wait(5)
            threading.Timer(0, came.set).start()
            return Number(0)
        release.set()
        came.wait(5)
        time.sleep(0.05)
        return Number(7)

    results, _ = asked_of(crew(ask), [asks("a", "late"), asks("b", "next")], limits(0.6, 5, parallel=1))
    assert [(each.verdict, each.outcome.cause) for each in results] == [(OPEN, Cause.TIMEOUT), (FAIL, None)]


@dataclass(frozen=True)
class Own(Zeros):
    """Passes when every question got its own answer."""

    def judge(self, entry: CheckEntry, facts: Facts, answers: Answers) -> Outcome:
        if all(answer == Number(float(name)) for name, answer in answers.items()):
            return passed(say("its own"))
        return failed(say("somebody else's"), say("mend the crew"))


def test_every_answer_comes_to_whoever_asked() -> None:
    def ask(question: NumberQuestion, _leash: Leash) -> Answer:
        time.sleep(random.Random(question.query).random() / 50)
        return Number(float(question.query))

    asked = [
        asks(f"c{index}", kind=Own(tuple(str(index * 10 + each) for each in range(index % 4)))) for index in range(60)
    ]
    results, _ = asked_of(crew(ask), asked, limits(5, 30, parallel=16))
    assert {each.verdict for each in results} == {PASS}


@pytest.mark.parametrize("seed", range(3))
def test_whatever_the_mix_it_is_over_within_its_limit_and_a_second(seed: int) -> None:
    chance = random.Random(seed)
    with stuck() as probe:

        def ask(question: NumberQuestion, leash: Leash) -> Answer:
            manner = question.query[0]
            if manner == "h":
                return probe(question, leash)
            if manner == "r":
                raise ValueError
            if manner == "s":
                time.sleep(0.02)
                leash.left()
            return Number(0)

        names = [f"{chance.choice('hrsf')}{index}" for index in range(40)]
        asked = [asks(f"c{index}", *chance.sample(names, 3)) for index in range(20)]
        results, seconds = asked_of(crew(ask), asked, limits(0.15, 0.4, parallel=4))
        assert seconds < 1.4
        for each, result in zip(asked, results, strict=True):
            manners = {name[0] for name in each.check.kind.questions(each.check.entry, each.facts)}
            assert result.verdict is OPEN or not manners & {"h", "r"}


def test_a_leash_that_is_cut_tells_whoever_still_asks() -> None:
    leash = Leash(60)
    leash.cut()
    with pytest.raises(OutOfTimeError):
        leash.left()
    told = threading.Event()
    leash.on_cut(told.set)
    assert told.is_set()


@dataclass(frozen=True)
class SlowToWeigh(Zeros):
    """A kind that takes its time over an answer."""

    seconds: float = 30.0

    def judge(self, entry: CheckEntry, facts: Facts, answers: Answers) -> Outcome:
        time.sleep(self.seconds)
        return super().judge(entry, facts, answers)


def test_what_takes_too_long_to_be_weighed_is_given_up_in_time() -> None:
    crew = Crew({NumberQuestion: lambda _question, _leash: Number(0)})
    slow = asks("slow", kind=SlowToWeigh(("q",), seconds=5.0))
    (result, quick), took = asked_of(crew, [slow, asks("quick", "r")], limits(0.3, 10))
    assert (result.verdict, result.outcome.cause, quick.verdict) == (OPEN, Cause.TIMEOUT, PASS)
    assert str(result.outcome.message) == "the answer takes too long to be read"
    assert 1 <= took < 2.5


def test_weighing_has_a_second_although_the_answer_took_all_the_time() -> None:
    def late(_question: NumberQuestion, _leash: Leash) -> Answer:
        time.sleep(0.2)
        return Number(0)

    (result,), _ = asked_of(Crew({NumberQuestion: late}), [asks("x", kind=SlowToWeigh(("q",), 0.3))], limits(0.3, 10))
    assert result.verdict is PASS


def test_a_machine_without_another_thread_breaks_one_check_and_no_run(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    (result,), _ = asked_of(Crew({NumberQuestion: lambda _question, _leash: Number(0)}), [asks("x", "q")], limits(1, 2))
    assert (result.verdict, result.outcome.cause) == (OPEN, Cause.BROKEN)
