"""The KPIs of a simulation by name: what each is held against, on which side, and in which unit."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from rollout_cli.checks.bounds import Bound
from rollout_cli.checks.numbers import exactly

Side = Literal["max", "min"]


@dataclass(frozen=True, slots=True)
class KpiBound:
    """What a KPI has to be.

    Attributes:
        unit: `share` of 0 to 1, `ms`, or what is counted.
        side: whether the bound is the most or the least.
        usual: the bound until something else is said; None: it is told, and not judged.
        title: for people.
    """

    unit: str
    side: Side
    usual: float | None
    title: str

    def holds(self, value: float | None, bound: float, apart: float | None = None) -> bool | None:
        """Whether a value is on the right side of a bound, which counts.

        Args:
            value: what was measured.
            bound: what it is held against.
            apart: what it is without waits that other programs caused; None where there are none, or nobody knows.

        Returns:
            None where nothing was measured, or where it holds with those waits alone, or without them alone: then it
            was the machine that was measured.
        """
        if value is None:
            return None
        holds = self.at(bound).holds(exactly(value))
        return holds if apart is None or self.at(bound).holds(exactly(apart)) is holds else None

    def at(self, bound: float) -> Bound:
        """A bound on the side that this KPI is bound on, without the error that is in a float."""
        return Bound(exactly(bound), is_upper=self.side == "max")


KPI_BOUNDS: Mapping[str, KpiBound] = {
    "records_read": KpiBound("share", "min", 1.0, "Each record can be read"),
    "normalized_rate": KpiBound("share", "min", 0.99, "Events are normalized"),
    "fields_correct": KpiBound("share", "min", 1.0, "Events say what was told"),
    "malformed_refused": KpiBound("share", "min", 1.0, "Malformed bodies are refused"),
    "schema_kept": KpiBound("share", "min", 1.0, "Events keep to their schema"),
    "idempotency": KpiBound("share", "min", 1.0, "What comes again is recognized"),
    "duplicates_stored": KpiBound("rows", "max", 0, "No event is stored twice"),
    "error_rate": KpiBound("share", "max", 0.001, "Deliveries are taken"),
    "stored_rate": KpiBound("share", "min", 1.0, "What has to be stored is"),
    "latency_p95_ms": KpiBound("ms", "max", 200, "The new path is quick (95 %)"),
    "added_latency_p95_ms": KpiBound("ms", "max", 100, "It takes little longer than the legacy path (95 %)"),
    "threads_correct": KpiBound("share", "min", 1.0, "Each person is one thread"),
    "conversations_correct": KpiBound("share", "min", 1.0, "Each thread has its conversation"),
    "assignments_correct": KpiBound("share", "min", 1.0, "The right SKM serves it"),
    "signals_missing": KpiBound("signals", "max", 0, "Each stored event is announced once"),
    "shadow_effects": KpiBound("effects", "max", 0, "Shadow leaves nothing behind"),
    "legacy_changed": KpiBound("answers", "max", 0, "Legacy answers are untouched"),
    "legacy_error_rate": KpiBound("share", "max", None, "The legacy path handles sound bodies"),
    "divergences": KpiBound("divergences", "max", None, "Legacy and new path agree"),
}
"""In the order in which they are shown. The bounds are those of the checklist that the shipped plan was made from."""
