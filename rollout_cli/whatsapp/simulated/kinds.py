"""The kinds of events that a body can tell, which is every one there is, and the key that each of them gets."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from msgspec import Raw

from rollout_cli.whatsapp.delivery import Origin
from rollout_cli.whatsapp.events import Status
from rollout_cli.whatsapp.keys import fingerprint
from rollout_cli.whatsapp.vocabulary import EVENT_TYPES, STATUS_EVENTS, EventType, State
from rollout_cli.whatsapp.wire import objects, scalar

PREFIX = "whatsapp."
KINDS: Mapping[str, EventType] = {each.removeprefix(PREFIX): each for each in EVENT_TYPES}
"""The event type of each kind."""
STATES: Mapping[EventType, State] = {event_type: state for state, event_type in STATUS_EVENTS.items()}
"""The state that each kind of status tells."""
CONTENTS = frozenset({"whatsapp.message.inbound", "whatsapp.message.outbound", "whatsapp.message.undecryptable"})
"""The kinds whose message always has a type."""

_REVOKED: EventType = "whatsapp.message.revoked"
_KEY_KINDS: Mapping[EventType, str] = {
    "whatsapp.message.inbound": "msg",
    "whatsapp.message.outbound": "msg",
    "whatsapp.message.reaction": "reaction",
    "whatsapp.message.edited": "edit",
    _REVOKED: "revoke",
    "whatsapp.message.undecryptable": "stub",
}
"""What stands for the kind in a key, where it is not the kind itself: the same words as with every other provider."""


def _pattern(event_type: EventType) -> str:
    if event_type in STATES:
        error = ":{error}" if STATES[event_type] == "failed" else ""
        return f"status:{{instance}}:{{about}}:{{state}}:{{participant}}{error}"
    part = "about" if event_type == _REVOKED else "id"
    return f"{_key_kind(event_type)}:{{instance}}:{{{part}}}"


def _key_kind(event_type: EventType) -> str:
    return _KEY_KINDS.get(event_type) or event_type.removeprefix(PREFIX)


KEYS: Mapping[str, str] = {kind: _pattern(event_type) for kind, event_type in KINDS.items()}
"""The key of each kind, behind tenant and provider."""


class Ids(NamedTuple):
    """The event's own id, and that of the message which it is about."""

    own: str | None
    about: str | None


def key_of(origin: Origin, kind: EventType, ids: Ids, status: Status | None, raw: Raw) -> str:
    """The key: of a status by what it says of which message, of a revoke by the message that is gone, else by the id.

    Without any of these, what the event says stands for it.
    """
    if status and status.message_id:
        more = [_errors_part(status.errors)] if status.state == "failed" else []
        return origin.key("status", status.message_id, status.state, status.participant_id or "", *more)
    return origin.id_key(_key_kind(kind), ids.about or ids.own if kind == _REVOKED else ids.own, raw)


def _errors_part(errors: Any) -> str:
    """Why it failed: it can fail more than once, each time for another reason."""
    codes = sorted(filter(None, (scalar(each.get("code")) for each in objects(errors))))
    return ",".join(codes) or (fingerprint(errors)[:8] if errors else "")
