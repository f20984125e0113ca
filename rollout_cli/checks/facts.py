"""What the checks of this house may know, gathered before they are asked."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from rollout_cli.flags.model import Snapshot


@dataclass(frozen=True, slots=True)
class Attestation:
    """A person's recorded yes to a check."""

    check: str
    actor: str
    at: datetime
    note: str
    expires_at: datetime | None
    plan_digest: str

    def ends(self, lifetime: timedelta | None) -> datetime | None:
        """When it stops counting: the expiry promised then, or the lifetime the file says now, whichever is earlier."""
        limits = (self.expires_at, None if lifetime is None else self.at + lifetime)
        return min((limit for limit in limits if limit is not None), default=None)


@dataclass(frozen=True, slots=True)
class Facts:
    """How things are at the moment of asking.

    Attributes:
        now: the store's time, in UTC.
        current: the flags as they stand.
        planned: the flags as the move would leave them.
        attestations: the latest for each check.
    """

    now: datetime
    current: Snapshot
    planned: Snapshot
    attestations: Mapping[str, Attestation] = field(default_factory=dict)
