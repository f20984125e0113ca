"""How a rollout stands, read from its latest revision."""

from dataclasses import dataclass
from datetime import datetime

from rollout_cli.control.ledger import Reading
from rollout_cli.control.record import DamagedRecordError, Revision
from rollout_cli.errors import StoreError
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
        return self.latest is not None and self.now < self.latest.at


def read_standing(reading: Reading) -> Standing:
    """Read the latest revision.

    Raises:
        StoreError: its record is damaged.
    """
    if reading.pointer() is None:
        return Standing(None, reading.now())
    latest = next(iter(reading.revisions()), None)
    if isinstance(latest, Revision):
        return Standing(latest, reading.now())
    detail = str(latest) if isinstance(latest, DamagedRecordError) else "its latest record is gone"
    raise StoreError(
        f"the store is damaged: {detail}",
        hint="`rollout history verify` says where; `rollout rollback` works all the same; restore a backup",
    )
