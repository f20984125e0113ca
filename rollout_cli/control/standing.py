"""How a rollout stands, read from its latest revision."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from rollout_cli.control.ledger import Head, Reading
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
    pointer, latest = reading.pointer(), next(iter(reading.revisions()), None)
    if pointer is None and latest is None:
        return Standing(None, reading.now())
    if pointer is not None and isinstance(latest, Revision) and pointer == Head(latest.number, latest.hash):
        return Standing(latest, reading.now())
    detail = str(latest) if isinstance(latest, DamagedRecordError) else _mismatch(pointer, latest)
    raise StoreError(
        f"the store is damaged: {detail}",
        hint="`rollout history verify` says where; `rollout rollback` works all the same; restore a backup",
    )


def _mismatch(pointer: Head | None, latest: Revision | None) -> str:
    if pointer is None:
        return "the pointer to the latest revision is gone"
    if latest is None or latest.number < pointer.number:
        return "its latest record is gone"
    return "the latest record is not the one that was written"
