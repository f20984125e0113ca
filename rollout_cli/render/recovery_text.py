"""What an observation after a rollback came to, in words."""

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

from rollout_cli.plan.duration import duration_text
from rollout_cli.render.check_text import check_sections
from rollout_cli.render.words import QUIET, VERDICT_STYLES, Line, Spoken, line, speak

if TYPE_CHECKING:
    from rollout_cli.control.views import RecoveryView


def recovery_lines(recovery: "RecoveryView", catalog: Spoken) -> Iterator[Line]:
    """Each post-check with what counts of its answers, then whether it helped."""
    yield from check_sections(recovery.checks, catalog)
    outcome = (speak(recovery.outcome, catalog), VERDICT_STYLES[recovery.verdict])
    if recovery.because is not None:
        yield line(outcome, f": {recovery.because}")
        yield line(("-> ", QUIET), recovery.hint or "", indent=4)
        return
    watched = duration_text(timedelta(seconds=recovery.observed_seconds))
    yield line(outcome, ": ", speak("{rounds} looks in {time}", catalog, rounds=recovery.rounds, time=watched))
