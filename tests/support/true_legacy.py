"""A legacy path that makes no mistakes: what it answers is what there is to say."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from rollout_cli.pipeline.delivery import Delivery
from rollout_cli.pipeline.dual_run.facts import UNTOLD, facts_of
from rollout_cli.whatsapp import normalize

_LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
_FIELDS = ("message.text", "status.state", "status.participant_id")


def handle(body: bytes, provider: str, instance: str | None) -> list[dict[str, Any]]:
    """What a body tells."""
    told = facts_of(normalize(provider, body, instance=instance, received_at=_LONG_AGO))
    return [{"kind": each.kind, "id": each.id, **{path: each.fields[path] for path in _FIELDS}} for each in told]


def facts(response: Any, delivery: Delivery) -> Sequence[Mapping[str, Any]]:
    """The same."""
    found: Sequence[Mapping[str, Any]] = response
    return found


def talks_of_nothing(response: Any, delivery: Delivery) -> Sequence[Mapping[str, Any]]:
    """Nobody knows what it says."""
    return UNTOLD


def fails(body: bytes, provider: str) -> Any:
    """Handle nothing: what it needs is not there."""
    raise ConnectionRefusedError(provider)


def fails_at_statuses(body: bytes, provider: str, instance: str | None) -> list[dict[str, Any]]:
    """Handle what is no status."""
    told = handle(body, provider, instance)
    if any(each["kind"] == "status" for each in told):
        raise KeyError("status")
    return told
