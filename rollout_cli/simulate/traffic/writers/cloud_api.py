"""Meta's Cloud API: messages and statuses together in one value, everything else under a field of its own.

An item is the contact that it brings along, a line's end (JSON text has none), and the element itself; one of a message
or status begins with the letter of its list.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial

from rollout_cli.simulate.traffic.happening import STATES, Happening
from rollout_cli.simulate.traffic.people import Instance
from rollout_cli.simulate.traffic.writers.cloud_contents import KINDS, beside, content_of, id_about, own_id
from rollout_cli.simulate.traffic.writers.cloud_people import (
    OTHER_ID,
    RECIPIENT,
    SENDER,
    WHOM,
    changes_number,
    is_by_user_id,
    told,
    who_is,
)
from rollout_cli.simulate.traffic.writing import STATUS_TYPES, Say, Telling, Writer

_MESSAGE, _STATUS = "m", "s"


def _message(inside: str, it: Happening) -> str:
    """A customer's or a member's message, with its contact; or the business's own, as its app has sent it."""
    if it.outbound:
        return _echo(inside, it)
    contact, whose = who_is(it, SENDER)
    group = it.thread.group
    where = "" if group is None else f'"group_id":"{group}",'
    return (
        f'{_MESSAGE}{contact}\n{{{beside(it)}{whose}{where}"id":"{own_id(it)}","timestamp":"{it.at // 1000}",{inside}}}'
    )


def _echo(inside: str, it: Happening) -> str:
    group = it.thread.group
    contact, whom = who_is(it, WHOM)
    if group is not None:
        contact, whom = "", f'"to":"{group}","group_id":"{group}",'
    elif it.place % 3:
        contact = ""
    return (
        f'{contact}\n{{{beside(it)}"from":"{it.thread.instance.phone}",{whom}'
        f'"id":"{own_id(it)}","timestamp":"{it.at // 1000}",{inside}}}'
    )


def _folder(it: Happening) -> str:
    return "smb_message_echoes" if it.outbound else "messages"


def _content(it: Happening) -> str:
    return _message(content_of(it), it)


def _reaction(it: Happening) -> str:
    """A reaction; now and then it takes one back."""
    emoji = ',"emoji":"❤️"' if it.place % 8 else ""
    return _message(f'"type":"reaction","reaction":{{"message_id":"{id_about(it)}"{emoji}}}', it)


def _edit(it: Happening) -> str:
    now = f'{{"type":"text","text":{{"body":"{it.words}"}}}}'
    return _message(f'"type":"edit","edit":{{"original_message_id":"{id_about(it)}","message":{now}}}', it)


def _revoke(it: Happening) -> str:
    return _message(f'"type":"revoke","revoke":{{"original_message_id":"{id_about(it)}"}}', it)


_UNDELIVERABLE = (
    '{"code":131026,"title":"Message undeliverable","message":"Message undeliverable","error_data":{"details":'
    '"Message Undeliverable."},"href":"https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes/"}'
)
_TOO_LATE = (
    '{"code":131047,"title":"Re-engagement message","message":"Re-engagement message","error_data":{"details":'
    '"More than 24 hours have passed since the customer last replied to this number."}}'
)
_FAILURES = (_UNDELIVERABLE, _TOO_LATE)
_PRICE = ',"pricing":{"billable":false,"pricing_model":"PMP","type":"free_customer_service","category":"service"}'


def _status(state: str, it: Happening) -> str:
    """A status: a failed one has no contact, the others have one now and then; a member's has the user id always."""
    group = it.thread.group
    contact, whom = who_is(it, RECIPIENT)
    if group is not None:
        who = it.actor
        phone = "" if is_by_user_id(it) else f'"recipient_participant_id":"{who.phone}",'
        whom = (
            f'"recipient_id":"{group}","recipient_type":"group",{phone}"recipient_participant_user_id":"{who.bsuid}",'
        )
    if state == "failed" or it.place % 2 == 0:
        contact = ""
    return (
        f'{_STATUS}{contact}\n{{"id":"{id_about(it)}",{whom}"status":"{state}","timestamp":"{it.at // 1000}"'
        f"{_of_state(state, it)}}}"
    )


def _of_state(state: str, it: Happening) -> str:
    """What else a status tells: why it failed, what a message costs, in which conversation older versions count it."""
    if state == "failed":
        return f',"errors":[{_FAILURES[it.place % len(_FAILURES)]}]'
    if state != "sent":
        return ""
    if it.place % 4:
        return _PRICE
    expires = it.at // 1000 + 86_400
    return (
        f',"conversation":{{"id":"{it.about.lower()}","expiration_timestamp":"{expires}","origin":{{"type":"service"}}}}'
        f"{_PRICE}"
    )


def _stub(it: Happening) -> str:
    """A message of the history whose file comes later."""
    group = "" if it.thread.group is None else f'"group_id":"{it.thread.group}",'
    message = (
        f'{{"from":"{it.actor.phone}",{group}"id":"{own_id(it)}","timestamp":"{it.at // 1000}",'
        '"type":"media_placeholder","history_context":{"status":"READ"}}'
    )
    return (
        f'\n{{"metadata":{{"phase":0,"chunk_order":1,"progress":{it.place % 100}}},'
        f'"threads":[{{"id":"{it.actor.phone}","messages":[{message}]}}]}}'
    )


def _call(it: Happening) -> str:
    contact, whose = who_is(it, SENDER)
    direction = '"direction":"USER_INITIATED"'
    event = (
        f'"event":"connect",{direction},"session":{{"sdp_type":"offer","sdp":"v=0"}}'
        if it.place % 2
        else f'"event":"terminate",{direction},"status":"COMPLETED","duration":{it.place % 300}'
    )
    return (
        f'{contact}\n{{{whose}"to":"{it.thread.instance.phone}",'
        f'"id":"wacid.HBgMNTU0MTk4NzY1NDMyFQIAEhgU{it.id}oA==","timestamp":"{it.at // 1000}",{event}}}'
    )


def _synced(it: Happening) -> str:
    """A contact of the app's own book; the version tells changes of one second apart."""
    who = it.actor
    first = who.name.partition(" ")[0]
    return (
        f'\n{{"type":"contact","contact":{{"full_name":"{who.name}","first_name":"{first}","phone_number":"{who.phone}"}},'
        f'"action":"add","metadata":{{"timestamp":"{it.at // 1000}","version":{it.place}}}}}'
    )


def _identity(it: Happening) -> str:
    """Somebody has another number; or another user id, which they had before any message of theirs here."""
    who = it.actor
    if changes_number(it):
        new = f"55999{who.number:08d}"
        return (
            f'{_MESSAGE}\n{{"from":"{who.phone}","id":"{own_id(it)}","timestamp":"{it.at // 1000}","type":"system",'
            f'"system":{{"body":"User {who.name} changed from {who.phone} to {new}","wa_id":"{new}",'
            '"type":"user_changed_number"}}'
        )
    return (
        f'\n{{"wa_id":"{who.phone}","detail":"User id has changed","user_id":{{"previous":"BR.{int(it.id, 16)}",'
        f'"current":"{who.bsuid}"}},"timestamp":"{it.at // 1000}"}}'
    )


def _identity_folder(it: Happening) -> str:
    return "messages" if changes_number(it) else "user_id_update"


def _group(kind: str, inside: str, it: Happening) -> str:
    """Something that was asked for and done; the time is a number here."""
    return (
        f'\n{{"timestamp":{it.at // 1000},"group_id":"{it.thread.group}","type":"{kind}",'
        f'"request_id":"{it.id}"{inside}}}'
    )


_SUBJECT = ',"group_subject":{"text":"Clientes do centro","update_successful":true}'
_CREATED = ',"subject":"Clientes","invite_link":"https://chat.whatsapp.com/Hk2bW0","join_approval_mode":"auto_approve"'


def _joined(it: Happening) -> str:
    """Somebody comes by a link: another one each time, for there is no request that tells one time from another."""
    return (
        f'\n{{"timestamp":{it.at // 1000},"group_id":"{it.thread.group}","type":"group_participants_add",'
        f'"reason":"invite_link","added_participants":[{{"wa_id":"5541{int(it.id, 16) % 10**10:010d}"}}]}}'
    )


def _left(it: Happening) -> str:
    who = f'{{"wa_id":"{it.actor.phone}","user_id":"{it.actor.bsuid}"}}'
    return _group("group_participants_remove", f',"removed_participants":[{who}]', it)


def _account(it: Happening) -> str:
    """A whole entry: only these tell its time."""
    place = it.thread.instance
    value = (
        f'{{"event":"AD_ACCOUNT_LINKED","waba_info":{{"waba_id":"{place.account}",'
        f'"owner_business_id":"2329417887457253","ad_account_linked":"{int(it.id, 16)}"}}}}'
    )
    return (
        f'{{"id":"{place.account}","time":{it.at // 1000},"changes":[{{"value":{value},"field":"account_update"}}]}}'
    )  # fmt: skip


def _unknown(it: Happening) -> str:
    """The inside of a value that nobody knows yet."""
    return f'"label":{{"id":"{it.id}","name":"VIP"}}'


_LISTS: Mapping[str, str] = {
    "smb_message_echoes": "message_echoes",
    "history": "history",
    "calls": "calls",
    "smb_app_state_sync": "state_sync",
    "user_id_update": "user_id_update",
    "group_lifecycle_update": "groups",
    "group_settings_update": "groups",
    "group_participants_update": "groups",
}
"""The list that a value of each field holds; messages and statuses share theirs."""
_UNKNOWN = "message_labels_update"


def _body(place: Instance, folder: str, items: Sequence[str]) -> str:
    if folder == "account_update":
        return f'{{"object":"whatsapp_business_account","entry":[{",".join(items)}]}}'
    about = f'"messaging_product":"whatsapp","metadata":{{{_metadata(place)}}}'
    if folder == _UNKNOWN:
        changes = ",".join(f'{{"value":{{{about},{each}}},"field":"{folder}"}}' for each in items)
    elif len(items) == 1:
        changes = _alone(about, folder, items[0])
    elif folder == "messages":
        changes = _messages(about, items)
    else:
        told = [each.partition("\n") for each in items]
        value = f'{_contacts(each[0] for each in told)},"{_LISTS[folder]}":[{",".join(each[2] for each in told)}]'
        changes = f'{{"value":{{{about}{value}}},"field":"{folder}"}}'
    return f'{{"object":"whatsapp_business_account","entry":[{{"id":"{place.account}","changes":[{changes}]}}]}}'


def _metadata(place: Instance) -> str:
    """The business's own number, which some see as it is written on paper."""
    phone = place.phone
    if place.number % 3:
        phone = f"+{phone}" if place.number % 3 == 1 else f"+{phone[:2]} {phone[2:4]} {phone[4:8]}-{phone[8:]}"
    return f'"display_phone_number":"{phone}","phone_number_id":"{place.id}"'


def _contacts(told: Iterator[str]) -> str:
    """The contacts of a value, each once; a comma before."""
    each = [contact for contact in dict.fromkeys(told) if contact]
    return f',"contacts":[{",".join(each)}]' if each else ""


def _alone(about: str, folder: str, item: str) -> str:
    """The change of a single item, which most are."""
    contact, _, told = item.partition("\n")
    if folder == "messages":
        name, contact = "messages" if contact[0] == _MESSAGE else "statuses", contact[1:]
    else:
        name = _LISTS[folder]
    who = f',"contacts":[{contact}]' if contact else ""
    return f'{{"value":{{{about}{who},"{name}":[{told}]}},"field":"{folder}"}}'


def _messages(about: str, items: Sequence[str]) -> str:
    """The changes of several messages and statuses: in each value messages come first, so that all stay in order."""
    changes: list[str] = []
    messages: list[str] = []
    statuses: list[str] = []
    contacts: list[str] = []
    for item in items:
        if statuses and item[0] == _MESSAGE:
            changes.append(_change(about, contacts, messages, statuses))
            messages, statuses, contacts = [], [], []
        contact, _, told = item.partition("\n")
        (messages if item[0] == _MESSAGE else statuses).append(told)
        contacts.append(contact[1:])
    changes.append(_change(about, contacts, messages, statuses))
    return ",".join(changes)


def _change(about: str, contacts: list[str], messages: list[str], statuses: list[str]) -> str:
    said = f',"messages":[{",".join(messages)}]' if messages else ""
    became = f',"statuses":[{",".join(statuses)}]' if statuses else ""
    return f'{{"value":{{{about}{_contacts(iter(contacts))}{said}{became}}},"field":"messages"}}'


_OTHERS: Mapping[str, tuple[Callable[[Happening], str], str, str | Say]] = {
    "reaction": (_reaction, "whatsapp.message.reaction", _folder),
    "edit": (_edit, "whatsapp.message.edited", _folder),
    "revoke": (_revoke, "whatsapp.message.revoked", _folder),
    "stub": (_stub, "whatsapp.message.undecryptable", "history"),
    "call": (_call, "whatsapp.call", "calls"),
    "contact": (_synced, "whatsapp.contact.updated", "smb_app_state_sync"),
    "identity": (_identity, "whatsapp.identity.changed", _identity_folder),
    "account": (_account, "whatsapp.account.updated", "account_update"),
    "group_created": (partial(_group, "group_create", _CREATED), "whatsapp.group.created", "group_lifecycle_update"),
    "group_updated": (
        partial(_group, "group_settings_update", _SUBJECT), "whatsapp.group.updated", "group_settings_update"
    ),
    "group_joined": (_joined, "whatsapp.group.joined", "group_participants_update"),
    "group_left": (_left, "whatsapp.group.left", "group_participants_update"),
    "group_deleted": (partial(_group, "group_delete", ""), "whatsapp.group.deleted", "group_lifecycle_update"),
    "unknown": (_unknown, "whatsapp.unknown", _UNKNOWN),
}  # fmt: skip
"""How the others are told, what they become, and under which field."""


def _kinds() -> dict[str, Telling]:
    told = {kind: Telling(_content, "", _folder) for kind in KINDS}
    told |= {state: Telling(partial(_status, state), STATUS_TYPES[state], "messages") for state in STATES}
    return told | {kind: Telling(*each) for kind, each in _OTHERS.items()}


CLOUD_API = Writer(
    "cloud_api",
    _kinds(),
    1000,
    _body,
    dict.fromkeys((*KINDS, *STATES, "reaction", "edit", "revoke", "call"), (OTHER_ID,)),
    told,
    has_posts=False,
)
