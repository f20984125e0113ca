"""What the compat layer adds to a caller's time, with candidates that behave as badly as they can."""

import json
import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from statistics import median
from time import perf_counter_ns, sleep
from typing import Any

from benchmarks.report import Section, Verdict
from rollout_cli.flags.decision import Decision
from rollout_cli.flags.model import FlagValue
from rollout_cli.pipeline.backlog import Backlog, ThreadBacklog
from rollout_cli.pipeline.compat import CompatLayer
from rollout_cli.pipeline.delivery import Candidate, Delivery
from rollout_cli.pipeline.isolated import ProcessBacklog
from rollout_cli.pipeline.shoppers import ByField
from rollout_cli.pipeline.switches import EVENTS, SHADOW

HANG_SECONDS = 10.0
MOST_EATEN = 256
WANTED_MS = 1.0
PAUSE_SECONDS = 0.0005
IN_PROCESS = ", in a process"

METHOD = f"""\
A legacy handler decodes a body of {{length}} bytes, writes to a pipe and reads from it. It is called {{calls}} times as
it is and as often with the layer around it, in {{blocks}} blocks in turn, a call every {PAUSE_SECONDS * 1000:.1f} ms or
so. The shopper is a field of the body, and every delivery goes to a candidate: one that takes everything at once, one
that hangs for {HANG_SECONDS:.0f} s, one that raises, two that keep a megabyte for each delivery, in one piece or in
small objects, until {MOST_EATEN} are kept, and then raise `MemoryError`, and one that computes and never rests. It runs
in a thread of the caller's process (`ThreadBacklog`), then in a process of its own (`ProcessBacklog`). Added: the
difference of the percentiles. Off: the flags are off. In a thread, the last two are no promise: what computes in Python
competes with the callers for the interpreter."""

BODY = json.dumps(
    {"shop": "shopper-1", "data": {"messages": [{"id": str(each), "text": "x" * 40} for each in range(20)]}}
)


class Nothing:
    """Metrics that nobody looks at."""

    def add(self, name: str, amount: int = 1, *, provider: str = "", path: str = "", outcome: str = "") -> None:
        """Count nothing."""

    def observe(self, name: str, milliseconds: float, *, provider: str = "", path: str = "", outcome: str = "") -> None:
        """Measure nothing."""

    def level(self, name: str, value: float) -> None:
        """Say nothing."""


@dataclass(frozen=True, slots=True)
class Switches:
    """Flags that are all on, in shadow, or all off."""

    are_on: bool = True

    def is_enabled(self, flag: str, shopper_id: str | None = None, *, default: bool = False) -> bool:  # noqa: ARG002
        """Whether a flag is on."""
        return self.are_on and flag in {EVENTS, SHADOW}

    def decide(self, flag: str, shopper_id: str | None = None, *, default: FlagValue | None = None) -> Decision:
        """The same, explained."""
        is_on = self.is_enabled(flag, shopper_id)
        return Decision(flag, is_on if default is None or isinstance(default, bool) else default, is_on, "GLOBAL")

    def value(self, flag: str, shopper_id: str | None = None, *, default: FlagValue | None = None) -> FlagValue | None:
        """The bare value."""
        return self.decide(flag, shopper_id, default=default).value


class Taking:
    """Takes everything."""

    def take(self, deliveries: Sequence[Delivery]) -> object:
        """Say how many there were."""
        return len(deliveries)


class Hanging:
    """Hangs; it is let go when it has been measured."""

    def __init__(self) -> None:
        self.let_go = threading.Event()

    def take(self, deliveries: Sequence[Delivery]) -> object:
        """Take long."""
        return self.let_go.wait(HANG_SECONDS) and deliveries


class Raising:
    """Raises."""

    def take(self, deliveries: Sequence[Delivery]) -> object:
        """Raise."""
        raise ValueError(len(deliveries))


class Eating:
    """Keeps a megabyte for each delivery."""

    def __init__(self) -> None:
        self._eaten: list[object] = []

    def take(self, deliveries: Sequence[Delivery]) -> object:
        """Eat, until there is no more."""
        for _ in deliveries:
            if len(self._eaten) >= MOST_EATEN:
                raise MemoryError
            self._eaten.append(self._megabyte())
        return None

    def _megabyte(self) -> object:
        return b"x" * 1_000_000


class Nibbling(Eating):
    """The same, in small objects."""

    def _megabyte(self) -> object:
        return [bytes(1000) for _ in range(1000)]


class Computing:
    """Computes all the time."""

    def __init__(self) -> None:
        self.let_go = threading.Event()

    def take(self, deliveries: Sequence[Delivery]) -> object:
        """Compute, and never rest."""
        sums = 0
        while not self.let_go.is_set():
            sums += len(deliveries)
        return sums


CANDIDATES: Mapping[str, type[Candidate]] = {
    "takes everything": Taking,
    "hangs for 10 s": Hanging,
    "raises": Raising,
    "eats memory": Eating,
    "eats memory in small objects": Nibbling,
    "computes in Python": Computing,
}
NO_PROMISE = ("off", "eats memory in small objects", "computes in Python")
"""In a thread the last two compete for the interpreter; the first is no candidate."""
Start = Callable[[], AbstractContextManager[Backlog]]


def section(quick: bool) -> Section:  # noqa: FBT001 - every section has this one parameter
    """Every candidate in turn."""
    calls, blocks = (1000, 4) if quick else (20_000, 20)
    rows, verdicts = [], []
    with legacy_handler() as handler:
        for name, start, are_on in _ways():
            bare, beside = _in_turn(handler, start, are_on=are_on, calls=calls // blocks, blocks=blocks)
            rows.append(_row(name, bare, beside))
            if name not in NO_PROMISE:
                verdicts.append(_verdict(name, _at(beside, 99) - _at(bare, 99)))
    return Section(
        "The legacy path with the new one beside it",
        METHOD.format(calls=f"{calls:,}", blocks=blocks, length=len(BODY)),
        ("candidate", "median alone", "beside", "p99 alone", "beside", "added to the median", "added to p99"),
        tuple(rows),
        tuple(verdicts),
    )


def _ways() -> Iterator[tuple[str, Start, bool]]:
    """Each candidate, how it is started, and whether the flags are on."""
    yield "off", partial(_in_thread, Taking), False
    for name, make in CANDIDATES.items():
        yield name, partial(_in_thread, make), True
    for name, make in CANDIDATES.items():
        yield f"{name}{IN_PROCESS}", partial(_in_process, make), True


@contextmanager
def _in_thread(make: Callable[[], Candidate]) -> Iterator[Backlog]:
    candidate = make()
    backlog = ThreadBacklog(candidate, metrics=Nothing())
    yield backlog
    with suppress(AttributeError):
        candidate.let_go.set()  # type: ignore[attr-defined]
    backlog.close(5)


@contextmanager
def _in_process(make: Callable[[], Candidate]) -> Iterator[Backlog]:
    backlog = ProcessBacklog(f"{make.__module__}:{make.__name__}", metrics=Nothing())
    backlog.offer(Delivery("evolution", BODY.encode(), datetime.now(UTC)))
    while backlog.candidate.pid is None:  # an application has started its own long before
        sleep(0.01)
    yield backlog
    backlog.close(0)


@contextmanager
def legacy_handler() -> Iterator[Callable[[bytes], int]]:
    """What is there today: it decodes, and lets go of the interpreter to write and to read."""
    reading, writing = os.pipe()

    def handle(body: bytes) -> int:
        decoded: dict[str, Any] = json.loads(body)
        os.write(writing, b"x")
        return len(decoded) + len(os.read(reading, 1))

    try:
        yield handle
    finally:
        os.close(reading)
        os.close(writing)


def _in_turn(
    handler: Callable[[bytes], int], start: Start, *, are_on: bool, calls: int, blocks: int
) -> tuple[list[int], list[int]]:
    """Nanoseconds of each call, alone and beside."""
    bare: list[int] = []
    beside: list[int] = []
    for _ in range(blocks):
        bare += _timed(handler, calls)
        with start() as backlog:
            layer = CompatLayer(Switches(are_on), backlog, metrics=Nothing(), shoppers=ByField("shop"))
            beside += _timed(layer.wrap(handler, provider="evolution"), calls)
    return bare, beside


def _timed(handler: Callable[[bytes], int], calls: int) -> list[int]:
    body, times = BODY.encode(), []
    for _ in range(calls):
        started = perf_counter_ns()
        handler(body)
        times.append(perf_counter_ns() - started)
        sleep(PAUSE_SECONDS)
    return times


def _at(times: Sequence[int], percent: int) -> float:
    """A percentile, in milliseconds."""
    return sorted(times)[len(times) * percent // 100] / 1e6


def _row(name: str, bare: Sequence[int], beside: Sequence[int]) -> tuple[str, ...]:
    medians = median(bare) / 1e6, median(beside) / 1e6
    highs = _at(bare, 99), _at(beside, 99)
    shown = (*medians, *highs, medians[1] - medians[0], highs[1] - highs[0])
    return name, *(f"{each:.3f} ms" for each in shown)


def _verdict(name: str, added: float) -> Verdict:
    wanted = f"a candidate that {name} adds less than {WANTED_MS:.0f} ms to the caller's p99"
    return Verdict(wanted, f"measured {added:.3f} ms", added < WANTED_MS)
