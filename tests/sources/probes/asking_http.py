"""Ask the HTTP and number probes, as a crew would, and see that nothing is left behind."""

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from rollout_cli.checks.questions import Answer, HttpQuestion, HttpReply, NoAnswer, NumberQuestion, Question
from rollout_cli.checks.sources_file import SourceEntry, SourcesFile
from rollout_cli.checks.verdict import Cause
from rollout_cli.sources.probes.crew import Crew
from rollout_cli.sources.probes.http import THE_WORLD, HttpProbe, World
from rollout_cli.sources.probes.numbers import NumberProbe
from rollout_cli.sources.probes.settings import ProbeSettings

NAMED = ("127.0.0.1",)
"""Where the test servers are."""

GRACE = 10.0
"""Seconds that a busy machine may take to end what is over; without a limit, that would never end."""


def settings(
    environment: Mapping[str, str] | None = None, sources: Mapping[str, SourceEntry] | None = None
) -> ProbeSettings:
    return ProbeSettings(Path("/nowhere"), environment or {}, SourcesFile(version=1, sources=dict(sources or {})))


def asked(
    question: Question, *, seconds: float = 5.0, world: World = THE_WORLD, project: ProbeSettings | None = None
) -> Answer:
    """The answer, which has to come within the limit and some grace; the thread that asked has to end by then, too."""
    known = project or settings()
    crew = Crew({HttpQuestion: HttpProbe(known, world), NumberQuestion: NumberProbe(known, world)})
    before = set(threading.enumerate())
    begun = time.monotonic()
    crew.start(1, question, seconds)
    askers = set(threading.enumerate()) - before
    ticket, answer = crew.wait()
    crew.dismiss()
    for asker in askers:
        asker.join(begun + seconds + GRACE - time.monotonic())
    assert time.monotonic() - begun < seconds + GRACE
    assert ticket == 1
    return answer


def why(answer: Answer) -> Cause:
    """The cause of an answer that has to be none; its words have to be presentable."""
    assert isinstance(answer, NoAnswer), answer
    assert str(answer.message)
    assert str(answer.hint)
    return answer.cause


def reply(answer: Answer) -> HttpReply:
    assert isinstance(answer, HttpReply), answer
    return answer


def _open_descriptors() -> set[str]:
    return {each.name for each in Path("/proc/self/fd").iterdir()}


@contextmanager
def nothing_left_behind() -> Iterator[None]:
    """Every thread has ended and every socket is closed, soon after."""
    threads, descriptors = set(threading.enumerate()), _open_descriptors()
    yield
    deadline = time.monotonic() + GRACE
    while time.monotonic() < deadline:
        left = {each for each in threading.enumerate() if each.is_alive()} - threads
        if not left and len(_open_descriptors()) <= len(descriptors):
            return
        time.sleep(0.01)
    raise AssertionError((left, _open_descriptors() - descriptors))
