"""Statuses: what became of a message that the business sent. The id is the message's, so it is never the key alone."""

from collections.abc import Mapping
from typing import Any

from rollout_cli.whatsapp.cloud_api import calls, payments
from rollout_cli.whatsapp.cloud_api.directory import Directory, aliases, met, name_of
from rollout_cli.whatsapp.credentials import redacted
from rollout_cli.whatsapp.decoding import decode
from rollout_cli.whatsapp.delivery import NO_ID, Origin
from rollout_cli.whatsapp.events import Actor, CanonicalEvent, Context, Status
from rollout_cli.whatsapp.identity import cloud_person, steady
from rollout_cli.whatsapp.moments import moment
from rollout_cli.whatsapp.originals import Piece
from rollout_cli.whatsapp.vocabulary import STATUS_EVENTS, Role, State
from rollout_cli.whatsapp.wire import objects, scalar, text

STATES: Mapping[str, State] = {
    "sent": "sent",
    "delivered": "delivered",
    "read": "read",
    "played": "played",
    "failed": "failed",
    "deleted": "deleted",
    "pending": "pending",
}
"""The canonical state of each status; any other is unknown."""


def read_status(origin: Origin, directory: Directory, raw: Piece) -> list[CanonicalEvent]:
    """One status; in a group, that of one participant."""
    status = raw if type(raw) is dict else decode(raw)
    if type(status) is not dict:
        return [origin.unknown(raw)]
    if status.get("type") == "call":
        return [calls.call_status(origin, directory, status, raw)]
    if status.get("type") == "payment":
        return [payments.payment_status(origin, directory, status, raw)]
    state = STATES.get(str(status.get("status")).lower())
    when = moment(status.get("timestamp"), origin.received_at)
    if state is None:
        return [origin.unknown(raw, when=when)]
    return [_event(origin, directory, status, state, raw)]


def _event(origin: Origin, directory: Directory, status: Mapping[str, Any], state: State, raw: Piece) -> CanonicalEvent:
    message_id, recipient = scalar(status.get("id")), scalar(status.get("recipient_id"))
    member = scalar(status.get("recipient_participant_id"))
    member_id = text(status.get("recipient_participant_user_id"))
    is_group = status.get("recipient_type") == "group" or bool(member or member_id)
    written = member if is_group else recipient
    user_id = member_id if is_group else text(status.get("recipient_user_id"))
    contact = directory.find(written, user_id) if written or user_id else {}
    who = met(written, user_id, contact)
    role: Role = "participant" if is_group else "customer"
    return origin.event(
        STATUS_EVENTS[state],
        _key(origin, status, state, steady(cloud_person(member, member_id)) if is_group else "", raw),
        moment(status.get("timestamp"), origin.received_at),
        raw,
        about=message_id,
        routing=origin.thread(recipient if is_group else who.best),
        actor=Actor(role, who.wa_id, who.phone, None, who.bsuid, name_of(contact)),
        context=Context("group", recipient, recipient)
        if is_group
        else Context("private", who.wa_id, chat_aliases=aliases(who)),
        status=Status(
            state,
            message_id,
            recipient or user_id,
            (member or member_id) if is_group else None,
            redacted(status.get("errors")),
            redacted(status.get("pricing")),
            redacted(status.get("conversation")),
            text(status.get("biz_opaque_callback_data")),
        ),
        flags=() if message_id else (NO_ID,),
        beside=contact,
    )


def _key(origin: Origin, status: Mapping[str, Any], state: State, member: str, raw: Piece) -> str:
    message_id = scalar(status.get("id"))
    if not message_id:
        return origin.id_key("status", None, raw)
    parts = [message_id, state, member]
    if state == "failed":  # it can fail more than once, each time for another reason
        parts.append(",".join(sorted(filter(None, (scalar(e.get("code")) for e in objects(status.get("errors")))))))
    return origin.key("status", *parts)
