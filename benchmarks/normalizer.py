"""A provider's body to finished canonical events: how long it takes, and how much memory."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import process_time_ns

from benchmarks.harness import interleave, paired_ratio, undisturbed
from benchmarks.normalizer_bodies import LARGE, TEN, TEXT, USUAL, Kind
from benchmarks.normalizer_memory import READERS as IN_MEMORY
from benchmarks.normalizer_memory import Peak, peak
from benchmarks.normalizer_readers import FLOOR, OURS, READERS, Reader, verify
from benchmarks.report import Section, Verdict, at_most, package_version

_MESSAGES = 2_000
"""So many messages each one reads in a round, in bodies that are all different."""
COLUMNS = ("body", "bytes", "who reads it", "version", "messages", "us a message", "x floor", "resident", "traced")

METHOD = """\
From the bytes of a body to what is made of it, which is held until the next. Each round everybody reads the same
{messages:,} messages, in turn, all of other people, ids and seconds. Microseconds of processor time for each message
that something is made of; the floor is `orjson.loads` of the same bytes, and the ratio the median of those within a
round, of {rounds}. Before that each one has shown that it finds all messages; pywa reads the first one of a body and
drops the others, so its time is that of one message.
The typed wires decode the Cloud API's body and make no event of it; the pydantic events hold what a text fills, of
texts alone, without what is odd. Our `raw` is made when it is looked at; `to_json` writes all of an event, `raw` too.
For bodies of about a megabyte: the peak of memory beyond the body while it is read and its events are held, as
multiples of its size; of the resident set in a fresh process, and of what Python's allocators were asked for, which
for `orjson` is more than it ever touches. Median of {processes}."""

Rounds = Mapping[str, Sequence[float]]
Peaks = Mapping[str, Peak]


def section(quick: bool) -> Section:  # noqa: FBT001 - every section has this one parameter
    """Everybody with the usual bodies, then us and the floor with large ones."""
    messages, rounds, processes = (100, 2, 1) if quick else (_MESSAGES, 25, 5)
    taken = {kind.name: measure(kind, READERS, messages, rounds) for kind in USUAL}
    held = {kind.name: measure_memory(kind, processes) for kind in LARGE}
    rows = (
        *(row for kind in USUAL for row in rows_of(kind, taken[kind.name])),
        *(row for kind in LARGE for row in rows_of_memory(kind, held[kind.name])),
    )
    method = METHOD.format(messages=messages, rounds=rounds, processes=processes)
    return Section("Webhook bodies to canonical events", method, COLUMNS, rows, verdicts(taken, held))


def measure(kind: Kind, readers: Sequence[Reader], messages: int, rounds: int) -> Rounds:
    """Microseconds a message, for everybody who reads such bodies, in every round."""
    bodies = kind.bodies(max(1, messages // kind.events))
    turns: dict[str, Callable[[int], float]] = {}
    for each in readers:
        if each.reads(kind):
            verify(each, kind)
            turns[each.name] = _turn(each, kind, bodies)
    with undisturbed():
        return interleave(turns, rounds)


def measure_memory(kind: Kind, processes: int) -> Peaks:
    """The median peaks of each reader, by its short name."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "body.json"
        file.write_bytes(kind.make(0))
        found = interleave({name: _process(name, kind, file) for name in IN_MEMORY}, processes)
    return {
        name: Peak(median(each.resident for each in peaks), median(each.traced for each in peaks))
        for name, peaks in found.items()
    }


def rows_of(kind: Kind, rounds: Rounds) -> list[tuple[str, ...]]:
    """The rows of one kind's time."""
    size = f"{len(kind.make(1)):,}"
    readers = [each for each in READERS if each.name in rounds]
    return [
        (
            kind.name, size, each.name, package_version(each.package), f"{each.made(kind):,}",
            f"{median(rounds[each.name]):,.2f}", f"{paired_ratio(rounds[each.name], rounds[FLOOR.name]):,.2f}", "", "",
        )
        for each in readers
    ]  # fmt: skip


def rows_of_memory(kind: Kind, peaks: Peaks) -> list[tuple[str, ...]]:
    """The rows of one kind's memory."""
    size = f"{len(kind.make(0)):,}"
    return [
        (
            kind.name, size, IN_MEMORY[name].name, package_version(IN_MEMORY[name].package), f"{kind.events:,}", "", "",
            f"{each.resident:.1f} x", f"{each.traced:.1f} x",
        )
        for name, each in peaks.items()
    ]  # fmt: skip


def verdicts(taken: Mapping[str, Rounds], held: Mapping[str, Peaks]) -> tuple[Verdict, ...]:
    """Against what was wanted: near the floor in time, and small in memory."""
    near = (
        at_most(f"normalize to the floor, {kind.name}", paired_ratio(rounds[OURS.name], rounds[FLOOR.name]), limit)
        for kind, limit in ((TEXT, 5), (TEN, 3))
        for rounds in (taken[kind.name],)
    )
    small = (
        at_most(f"peak of memory beyond the body, {name}", max(peaks["ours"].resident, peaks["ours"].traced), 6)
        for name, peaks in held.items()
    )
    return (*near, *small)


def _process(name: str, kind: Kind, file: Path) -> Callable[[int], Peak]:
    return lambda _round: peak(name, kind.provider, file)


def _turn(reader: Reader, kind: Kind, bodies: Sequence[bytes]) -> Callable[[int], float]:
    read, made = reader.open(kind.provider), reader.made(kind)
    read(bodies[0])

    def turn(_number: int) -> float:
        start = process_time_ns()
        for body in bodies:
            held = read(body)
        taken = process_time_ns() - start
        del held
        return taken / 1_000 / (made * len(bodies))

    return turn
