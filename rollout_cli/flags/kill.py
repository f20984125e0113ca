"""Break-glass: names that are off whatever the store says, from the environment and from a file."""

from collections.abc import Iterable
from dataclasses import dataclass

ALL = "*"
KILL_VARIABLE = "ROLLOUT_KILL"
KILL_FILE_VARIABLE = "ROLLOUT_KILL_FILE"


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
    return _kills(text.split(","))


def kills_from_file(text: str) -> Kills:
    """Read a kill file: a name or `*` a line; empty lines and lines that begin with `#` say nothing."""
    return _kills(line for line in text.splitlines() if not line.lstrip().startswith("#"))


def _kills(words: Iterable[str]) -> Kills:
    names = frozenset(filter(None, (word.strip() for word in words)))
    return Kills(names - {ALL}, ALL in names)
