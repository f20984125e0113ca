"""Which flags require which: circles, and chains that are too long."""

from collections.abc import Mapping

from rollout_cli.plan.models import FlagsFile

MAX_CHAIN = 16
MAX_ASKED = 100

Needs = Mapping[str, list[str]]
"""What each flag requires, as far as it is declared."""


def needs_of(file: FlagsFile) -> Needs:
    """What each flag requires."""
    return {name: [need for need in entry.requires if need in file.flags] for name, entry in file.flags.items()}


def circular(needs: Needs) -> list[str]:
    """The flags that reach themselves; Warshall's way, with a flag's reach as the bits of one number."""
    index = {name: number for number, name in enumerate(needs)}
    reach = [sum({1 << index[need] for need in direct}) for direct in needs.values()]
    for middle in range(len(reach)):
        through = reach[middle]
        for number, reached in enumerate(reach) if through else ():
            if reached >> middle & 1:
                reach[number] = reached | through
    return [name for name, number in index.items() if reach[number] >> number & 1]


def too_long(needs: Needs) -> tuple[str, int, int] | None:
    """The first flag whose chain is too long: its name, the links, how many flags one decision about it asks.

    There must be no circle.
    """
    measured: dict[str, tuple[int, int]] = {}
    for name in needs:
        links, asked = _measure(name, needs, measured)
        if links > MAX_CHAIN or asked > MAX_ASKED:
            return name, links, asked
    return None


def is_tangled(file: FlagsFile) -> bool:
    """Whether some flag cannot be decided, or only after asking far too many others."""
    needs = needs_of(file)
    return bool(circular(needs)) or too_long(needs) is not None


def _measure(name: str, needs: Needs, measured: dict[str, tuple[int, int]]) -> tuple[int, int]:
    """How long the longest chain from a flag is, and how many flags one decision about it asks."""
    waiting = [name]
    while waiting:
        here = waiting[-1]
        ahead = [] if here in measured else [need for need in needs[here] if need not in measured]
        if ahead:
            waiting += ahead
            continue
        waiting.pop()
        if here in measured:
            continue
        inner = [measured[need] for need in needs[here]]
        measured[here] = max((links + 1 for links, _ in inner), default=0), 1 + sum(asked for _, asked in inner)
    return measured[name]
