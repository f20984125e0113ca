"""Telling: how far a run has come, for somebody who watches. Costs nothing that could be measured."""

from dataclasses import replace

from rollout_cli.simulate.run import Progress, Tell
from rollout_cli.simulate.sketch import Sketch

EVERY_SECONDS = 0.1


def sparingly(tell: Tell, latency: Sketch) -> Tell:
    """Tell on some times a second, with what was measured by then.

    Args:
        tell: whom it is told.
        latency: milliseconds, of the same run.
    """
    due = 0.0

    def hear(progress: Progress) -> None:
        nonlocal due
        if progress.seconds >= due or progress.waits:
            due = progress.seconds + EVERY_SECONDS
            tell(replace(progress, p95_ms=latency.quantile(0.95)))

    return hear
