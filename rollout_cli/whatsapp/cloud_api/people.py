"""People: contacts that the app knows, what they want to receive, and the ids that they are known by."""

from rollout_cli.whatsapp.cloud_api.directory import Directory, aliases, met, name_of
from rollout_cli.whatsapp.decoding import decode
from rollout_cli.whatsapp.delivery import Origin
from rollout_cli.whatsapp.events import NO_CONTEXT, Actor, CanonicalEvent, Context
from rollout_cli.whatsapp.identity import Person, steady
from rollout_cli.whatsapp.keys import fingerprint
from rollout_cli.whatsapp.moments import moment
from rollout_cli.whatsapp.originals import Piece
from rollout_cli.whatsapp.wire import mapping, scalar, text


def read_synced_contact(origin: Origin, directory: Directory, raw: Piece) -> list[CanonicalEvent]:
    """A contact of the app's own book."""
    entry = mapping(decode(raw))
    contact = mapping(entry.get("contact"))
    written = scalar(contact.get("phone_number"))
    if not contact:
        return [origin.unknown(raw)]
    who = met(written, text(contact.get("user_id")), directory.find(written, None))
    told = mapping(entry.get("metadata")).get("timestamp")
    return [
        origin.event(
            "whatsapp.contact.updated",
            origin.key("contact", written or "", text(entry.get("action")) or "", scalar(told) or "", _hash(raw)),
            moment(told, origin.received_at),
            raw,
            actor=_actor(who, text(contact.get("full_name"))),
            details={"action": entry.get("action"), "contact": contact},
        )
    ]


def read_preference(origin: Origin, directory: Directory, raw: Piece) -> list[CanonicalEvent]:
    """What somebody wants, or no longer wants, to receive."""
    preference = mapping(decode(raw))
    written, user_id = scalar(preference.get("wa_id")), text(preference.get("user_id"))
    if not written and not user_id:
        return [origin.unknown(raw)]
    contact = directory.find(written, user_id)
    who = met(written, user_id, contact)
    told = preference.get("timestamp")
    return [
        origin.event(
            "whatsapp.contact.updated",
            origin.key("contact", written or user_id or "", "preference", scalar(told) or "", _hash(raw)),
            moment(told, origin.received_at),
            raw,
            routing=origin.thread(who.best),
            actor=_actor(who, name_of(contact)),
            details={name: preference.get(name) for name in ("category", "value", "detail")},
            beside=contact,
        )
    ]


def read_user_id_update(origin: Origin, directory: Directory, raw: Piece) -> list[CanonicalEvent]:
    """A business-scoped id that was made anew."""
    update = mapping(decode(raw))
    ids = mapping(update.get("user_id")) or update
    current, previous = text(ids.get("current")), text(ids.get("previous"))
    if not current and not previous:
        return [origin.unknown(raw)]
    written = scalar(update.get("wa_id"))
    contact = directory.find(written, current)
    who = met(written, current, contact)
    told = update.get("timestamp")
    return [
        origin.event(
            "whatsapp.identity.changed",
            origin.key("identity", previous or "", current or "", scalar(told) or ""),
            moment(told, origin.received_at),
            raw,
            routing=origin.thread(who.best),
            actor=_actor(who, name_of(contact)),
            details={"previous": previous, "current": current, "wa_id": written},
            beside=contact,
        )
    ]


def read_handover(origin: Origin, directory: Directory, raw: Piece) -> list[CanonicalEvent]:
    """Another app, or an agent, answers the chat from now on: `control_passed`, `control_taken`."""
    value = mapping(decode(raw))
    sender = mapping(value.get("sender"))
    written = scalar(sender.get("phone_number")) or scalar(sender.get("wa_id"))
    user_id = text(sender.get("user_id"))
    who = met(written, user_id, directory.find(written, user_id))
    told = value.get("timestamp")
    parts = (steady(who), scalar(told) or "", _hash(raw))
    return [
        origin.event(
            "whatsapp.chat.updated",
            origin.key("chat", "handover", *parts),
            moment(told, origin.received_at),
            raw,
            routing=origin.thread(who.best),
            actor=Actor("system"),
            context=Context("private", who.wa_id, chat_aliases=aliases(who)) if who.wa_id else NO_CONTEXT,
            details={"field": origin.field, "value": value},
        )
    ]


def _actor(who: Person, name: str | None) -> Actor:
    return Actor("customer", who.wa_id, who.phone, None, who.bsuid, name)


def _hash(raw: Piece) -> str:
    return fingerprint(raw)
