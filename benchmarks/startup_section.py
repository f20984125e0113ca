"""The start-up of commands as a section of the page."""

from benchmarks.report import Section, at_most
from benchmarks.startup import ROUNDS, startup

METHOD = """\
Whole processes, from start to end, in turn; the median of {rounds} rounds, and the median of the ratios within a round.
The bare app is one of Typer with Rich, with two commands that have parameters."""

_WANTED = {"rollout --help": 1.2, "rollout status": 1.5}


def section(quick: bool) -> Section:  # noqa: FBT001 - every section has this one parameter
    """Every command beside its reference."""
    rounds = 3 if quick else ROUNDS
    taken = startup(rounds)
    rows = tuple((each.name, f"{each.seconds * 1000:.0f}", f"{each.ratio:.2f}", each.reference) for each in taken)
    verdicts = tuple(
        at_most(f"{each.name} to {each.reference}", each.ratio, _WANTED[each.name])
        for each in taken
        if each.name in _WANTED
    )
    return Section("Start-up", METHOD.format(rounds=rounds), ("process", "ms", "ratio", "to"), rows, verdicts)
