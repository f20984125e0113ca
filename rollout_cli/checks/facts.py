"""What the checks of this house may know, gathered before they are asked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from rollout_cli.flags.model import Snapshot


@dataclass(frozen=True, slots=True)
class Attestation:
    """What a person said about a check: a yes, or that no yes given before counts any more.

    Attributes:
        plan_digest: what the yes was bound to: the digest of the files, or of the check alone.
    """

    check: str
    actor: str
    at: datetime
    note: str
    expires_at: datetime | None
    plan_digest: str
    is_revocation: bool = False

    def ends(self, lifetime: timedelta | None) -> datetime | None:
        """When it stops counting: the expiry promised then, or the lifetime the file says now, whichever is earlier."""
        limits = (self.expires_at, None if lifetime is None else self.at + lifetime)
        return min((limit for limit in limits if limit is not None), default=None)


Attestations = Mapping[str, Sequence[Attestation]]
"""For each check, everything that was said about it, oldest first."""


@dataclass(frozen=True, slots=True)
class Facts:
    """How things are at the moment of asking.

    Attributes:
        now: the store's time, in UTC.
        current: the flags as they stand.
        planned: the flags as the move would leave them.
        attestations: what people said about each check.
        plan_digest: the digest of the files.
        entered_at: when the position that holds was entered; None before the first.
    """

    now: datetime
    current: Snapshot
    planned: Snapshot
    attestations: Attestations = field(default_factory=dict)
    plan_digest: str = ""
    entered_at: datetime | None = None
