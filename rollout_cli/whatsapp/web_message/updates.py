"""What became of messages: statuses, receipts, edits, revokes, votes and reactions that come beside the messages."""

from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from rollout_cli.whatsapp.credentials import redacted
from rollout_cli.whatsapp.delivery import NO_ID, Origin
from rollout_cli.whatsapp.events import NOBODY, CanonicalEvent, Message, Poll, Status
from rollout_cli.whatsapp.identity import bare, steady
from rollout_cli.whatsapp.keys import fingerprint
from rollout_cli.whatsapp.moments import Moment, moment
from rollout_cli.whatsapp.originals import Piece
from rollout_cli.whatsapp.repeated import short
from rollout_cli.whatsapp.vocabulary import STATUS_EVENTS, State
from rollout_cli.whatsapp.web_message import protocol
from rollout_cli.whatsapp.web_message.messages import reaction, read_message
from rollout_cli.whatsapp.web_message.stubs import REVOKES, number_of
from rollout_cli.whatsapp.web_message.told import Told
from rollout_cli.whatsapp.web_message.whereabouts import Whereabouts, reader_of, whereabouts, whereabouts_of
from rollout_cli.whatsapp.wire import mapping, objects, strings, text, whole

STATES: Mapping[int, tuple[str, State]] = {
    0: ("ERROR", "failed"),
    1: ("PENDING", "pending"),
    2: ("SERVER_ACK", "sent"),
    3: ("DELIVERY_ACK", "delivered"),
    4: ("READ", "read"),
    5: ("PLAYED", "played"),
}
"""The canonical state of each acknowledgement, which comes as a number or by name."""
NAMED_STATES: Mapping[str, State] = {
    **dict(STATES.values()),
    "DELETED": "deleted",
    "SENT": "sent",
    "DELIVERED": "delivered",
    "FAILED": "failed",
    "DELIVERY": "delivered",
}

RECEIPTS: Mapping[str, State] = {
    "receiptTimestamp": "delivered",
    "readTimestamp": "read",
    "playedTimestamp": "played",
}


def state_of(value: Any) -> State | None:
    """The state that a number or a name stands for."""
    if type(value) is str:
        named = NAMED_STATES.get(value.upper())
        if named is not None:
            return named
    number = whole(value)
    return STATES[number][1] if number is not None and number in STATES else None


def status_event(
    origin: Origin, where: Whereabouts, state: State, when: Moment, raw: Piece, *, member: str | None = None,
    errors: Any = None,
) -> CanonicalEvent:  # fmt: skip
    """What became of a message; in a group, for one member: `member` is whose state it is, as written."""
    is_of_many = where.chat_type in ("group", "broadcast")
    member_in_group = member if is_of_many and member != where.chat else None
    message_id = where.message_id
    if message_id:
        whose = (steady(where.participant) or bare(member_in_group)) if member_in_group else ""
        parts = [message_id, state, whose]
        key = origin.key("status", *parts, fingerprint(errors)[:8]) if errors else origin.key("status", *parts)
    else:
        key = origin.id_key("status", None, raw)
    other = whereabouts({"remoteJid": where.chat, "participant": member}) if member and not is_of_many else where
    return origin.event(
        STATUS_EVENTS[state],
        key,
        when,
        raw,
        about=message_id,
        routing=where.routing(origin),
        actor=replace(other, is_own=False).actor(origin, None),
        context=where.context(),
        status=Status(state, message_id, where.chat, member_in_group, redacted(errors)),
        flags=() if message_id else (NO_ID,),
    )


def read_update(origin: Origin, value: Any, raw: Piece) -> list[CanonicalEvent]:
    """One of `messages.update`: `{key, update}`. An update may tell several things, or nothing."""
    item = mapping(value)
    key, update = mapping(item.get("key")), mapping(item.get("update"))
    where = whereabouts(key, item.get("participant"))
    when = moment(update.get("messageTimestamp"), origin.received_at) if "messageTimestamp" in update else origin.now
    told = Told(origin, {**item, **update, "key": key}, where, when, raw)
    events = _of_content(told, update, raw)
    state = state_of(update.get("status"))
    if state is not None and not events:
        errors = update.get("messageStubParameters") if state == "failed" else None
        member = where.participant.wa_id or text(key.get("participant"))
        events.append(status_event(origin, where, state, when, raw, member=member, errors=errors))
    events += votes(told, update.get("pollUpdates"))
    return events or [origin.unknown(raw, when=when)]


def _of_content(told: Told, update: Mapping[str, Any], raw: Piece) -> list[CanonicalEvent]:
    message = update.get("message")
    if number_of(update.get("messageStubType")) in REVOKES:
        return [_revoked(told, mapping(update.get("key")))]
    if "message" in update and message is None and update.get("status") is None:
        return [_revoked(told, mapping(update.get("key")))]
    if type(message) is not dict or not message:
        return []
    edit = message.get("editedMessage")
    if type(edit) is dict:
        return [protocol.edited(told, told.where.message_id, edit.get("message"), update.get("messageTimestamp"))]
    return read_message(told.origin, told.message, raw)  # the content of what was a stub


def _revoked(told: Told, own: Mapping[str, Any]) -> CanonicalEvent:
    """A revoke, by its own key where it has one: who takes a message back need not have written it."""
    original, by = told.where.message_id, whereabouts(own)
    if by.chat is not None and by.message_id != original:
        told = replace(told, where=by)
    return protocol.revoked(told, original, by.message_id if by.message_id != original else None)


def votes(told: Told, updates: Any) -> list[CanonicalEvent]:
    """Votes in a poll: the same as the message that each vote is, under whose id it stands."""
    found = objects(updates)
    if any("voters" in each for each in found):
        return [_tally(told, found)]
    if len(found) > 1:  # each is kept with its own vote alone
        about = {name: each for name, each in told.message.items() if type(each) is not list}
        return [_vote(replace(told, raw={**(short(about) or {}), "pollUpdates": [each]}), each) for each in found]
    return [_vote(told, each) for each in found]


def _vote(told: Told, vote: Mapping[str, Any]) -> CanonicalEvent:
    origin, where = told.origin, whereabouts(mapping(vote.get("pollUpdateMessageKey")))
    chosen = strings(mapping(vote.get("vote")).get("selectedOptions"))
    return origin.event(
        "whatsapp.message.outbound" if where.is_own else "whatsapp.message.inbound",
        origin.id_key("msg", where.message_id, vote),
        moment(vote.get("senderTimestampMs"), origin.received_at),
        told.raw,
        about=where.message_id,
        routing=told.where.routing(origin),
        actor=where.actor(origin, None),
        context=told.where.context(),
        message=Message(
            where.message_id, where.direction, "poll_vote", poll=Poll(message_id=told.where.message_id, votes=chosen)
        ),
        flags=() if where.message_id else (NO_ID,),
    )


def _tally(told: Told, options: list[dict[str, Any]]) -> CanonicalEvent:
    """The votes as Evolution has counted them, option by option: who voted last, and under which id, is not told."""
    origin, where = told.origin, told.where
    chosen = [each for each in options if each.get("voters")]
    voters = {voter for each in chosen for voter in strings(each["voters"])}
    by = whereabouts({"remoteJid": where.chat, "participant": next(iter(voters))}) if len(voters) == 1 else None
    return origin.event(
        "whatsapp.message.inbound",
        origin.moment_key("votes", where.message_id or "", fingerprint(options)),
        origin.now,
        told.raw,
        about=where.message_id,
        routing=where.routing(origin),
        actor=by.actor(origin, None) if by else NOBODY,
        context=where.context(),
        message=Message(
            None,
            "inbound",
            "poll_vote",
            poll=Poll(
                options=tuple(filter(None, (text(each.get("name")) for each in options))),
                message_id=where.message_id,
                votes=tuple(filter(None, (text(each.get("name")) for each in chosen))),
            ),
        ),
        details={"votes": options},
    )


def read_receipt(origin: Origin, value: Any, raw: Piece) -> list[CanonicalEvent]:
    """One of `message-receipt.update`: what one member did with a message, and when."""
    item = mapping(value)
    receipt = mapping(item.get("receipt"))
    member = text(receipt.get("userJid"))
    where = reader_of(mapping(item.get("key")), member)
    events = [
        status_event(origin, where, state, moment(receipt[name], origin.received_at), raw, member=member)
        for name, state in RECEIPTS.items()
        if (whole(receipt.get(name)) or 0) > 0
    ]
    return events or [origin.unknown(raw)]


def read_reaction(origin: Origin, value: Any, raw: Piece) -> list[CanonicalEvent]:
    """One of `messages.reaction`: `key` is the message that it is about, the reaction has a key of its own."""
    item = mapping(value)
    inner = mapping(item.get("reaction"))
    about = mapping(item.get("key"))
    if not inner:
        return [origin.unknown(raw)]
    own = mapping(inner.get("key"))
    where = whereabouts(own) if own else replace(whereabouts_of(text(about.get("remoteJid"))), is_own=None)
    when = moment(inner.get("senderTimestampMs"), origin.received_at)
    return [reaction(Told(origin, item, where, when, raw), text(about.get("id")), text(inner.get("text")))]
