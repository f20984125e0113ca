"""Facts: what either side says of one delivery, in one form."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

from rollout_cli.pipeline.delivery import Delivery
from rollout_cli.whatsapp import CanonicalEvent
from rollout_cli.whatsapp.vocabulary import EVENT_TYPES

Scalar = str | int | float | bool | None
Extract = Callable[[Any, Delivery], Sequence[Mapping[str, Any]]]
"""What the legacy handler's response says of a delivery, told by the application that knows it.

It is given the response and the delivery, and returns one mapping for each fact: `kind` (`message`, `status`,
`reaction`, `edit`, `revoke`, or an event type without `whatsapp.`), `id` (the provider's message id, where there is
one), and any of the fields below by their dotted path, like `message.text`. A field that is not named is not compared;
a kind or a field that there is not is refused, because a misspelt one would never differ. It returns `UNTOLD` for a
response that says nothing of what came: then only exceptions and times are compared.
"""


class _Untold(tuple[Mapping[str, Any], ...]):
    """Equal to no facts at all, which is why it is told apart by what it is."""

    __slots__ = ()


UNTOLD: Sequence[Mapping[str, Any]] = _Untold()
"""What an extractor returns for a response that does not say what it is about, like `EVENT_RECEIVED`."""


class FactError(ValueError):
    """What the extractor tells cannot be meant. The words are ours, and show nothing that may be a person's."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that one side says.

    Attributes:
        id: of the message; empty where there is none.
        fields: by dotted path of the canonical form.
    """

    kind: str
    id: str = ""
    fields: Mapping[str, Scalar] = field(default_factory=dict)

    @property
    def variant(self) -> tuple[Scalar, ...]:
        """What tells facts of one kind and id apart: one message is sent, delivered and read, by each of a group."""
        if self.kind != "status":
            return ()
        return (self.fields.get("status.state"), self.fields.get("status.participant_id"))


_KINDS = {
    "whatsapp.message.inbound": "message",
    "whatsapp.message.outbound": "message",
    "whatsapp.message.reaction": "reaction",
    "whatsapp.message.edited": "edit",
    "whatsapp.message.revoked": "revoke",
}
_STATUS = "whatsapp.message.status."
_LARGEST = 2**63
_PLAIN = frozenset({str, float, bool})
_MOST_QUOTED = 40
_PATHS = (
    "message.type", "message.direction", "message.text", "message.original_message_id", "message.media.id",
    "message.media.mime_type", "message.media.caption", "message.media.filename", "message.location.latitude",
    "message.location.longitude", "message.interactive.id", "message.interactive.title", "message.reaction.emoji",
    "message.reaction.message_id", "actor.role", "actor.wa_id", "actor.phone", "actor.lid", "actor.bsuid",
    "actor.display_name", "context.chat_type", "context.chat_id", "context.group_id", "context.reply_to",
    "context.forwarded", "status.state", "status.recipient_id", "status.participant_id", "source.provider",
    "source.instance", "routing.thread_key", "security.signature_valid",
)  # fmt: skip
"""What is compared of an event, besides `occurred_at`."""
FIELDS = frozenset({*_PATHS, "occurred_at"})


def _kind(event_type: str) -> str:
    if event_type.startswith(_STATUS):
        return "status"
    return _KINDS.get(event_type, event_type.removeprefix("whatsapp."))


KINDS = frozenset(map(_kind, EVENT_TYPES))
"""The kinds of facts."""


def facts_of(events: Sequence[CanonicalEvent]) -> list[Fact]:
    """What the candidate says, in its order."""
    return [_fact(each) for each in events]


def legacy_facts(told: Sequence[Mapping[str, Any]]) -> list[Fact]:
    """What the legacy side says, as its extractor tells it.

    Raises:
        FactError: it tells something else than it should.
    """
    return [_legacy(place, each) for place, each in enumerate(told)]


def _fact(event: CanonicalEvent) -> Fact:
    about = event.source.provider_message_id or ""
    fields: dict[str, Scalar] = {path: _at(event, path) for path in _PATHS}
    fields["occurred_at"] = event.occurred_at.isoformat()
    told = event.message or event.status
    own = told.message_id if told is not None and told.message_id else about
    return Fact(_kind(event.event_type), own, fields)


def _at(event: CanonicalEvent, path: str) -> Scalar:
    value: Any = event
    for name in path.split("."):
        value = getattr(value, name, None)
    return value if isinstance(value, str | int | float | bool) else None


def _legacy(place: int, told: Mapping[str, Any]) -> Fact:
    if not isinstance(told, Mapping):
        raise FactError(f"fact {place} is a {type(told).__name__} and no mapping")
    kind = told.get("kind")
    if not isinstance(kind, str) or kind not in KINDS:
        raise FactError(f"fact {place} has no kind that there is: message, status, reaction, edit, revoke, or an event")
    fields = {path: _scalar(value) for path, value in told.items() if path not in ("kind", "id")}
    if not fields.keys() <= FIELDS:
        path = next(path for path in fields if path not in FIELDS)
        raise FactError(f"fact {place} has a field that there is not{_quoted(path)}")
    return Fact(kind, _id(place, told.get("id")), fields)


def _id(place: int, told: Any) -> str:
    if told is None or isinstance(told, str):
        return told or ""
    if isinstance(told, int) and not isinstance(told, bool) and abs(told) < _LARGEST:
        return str(told)
    raise FactError(f"fact {place} has an id that is a {type(told).__name__}")


def _quoted(path: Any) -> str:
    """A misspelt path, where it is one: a key that was chosen by a person is not shown."""
    looks_like_one = isinstance(path, str) and len(path) <= _MOST_QUOTED and path.partition(".")[0] in _ROOTS
    return f": {path}" if looks_like_one and path.replace(".", "").replace("_", "").isalpha() else ""


_ROOTS = frozenset(path.partition(".")[0] for path in _PATHS)


def _scalar(value: Any) -> Scalar:
    """A value in a form that compares. What it cannot be told in is named by its type: nobody's `repr` is asked."""
    if value is None or type(value) in _PLAIN:  # most are, and this is asked of every field
        plain: Scalar = value
        return plain
    if isinstance(value, Enum):
        return _scalar(value.value)
    if isinstance(value, int) and abs(value) >= _LARGEST:
        return "<int>"  # no provider's; and very long ones cannot even be written down
    if isinstance(value, str | int | float):
        return value
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal | UUID) else f"<{type(value).__name__}>"
