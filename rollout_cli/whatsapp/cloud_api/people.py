"""People: contacts that the app knows, what they want to receive, and the ids that they are known by."""

from rollout_cli.whatsapp.cloud_api.directory import Directory, met, name_of
from rollout_cli.whatsapp.decoding import decode
from rollout_cli.whatsapp.delivery import Origin
from rollout_cli.whatsapp.events import Actor, CanonicalEvent
from rollout_cli.whatsapp.identity import Person
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


def _actor(who: Person, name: str | None) -> Actor:
    return Actor("customer", who.wa_id, who.phone, None, who.bsuid, name)


def _hash(raw: Piece) -> str:
    return fingerprint(raw)
