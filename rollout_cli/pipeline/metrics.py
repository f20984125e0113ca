"""What is counted and measured, under the names that dashboards and checks know."""

from typing import Protocol

PUBLISHED = "canonical_events_published_count"
"""Events stored and announced: each once."""
FAILED = "canonical_publish_fail_count"
"""Deliveries that could not be normalized or stored; outcome says which."""
ASSIGNED = "routing_assignments_count"
DIVERGED = "divergence_count"
LATENCY = "latency_ms"
"""Milliseconds from when a delivery was given to the new path until it was done, the rest of its batch included; the
twin in seconds is `rollout_delivery_duration_seconds`."""
WAITED = "waited_ms"
"""Milliseconds from when a delivery came until it was given to the new path: the legacy path's time, and a queue's."""
ADDED = "added_latency_ms"
"""Milliseconds that the new path took longer than the legacy one for the same delivery, where both ran; may be < 0."""
NORMALIZED = "canonical_events_normalized_count"
"""Events made, in shadow or live, known or unknown (outcome)."""
DUPLICATES = "canonical_duplicates_count"
MALFORMED = "canonical_malformed_count"
DROPPED = "canonical_dropped_count"
"""Deliveries that the new path never saw, because it was too slow, stuck or full; the legacy path had them."""
QUEUE_DEPTH = "canonical_queue_depth"
"""Deliveries that wait in memory for the new path."""
SPOOLED = "canonical_spool_bytes"
"""Bytes of deliveries that wait on disk for the new path."""


class Metrics(Protocol):
    """Counts. Nothing but provider, path and outcome is ever said with a number; the phase is added by who exports."""

    def add(self, name: str, amount: int = 1, *, provider: str = "", path: str = "", outcome: str = "") -> None:
        """Count something."""
        ...  # pragma: no cover - a protocol

    def observe(self, name: str, milliseconds: float, *, provider: str = "", path: str = "", outcome: str = "") -> None:
        """Measure something."""
        ...  # pragma: no cover - a protocol

    def level(self, name: str, value: float) -> None:
        """Say how much there is of something now."""
        ...  # pragma: no cover - a protocol
