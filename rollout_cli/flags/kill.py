"""Break-glass: names that are at their default whatever the store says, from the environment and from a file.

Read generously, because it is written in a hurry: names may stand apart by commas, spaces or lines, in quotes, and
with a comment behind them. No flag's name holds any of these, so nothing is killed that was not named.
"""

import re
from dataclasses import dataclass

ALL = "*"
KILL_VARIABLE = "ROLLOUT_KILL"
KILL_FILE_VARIABLE = "ROLLOUT_KILL_FILE"

_APART = re.compile(r"[\s,;'\"\0\ufeff]+")
"""What stands between names; the mark that some editors put first, too, and the zeros of UTF-16 read as UTF-8."""


@dataclass(frozen=True, slots=True)
class Kills:
    """The names that are killed; `everything` kills every flag there is."""

    names: frozenset[str] = frozenset()
    everything: bool = False

    def __contains__(self, name: object) -> bool:
        return self.everything or name in self.names

    def __bool__(self) -> bool:
        return self.everything or bool(self.names)

    def __or__(self, other: "Kills") -> "Kills":
        return Kills(self.names | other.names, self.everything or other.everything)


def kills_from_variable(text: str) -> Kills:
    """Read `NAME,NAME` or `*`, as `ROLLOUT_KILL` holds them."""
    names = frozenset(filter(None, _APART.split(text)))
    return Kills(names - {ALL}, ALL in names)


def kills_from_file(text: str) -> Kills:
    """Read a kill file: a name or `*` a line; what follows a `#` says nothing."""
    return kills_from_variable(" ".join(line.partition("#")[0] for line in text.splitlines()))
