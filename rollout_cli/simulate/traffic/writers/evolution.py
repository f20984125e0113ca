"""Evolution API 2: one thing in a body, under the name of an event; in its own time, which it calls UTC."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from rollout_cli.simulate.traffic.happening import STATES, Happening
from rollout_cli.simulate.traffic.people import Instance
from rollout_cli.simulate.traffic.told import IN_CHATS, Told, Who, message_type
from rollout_cli.simulate.traffic.writers.pattern import Fill, pattern
from rollout_cli.simulate.traffic.writers.web_contents import KINDS, calls, content_of, context_of, file_of
from rollout_cli.simulate.traffic.writers.web_message import (
    ALT_LID,
    ALT_PHONE,
    BESIDE,
    DEVICES,
    LID,
    OTHER_EVENT,
    PHONE,
    STATE_NUMBERS,
    chat_of,
    inner_target_of,
    iso,
    key_of,
    member_of,
    newcomer,
    reaction_of,
    said_now,
    spellings,
    who_calls,
    who_wrote,
    whose_status,
)
from rollout_cli.simulate.traffic.writing import STATUS_TYPES, Say, Telling, Writer

_KEYS = spellings(
    usual=(
        PHONE,
        f'{PHONE},{ALT_PHONE},"participant":"","addressingMode":"lid"',
        f'{PHONE},{ALT_LID},"participant":"","addressingMode":"pn"',
        f'{LID},{ALT_PHONE},"addressingMode":"lid"',
        f'{PHONE},"senderLid":"<lid>@lid"',
        f'{PHONE},"previousRemoteJid":"<lid>@lid"',
    ),
    own=(PHONE, f'{PHONE},{ALT_LID},"participant":"","addressingMode":"pn"', f"{LID},{ALT_PHONE}"),
)
_SOURCES = ("android", "ios", "web", "android", "desktop", "unknown")
_BEHIND_HOURS = -3
_LAG_MS = 37


def _item(data: str, it: Happening, *, is_paired: bool = True) -> str:
    """The data, with what else tells one delivery from another."""
    return f'{{"data":{data},{_delivery(it)}{_sender(it) if is_paired else ""}}}'


def _delivery(it: Happening) -> str:
    """Where to and when. The server's clock says when it sends: moments later, no two of a thread at the same."""
    date_time = iso(it.at + 3 + it.place % _LAG_MS, _BEHIND_HOURS)
    return f'"destination":"https://hooks.example/whatsapp","date_time":"{date_time}Z"'


def _sender(it: Happening) -> str:
    """The instance's own number."""
    return f',"sender":"{it.thread.instance.phone}@s.whatsapp.net"'


def _message(inside: str, name: str, context: str, it: Happening) -> str:
    """A whole message. The devices' part comes first now and then.

    A customer's has one event only: on a second telling, some versions put the devices' part where the quote was.
    """
    place = it.place
    pushed, status = it.actor.name, "DELIVERY_ACK"
    if it.outbound:
        pushed, status = "Você", "PENDING" if _is_sent_by_api(it) else "SERVER_ACK"
    elif it.spelling == OTHER_EVENT:
        context = DEVICES
    message = f"{inside},{BESIDE}" if place % 7 else f"{BESIDE},{inside}"
    return (  # in one piece: each further one would copy all of it
        f'{{"data":{{"key":{key_of(it, _KEYS)},"pushName":"{pushed}","status":"{status}","message":{{{message}}},'
        f'"contextInfo":{context or "null"},"messageType":"{name}","messageTimestamp":{it.at // 1000},'
        f'"instanceId":"{it.thread.instance.uuid}","source":"{_SOURCES[place % 6]}"}},{_delivery(it)}{_sender(it)}}}'
    )


def _content(it: Happening) -> str:
    context = context_of(it)
    name, inside = content_of(it, context, is_folded=True)
    return _message(inside, name, context, it)


def _reaction(it: Happening) -> str:
    return _message(reaction_of(it), "reactionMessage", "", it)


def _event(it: Happening) -> str:
    """Which event tells a message: the business's own have two, and either may come.

    Never the history: where the live telling was lost, that would have to open no conversation.
    """
    return "send.message" if it.outbound and _is_sent_by_api(it) else "messages.upsert"


def _is_sent_by_api(it: Happening) -> bool:
    return (it.place % 3 != 0) != (it.spelling == OTHER_EVENT)


def _status(state: str, it: Happening) -> str:
    """A status: it has no time, and names the database's id of the message first."""
    member = f'"participant":"{member_of(it)}",' if not it.thread.is_private else ""
    data = (
        f'{{"messageId":"cm{it.id.lower()}","keyId":"3EB0{it.about}","remoteJid":"{chat_of(it)}","fromMe":true,{member}'
        f'"status":"{STATE_NUMBERS[state][1]}","instanceId":"{it.thread.instance.uuid}"}}'
    )
    return _item(data, it)


def _poll_vote(it: Happening) -> str:
    """The poll with its votes, as the server has counted them."""
    data = (
        f'{{"messageId":"cm{it.id.lower()}","keyId":"3EB0{it.about}","remoteJid":"{chat_of(it)}",'
        f'"fromMe":{"true" if it.about_outbound else "false"},"status":"DELETED","pollUpdates":[{{"name":"sim",'
        f'"voters":["{it.actor.phone}@s.whatsapp.net"]}},{{"name":"não","voters":[]}}],'
        f'"instanceId":"{it.thread.instance.uuid}"}}'
    )
    return _item(data, it)


def _edit(it: Happening) -> str:
    """A bare protocol message: it has no id of its own, only its time."""
    kind = "14" if it.place % 2 else '"MESSAGE_EDIT"'
    data = (
        f'{{"key":{inner_target_of(it)},"type":{kind},"editedMessage":{{{said_now(it)}}},'
        f'"timestampMs":"{it.at + it.place % _LAG_MS}"}}'
    )
    return _item(data, it)


def _revoke(it: Happening) -> str:
    if it.spelling == OTHER_EVENT:
        return _item(f'{{"key":{inner_target_of(it)},"type":"REVOKE"}}', it)
    mine = "true" if it.about_outbound else "false"
    member = "" if it.thread.is_private else f',"participant":"{it.actor.lid}@lid"'
    return _item(f'{{"remoteJid":"{chat_of(it)}","fromMe":{mine},"id":"3EB0{it.about}"{member}}}', it)


def _revoke_event(it: Happening) -> str:
    return "messages.edited" if it.spelling == OTHER_EVENT else "messages.delete"


def _call(it: Happening) -> str:
    caller = f"{it.actor.lid}@lid" if it.spelling == 1 else f"{it.actor.phone}@s.whatsapp.net"
    chat = chat_of(it) if it.thread.group is not None else caller
    is_group = "false" if it.thread.group is None else "true"
    data = (
        f'{{"chatId":"{chat}","from":"{caller}","id":"{it.id}","date":"{iso(it.at)}Z","offline":false,'
        f'"status":"offer","isVideo":false,"isGroup":{is_group}}}'
    )
    return _item(data, it)


def _presence(it: Happening) -> str:
    who = chat_of(it) if it.thread.group is None else f"{it.actor.lid}@lid"
    return _item(f'{{"id":"{chat_of(it)}","presences":{{"{who}":{{"lastKnownPresence":"composing"}}}}}}', it)


def _contact(it: Happening) -> str:
    """A contact's name: a list, or a single one without its list."""
    data = (
        f'{{"remoteJid":"{it.actor.phone}@s.whatsapp.net","pushName":"{it.actor.name}","profilePicUrl":'
        f'"https://pps.whatsapp.net/v/t61.24694-24/{it.id}_n.jpg","instanceId":"{it.thread.instance.uuid}"}}'
    )
    return _item(data if it.place % 3 == 0 else f"[{data}]", it)


def _chat(it: Happening) -> str:
    data = (
        f'[{{"remoteJid":"{chat_of(it)}","instanceId":"{it.thread.instance.uuid}","name":"{it.actor.name}",'
        f'"unreadMessages":{it.place % 4}}}]'
    )
    return _item(data, it)


def _members(action: str, it: Happening) -> str:
    who = newcomer(it)
    data = (
        f'{{"id":"{it.thread.group}@g.us","author":"{it.thread.person.lid}@lid","participants":[{{"id":"{who.lid}@lid",'
        f'"phoneNumber":"{who.phone}@s.whatsapp.net","admin":null}}],"action":"{action}"}}'
    )
    return _item(data, it)


def _group(subject: str, it: Happening) -> str:
    who = it.thread.person
    data = (
        f'[{{"id":"{it.thread.group}@g.us","subject":"{subject}","subjectTime":{it.at // 1000},"owner":"{who.lid}@lid",'
        f'"ownerJid":"{who.phone}@s.whatsapp.net","descId":"{it.id}","size":2,"participants":[{{"id":"{who.lid}@lid",'
        f'"jid":"{who.phone}@s.whatsapp.net","admin":"superadmin"}},{{"id":"{newcomer(it).lid}@lid","admin":null}}]}}]'
    )
    return _item(data, it)


_STATES: Mapping[str, tuple[str, Fill]] = {
    "connection_open": ("whatsapp.instance.connected", pattern(
        '{"instance":"<id>","wuid":"<phone>@s.whatsapp.net","profileName":"Loja","profilePictureUrl":null,'
        '"state":"open","statusReason":200}',
    )),
    "connection_close": ("whatsapp.instance.disconnected", pattern(
        '{"instance":"<id>","state":"close","statusReason":428}',
    )),
    "connecting": ("whatsapp.instance.connecting", pattern(
        '{"instance":"<id>","state":"connecting","statusReason":200}',
    )),
    "qr": ("whatsapp.instance.qr_updated", pattern(
        '{"qrcode":{"instance":"<id>","pairingCode":null,"code":"2@99wbWb+B3g6","base64":"data:image/png;base64,iVBORw0K"}}',
    )),
}  # fmt: skip
"""For each state of an instance its event, and its data."""


def _state(fill: Fill, it: Happening) -> str:
    return _item(fill(it.thread.instance), it, is_paired=it.kind == "connection_open")


def _unknown(it: Happening) -> str:
    return _item(f'{{"instance":"{it.thread.instance.id}","session":"{it.id}","version":2}}', it)


def _body(place: Instance, folder: str, items: Sequence[str]) -> str:
    return (
        f'{{"event":"{folder}","instance":"{place.id}",{items[0][1:-1]},"server_url":"https://evolution.example",'
        f'"apikey":"{place.uuid}"}}'
    )


_OTHERS: Mapping[str, tuple[Callable[[Happening], str], str, str | Say]] = {
    "poll_vote": (_poll_vote, "whatsapp.message.inbound", "messages.update"),
    "reaction": (_reaction, "whatsapp.message.reaction", _event),
    "edit": (_edit, "whatsapp.message.edited", "messages.edited"),
    "revoke": (_revoke, "whatsapp.message.revoked", _revoke_event),
    "call": (_call, "whatsapp.call", "call"),
    "presence": (_presence, "whatsapp.presence", "presence.update"),
    "contact": (_contact, "whatsapp.contact.updated", "contacts.update"),
    "chat": (_chat, "whatsapp.chat.updated", "chats.update"),
    "group_created": (partial(_group, "Clientes"), "whatsapp.group.created", "groups.upsert"),
    "group_updated": (partial(_group, "Clientes do centro"), "whatsapp.group.updated", "groups.update"),
    "group_joined": (partial(_members, "add"), "whatsapp.group.joined", "group-participants.update"),
    "group_left": (partial(_members, "remove"), "whatsapp.group.left", "group-participants.update"),
    "unknown": (_unknown, "whatsapp.unknown", "bot.session.update"),
}
"""How the others are told, what they become, and under which event."""


def _kinds() -> dict[str, Telling]:
    told = {kind: Telling(_content, "", _event) for kind in KINDS}
    told |= {state: Telling(partial(_status, state), STATUS_TYPES[state], "messages.update") for state in STATES}
    told |= {kind: Telling(*each) for kind, each in _OTHERS.items()}
    for kind, (becomes, fill) in _STATES.items():
        told[kind] = Telling(partial(_state, fill), becomes, "qrcode.updated" if kind == "qr" else "connection.update")
    return told


_RESPELLED = {
    **dict.fromkeys((*KINDS, "reaction", "revoke"), (1, 2)),
    **dict.fromkeys((*STATES, "edit", "call"), (1,)),
}
_MESSAGES = frozenset({*KINDS, "reaction"})
"""Kinds that are told by a whole message."""


def _told(it: Happening) -> Told:
    """A message tells its time and who wrote it; an edit its time alone; all else comes when the server says it."""
    kind = it.kind
    if kind in _MESSAGES:
        return Told(message_type(kind), it.at, _who(it), file_of(it), has_chat=True, calls=_calls(it))
    if kind == "edit":  # from the side of whoever it was: in a private chat that may be either
        return Told(message_type(kind), it.at + it.place % _LAG_MS, has_chat=it.thread.group is not None)
    if kind == "call":
        return Told(message_type(kind), it.at, who_calls(it))
    is_of_either = kind == "revoke" and it.spelling == OTHER_EVENT and it.thread.group is None
    has_chat = kind in IN_CHATS and not is_of_either
    return Told(message_type(kind), None, whose_status(it) if kind in STATES else None, has_chat=has_chat)


def _calls(it: Happening) -> bool:
    """Whether it calls an SKM: a plain text says so beside it, where a second telling has the devices' part."""
    if it.kind not in KINDS or not calls(it):
        return False
    is_beside = it.spelling != OTHER_EVENT or it.outbound
    return is_beside or content_of(it, context_of(it), is_folded=True)[0] != "conversation"


def _who(it: Happening) -> Who:
    return Who("business", it.thread.instance.phone) if it.outbound else who_wrote(it, _KEYS)


EVOLUTION = Writer("evolution", _kinds(), 1, _body, _RESPELLED, _told)
