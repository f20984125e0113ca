"""What a comparison has found. Frozen values; no person can be recognized in one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from rollout_cli.pipeline.delivery import Delivery
from rollout_cli.whatsapp import CanonicalEvent


class Kind(StrEnum):
    """How two results of one delivery relate."""

    MATCH = "match"
    FIELD = "field_difference"
    MISSING = "missing"
    """The legacy path has it, the candidate has not."""
    EXTRA = "extra"
    """The candidate has it, the legacy path has not."""
    DUPLICATE = "duplicate"
    ORDER = "order"
    EXCEPTION = "exception_asymmetry"
    """One raised and the other did not, or both did, and not the same."""
    LATE = "late"
    """The candidate took longer than it may."""


class Severity(StrEnum):
    """How bad it is."""

    NONE = "none"
    MINOR = "minor"
    CRITICAL = "critical"


@dataclass(frozen=True, slots=True)
class Observation:
    """One finding about one delivery.

    Attributes:
        at: when it was compared; aware, UTC.
        delivery: a keyed pseudonym, the same for the same body.
        shopper: a keyed pseudonym; None where nobody knows whose it is.
        path: which field, like `message.text`; the kind of fact for what is missing or extra; empty for a match.
        legacy, candidate: what each side says, masked; None where it says nothing.
        added_ms: how much longer the candidate took than the legacy path; None where one was not measured.
        ignored: the reason of the rule that says not to mind; None where there is none.
    """

    at: datetime
    provider: str
    kind: Kind
    severity: Severity
    path: str = ""
    legacy: str | None = None
    candidate: str | None = None
    delivery: str = ""
    shopper: str | None = None
    added_ms: float | None = None
    ignored: str | None = None


@dataclass(frozen=True, slots=True)
class CandidateOutcome:
    """What the candidate made of a delivery.

    Attributes:
        events: in order; empty where it raised.
        error: the name of the exception's type where it raised.
        seconds: how long it took, wall clock.
    """

    events: Sequence[CanonicalEvent] = ()
    error: str | None = None
    seconds: float = 0.0


class Comparison(Protocol):
    """Compares both results of a delivery."""

    def compare(self, delivery: Delivery, candidate: CandidateOutcome) -> Sequence[Observation]:
        """One observation of a match, or one for each divergence. The delivery has a legacy outcome."""
        ...  # pragma: no cover - a protocol
