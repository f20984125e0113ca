"""Facts: what either side says of one delivery, in one form."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rollout_cli.pipeline.delivery import Delivery
from rollout_cli.whatsapp import CanonicalEvent

Scalar = str | int | float | bool | None
Extract = Callable[[Any, Delivery], Sequence[Mapping[str, Any]]]
"""What the legacy handler's response says of a delivery, told by the application that knows it.

It is given the response and the delivery, and returns one mapping for each fact: `kind` (`message`, `status`,
`reaction`, `edit`, `revoke`, or an event type without `whatsapp.`), `id` (the provider's message id, where there is
one), and any of the fields below by their dotted path, like `message.text`. A field that is not named is not compared.
"""


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that one side says.

    Attributes:
        id: of the message, for a status with its state; empty where there is none.
        fields: by dotted path of the canonical form.
    """

    kind: str
    id: str = ""
    fields: Mapping[str, Scalar] = field(default_factory=dict)


_KINDS = {
    "whatsapp.message.inbound": "message",
    "whatsapp.message.outbound": "message",
    "whatsapp.message.reaction": "reaction",
    "whatsapp.message.edited": "edit",
    "whatsapp.message.revoked": "revoke",
}
_STATUS = "whatsapp.message.status."
_PATHS = (
    "message.type", "message.direction", "message.text", "message.original_message_id", "message.media.id",
    "message.media.mime_type", "message.media.caption", "message.media.filename", "message.location.latitude",
    "message.location.longitude", "message.interactive.id", "message.interactive.title", "message.reaction.emoji",
    "message.reaction.message_id", "actor.role", "actor.wa_id", "actor.phone", "actor.lid", "actor.bsuid",
    "actor.display_name", "context.chat_type", "context.chat_id", "context.group_id", "context.reply_to",
    "context.forwarded", "status.state", "status.recipient_id", "source.provider", "source.instance",
    "routing.thread_key", "security.signature_valid",
)  # fmt: skip
"""What is compared of an event, besides `occurred_at`."""
FIELDS = frozenset({*_PATHS, "occurred_at"})


def facts_of(events: Sequence[CanonicalEvent]) -> list[Fact]:
    """What the candidate says, in its order."""
    return [_fact(each) for each in events]


def legacy_facts(told: Sequence[Mapping[str, Any]]) -> list[Fact]:
    """What the legacy side says, as its extractor tells it.

    Raises:
        ValueError: it tells something else than it should.
    """
    return [_legacy(each) for each in told]


def _fact(event: CanonicalEvent) -> Fact:
    kind = event.event_type
    about = event.source.provider_message_id or ""
    fields: dict[str, Scalar] = {path: _at(event, path) for path in _PATHS}
    fields["occurred_at"] = event.occurred_at.isoformat()
    if kind.startswith(_STATUS):
        return Fact("status", f"{about}:{kind.removeprefix(_STATUS)}" if about else "", fields)
    message = event.message
    own = message.message_id if message is not None and message.message_id else about
    return Fact(_KINDS.get(kind, kind.removeprefix("whatsapp.")), own, fields)


def _at(event: CanonicalEvent, path: str) -> Scalar:
    value: Any = event
    for name in path.split("."):
        value = getattr(value, name, None)
    return value if isinstance(value, str | int | float | bool) else None


def _legacy(told: Mapping[str, Any]) -> Fact:
    kind = told.get("kind")
    if not isinstance(kind, str):
        raise ValueError("a legacy fact has no kind")  # noqa: TRY004 - whatever it is, the extractor tells it wrongly
    fields = {path: _scalar(value) for path, value in told.items() if path not in ("kind", "id")}
    about = str(told.get("id") or "")
    state = fields.get("status.state")
    if kind == "status" and about and isinstance(state, str):
        about = f"{about}:{state}"
    return Fact(kind, about, fields)


def _scalar(value: Any) -> Scalar:
    if value is None or isinstance(value, str | int | float | bool):
        return value
    return value.isoformat() if hasattr(value, "isoformat") else f"<{type(value).__name__}>"
