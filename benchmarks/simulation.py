"""A whole simulation: what it costs beside the floor, what its traffic costs, what a second worker gains."""

import json
import logging
import subprocess
import sys
from collections import deque
from contextlib import suppress
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory, TemporaryFile
from time import perf_counter, process_time, sleep

from benchmarks.harness import interleave, paired_ratio, undisturbed
from benchmarks.pipeline import deliveries, floor
from benchmarks.report import Section, Verdict, at_least, at_most
from rollout_cli.flags.model import FlagDefinition, FlagType, Snapshot
from rollout_cli.pipeline.switches import EVENTS, GROUP_ROUTING, POLICY, ROUTING, SHADOW
from rollout_cli.simulate.position import with_everything_on
from rollout_cli.simulate.traffic.cast import shopper_ids
from rollout_cli.simulate.traffic.profile import Profile
from rollout_cli.simulate.traffic.stream import traffic
from rollout_cli.simulation.running import Order, simulate
from rollout_cli.simulation.workers import simulate_on_cores

BATCH = 1_000
SHOPPERS = 50
WANTED, WANTED_TRAFFIC, WANTED_WORKERS, WANTED_MEGABYTES = 0.3, 0.25, 1.7, 300
FLOOR, TRAFFIC, RUN, TWO = (
    "floor: typed decode, one INSERT of one row",
    "the traffic alone",
    "all of it, one worker",
    "all of it, two workers",
)

METHOD = """\
{count:,} events of {shoppers} shoppers with the usual profile (all providers, all kinds; most are Evolution's, and
larger than the texts above), everything on for everybody, in batches of {batch:,} on a temporary SQLite file: made,
normalized, decided, stored, routed, assigned, and judged. The floor is that of the whole path above, with its texts.
Processor time an event, the median of {rounds} rounds, and ratios within the same round; workers on the clock, with the
time that it takes to start them. Memory is the largest resident size of `rollout simulate --phase 3` as a process."""


def everything_on() -> Snapshot:
    """Flags as at the end of a rollout."""
    names = (EVENTS, SHADOW, ROUTING, GROUP_ROUTING)
    flags = {name: FlagDefinition(name, FlagType.BOOLEAN, default=name == SHADOW) for name in names}
    flags[POLICY] = FlagDefinition(POLICY, FlagType.STRING, default="default")
    return with_everything_on(Snapshot("benchmark", definitions=flags))


def order(count: int) -> Order:
    """What is run."""
    profile = Profile.model_validate({})
    return Order(everything_on(), profile, 7, count, shopper_ids(SHOPPERS), batch=BATCH, signals=False)


def _floor(count: int) -> float:
    work = deliveries(0, count)
    with TemporaryDirectory() as folder, undisturbed():
        begun = process_time()
        floor(Path(folder), work)
        return process_time() - begun


def _traffic(wanted: Order) -> float:
    begun = process_time()
    deque(traffic(wanted.cast(), wanted.profile, wanted.seed), maxlen=0)
    return process_time() - begun


def _run(wanted: Order) -> tuple[float, float]:
    """Seconds of processor time, and on the clock."""
    begun, at = process_time(), perf_counter()
    simulate(wanted)
    return process_time() - begun, perf_counter() - at


def _noted(runs: list[tuple[float, float]], run: tuple[float, float]) -> float:
    """Keep both readings of a run; the processor's is the one to compare."""
    runs.append(run)
    return run[0]


def _two(wanted: Order) -> float:
    at = perf_counter()
    simulate_on_cores(wanted, 2)
    return perf_counter() - at


def megabytes(count: int) -> tuple[float, float]:
    """The largest resident size of a run as a process, and how many events a second it made."""
    words = [sys.executable, "-m", "rollout_cli.cli.main", "simulate", "--phase", "3", "--events", str(count)]
    most = 0
    with TemporaryFile() as answer:
        with subprocess.Popen([*words, "--batch", str(BATCH), "--format", "json", "-q"], stdout=answer) as process:  # noqa: S603 - our own program
            while process.poll() is None:
                most = max(most, _largest(process.pid))
                sleep(0.05)
        answer.seek(0)
        return most / 1024, float(json.load(answer)["throughput_per_s"])


def _largest(pid: int) -> int:
    """The most KiB that a process had until now; 0 where it is gone, or the system does not say."""
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1])
    return 0


def section(quick: bool) -> Section:  # noqa: FBT001 - as every section is called
    """Measure."""
    count, rounds, large = (2_000, 1, 5_000) if quick else (60_000, 3, 1_000_000)
    wanted = order(count)
    logging.getLogger("rollout").addHandler(logging.NullHandler())
    runs: list[tuple[float, float]] = []
    readings = interleave(
        {
            FLOOR: lambda _: _floor(count),
            TRAFFIC: lambda _: _traffic(wanted),
            RUN: lambda _: _noted(runs, _run(wanted)),
            TWO: lambda _: _two(wanted),
        },
        rounds,
    )
    rows = []
    for name, own in readings.items():
        clock = name == TWO
        cost = "" if clock else f"{median(own) / count * 1e6:.1f}"
        speed = "" if clock else f"{paired_ratio(readings[FLOOR], own):.3f}"
        seconds = [each[1] for each in runs] if name == RUN else own
        rows.append((name, cost, f"{count / median(seconds):,.0f}", speed))
    size, speed_of_large = megabytes(large)
    rows.append((f"{large:,} events as a process: {size:.0f} MB", "", f"{speed_of_large:,.0f}", ""))
    memory = Verdict(
        f"memory of {large:,} events: below {WANTED_MEGABYTES} MB", f"{size:.0f} MB", size < WANTED_MEGABYTES
    )
    return Section(
        "A simulation",
        METHOD.format(count=count, shoppers=SHOPPERS, batch=BATCH, rounds=rounds),
        ("what is done", "us an event", "events a second", "of the floor's speed"),
        tuple(rows),
        (
            at_least("all of it to the floor", paired_ratio(readings[FLOOR], readings[RUN]), WANTED),
            at_most("the traffic to all of it", paired_ratio(readings[TRAFFIC], readings[RUN]), WANTED_TRAFFIC),
            at_least("two workers to one", paired_ratio([each[1] for each in runs], readings[TWO]), WANTED_WORKERS),
            memory,
        ),
    )
