"""A file as data with places: what the strict reader hands over, and what errors point into."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Path = tuple[str | int, ...]
Place = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Document:
    """One file's data, and for every path in it the line and column where it stands (from 1)."""

    file: str
    data: Any
    places: Mapping[Path, Place] = field(default_factory=dict)
    keys: Mapping[Path, Place] = field(default_factory=dict)

    def place(self, path: Sequence[str | int], *, key: bool = False) -> Place:
        """Where a path stands; for a path that is not there, its nearest parent that is.

        Args:
            path: keys and indexes from the top.
            key: the place of the key itself rather than of its value.
        """
        exact = tuple(path)
        if key and exact in self.keys:
            return self.keys[exact]
        while exact and exact not in self.places:
            exact = exact[:-1]
        return self.places.get(exact, (1, 1))
