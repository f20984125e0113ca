"""Payments: how an order is paid stands among the statuses of messages, and says nothing about its message."""

from collections.abc import Mapping
from typing import Any

from rollout_cli.whatsapp.cloud_api.directory import Directory, aliases, met, name_of
from rollout_cli.whatsapp.delivery import NO_ID, Origin
from rollout_cli.whatsapp.events import Actor, CanonicalEvent, Context
from rollout_cli.whatsapp.moments import moment
from rollout_cli.whatsapp.originals import Piece
from rollout_cli.whatsapp.wire import mapping, scalar, text


def payment_status(origin: Origin, directory: Directory, status: Mapping[str, Any], raw: Piece) -> CanonicalEvent:
    """How far a payment has come: pending, captured, failed. One order may be paid in several attempts."""
    payment = mapping(status.get("payment"))
    written = scalar(status.get("recipient_id")) or scalar(status.get("from")) or scalar(payment.get("sender"))
    user_id = text(status.get("recipient_user_id"))
    contact = directory.find(written, user_id)
    who = met(written, user_id, contact)
    message_id, reference = scalar(status.get("id")), scalar(payment.get("reference_id"))
    state = text(status.get("status")) or ""
    attempt = scalar(mapping(payment.get("transaction")).get("id")) or ""
    is_named = bool(message_id or reference)
    key = origin.key("payment", message_id or "", reference or "", state.lower(), attempt)
    return origin.event(
        "whatsapp.chat.updated",
        key if is_named else origin.id_key("payment", None, raw),
        moment(status.get("timestamp"), origin.received_at),
        raw,
        about=message_id,
        routing=origin.thread(who.best),
        actor=Actor("customer", who.wa_id, who.phone, None, who.bsuid, name_of(contact)),
        context=Context("private", who.wa_id, chat_aliases=aliases(who)),
        details={"state": state, "reference_id": reference, "payment": payment, "errors": status.get("errors")},
        flags=() if is_named else (NO_ID,),
        beside=contact,
    )
