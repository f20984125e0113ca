"""How a rollout stands, read from its latest revision."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from rollout_cli.control.latest import latest_revision
from rollout_cli.control.ledger import Reading
from rollout_cli.control.record import Revision
from rollout_cli.flags.model import Snapshot
from rollout_cli.plan.difference import Actual
from rollout_cli.plan.moves import Stage


@dataclass(frozen=True, slots=True)
class Standing:
    """What is, at one moment: the latest revision, or none yet, and the store's time."""

    latest: Revision | None
    now: datetime

    @property
    def revision(self) -> int:
        """The number of the latest revision; 0 before the first."""
        return 0 if self.latest is None else self.latest.number

    def actual(self, blank: Snapshot) -> Actual:
        """The standing as the planner wants it; `blank` holds the definitions for before the first revision."""
        if self.latest is None:
            return Actual(0, Stage.OFF, None, blank)
        draft = self.latest.draft
        return Actual(
            self.latest.number, draft.stage, draft.position, draft.evaluated, draft.denied_by_hand, draft.plan_digest
        )

    @property
    def clock_is_behind(self) -> bool:
        """Whether the store's clock stands before the last entry: no soak can be counted with it."""
        return self.behind_by > timedelta(0)

    @property
    def behind_by(self) -> timedelta:
        """How far the store's clock is behind what it said before; zero when it is not."""
        if self.latest is None:
            return timedelta(0)
        return max(self.latest.at - self.now, self.latest.entered_at - self.now, timedelta(0))


def read_standing(reading: Reading) -> Standing:
    """Read the latest revision.

    Raises:
        StoreError: its record is damaged, or not the one that was written last.
    """
    return Standing(latest_revision(reading), reading.now())
