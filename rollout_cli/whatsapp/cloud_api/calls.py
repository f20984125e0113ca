"""Calls: an offer, its end and what lies between share one id."""

from collections.abc import Mapping
from typing import Any

from rollout_cli.whatsapp.cloud_api.directory import Directory, aliases, met, name_of
from rollout_cli.whatsapp.decoding import decode
from rollout_cli.whatsapp.delivery import Origin
from rollout_cli.whatsapp.events import Actor, CanonicalEvent, Context
from rollout_cli.whatsapp.moments import moment
from rollout_cli.whatsapp.originals import Piece
from rollout_cli.whatsapp.wire import mapping, scalar, text

_BUSINESS_INITIATED = "BUSINESS_INITIATED"


def read_call(origin: Origin, directory: Directory, raw: Piece) -> list[CanonicalEvent]:
    """Something that happened in a call."""
    call = mapping(decode(raw))
    event = text(call.get("event"))
    if event is None:
        return [origin.unknown(raw)]
    side = "to" if call.get("direction") == _BUSINESS_INITIATED else "from"
    if side == "to" and directory.is_own(scalar(call.get("to"))):  # some senders always write the business as `to`
        side = "from"
    return [_event(origin, directory, call, event, scalar(call.get(side)), text(call.get(f"{side}_user_id")), raw)]


def call_status(origin: Origin, directory: Directory, status: Mapping[str, Any], raw: Piece) -> CanonicalEvent:
    """How a call that the business made goes: ringing, accepted, rejected."""
    state = text(status.get("status")) or ""
    written, user_id = scalar(status.get("recipient_id")), text(status.get("recipient_user_id"))
    return _event(origin, directory, status, state, written, user_id, raw)


def _event(
    origin: Origin, directory: Directory, call: Mapping[str, Any], event: str, written: str | None,
    user_id: str | None, raw: Piece,
) -> CanonicalEvent:  # fmt: skip
    contact = directory.find(written, user_id)
    who = met(written, user_id, contact)
    call_id = scalar(call.get("id"))
    key = origin.key("call", call_id, event) if call_id else origin.id_key("call", None, raw)
    return origin.event(
        "whatsapp.call",
        key,
        moment(call.get("timestamp"), origin.received_at),
        raw,
        routing=origin.thread(who.best),
        actor=Actor("customer", who.wa_id, who.phone, None, who.bsuid, name_of(contact)),
        context=Context("private", who.wa_id, chat_aliases=aliases(who)),
        details={
            "call_id": call_id,
            "state": event,
            "direction": call.get("direction"),
            "duration": call.get("duration"),
            "outcome": call.get("status") if "event" in call else None,
            "errors": call.get("errors"),
        },
        beside=contact,
    )
