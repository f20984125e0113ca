"""Baileys behind a gateway: `{event, instance, data}`. Messages, updates and receipts come in lists, all else alone."""

from collections.abc import Mapping, Sequence
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
    HEART,
    LID,
    OTHER_EVENT,
    OTHER_ID,
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
    target_of,
    who_calls,
    who_wrote,
    whose_status,
)
from rollout_cli.simulate.traffic.writing import STATUS_TYPES, Say, Telling, Writer

_KEYS = spellings(
    usual=(
        PHONE,
        f'{LID},{ALT_PHONE},"participant":"","addressingMode":"lid"',
        f'{PHONE},{ALT_LID},"participant":"","addressingMode":"pn"',
        f'{PHONE},"senderLid":"<lid>@lid","senderPn":"<phone>@s.whatsapp.net"',
        f'{LID},{ALT_PHONE},"participant":"","addressingMode":"lid"',
    ),
    own=(PHONE, f'{LID},{ALT_PHONE},"participant":"","addressingMode":"lid"', f"{PHONE},{ALT_LID}"),
)
_LISTS = frozenset({
    "messages.update", "messages.reaction", "message-receipt.update", "contacts.update", "chats.update",
    "groups.upsert", "groups.update", "call",
})  # fmt: skip
_PLACES = tuple(f"{number:03d}" for number in range(1000))
_RECEIPTS: Mapping[str, str] = {"delivered": "receiptTimestamp", "read": "readTimestamp", "played": "playedTimestamp"}


def _time(it: Happening) -> str:
    """A message's time: a number, and of what comes again from a store, a string or two halves of 32 bits."""
    seconds = it.at // 1000
    if it.spelling != OTHER_EVENT:
        return str(seconds)
    return f'"{seconds}"' if it.place % 2 else f'{{"low":{seconds},"high":0,"unsigned":true}}'


def _message(inside: str, it: Happening) -> str:
    """A whole message. The devices' part comes first now and then."""
    outbound, place = it.outbound, it.place
    message = f"{inside},{BESIDE}" if place % 7 else f"{BESIDE},{inside}"
    status = f'"status":{1 + place % 2},' if outbound else ""
    is_to_many = it.thread.audience is not None and not it.thread.is_newsletter
    return (
        f'{{"key":{key_of(it, _KEYS)},"messageTimestamp":{_time(it)},'
        f'"pushName":"{"Loja" if outbound else it.actor.name}","broadcast":{"true" if is_to_many else "false"},{status}'
        f'"message":{{{message}}}}}'
    )


def _content(it: Happening) -> str:
    return _message(content_of(it, context_of(it), is_folded=False)[1], it)


def _upsert(it: Happening) -> str:
    """Under which name a message comes: live, or from the business's own program, or once more after a reconnect.

    Never with the history: where the live telling was lost, that would have to open no conversation.
    """
    is_append = it.spelling == OTHER_EVENT or (it.outbound and it.place % 3)
    return "messages.upsert append" if is_append else "messages.upsert notify"


def _stub(number: int, parameters: str, it: Happening) -> str:
    """A message without content: a line that the app writes itself."""
    return (
        f'{{"key":{key_of(it, _KEYS)},"messageTimestamp":{it.at // 1000},"pushName":"{it.actor.name}",'
        f'"broadcast":false,"messageStubType":{number},"messageStubParameters":[{parameters}]}}'
    )


def _status(state: str, it: Happening) -> str:
    """An update of the message, or in a group, one member's receipt."""
    number, about = STATE_NUMBERS[state][0], f'"fromMe":true,"id":"3EB0{it.about}"'
    seconds, chat = it.at // 1000, chat_of(it)
    if it.thread.is_private:
        member = ""
    elif state in _RECEIPTS:
        receipt = f'{{"userJid":"{member_of(it)}","{_RECEIPTS[state]}":{seconds}}}'
        return f'{{"key":{{"remoteJid":"{chat}",{about}}},"receipt":{receipt}}}'
    else:
        member = f',"participant":"{member_of(it)}"'
    errors = ',"messageStubParameters":["479"]' if state == "failed" else ""
    return (
        f'{{"key":{{"remoteJid":"{chat}",{about}{member}}},"update":{{"status":{number}{errors},'
        f'"messageTimestamp":{seconds}}}}}'
    )


def _status_event(state: str, it: Happening) -> str:
    return "message-receipt.update" if not it.thread.is_private and state in _RECEIPTS else "messages.update"


def _reaction(it: Happening) -> str:
    if it.spelling != OTHER_EVENT:
        return _message(reaction_of(it), it)
    high, low = divmod(it.at, 1 << 32)
    emoji = HEART if it.place % 8 else ""
    return (
        f'{{"key":{target_of(it)},"reaction":{{"key":{key_of(it, _KEYS)},"text":"{emoji}",'
        f'"senderTimestampMs":{{"low":{low},"high":{high},"unsigned":false}}}}}}'
    )


def _edit(it: Happening) -> str:
    """An edit: a message of its own, or an update of the original. Its second is what tells it from other edits."""
    seconds = it.at // 1000 + it.place % 60
    if it.spelling == OTHER_EVENT:
        message = f'{{"editedMessage":{{"message":{{{said_now(it)}}}}}}}'
        return f'{{"key":{target_of(it)},"update":{{"message":{message},"messageTimestamp":{seconds}}}}}'
    kind = "14" if it.place % 2 else '"MESSAGE_EDIT"'
    inside = (
        f'"protocolMessage":{{"key":{inner_target_of(it)},"type":{kind},"editedMessage":{{{said_now(it)}}},'
        f'"timestampMs":"{seconds * 1000 + it.at % 1000}"}}'
    )
    return _message(inside if it.place % 3 else f'"editedMessage":{{"message":{{{inside}}}}}', it)


def _revoke(it: Happening) -> str:
    if it.spelling == OTHER_EVENT:
        update = f'{{"message":null,"messageStubType":1,"key":{key_of(it, _KEYS)}}}'
        return f'{{"key":{target_of(it)},"update":{update}}}'
    kind = "0" if it.place % 2 else '"REVOKE"'
    return _message(f'"protocolMessage":{{"key":{inner_target_of(it)},"type":{kind}}}', it)


def _poll_vote(it: Happening) -> str:
    """A vote, which only the poll's own secret opens: as a message, or as an update of the poll."""
    if it.spelling == OTHER_EVENT:
        vote = (
            f'{{"pollUpdateMessageKey":{key_of(it, _KEYS)},"vote":{{"selectedOptions":["{_CHOSEN}"]}},'
            f'"senderTimestampMs":{it.at}}}'
        )
        return f'{{"key":{target_of(it)},"update":{{"pollUpdates":[{vote}]}}}}'
    inside = (
        f'"pollUpdateMessage":{{"pollCreationMessageKey":{target_of(it)},"vote":{{"encPayload":"{_CHOSEN}",'
        f'"encIv":"cQZeXWCdu9JrcLOL"}},"senderTimestampMs":"{it.at}"}}'
    )
    return _message(inside, it)


_CHOSEN = "Eh6mO80IlPrK1jm+ClVHzXRM93TMqEQrgb8rZ0eIw0M="


def _event_or(name: str, it: Happening) -> str:
    """A message, or on a second telling the event that says the same."""
    return name if it.spelling == OTHER_EVENT else _upsert(it)


def _alone(event: str, it: Happening) -> str:
    """What has no id is told from the next by the delivery's time: the folder holds it, so that nothing joins it."""
    return f"{event} {iso(it.at)}{_PLACES[it.place % 1000]}Z"


def _call(it: Happening) -> str:
    caller = f"{it.actor.lid}@lid" if it.spelling == OTHER_ID else f"{it.actor.phone}@s.whatsapp.net"
    group = f'"groupJid":"{it.thread.group}@g.us",' if it.thread.group is not None else ""
    return (
        f'{{"chatId":"{caller}","from":"{caller}","id":"{it.id}",{group}"date":"{iso(it.at)}Z","offline":false,'
        f'"status":"offer","isVideo":false,"isGroup":{"true" if group else "false"}}}'
    )


def _presence(it: Happening) -> str:
    who = chat_of(it) if it.thread.group is None else f"{it.actor.lid}@lid"
    return f'{{"id":"{chat_of(it)}","presences":{{"{who}":{{"lastKnownPresence":"composing"}}}}}}'


def _contact(it: Happening) -> str:
    who = it.actor
    both = f'"id":"{who.lid}@lid","phoneNumber":"{who.phone}@s.whatsapp.net"'
    ids = both if it.place % 2 else f'"id":"{who.phone}@s.whatsapp.net"'
    return f'{{{ids},"notify":"{who.name}","imgUrl":"https://pps.whatsapp.net/v/t61.24694-24/{it.id}_n.jpg"}}'


def _chat(it: Happening) -> str:
    return f'{{"id":"{chat_of(it)}","conversationTimestamp":{it.at // 1000},"unreadCount":{it.place % 4}}}'


def _members(action: str, stub: int, it: Happening) -> str:
    who = newcomer(it)
    if it.spelling == OTHER_EVENT:
        return _stub(stub, f'"{who.lid}@lid"', it)
    return (
        f'{{"id":"{it.thread.group}@g.us","author":"{it.thread.person.lid}@lid","participants":[{{"id":"{who.lid}@lid",'
        f'"phoneNumber":"{who.phone}@s.whatsapp.net","admin":null}}],"action":"{action}"}}'
    )


def _members_event(it: Happening) -> str:
    if it.spelling == OTHER_EVENT:
        return "messages.upsert append"
    return _alone("group-participants.update", it)


def _created(it: Happening) -> str:
    who = it.thread.person
    return (
        f'{{"id":"{it.thread.group}@g.us","subject":"Clientes","owner":"{who.lid}@lid",'
        f'"ownerPn":"{who.phone}@s.whatsapp.net","creation":{it.at // 1000},"size":2,'
        f'"participants":[{{"id":"{who.lid}@lid","phoneNumber":"{who.phone}@s.whatsapp.net","admin":"superadmin"}},{{"id":"{newcomer(it).lid}@lid",'
        f'"admin":null}}]}}'
    )


def _updated(it: Happening) -> str:
    return (
        f'{{"id":"{it.thread.group}@g.us","subject":"Clientes do centro","subjectTime":{it.at // 1000},'
        f'"author":"{it.thread.person.lid}@lid","descId":"{it.id}"}}'
    )


def _deleted(it: Happening) -> str:
    return _stub(43, f'"{newcomer(it).lid}@lid"', it)


_STATES: Mapping[str, tuple[str, Fill]] = {
    "connection_open": (
        "whatsapp.instance.connected",
        pattern('{"connection":"open","isNewLogin":false,"receivedPendingNotifications":true}'),
    ),
    "connection_close": (
        "whatsapp.instance.disconnected",
        pattern(
            '{"connection":"close","lastDisconnect":{"error":{"data":{"reason":"428"},"isBoom":true,"isServer":false,'
            '"output":{"statusCode":428,"payload":{"statusCode":428,"error":"Precondition Required"}}}}}'
        ),
    ),
    "connecting": ("whatsapp.instance.connecting", pattern('{"connection":"connecting"}')),
    "qr": ("whatsapp.instance.qr_updated", pattern('{"qr":"2@99wbWb+B3g6,QYzFh1,1mRk<id>"}')),
}
"""For each state of an instance its event, and the payload."""


def _insights(it: Happening) -> str:
    """Of an event that no version has yet."""
    return f'{{"id":"120363000000000002@newsletter","followers":{it.thread.person.number},"version":"{it.id}"}}'


def _body(place: Instance, folder: str, items: Sequence[str]) -> str:
    """A body; of what is alone in its folder, with the delivery's time."""
    event, _, more = folder.partition(" ")
    told = ",".join(items)
    time = ""
    if event == "messages.upsert":
        told = f'{{"messages":[{told}],"type":"{more}"}}'
    else:
        time = f',"ts":"{more}"' if more else ""
        if event in _LISTS or len(items) > 1:
            told = f"[{told}]"
    return f'{{"event":"{event}","instance":"{place.id}","data":{told}{time}}}'


_OTHERS: Mapping[str, tuple[Say, str, str | Say]] = {
    "poll_vote": (_poll_vote, "", partial(_event_or, "messages.update")),
    "reaction": (_reaction, "whatsapp.message.reaction", partial(_event_or, "messages.reaction")),
    "edit": (_edit, "whatsapp.message.edited", partial(_event_or, "messages.update")),
    "revoke": (_revoke, "whatsapp.message.revoked", partial(_event_or, "messages.update")),
    "stub": (partial(_stub, 2, '"Message absent from node"'), "whatsapp.message.undecryptable", _upsert),
    "identity": (partial(_stub, 38, ""), "whatsapp.identity.changed", _upsert),
    "call": (_call, "whatsapp.call", "call"),
    "presence": (_presence, "whatsapp.presence", partial(_alone, "presence.update")),
    "contact": (_contact, "whatsapp.contact.updated", partial(_alone, "contacts.update")),
    "chat": (_chat, "whatsapp.chat.updated", partial(_alone, "chats.update")),
    "group_created": (_created, "whatsapp.group.created", partial(_alone, "groups.upsert")),
    "group_updated": (_updated, "whatsapp.group.updated", partial(_alone, "groups.update")),
    "group_joined": (partial(_members, "add", 27), "whatsapp.group.joined", _members_event),
    "group_left": (partial(_members, "remove", 32), "whatsapp.group.left", _members_event),
    "group_deleted": (_deleted, "whatsapp.group.deleted", _upsert),
    "unknown": (_insights, "whatsapp.unknown", partial(_alone, "newsletter-insights.update")),
}
"""How the others are told, what they become, and under which event."""


def _kinds() -> dict[str, Telling]:
    told = {kind: Telling(_content, "", _upsert) for kind in KINDS}
    told |= {
        state: Telling(partial(_status, state), STATUS_TYPES[state], partial(_status_event, state)) for state in STATES
    }
    told |= {kind: Telling(*each) for kind, each in _OTHERS.items()}
    for kind, (becomes, fill) in _STATES.items():
        told[kind] = Telling(fill, becomes, partial(_alone, "connection.update"))
    return told


_MEMBERS = ("group_joined", "group_left")
_RESPELLED = {
    **dict.fromkeys((*KINDS, "reaction", "edit", "revoke", "poll_vote"), (1, 2)),
    **dict.fromkeys((*STATES, "stub", "identity", "call"), (1,)),
    **dict.fromkeys(_MEMBERS, (2,)),
}
_STUBS = frozenset({"stub", "identity", "group_deleted"})
_UPDATES = frozenset({"edit", "revoke", "poll_vote"})
"""Kinds that come again as an update, which names the message that they are about and not who did it."""


def _told(it: Happening) -> Told:
    """Messages, statuses and calls tell a time; what is alone in its body does not."""
    kind = it.kind
    if kind in _UPDATES and it.spelling == OTHER_EVENT:
        return Told(message_type(kind), _updated_at(it), has_chat=True)
    if kind in IN_CHATS:
        who = whose_status(it) if kind in STATES else _who(it)
        return Told(message_type(kind), it.at, who, file_of(it), has_chat=True, calls=kind in KINDS and calls(it))
    if kind == "call":
        return Told(message_type(kind), it.at, who_calls(it))
    is_stub = kind in _STUBS or (it.spelling == OTHER_EVENT and kind in _MEMBERS)
    return Told(message_type(kind), it.at if is_stub else None)


def _updated_at(it: Happening) -> int | None:
    """The time that an update tells; a revoke has none."""
    if it.kind == "revoke":
        return None
    return it.at // 1000 * 1000 + it.place % 60 * 1000 if it.kind == "edit" else it.at


def _who(it: Happening) -> Who:
    """Of the business's own, only a key with a participant names the number."""
    if not it.outbound:
        return who_wrote(it, _KEYS)
    return Who("business") if it.thread.is_private else Who("business", it.thread.instance.phone)


BAILEYS = Writer("baileys", _kinds(), 50, _body, _RESPELLED, _told)
