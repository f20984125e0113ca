"""Many questions at once, a thread for each; none of them can hold up the others, or the end of the program."""

import queue
import threading
import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from rollout_cli.checks.questions import Answer, NoAnswer, Question
from rollout_cli.checks.verdict import Cause, Outcome
from rollout_cli.checks.words import say
from rollout_cli.control.inquiry import too_slow
from rollout_cli.sources.probes.leash import Leash, OutOfTimeError

Probe = Callable[[Any, Leash], Answer]
"""Answers one kind of question. Raises `OutOfTimeError` when the leash says so; a leash that is cut ends it anyway."""


Work = Callable[[], Answer | Outcome]


class Crew:
    """Keeps the promises of `rollout_cli.control.inquiry.Prober`.

    A thread that does not come back in time is left behind: it is a daemon, and its leash was cut.
    """

    def __init__(self, probes: Mapping[type, Probe]) -> None:
        self._probes = probes
        self._answers: queue.SimpleQueue[tuple[int, Answer | Outcome]] = queue.SimpleQueue()
        self._leashes: dict[int, tuple[Leash, float]] = {}
        self._begun = time.monotonic()

    def start(self, ticket: int, question: Question, seconds: float) -> None:
        """Begin to ask."""
        leash = Leash(seconds)
        self._begin(ticket, leash, seconds, lambda: self._probes[type(question)](question, leash))

    def weigh(self, ticket: int, work: Callable[[], Outcome], seconds: float) -> None:
        """Begin to weigh answers."""
        self._begin(ticket, Leash(seconds), seconds, work)

    def _begin(self, ticket: int, leash: Leash, seconds: float, work: Work) -> None:
        self._leashes[ticket] = (leash, seconds)
        try:
            threading.Thread(target=self._work, args=(ticket, leash, seconds, work), daemon=True).start()
        except RuntimeError as error:  # this machine gives us no more threads
            self._answers.put((ticket, broken(error)))

    def wait(self) -> tuple[int, Answer | Outcome]:
        """The next answer or outcome; at the latest when the first of the leashes ends."""
        while True:
            ticket, (leash, seconds) = min(self._leashes.items(), key=lambda item: item[1][0].end)
            try:
                answered, answer = self._answers.get(timeout=max(leash.end - time.monotonic(), 0))
            except queue.Empty:
                del self._leashes[ticket]
                leash.cut()
                return ticket, _in_time(seconds)
            if answered in self._leashes:  # else it came after all, when nobody waited for it any more
                del self._leashes[answered]
                return answered, answer

    def elapsed(self) -> float:
        """Seconds since the crew came together."""
        return time.monotonic() - self._begun

    def dismiss(self) -> None:
        """Cut every leash that is left."""
        for leash, _ in self._leashes.values():
            leash.cut()
        self._leashes.clear()

    def _work(self, ticket: int, leash: Leash, seconds: float, work: Work) -> None:
        try:
            came = work()
        except OutOfTimeError:
            came = _in_time(seconds)
        except Exception as error:  # noqa: BLE001 - a broken probe is no answer, and no reason to stop the others
            came = broken(error)
        finally:
            leash.cut()
        self._answers.put((ticket, came))


def broken(error: BaseException) -> NoAnswer:
    """The answer of a probe that broke; only the kind of the error is repeated, its words may hold anything."""
    message = say("asking broke: {error}", error=type(error).__name__)
    return NoAnswer(Cause.BROKEN, message, say("this is a bug in rollout or in the plugin: report it"))


def _in_time(seconds: float) -> NoAnswer:
    return too_slow(timedelta(seconds=max(round(seconds), 1)))
