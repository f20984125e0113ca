"""A rollback as applications feel it: until the last of fifty processes stops answering "on", and what waiting costs.

Run as a program with a store's URL, this file is one of the processes.
"""

import random
import selectors
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, median
from tempfile import TemporaryDirectory
from time import monotonic_ns, process_time_ns, sleep

from benchmarks.ours import rollout, write_project
from benchmarks.question import FLAG, ROLLOUT
from benchmarks.report import Section, Verdict
from rollout_cli import RolloutClient
from rollout_cli.control.rollback import Safe, roll_back
from rollout_cli.store.address import address_from_url
from rollout_cli.store.sql_store import open_store

PROCESSES = 50
ASK_SECONDS = 0.01
WANTED_MS = 100.0
WANTED_PERCENT = 0.5
COMMIT, VERB, COMMAND = "from the commit", "from the call of the verb", "from pressing Enter on `rollout rollback`"

METHOD = f"""\
{{processes}} processes, each with a `RolloutClient` of its own on one SQLite store, ask every
{ASK_SECONDS * 1000:.0f} ms whether the flag is on. Once all say "on", the rollout is rolled back: {{rounds}} times by
the verb in this process, {{rounds}} times by the command, in turn. Measured until the last process got "off" for an
answer, on one clock; at most {ASK_SECONDS * 1000:.0f} ms of that are its asking. The commit counts as done when the
verb has returned. Idle: the processor time of a whole process that does not ask, over {{idle}} s. Below, how often
others look for a change unless told otherwise, as their documentation says: a process hears of it up to so much
later."""

PEERS = (
    ("flagd, file", "0.5 s"),
    ("LaunchDarkly, file data source", "1 s"),
    ("Unleash", "15 s"),
    ("Flagsmith, local evaluation", "60 s"),
    ("GO Feature Flag", "120 s"),
)


@dataclass(frozen=True, slots=True)
class Round:
    """One rollback: when it was asked for, when it was done, and when the processes got their first "off"."""

    asked: int
    done: int
    heard: tuple[int, ...]

    @property
    def from_asking(self) -> float:
        """Milliseconds until the last process heard."""
        return (max(self.heard) - self.asked) / 1e6

    @property
    def from_done(self) -> float:
        """The same from when the rollback was done; a process may hear while it is still being reported."""
        return max(0.0, (max(self.heard) - self.done) / 1e6)


class Crowd:
    """The processes; all are told the same, and all answer."""

    def __init__(self, processes: Sequence[subprocess.Popen[str]]) -> None:
        self._processes = processes

    def tell(self, order: str) -> None:
        """Give an order."""
        for each in self._processes:
            assert each.stdin is not None  # noqa: S101 - says so to the type checker
            each.stdin.write(order + "\n")
            each.stdin.flush()

    def answers(self) -> tuple[int, ...]:
        """What each says to the last order, once all have spoken."""
        return tuple(int(_line(each)) for each in self._processes)

    def ask(self, order: str) -> tuple[int, ...]:
        """Both."""
        self.tell(order)
        return self.answers()


def section(quick: bool) -> Section:  # noqa: FBT001 - every section has this one parameter
    """Both rollbacks, and the idle processes."""
    processes, rounds, idle = (PROCESSES, 10, 5) if quick else (PROCESSES, 100, 30)
    with TemporaryDirectory() as temporary:
        folder = Path(temporary)
        write_project(folder, "{enabled: true}")
        rollout(folder, "advance", "--yes")
        url = f"sqlite:///{folder}/.rollout/rollout.db"
        with crowd(url, processes) as everybody:
            percents = [share / (idle * 1e7) for share in everybody.ask(f"idle {idle}")]
            by_verb, by_command = _take_turns(folder, url, everybody, rounds)
    times = {
        COMMIT: [each.from_done for each in by_verb],
        VERB: [each.from_asking for each in by_verb],
        COMMAND: [each.from_asking for each in by_command],
    }
    return Section(
        f"Rollback to the last of {processes} processes",
        METHOD.format(processes=processes, rounds=rounds, idle=idle),
        ("until the last process", "median", "p99", "largest"),
        (*(_row(name, values) for name, values in times.items()), _idle_row(percents), *_peer_rows()),
        (_at_most_ms(COMMIT, percentile(times[COMMIT], 99)), _at_most_percent(max(percents))),
    )


def percentile(values: Sequence[float], percent: int) -> float:
    """The smallest value that so many percent of all do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)]


@contextmanager
def crowd(url: str, processes: int) -> Iterator[Crowd]:
    """So many processes, connected and ready; gone afterwards."""
    command = [sys.executable, "-m", "benchmarks.rollback", url]
    top = Path(__file__).resolve().parent.parent
    started = [
        subprocess.Popen(command, cwd=top, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)  # noqa: S603 - our own
        for _ in range(processes)
    ]
    try:
        everybody = Crowd(started)
        everybody.answers()
        yield everybody
    finally:
        for each in started:
            each.kill()
        for each in started:
            each.communicate()


def _take_turns(folder: Path, url: str, everybody: Crowd, rounds: int) -> tuple[list[Round], list[Round]]:
    ledger = open_store(address_from_url(url)).ledger(ROLLOUT)
    by_verb: list[Round] = []
    by_command: list[Round] = []
    chance = random.Random(7)  # noqa: S311 - so that rollbacks meet the processes at any moment of their pause
    for _ in range(rounds):
        for rounds_so_far, go_back in (
            (by_verb, lambda: roll_back(ledger, Safe(), actor="benchmark", reason="")),
            (by_command, lambda: rollout(folder, "rollback")),
        ):
            everybody.tell("until on")
            rollout(folder, "advance", "--phase", "0", "--yes")
            everybody.answers()
            everybody.tell("until off")
            sleep(0.1 + chance.random() / 10)
            rounds_so_far.append(_timed(go_back, everybody))
    return by_verb, by_command


def _timed(go_back: Callable[[], object], everybody: Crowd) -> Round:
    asked = monotonic_ns()
    go_back()
    done = monotonic_ns()
    return Round(asked, done, everybody.answers())


def _line(process: subprocess.Popen[str]) -> str:
    """The next line of a process; one that says nothing for a minute has failed."""
    assert process.stdout is not None  # noqa: S101
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        if not selector.select(60):
            raise RuntimeError("a process did not answer within a minute")
    return process.stdout.readline()


def _row(name: str, values: Sequence[float]) -> tuple[str, ...]:
    return name, *(f"{each:.0f} ms" for each in (median(values), percentile(values, 99), max(values)))


def _idle_row(percents: Sequence[float]) -> tuple[str, ...]:
    shown = (median(percents), percentile(percents, 99), max(percents))
    return f"idle: share of a core, each (mean {mean(percents):.2f} %)", *(f"{each:.2f} %" for each in shown)


def _peer_rows() -> Iterator[tuple[str, ...]]:
    return ((f"{name} looks every", interval, "", "") for name, interval in PEERS)


def _at_most_ms(what: str, value: float) -> Verdict:
    wanted = f"rollback {what} to the last process: p99 at most {WANTED_MS:.0f} ms"
    return Verdict(wanted, f"measured {value:.0f} ms", value <= WANTED_MS)


def _at_most_percent(value: float) -> Verdict:
    wanted = f"an idle process: less than {WANTED_PERCENT} % of a core each"
    return Verdict(wanted, f"measured {value:.2f} % for the busiest", value < WANTED_PERCENT)


def _be_one_of_them(url: str) -> None:
    """Do as told until nobody tells any more: `until on`, `until off`, `idle SECONDS`; answer each with a number."""
    client = RolloutClient.connect(url, rollout=ROLLOUT, environment={})
    _say(client.health().revision)
    for line in sys.stdin:
        match line.split():
            case ["idle", seconds]:
                before = process_time_ns()
                sleep(float(seconds))
                _say(process_time_ns() - before)
            case ["until", wanted]:
                while client.is_enabled(FLAG, "shopper-1") != (wanted == "on"):
                    sleep(ASK_SECONDS)
                _say(monotonic_ns())


def _say(number: int) -> None:
    print(number, flush=True)  # noqa: T201 - how a process answers


if __name__ == "__main__":
    _be_one_of_them(sys.argv[1])
