"""What a judge remembers of what will be told again, and not more: under which key it came, and what was lost."""

MOST = 6_000
"""How many facts of a lane are remembered of each kind; what comes again later than that is not judged.

Of each lane, because whoever plays two of them together has to judge the same as two who play one each.
"""


class Remembered:
    """Facts of one lane, by the name that each telling of one has; the oldest are forgotten first."""

    def __init__(self) -> None:
        self._keys: dict[int, str] = {}
        self._others: dict[int, set[str]] = {}
        self._lost: dict[int, None] = {}

    def tell(self, name: int, key: str) -> None:
        """Remember under which key a fact came first."""
        self._keys[name] = key
        if len(self._keys) > MOST:
            oldest = next(iter(self._keys))
            del self._keys[oldest]
            self._others.pop(oldest, None)

    def key_of(self, name: int) -> str | None:
        """Under which key a fact came first; None where that is not remembered."""
        return self._keys.get(name)

    def is_another(self, name: int, key: str) -> bool:
        """Whether a fact whose key is remembered came never before under this other one; from now on it did."""
        others = self._others.setdefault(name, set())
        told = len(others)
        others.add(key)
        return len(others) > told

    def lose(self, name: int) -> bool:
        """Remember that a fact was lost, and is new when it comes again; whether another one is forgotten for it."""
        self._lost[name] = None
        if len(self._lost) <= MOST:
            return False
        del self._lost[next(iter(self._lost))]
        return True

    def was_lost(self, name: int) -> bool:
        """Whether a fact was lost; it comes again now, and is lost no longer."""
        if name not in self._lost:
            return False
        del self._lost[name]
        return True
