"""One decision for one id, in an application's process."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter_ns

from benchmarks.harness import interleave, paired_ratio, undisturbed
from benchmarks.ours import DECIDE, FLOOR, HAND_WRITTEN, IS_ENABLED
from benchmarks.peers import PEERS
from benchmarks.question import IDS, PERCENT, Competitor, Count, Question, question, verify
from benchmarks.report import Section, Verdict, at_least, at_most, package_version

COMPETITORS = (FLOOR, HAND_WRITTEN, IS_ENABLED, DECIDE, *PEERS)
LISTS = (0, 100, 1_000)
_WARM_UP = 500

METHOD = f"""\
Is a flag on for an id: {IDS:,} ids, {PERCENT} % by the id, with so many ids on the allowlist and so many on the
denylist. Nanoseconds a decision, the loop `for each in ids: if ask(each): on += 1` included for all. The median of
{{rounds}} rounds; each round asks everybody in turn, a slow one about as many ids as it can in {{budget:.2f}} s. Ratios
are medians of those within a round. Before that, each one has shown that it honours the lists and turns on {PERCENT} %
of the others.
The peers are set up offline, with events and telemetry off. The bare hash knows no lists, salt or reasons."""

Rounds = Mapping[str, Sequence[float]]


def section(quick: bool) -> Section:  # noqa: FBT001 - every section has this one parameter
    """Everybody, without lists and with short and long ones."""
    rounds, budget = (3, 0.02) if quick else (15, 0.25)
    measured = {listed: measure(COMPETITORS, question(listed), rounds, budget) for listed in LISTS}
    rows = tuple(row for listed in LISTS for row in rows_of(listed, measured[listed]))
    columns = ("allowed, denied", "who decides", "version", "ns", "x bare hash", "x hand-written")
    return Section("One decision", METHOD.format(rounds=rounds, budget=budget), columns, rows, verdicts(measured))


def measure(competitors: Sequence[Competitor], asked: Question, rounds: int, budget: float) -> Rounds:
    """Nanoseconds a decision, for everybody in every round."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        counts: dict[str, Count] = {}
        for number, each in enumerate(competitors):
            own = folder / str(number)
            own.mkdir()
            counts[each.name] = stack.enter_context(each.open(asked, own))
        for name, count in counts.items():
            if name != FLOOR.name:
                verify(name, count, asked)
        turns = {name: _turn(count, asked, budget) for name, count in counts.items()}
        with undisturbed():
            return interleave(turns, rounds)


def rows_of(listed: int, rounds: Rounds) -> list[tuple[str, ...]]:
    """The rows of one length of the lists."""
    rows = []
    for each in COMPETITORS:
        readings = rounds[each.name]
        ratios = [paired_ratio(readings, rounds[reference.name]) for reference in (FLOOR, HAND_WRITTEN)]
        shown = (f"{median(readings):,.0f}", *(f"{ratio:,.2f}" for ratio in ratios))
        rows.append((f"{listed:,}", each.name, package_version(each.package), *shown))
    return rows


def verdicts(measured: Mapping[int, Rounds]) -> tuple[Verdict, ...]:
    """Against what was wanted of `is_enabled`: near the hand-written function, far from the SDKs, flat in the lists."""
    found = []
    for listed, rounds in measured.items():
        ours, lists = rounds[IS_ENABLED.name], f"{listed:,} + {listed:,} listed" if listed else "no lists"
        found.append(at_most(f"is_enabled to hand-written, {lists}", paired_ratio(ours, rounds[HAND_WRITTEN.name]), 2))
        fastest = min((each.name for each in PEERS), key=lambda name: median(rounds[name]))
        ahead = paired_ratio(rounds[fastest], ours)
        found.append(at_least(f"fastest SDK ({fastest}) to is_enabled, {lists}", ahead, 8))
    most, least = (
        paired_ratio(measured[listed][IS_ENABLED.name], measured[listed][FLOOR.name])
        for listed in (max(measured), min(measured))
    )
    return (*found, at_most(f"is_enabled with {max(measured):,} + {max(measured):,} listed to none", most / least, 1.2))


def _turn(count: Count, asked: Question, budget: float) -> Callable[[int], float]:
    """What measures one competitor in a round: all ids, or as many as fit the budget, others in each round."""
    estimate = _timed(count, asked.ids[:: len(asked.ids) // _WARM_UP])
    size = min(len(asked.ids), max(_WARM_UP, int(budget * 1e9 / estimate)))

    def turn(number: int) -> float:
        start = number * size % (len(asked.ids) - size + 1)
        return _timed(count, asked.ids[start : start + size])

    return turn


def _timed(count: Count, ids: Sequence[str]) -> float:
    start = perf_counter_ns()
    count(ids)
    return (perf_counter_ns() - start) / len(ids)
