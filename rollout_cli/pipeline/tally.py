"""A tally: what one batch has to count, said once for each label instead of once for each event."""

from rollout_cli.pipeline.metrics import Metrics


class Tally:
    """Counts of one batch."""

    __slots__ = ("_counts", "_metrics")

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._counts: dict[tuple[str, str, str, str], int] = {}

    def add(self, name: str, provider: str, path: str, outcome: str, amount: int = 1) -> None:
        """Count something."""
        what = (name, provider, path, outcome)
        self._counts[what] = self._counts.get(what, 0) + amount

    def say(self) -> None:
        """Hand on what was counted."""
        for (name, provider, path, outcome), amount in self._counts.items():
            if amount:
                self._metrics.add(name, amount, provider=provider, path=path, outcome=outcome)
        self._counts.clear()
