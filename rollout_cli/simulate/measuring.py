"""What the new path counts and measures during a run: in a few numbers, however long it is."""

from collections import Counter

from rollout_cli.pipeline.metrics import ADDED, LATENCY
from rollout_cli.simulate.sketch import Sketch


class Measures:
    """`rollout_cli.pipeline.metrics.Metrics` of one worker. Not shared by threads.

    Attributes:
        counts: by name, provider, path and outcome.
        latency, added: milliseconds.
        adds: whether what is added to the legacy path's time is measured just now.
    """

    def __init__(self) -> None:
        self.counts: Counter[tuple[str, str, str, str]] = Counter()
        self.latency = Sketch()
        self.added = Sketch()
        self.adds = True

    def add(self, name: str, amount: int = 1, *, provider: str = "", path: str = "", outcome: str = "") -> None:
        """Count something."""
        self.counts[name, provider, path, outcome] += amount

    def observe(
        self, name: str, milliseconds: float, *, provider: str = "", path: str = "", outcome: str = ""  # noqa: ARG002
    ) -> None:  # fmt: skip
        """Measure something."""
        if name == LATENCY:
            self.latency.add(milliseconds)
        elif name == ADDED and self.adds:
            self.added.add(milliseconds)

    def level(self, name: str, value: float) -> None:
        """Say how much there is of something now."""

    def of(self, name: str) -> int:
        """How often something was counted."""
        return sum(amount for (each, *_), amount in self.counts.items() if each == name)

    def merge(self, other: "Measures") -> None:
        """Add what another has counted and measured."""
        self.counts.update(other.counts)
        self.latency.merge(other.latency)
        self.added.merge(other.added)
