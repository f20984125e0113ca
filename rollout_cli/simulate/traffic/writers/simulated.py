"""The simulated provider: one plain shape for everything, several events in a body."""

from collections.abc import Mapping, Sequence
from functools import partial

from rollout_cli.simulate.traffic.happening import STATES, Happening
from rollout_cli.simulate.traffic.people import Instance
from rollout_cli.simulate.traffic.told import IN_CHATS, File, Told, Who, member_or_customer, message_type
from rollout_cli.simulate.traffic.writing import STATUS_TYPES, Telling, Writer

_CONTENT: Mapping[str, str] = {
    "text": '"type":"text","text":"{words}"',
    "image": '"type":"image","media":{{"id":"media-{id}","mime_type":"image/jpeg","caption":"{words}"}}',
    "video": '"type":"video","media":{{"id":"media-{id}","mime_type":"video/mp4"}}',
    "audio": '"type":"audio","media":{{"id":"media-{id}","mime_type":"audio/mpeg"}}',
    "voice": '"type":"voice","media":{{"id":"media-{id}","mime_type":"audio/ogg; codecs=opus"}}',
    "document": '"type":"document","media":{{"id":"media-{id}","mime_type":"application/pdf","filename":"nota.pdf"}}',
    "sticker": '"type":"sticker","media":{{"id":"media-{id}","mime_type":"image/webp"}}',
    "location": '"type":"location","location":{{"latitude":-25.43,"longitude":-49.27,"name":"{words}"}}',
    "contacts": '"type":"contacts","contacts":[{{"name":"{words}","phones":["+5541900000000"]}}]',
    "button_reply": '"type":"button_reply","interactive":{{"id":"yes","title":"{words}"}}',
    "list_reply": '"type":"list_reply","interactive":{{"id":"row-2","title":"{words}"}}',
    "order": '"type":"order","order":{{"catalog_id":"194","items":[{{"product":"blue-m","quantity":1}}]}}',
    "poll": '"type":"poll","poll":{{"name":"{words}","options":["sim","não"]}}',
    "unsupported": '"type":"unsupported"',
}
"""The inside of `message` for each kind of content."""
_OTHERS: Mapping[str, tuple[str, str]] = {
    "presence": ("presence", '"details":{{"state":"composing"}}'),
    "contact": ("contact.updated", '"details":{{"name":"{name}"}}'),
    "chat": ("chat.updated", '"details":{{"unread":1}}'),
    "call": ("call", '"details":{{"status":"offer"}}'),
    "connection_open": ("instance.connected", '"details":{{"state":"open"}}'),
    "connection_close": ("instance.disconnected", '"details":{{"state":"close"}}'),
    "qr": ("instance.qr_updated", '"details":{{}}'),
    "account": ("account.updated", '"details":{{"event":"REVIEWED"}}'),
    "group_created": ("group.created", '"details":{{"subject":"Clientes"}}'),
    "group_updated": ("group.updated", '"details":{{"subject":"Clientes do centro"}}'),
    "group_joined": ("group.joined", '"details":{{"participants":["{phone}"]}}'),
    "group_left": ("group.left", '"details":{{"participants":["{phone}"]}}'),
    "unknown": ("something.new", '"details":{{"version":2}}'),
}
"""For each of the others, its name here, and what it says besides."""
_FILES: Mapping[str, File] = {
    "image": File("image/jpeg"),
    "video": File("video/mp4"),
    "audio": File("audio/mpeg"),
    "voice": File("audio/ogg; codecs=opus"),
    "document": File("application/pdf", name="nota.pdf"),
    "sticker": File("image/webp"),
}
"""The file of each kind that has one; its id is that of the message, and a picture has a caption."""


def _moment(at: int) -> str:
    return f"{at // 1000}.{at % 1000:03d}"


def _chat(it: Happening) -> str:
    thread = it.thread
    if thread.group is not None:
        return f'{{"type":"group","id":"{thread.group}@g.us"}}'
    if thread.audience is not None:
        return f'{{"type":"{"newsletter" if thread.is_newsletter else "broadcast"}","id":"{thread.audience}"}}'
    person = thread.person
    told = f'"lid":"{person.lid}"' if it.spelling == 1 else f'"phone":"{person.phone}"'
    both = f',"lid":"{person.lid}"' if it.spelling != 1 and it.place % 3 == 0 else ""
    return f'{{"type":"private",{told}{both}}}'


def _item(name: str, inside: str, it: Happening) -> str:
    who = "" if it.outbound else f'"from":{{"phone":"{it.actor.phone}","name":"{it.actor.name}"}},'
    if it.spelling == 1 or it.thread.is_newsletter:
        who = ""
    direction = '"direction":"outbound",' if it.outbound else ""
    forwarded = '"forwarded":true,' if it.is_forwarded else ""
    return (
        f'{{"kind":"{name}","id":"{it.id}","at":{_moment(it.at)},"chat":{_chat(it)},{who}{direction}{forwarded}'
        f"{inside}}}"
    )


def _content(pattern: str, it: Happening) -> str:
    name = "message.outbound" if it.outbound else "message.inbound"
    return _item(name, f'"message":{{{pattern.format(words=it.words, id=it.id)}}}', it)


def _status(state: str, it: Happening) -> str:
    about = f'"about":"{it.about}"'
    errors = ',"status":{"errors":[{"code":131026,"title":"undeliverable"}]}' if state == "failed" else ""
    participant = ""
    if not it.thread.is_private:
        participant = f'"participant_id":"{it.actor.phone}"'
        errors = "" if errors else f',"status":{{{participant}}}'
    return _item(f"message.status.{state}", about + errors, it)


def _reaction(it: Happening) -> str:
    return _item("message.reaction", f'"about":"{it.about}","emoji":"👍"', it)


def _edit(it: Happening) -> str:
    return _item("message.edited", f'"about":"{it.about}","message":{{"type":"text","text":"{it.words}"}}', it)


def _revoke(it: Happening) -> str:
    return _item("message.revoked", f'"about":"{it.about}"', it)


def _stub(it: Happening) -> str:
    return _item("message.undecryptable", '"message":{"type":"unknown"}', it)


def _other(name: str, pattern: str, it: Happening) -> str:
    return _item(name, pattern.format(name=it.actor.name, phone=it.actor.phone), it)


def _body(place: Instance, _folder: str, items: Sequence[str]) -> str:
    if len(items) == 1:
        return f'{{"instance":"{place.id}",{items[0][1:]}'
    return f'{{"instance":"{place.id}","account":"{place.account}","events":[{",".join(items)}]}}'


def _kinds() -> dict[str, Telling]:
    told = {kind: Telling(partial(_content, pattern)) for kind, pattern in _CONTENT.items()}
    told |= {state: Telling(partial(_status, state), STATUS_TYPES[state]) for state in STATES}
    for kind, (name, pattern) in _OTHERS.items():
        becomes = "whatsapp.unknown" if kind == "unknown" else f"whatsapp.{name}"
        told[kind] = Telling(partial(_other, name, pattern), becomes)
    return told | {
        "reaction": Telling(_reaction, "whatsapp.message.reaction"),
        "edit": Telling(_edit, "whatsapp.message.edited"),
        "revoke": Telling(_revoke, "whatsapp.message.revoked"),
        "stub": Telling(_stub, "whatsapp.message.undecryptable"),
    }


_KINDS = _kinds()


def _told(it: Happening) -> Told:
    file = _FILES.get(it.kind)
    if file is not None:
        caption = it.words if it.kind == "image" else ""
        file = File(file.mime_type, f"media-{it.id}", file.name, "", caption, is_read=False)
    return Told(message_type(it.kind), it.at, None if it.kind == "unknown" else _who(it), file, it.kind in IN_CHATS)


def _who(it: Happening) -> Who:
    """Under another id, it names the chat alone."""
    if it.outbound:
        return Who("business")
    role = member_or_customer(it)
    if it.spelling != 1 and not it.thread.is_newsletter:
        return Who(role, it.actor.phone)
    return Who(role, lid=it.actor.lid) if it.thread.is_private else Who(role)


SIMULATED = Writer(
    "simulated", _KINDS, 20, _body, dict.fromkeys((*_CONTENT, *STATES, "reaction", "edit", "revoke"), (1,)), _told
)
