"""A machine whose time goes by only when it is told so, and what went by in it is known."""

from collections.abc import Iterator
from contextlib import contextmanager

from rollout_cli.simulate.held_up import Waits


class Machine:
    """Seconds that went by, and those of them in which others had the processor."""

    def __init__(self) -> None:
        self.now = self.waited = 0.0

    def clock(self) -> float:
        """What the clock on the wall says."""
        return self.now

    def waits(self) -> float:
        """What the system tells of waits."""
        return self.waited

    @contextmanager
    def tells(self) -> Iterator[Waits]:
        """As `rollout_cli.sources.processor.processor_waits`."""
        yield self.waits

    @contextmanager
    def tells_nothing(self) -> Iterator[None]:
        """The same of a system that tells nothing."""
        yield None

    def takes(self, seconds: float) -> None:
        """Somebody works, or sleeps, or waits for something else than a processor."""
        self.now += seconds

    def is_kept_away(self, seconds: float) -> None:
        """Others have the processor."""
        self.now += seconds
        self.waited += seconds
