"""What the new path counts and measures during a run: in a few numbers, however long it is."""

from collections import Counter

from rollout_cli.pipeline.metrics import ADDED, LATENCY
from rollout_cli.simulate.sketch import Sketch


class Measures:
    """`rollout_cli.pipeline.metrics.Metrics` of one worker. Not shared by threads.

    Attributes:
        counts: by name, provider, path and outcome.
        latency, added: milliseconds, by the clock on the wall.
        untold: latencies of which nobody could tell how much was waited for a processor that other programs had.
        adds: whether what is added to the legacy path's time is measured just now.
    """

    def __init__(self) -> None:
        self.counts: Counter[tuple[str, str, str, str]] = Counter()
        self.latency, self.added = Sketch(), Sketch()
        self._held_up = {LATENCY: (Sketch(), Sketch()), ADDED: (Sketch(), Sketch())}
        """Of those that waited alone: what they took, and what of that they did not wait."""
        self.untold = 0
        self.adds = True

    def add(self, name: str, amount: int = 1, *, provider: str = "", path: str = "", outcome: str = "") -> None:
        """Count something."""
        self.counts[name, provider, path, outcome] += amount

    def observe(
        self, name: str, milliseconds: float, *, provider: str = "", path: str = "", outcome: str = ""  # noqa: ARG002
    ) -> None:  # fmt: skip
        """Measure something, without knowing what was waited in it."""
        self.untold += name == LATENCY
        self.took(name, milliseconds, 0.0)

    def took(self, name: str, milliseconds: float, waited: float) -> None:
        """Measure something.

        Args:
            name: of a metric.
            milliseconds: how long it took.
            waited: how many of them were waited for a processor; of what is added, less than none where the legacy
                path has waited longer.
        """
        if name == LATENCY:
            self.latency.add(milliseconds)
        elif name == ADDED and self.adds:
            self.added.add(milliseconds)
        else:
            return
        if waited:
            took, apart = self._held_up[name]
            took.add(milliseconds)
            apart.add(milliseconds - waited)

    def latency_apart(self) -> Sketch | None:
        """Latencies without what was waited for a processor; None where nobody could tell of each."""
        return None if self.untold else self.latency.replaced(*self._held_up[LATENCY])

    def added_apart(self) -> Sketch | None:
        """What is added, without what was waited for a processor by either path; None as above."""
        return None if self.untold else self.added.replaced(*self._held_up[ADDED])

    def level(self, name: str, value: float) -> None:
        """Say how much there is of something now."""

    def of(self, name: str) -> int:
        """How often something was counted."""
        return sum(amount for (each, *_), amount in self.counts.items() if each == name)

    def sketches(self) -> tuple[Sketch, ...]:
        """All that was measured."""
        return self.latency, self.added, *self._held_up[LATENCY], *self._held_up[ADDED]

    def merge(self, other: "Measures") -> None:
        """Add what another has counted and measured."""
        self.counts.update(other.counts)
        self.untold += other.untold
        for mine, its in zip(self.sketches(), other.sketches(), strict=True):
            mine.merge(its)
