"""What is told beside messages: calls, presence, contacts, chats, groups. Little of it has an id or a time."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rollout_cli.whatsapp.credentials import REDACTED
from rollout_cli.whatsapp.delivery import NO_ID, Origin
from rollout_cli.whatsapp.events import CanonicalEvent
from rollout_cli.whatsapp.identity import Person, bare, is_group, person, steady
from rollout_cli.whatsapp.keys import fingerprint
from rollout_cli.whatsapp.moments import moment
from rollout_cli.whatsapp.originals import Piece
from rollout_cli.whatsapp.vocabulary import EventType
from rollout_cli.whatsapp.web_message.whereabouts import Whereabouts, whereabouts, whereabouts_of
from rollout_cli.whatsapp.wire import EMPTY, mapping, objects, scalar, text, truth

Item = Mapping[str, Any]

_CHAT_IDS = ("remoteJid", "id", "jid", "chatId")
_OTHER_CHAT_IDS = ("lidJid", "pnJid", "remoteLid", "accountLid", "remoteJidAlt")
_GROUP_IDS = ("id", "remoteJid", "groupJid", "groupId", "jid")
_MEMBER_IDS = ("id", "jid", "phoneNumber", "pn", "lid")
_PERSON_IDS = ("remoteJid", "id", "jid", "phoneNumber", "pn", "lid")

GROUP_EVENTS: Mapping[str, EventType] = {"create": "whatsapp.group.created", "update": "whatsapp.group.updated"}
"""What happened to a group itself."""

MEMBER_ACTIONS: Mapping[str, EventType] = {
    "add": "whatsapp.group.joined",
    "remove": "whatsapp.group.left",
    "promote": "whatsapp.group.updated",
    "demote": "whatsapp.group.updated",
    "modify": "whatsapp.group.updated",
}
"""What happened to a group's members; anything else is unknown."""


def _is_wa_id(written: str) -> bool:
    """Whether an id is one of WhatsApp's, and not one of the server's own database."""
    return "@" in written or written.isdecimal()


def read_call(origin: Origin, value: Any, raw: Piece) -> list[CanonicalEvent]:
    """A call: offer, ringing, accept, reject, timeout and terminate share its id."""
    call = mapping(value)
    call_id, state = text(call.get("id")), text(call.get("status"))
    chat = text(call.get("groupJid")) or text(call.get("chatId")) or text(call.get("from"))
    if state is None:
        return [origin.unknown(raw)]
    where = _whereabouts_of_call(chat, text(call.get("from")), call.get("callerPn"))
    return [
        origin.event(
            "whatsapp.call",
            origin.key("call", call_id, state) if call_id else origin.id_key("call", None, raw),
            moment(call.get("date"), origin.received_at),
            raw,
            routing=where.routing(origin),
            actor=where.actor(origin, None),
            context=where.context(),
            details={
                "call_id": call_id,
                "state": state,
                "is_video": truth(call.get("isVideo")),
                "is_group": truth(call.get("isGroup")),
            },
            flags=() if call_id else (NO_ID,),
        )
    ]


def _whereabouts_of_call(chat: str | None, caller: str | None, caller_pn: Any) -> Whereabouts:
    """Where a call is. Its caller is somebody else than the chat, unless they have the same id."""
    if chat is not None and is_group(chat):
        return whereabouts({"remoteJid": chat, "participant": caller, "participantAlt": caller_pn})
    is_of_chat = caller is None or chat is None or bare(caller) == bare(chat)
    return whereabouts({"remoteJid": chat, "remoteJidAlt": caller_pn if is_of_chat else None})


def read_presence(origin: Origin, value: Any, raw: Piece) -> list[CanonicalEvent]:
    """Who is writing, recording or there: one event for each person that it tells of."""
    presence = mapping(value)
    chat = text(presence.get("id")) or text(presence.get("chatId")) or text(presence.get("jid"))
    told = mapping(presence.get("presences"))
    if not told and (status := text(presence.get("status"))):
        who = text(presence.get("userId")) if chat is not None and is_group(chat) else chat
        told = {who or "": {"lastKnownPresence": status}}
    where = whereabouts_of(chat)
    if len(told) == 1:
        return [_presence(origin, where, jid, mapping(each), raw) for jid, each in told.items()]
    return [
        _presence(origin, where, jid, mapping(each), {"id": chat, "presences": {jid: each}})
        for jid, each in told.items()
    ] or [origin.unknown(raw)]


def _presence(origin: Origin, where: Whereabouts, jid: str, told: Item, raw: Piece) -> CanonicalEvent:
    state = text(told.get("lastKnownPresence"))
    who = whereabouts({"remoteJid": where.chat, "participant": jid})
    return origin.event(
        "whatsapp.presence",
        origin.moment_key("presence", where.chat or "", bare(jid), state or "", fingerprint(raw)),
        origin.now,
        raw,
        routing=where.routing(origin),
        actor=who.actor(origin, None),
        context=where.context(),
        details={"state": state, "last_seen": told.get("lastSeen")},
    )


def read_contact(origin: Origin, value: Any, raw: Piece) -> list[CanonicalEvent]:
    """Somebody's name, picture or ids."""
    contact = mapping(value)
    told = (text(contact.get(name)) for name in _PERSON_IDS)
    ids = tuple(dict.fromkeys(each for each in told if each and _is_wa_id(each)))
    if not ids:
        return [origin.unknown(raw)]
    who = person(ids)
    where = Whereabouts(None, False, ids[0], "private", who, Person(), ids)  # noqa: FBT003 - a tuple's field
    name = text(contact.get("pushName")) or text(contact.get("notify")) or text(contact.get("name"))
    return [
        origin.event(
            "whatsapp.contact.updated",
            origin.moment_key("contact", bare(ids[0]), fingerprint(raw)),
            origin.now,
            raw,
            routing=where.routing(origin),
            actor=where.actor(origin, name),
            context=where.context(),
            details={"contact": dict(contact)},
        )
    ]


def read_lid_mapping(origin: Origin, value: Any, raw: Piece) -> list[CanonicalEvent]:
    """A phone and a LID that are one person."""
    pair = mapping(value)
    phone, lid = text(pair.get("pn")) or text(pair.get("jid")), text(pair.get("lid"))
    if phone is None or lid is None:
        return [origin.unknown(raw)]
    ids = (phone if "@" in phone else f"{phone}@s.whatsapp.net", lid if "@" in lid else f"{lid}@lid")
    who = person(ids)
    where = Whereabouts(None, False, ids[0], "private", who, Person(), ids)  # noqa: FBT003 - a tuple's field
    return [
        origin.event(
            "whatsapp.identity.changed",
            origin.key("identity", *map(bare, ids)),
            origin.now,
            raw,
            routing=where.routing(origin),
            actor=where.actor(origin, None),
            context=where.context(),
            details={"phone": who.phone, "lid": who.lid},
        )
    ]


def read_notice(origin: Origin, value: Any, raw: Piece) -> list[CanonicalEvent]:
    """Something about the account, the instance or its server."""
    key = origin.moment_key("account", origin.field or "", fingerprint(raw))
    details = {"field": origin.field, "value": value}
    return [origin.event("whatsapp.account.updated", key, origin.now, raw, details=details)]


def read_credentials(origin: Origin, _value: Any, _raw: Piece) -> list[CanonicalEvent]:
    """The keys of the account have changed. That they have is told; they are not."""
    key = origin.moment_key("account", "creds")
    details = {"field": "creds.update", "value": REDACTED}
    return [origin.event("whatsapp.account.updated", key, origin.now, {"creds": REDACTED}, details=details)]


def read_chat(origin: Origin, chat: Any, raw: Piece) -> list[CanonicalEvent]:
    """A chat's settings and counters; what was deleted is told by its id alone, which may be a database's."""
    told: Item = {"id": chat} if type(chat) is str else mapping(chat)
    chat_id = next((found for name in _CHAT_IDS if (found := text(told.get(name)))), None)
    if chat_id is None:
        return [origin.unknown(raw)]
    other = next((found for name in _OTHER_CHAT_IDS if (found := text(told.get(name)))), None)
    where = whereabouts({"remoteJid": chat_id, "remoteJidAlt": other} if _is_wa_id(chat_id) else EMPTY)
    return [
        origin.event(
            "whatsapp.chat.updated",
            origin.moment_key("chat", bare(chat_id), fingerprint(raw)),
            origin.now,
            raw,
            routing=where.routing(origin),
            context=where.context(),
            details={"chat": {name: each for name, each in told.items() if name != "messages"}},
        )
    ]


def read_label(origin: Origin, value: Any, raw: Piece) -> list[CanonicalEvent]:
    """A label that a chat, or a message in it, was given or has lost."""
    told = mapping(value)
    return read_chat(origin, {**mapping(told.get("association")), "action": told.get("type")}, raw)


def read_new_group(origin: Origin, value: Any, raw: Piece) -> list[CanonicalEvent]:
    """A group that is there now."""
    group = mapping(value)
    return _read_group(origin, group, raw, "create", members_part(_people(group)))


def read_group(origin: Origin, value: Any, raw: Piece) -> list[CanonicalEvent]:
    """A group that has changed; two changes in a minute are two."""
    group = mapping(value)
    return _read_group(origin, group, raw, "update", fingerprint(raw))


def _read_group(origin: Origin, group: Item, raw: Piece, action: str, what: str) -> list[CanonicalEvent]:
    group_id = _group_id(group)
    if group_id is None:
        return [origin.unknown(raw)]
    key = origin.minute_key("grp", group_id, action, what)
    return [_group_event(origin, GROUP_EVENTS[action], key, group, raw, action=action)]


def read_members(origin: Origin, value: Any, raw: Piece) -> list[CanonicalEvent]:
    """Members who came, left or were given another role."""
    update = mapping(value)
    group_id = _group_id(update)
    action = (text(update.get("action")) or "").lower()
    if group_id is None or action not in MEMBER_ACTIONS:
        return [origin.unknown(raw)]
    key = origin.minute_key("grp", group_id, action, members_part(_people(update)))
    return [_group_event(origin, MEMBER_ACTIONS[action], key, update, raw, action=action)]


def _group_event(
    origin: Origin, event_type: EventType, key: str, group: Item, raw: Piece, *, action: str
) -> CanonicalEvent:
    author = {"participant": group.get("author"), "participantPn": group.get("authorPn")}
    where = whereabouts({"remoteJid": _group_id(group), **author})
    return origin.event(
        event_type,
        key,
        origin.now,
        raw,
        routing=where.routing(origin),
        actor=where.actor(origin, None),
        context=where.context(),
        details={
            "action": action,
            "participants": [bare(ids[0]) for ids in _people(group)],
            "aliases": _aliases(group),
            "subject": group.get("subject"),
        },
    )


def _group_id(group: Item) -> str | None:
    return next((found for name in _GROUP_IDS if (found := text(group.get(name)))), None)


def members_part(members: Iterable[Sequence[str]]) -> str:
    """Members in a key, each told by one or several ids."""
    return ",".join(sorted(steady(person(ids)) or bare(ids[0]) for ids in members))


def ids_of(member: Any) -> tuple[str, ...]:
    """The ids of a member, as written: they come as strings, and as objects with several."""
    if type(member) is str:
        return (member,) if member else ()
    told = mapping(member)
    found = tuple(dict.fromkeys(each for name in _MEMBER_IDS if (each := scalar(told.get(name)))))
    lid = (person(found).lid or "").removesuffix("@lid")  # some servers write its digits as the phone they do not know
    return tuple(each for each in found if each != lid)


def _people(group: Item) -> list[tuple[str, ...]]:
    """The members that a group's event is about, by all of their ids: some stand in a list of their own."""
    told = group.get("participants")
    if told is None:  # one who asks to join
        told = {"id": group.get("participant"), "phoneNumber": group.get("participantPn")}
    beside = {ids[0]: ids for ids in map(ids_of, objects(group.get("participantsData"))) if ids}
    found = filter(None, map(ids_of, told if isinstance(told, list) else (told,)))
    return [tuple(dict.fromkeys((*ids, *beside.get(ids[0], ())))) for ids in found]


def _aliases(group: Item) -> list[list[str]]:
    """Ids that stand for one person, as written: for the table of aliases."""
    told: list[tuple[str | None, ...]] = [*_people(group), *map(ids_of, objects(group.get("participantsData")))]
    told.append((scalar(group.get("owner")), scalar(group.get("ownerJid")) or scalar(group.get("ownerPn"))))
    told.append((scalar(group.get("author")), scalar(group.get("authorPn"))))
    return aliases_of(told)


def aliases_of(people: Iterable[Sequence[str | None]]) -> list[list[str]]:
    """Of people whose ids are told, each once, those who are known by several; a phone comes last."""
    pairs = dict.fromkeys(tuple(dict.fromkeys(filter(None, ids))) for ids in people)
    return [sorted(ids, key=_is_phone) for ids in pairs if len(ids) > 1]


def _is_phone(written: str) -> bool:
    return person((written,)).phone is not None
