"""A million ids through the program: `rollout evaluate --ids-file` and `rollout plan --ids`, as processes."""

import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from benchmarks.harness import interleave, paired_ratio
from benchmarks.ours import rollout, write_project
from benchmarks.question import FLAG, PERCENT, UnequalError
from benchmarks.report import Section

BARE, EVALUATE, EVALUATE_JSON = "bare loop", "rollout evaluate", "rollout evaluate --format json"
PLAN, PLAN_JSON = "rollout plan", "rollout plan --format json"

METHOD = f"""\
A file of {{ids:,}} ids, one a line; whole processes, from start to end, writing to a file. The bare loop is a script of
seven lines that hashes each id and writes `id<TAB>value`. `rollout evaluate` writes `id<TAB>value<TAB>reason` at
{PERCENT} %; `rollout plan` asks two states of the flag, 10 % and {PERCENT} %, and names everybody who flips. Median of
{{rounds}} rounds, everybody once a round in turn; the ratio is the median of those within a round. Peak memory is the
process's largest resident set; `rollout plan` has to hold those whom it names."""

_BARE = f"""\
import sys
import mmh3
with open(sys.argv[1], encoding="utf-8") as ids:
    for line in ids:
        key = line.rstrip("\\n")
        value = "true" if mmh3.hash(key, 0, False) < {PERCENT * 2**32 // 100} else "false"
        sys.stdout.write(f"{{key}}\\t{{value}}\\n")
"""

# A child's peak begins with that of its parent, so a parent that is smaller than what is measured starts it.
_LAUNCHER = """\
import os, sys, time
start = time.perf_counter()
out = [(os.POSIX_SPAWN_OPEN, 1, sys.argv[1], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)]
child = os.posix_spawn(sys.argv[2], sys.argv[2:], os.environ, file_actions=out)
_, status, used = os.wait4(child, 0)
print(time.perf_counter() - start, used.ru_maxrss / 1024, os.waitstatus_to_exitcode(status))
"""


@dataclass(frozen=True, slots=True)
class Process:
    """What one process took: seconds from start to end, and its peak in MiB."""

    seconds: float
    peak: float


def section(quick: bool) -> Section:  # noqa: FBT001 - every section has this one parameter
    """Both commands beside the bare loop."""
    ids, rounds = (20_000, 2) if quick else (1_000_000, 5)
    with TemporaryDirectory() as temporary:
        folder = Path(temporary)
        commands = _prepare(folder, ids)
        runs = {name: _run(folder, number, command) for number, (name, command) in enumerate(commands.items())}
        readings = interleave(runs, rounds)
        _verify(folder, ids)
    rows = tuple(_row(name, taken, readings[BARE]) for name, taken in readings.items())
    columns = ("process", "seconds", "x bare loop", "peak MiB")
    return Section("A million ids", METHOD.format(ids=ids, rounds=rounds), columns, rows)


def measure_process(command: Sequence[str], output: Path, folder: Path) -> Process:
    """Run a command to its end, its output into a file."""
    launcher = [sys.executable, "-I", "-S", "-c", _LAUNCHER, str(output), *command]
    done = subprocess.run(launcher, cwd=folder, capture_output=True, text=True, check=True)  # noqa: S603 - our own command
    seconds, peak, code = done.stdout.split()
    if code != "0":
        raise RuntimeError(f"{' '.join(command)} exited with {code}: {done.stderr}")
    return Process(float(seconds), float(peak))


def _prepare(folder: Path, ids: int) -> dict[str, list[str]]:
    """The project at 10 %, the ids, and the commands."""
    steps = f"ramp: {{flags: [{FLAG}], steps: [{{percent: 10}}, {{percent: {PERCENT}}}]}}\n"
    write_project(folder, "{enabled: true}", steps)
    rollout(folder, "advance", "--yes")
    (folder / "ids.txt").write_text("".join(f"shopper-{number:06d}\n" for number in range(ids)), encoding="utf-8")
    program = [sys.executable, "-m", "rollout_cli.cli.main"]
    evaluate = ["evaluate", FLAG, "--percent", str(PERCENT), "--ids-file", "ids.txt"]
    return {
        BARE: [sys.executable, "-c", _BARE, "ids.txt"],
        EVALUATE: [*program, *evaluate],
        EVALUATE_JSON: [*program, "--format", "json", *evaluate],
        PLAN: [*program, "plan", "--ids", "ids.txt"],
        PLAN_JSON: [*program, "--format", "json", "plan", "--ids", "ids.txt"],
    }


def _run(folder: Path, number: int, command: Sequence[str]) -> Callable[[int], Process]:
    return lambda _round: measure_process(command, folder / f"{number}.out", folder)


def _verify(folder: Path, ids: int) -> None:
    """The answers are those of the question: one a line, or all in one document."""
    bare, evaluated = ((folder / f"{number}.out").read_bytes().splitlines() for number in (0, 1))
    on = sum(b"\ttrue" in line for line in evaluated)
    radius = json.loads((folder / "4.out").read_bytes())["blast_radius"]
    if not len(bare) == len(evaluated) == radius["asked"] == ids:
        raise UnequalError("not every id was answered")
    if not 0.24 * ids < on < 0.26 * ids or not 0.14 * ids < radius["on"] == len(radius["ids_on"]) < 0.16 * ids:
        raise UnequalError(f"{on} ids are on and {radius['on']} flip on, of {ids}")


def _row(name: str, taken: Sequence[Process], bare: Sequence[Process]) -> tuple[str, ...]:
    seconds = [each.seconds for each in taken]
    ratio = paired_ratio(seconds, [each.seconds for each in bare])
    return name, f"{median(seconds):.2f}", f"{ratio:.2f}", f"{median(each.peak for each in taken):.0f}"
