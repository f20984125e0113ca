"""How an instance is connected. The same state is told again and again: compare with the last."""

from collections.abc import Mapping
from typing import Any

from rollout_cli.whatsapp.credentials import REDACTED
from rollout_cli.whatsapp.delivery import Origin
from rollout_cli.whatsapp.events import CanonicalEvent
from rollout_cli.whatsapp.originals import Piece
from rollout_cli.whatsapp.vocabulary import EventType
from rollout_cli.whatsapp.web_message import others
from rollout_cli.whatsapp.wire import mapping, scalar, text, whole

CONNECTIONS: Mapping[str, EventType] = {
    "open": "whatsapp.instance.connected",
    "connecting": "whatsapp.instance.connecting",
    "reconnecting": "whatsapp.instance.connecting",
    "close": "whatsapp.instance.disconnected",
    "closed": "whatsapp.instance.disconnected",
    "refused": "whatsapp.instance.disconnected",
}
"""The event of each state; any other is unknown."""

_BESIDE_STATES = frozenset({"isNewLogin", "isOnline", "receivedPendingNotifications"})
"""What Baileys tells of a connection beside its state."""

_CODES = frozenset({"qr", "qrDataUrl", "pairingCode"})
_BARE_CODES = _CODES | {"code", "base64", "url"}
"""Where a code to pair with stands, as text or as an image. Whoever has it can take over the account: it is a
credential, as `qrcode` is, in which others stand."""

DEAD = frozenset({401, 402, 403, 406})
"""Reasons after which an instance does not come back by itself."""


def read_connection(origin: Origin, value: Any, raw: Piece) -> list[CanonicalEvent]:
    """A change of the connection, a code to pair with, or both."""
    update = mapping(value)
    if not _CODES.isdisjoint(update):
        raw = value = update = without(_CODES, update)
    told = text(update.get("state")) or text(update.get("connection")) or text(update.get("status"))
    state = told.lower() if told else ""
    events = [_connection(origin, update, state, raw)] if state in CONNECTIONS else []
    if update.get("qr") is not None or update.get("qrDataUrl") is not None:
        events.append(_qr_updated(origin, raw))
    if not events and not _BESIDE_STATES.isdisjoint(update):
        return others.read_notice(origin, value, raw)
    return events or [origin.unknown(raw)]


def _connection(origin: Origin, update: Mapping[str, Any], state: str, raw: Piece) -> CanonicalEvent:
    reason = update.get("statusReason")
    if reason is None:
        error = mapping(mapping(update.get("lastDisconnect")).get("error"))
        reason = mapping(error.get("output")).get("statusCode") or error.get("statusCode")
    return instance_event(
        origin, CONNECTIONS[state], raw, state=state, reason=reason, own=update.get("wuid") or origin.own
    )


def instance_event(
    origin: Origin, event_type: EventType, raw: Piece, *, state: str, reason: Any = None, own: Any = None
) -> CanonicalEvent:
    """A state of the instance."""
    return origin.event(
        event_type,
        origin.moment_key("state", state, scalar(reason) or ""),
        origin.now,
        raw,
        details={"state": state, "reason": reason, "is_final": whole(reason) in DEAD, "own_id": text(own)},
    )


def read_qr(origin: Origin, value: Any, raw: Piece) -> list[CanonicalEvent]:
    """A code to pair with, or that there will be no more."""
    update = mapping(value)
    if not _BARE_CODES.isdisjoint(update):
        raw = without(_BARE_CODES, update)
    return [_qr_updated(origin, raw, status=update.get("statusCode"))]


def _qr_updated(origin: Origin, raw: Piece, *, status: Any = None) -> CanonicalEvent:
    key = origin.moment_key("state", "qr")
    return origin.event("whatsapp.instance.qr_updated", key, origin.now, raw, details={"status": status})


def without(names: frozenset[str], told: Mapping[str, Any]) -> dict[str, Any]:
    """What was told, without what these fields hold."""
    return {name: REDACTED if name in names and each else each for name, each in told.items()}
