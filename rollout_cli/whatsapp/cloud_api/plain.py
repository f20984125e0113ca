"""The most usual body: texts of customers and nothing else, by types that leave nothing open.

What these types take is no deeper than they are, holds nothing that was skipped, and needs no look at each value; they
also keep it smaller than dicts would. Whatever is not of them is read as any other body is.
"""

from typing import Any, Literal

import msgspec
from msgspec import UNSET, Struct, UnsetType

from rollout_cli.whatsapp.cloud_api.changes import ChangeEnvelope, origin_of
from rollout_cli.whatsapp.cloud_api.directory import Sender
from rollout_cli.whatsapp.decoding import MAX_BYTES
from rollout_cli.whatsapp.delivery import Delivery, Origin
from rollout_cli.whatsapp.events import Actor, CanonicalEvent, Context, Message, Source, Trace
from rollout_cli.whatsapp.identity import digits
from rollout_cli.whatsapp.keys import part
from rollout_cli.whatsapp.moments import moment
from rollout_cli.whatsapp.originals import Original, SafeOriginal
from rollout_cli.whatsapp.repeated import LONGEST_NAME, short_name


class _Strict(Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """No field but those that are named."""


class _Words(_Strict, frozen=True):
    body: str


class _Text(_Strict, frozen=True, rename={"sender": "from"}):
    sender: str
    id: str
    timestamp: str
    type: Literal["text"]
    text: _Words
    from_user_id: str | UnsetType = UNSET


class _Profile(_Strict, frozen=True):
    name: str | UnsetType = UNSET
    username: str | UnsetType = UNSET


class _Contact(_Strict, frozen=True):
    wa_id: str
    profile: _Profile
    user_id: str | UnsetType = UNSET


class _Value(_Strict, frozen=True):
    metadata: dict[str, str]
    contacts: list[_Contact]
    messages: list[_Text]
    messaging_product: str = ""


class _Change(_Strict, frozen=True):
    field: Literal["messages"]
    value: _Value


class _Entry(_Strict, frozen=True):
    id: str
    changes: list[_Change]


class _Body(_Strict, frozen=True):
    entry: list[_Entry]
    object: str = ""


_USUAL_METADATA = frozenset({"display_phone_number", "phone_number_id"})
"""No credential is called so; metadata has no type, and so may have other fields."""
_decode = msgspec.json.Decoder(_Body).decode
_Senders = dict[tuple[str, str | UnsetType], Sender]


def read_plain(delivery: Delivery, body: bytes) -> list[CanonicalEvent] | None:
    """The events of a body that holds plain texts alone; None for any other, whatever it is."""
    if len(body) > MAX_BYTES:
        return None
    try:
        told = _decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    events: list[CanonicalEvent] = []
    for entry in told.entry:
        for change in entry.changes:
            found = _texts(delivery, entry.id, change.value)
            if not found:
                return None
            events += found
    return events


def _texts(delivery: Delivery, account: str, value: _Value) -> list[CanonicalEvent] | None:
    envelope = ChangeEnvelope(short_name(account or None), None, "messages", value.metadata, "messages")
    origin, people = origin_of(delivery, envelope), _by_id(value.contacts)
    if people is None:
        return None
    events: list[CanonicalEvent] = []
    senders: _Senders = {}
    head, received_at = origin.id_head("msg"), origin.received_at
    provider, instance, account_id = origin.provider, origin.instance, origin.account_id
    field, correlation_id, security = origin.field, delivery.correlation_id, origin.security
    original = SafeOriginal if value.metadata.keys() <= _USUAL_METADATA else Original
    for each in value.messages:
        who, told, said = (each.sender, each.from_user_id), each.id, each.text.body
        sender = senders.get(who)
        if sender is None:
            contact = people.get(each.sender)
            if contact is None or (sender := _sender(origin, each, contact, people)) is None:
                return None
            senders[who] = sender
        at, flags = moment(each.timestamp, received_at)
        if flags or not (told and said):
            return None
        key = head + (part(told) if ":" in told or "%" in told else told)
        events.append(CanonicalEvent(
            "whatsapp.message.inbound", at, Source(provider, instance, account_id, told, field), sender.routing,
            sender.actor, sender.context, Message(told, "inbound", "text", said), None, None,
            Trace(key, correlation_id), security, original(each, envelope, sender.contact),
        ))  # fmt: skip
    return events


def _by_id(contacts: list[_Contact]) -> dict[str | UnsetType, _Contact] | None:
    """The contacts by each of their ids; None where an id is told twice."""
    if len(contacts) == 1:
        return {contacts[0].user_id: contacts[0], contacts[0].wa_id: contacts[0]}
    found: dict[str | UnsetType, _Contact] = {}
    ids = 0
    for each in contacts:
        found[each.wa_id] = each
        ids += 1
        if each.user_id is not UNSET:
            found[each.user_id] = each
            ids += 1
    return found if len(found) == ids else None


def _sender(origin: Origin, text: _Text, contact: _Contact, people: dict[str | UnsetType, _Contact]) -> Sender | None:
    """Who wrote it; None where the ids are not those of one contact, or the usual ones."""
    written, user_id = text.sender, text.from_user_id
    if not _is_short(contact):
        return None
    if not digits(written) or people.get(user_id, contact) is not contact:
        return None
    bsuid: Any = user_id or contact.user_id or None
    name: Any = contact.profile.name or None
    actor = Actor("customer", written, written, None, bsuid, name)
    ids = (written, bsuid) if bsuid and bsuid != written else (written,)
    context = Context("private", written, None, None, False, (), ids)  # noqa: FBT003 - a field
    return Sender(actor, origin.thread(written), context, contact)


def _is_short(contact: _Contact) -> bool:
    """Whether it may stand beside each of its messages as it is."""
    profile = contact.profile
    return (
        len(contact.wa_id) <= LONGEST_NAME
        and len(profile.name or "") <= LONGEST_NAME
        and (contact.user_id is UNSET or len(contact.user_id) <= LONGEST_NAME)
        and (profile.username is UNSET or len(profile.username) <= LONGEST_NAME)
    )
