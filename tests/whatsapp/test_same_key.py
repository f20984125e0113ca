"""The rules for keys, one by one: what is one fact, and what are two, for each provider and kind."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import pytest

from rollout_cli.whatsapp import normalize

Json = dict[str, Any]

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
AT, AT_MS = 1793530800, 1793530800250
PHONE, LID = "5511955550123@s.whatsapp.net", "201100000000123@lid"
MEMBER, MEMBER_LID, OTHER_LID = "5521955550177@s.whatsapp.net", "201100000000177@lid", "201100000000188@lid"
GROUP = "120363400000000001@g.us"
UUID = "0b9f6a52-7c1e-4d55-9f0a-3d1c5e7a9b01"
BSUID = "BR.13491208655302741918"


def keys_of(provider: str, body: Any, event: str | None = None, *, later: int = 0, tenant: str = "ana") -> list[str]:
    """The keys of a body, which came so many seconds later."""
    at = NOW + timedelta(seconds=later)
    data = json.dumps(body).encode()
    events = normalize(provider, data, event=event, instance="loja", received_at=at, tenant=tenant)
    return [each.trace.idempotency_key for each in events if each.event_type != "whatsapp.chat.updated"]


def cloud(
    *elements: Json, at: str = "messages", field: str = "messages", number: str = "700", time: Any = None
) -> Json:
    """A body of the Cloud API with these elements in one list."""
    value = {"metadata": {"phone_number_id": number}, at: list(elements)}
    return {"entry": [{"id": "81", **({"time": time} if time else {}), "changes": [{"field": field, "value": value}]}]}


def evolution(event: str, data: Any, **more: Any) -> Json:
    """A body of Evolution's."""
    return {"event": event, "instance": "loja", "date_time": "2026-11-01T08:00:01.120Z", "data": data, **more}


def baileys(event: str, data: Any) -> Json:
    """A body of a gateway's over Baileys."""
    return {"event": event, "data": data}


def said(message_id: str = "A", jid: str = PHONE, **more: Any) -> Json:
    """A message of WhatsApp Web's."""
    key = {"remoteJid": jid, "fromMe": False, "id": message_id}
    return {"key": key, "message": {"conversation": "oi"}, "messageTimestamp": AT, **more}


def protocol(kind: Any, **more: Any) -> Json:
    """A protocol message about the message A; the key in it is the sender's."""
    return {"key": {"remoteJid": LID, "fromMe": True, "id": "A"}, "type": kind, **more}


EDIT = protocol("MESSAGE_EDIT", editedMessage={"conversation": "olá"}, timestampMs=str(AT_MS))
TIMELESS = protocol(14, editedMessage={"conversation": "olá"})
REACTION = {"reactionMessage": {"key": {"id": "A"}, "text": "👍"}}
CLOUD = {"from": "5511955550123", "id": "wamid.A", "timestamp": str(AT)}
READ = {"id": "wamid.A", "status": "read", "timestamp": str(AT), "recipient_id": "5511955550123"}
IN_GROUP = {**READ, "recipient_id": "g-1", "recipient_type": "group"}
MEMBERSHIP = {"id": GROUP, "author": LID, "action": "add"}


def receipt(user: str, **key: Any) -> Json:
    """A receipt of Baileys' for a member."""
    about = {"remoteJid": GROUP, "fromMe": True, "id": "A", **key}
    return baileys("message-receipt.update", [{"key": about, "receipt": {"userJid": user, "readTimestamp": AT}}])


def acknowledged(**more: Any) -> Json:
    """A status in a group, as Evolution tells it."""
    data = {"messageId": "cm0dbid", "keyId": "A", "remoteJid": GROUP, "fromMe": True, "status": "READ", **more}
    return evolution("messages.update", {**data, "instanceId": UUID})


class Rule(NamedTuple):
    """One fact, told again and again.

    Attributes:
        key: behind tenant and provider.
        told: the bodies; each came a minute after the one before.
    """

    provider: str
    what: str
    key: str
    told: tuple[Json, ...]


RULES = (
    # new messages, and own ones
    Rule("cloud_api", "a message, in any batch", "msg:700:wamid.A", (
        cloud({**CLOUD, "type": "text", "text": {"body": "oi"}}),
        cloud({**CLOUD, "from": "", "from_user_id": BSUID, "type": "text", "text": {"body": "oi"}}, time=AT),
    )),
    Rule("cloud_api", "an own message", "msg:700:wamid.A", (
        cloud({**CLOUD, "to": "5511955550123", "type": "text", "text": {"body": "oi"}}, at="message_echoes",
              field="smb_message_echoes"),
    )),
    Rule("evolution", "a message, whichever of its ids is told", f"msg:{UUID}:A", tuple(
        evolution(name, {**said(jid=jid), "instanceId": UUID, "messageId": "cm0dbid"}, apikey=str(number))
        for number, (name, jid) in enumerate((("messages.upsert", PHONE), ("MESSAGES_UPSERT", LID),
                                              ("messages.upsert", PHONE.replace("@", ":90@"))))
    )),
    Rule("evolution", "an own message, sent and heard of", f"msg:{UUID}:A", (
        evolution("send.message", {**said(jid=PHONE), "status": "PENDING", "instanceId": UUID}),
        evolution("messages.upsert", {**said(jid=LID), "status": "SERVER_ACK", "instanceId": UUID}),
    )),
    Rule("evolution", "a message of version 1", "msg:loja:A", (
        evolution("messages.upsert", {**said(), "owner": "loja"}),
    )),
    Rule("baileys", "a message, live and appended, at whichever time", "msg:loja:A", (
        baileys("messages.upsert", {"messages": [said()], "type": "notify"}),
        baileys("messages.upsert", {"messages": [said(jid=LID, messageTimestamp=str(AT - 1))], "type": "append"}),
        baileys("chats.update", [{"id": LID, "messages": [{"message": said()}]}]),
    )),
    # stubs
    Rule("baileys", "a stub, whenever it is repeated", "stub:loja:A", tuple(
        {**said(messageTimestamp=AT + each), "message": None, "messageStubType": 2,
         "messageStubParameters": [f"reason {each}"]} for each in range(3)
    )),
    Rule("baileys", "what may be looked at once and is not shown", "stub:loja:A", (
        {"key": {**said()["key"], "isViewOnce": True}, "messageTimestamp": AT},
        {**said(), "message": None, "messageStubType": "CIPHERTEXT",
         "messageStubParameters": ["Message absent from node"]},
    )),
    # statuses
    Rule("cloud_api", "a status", "status:700:wamid.A:read:", (
        cloud(READ, at="statuses"),
        cloud({**READ, "recipient_id": "", "recipient_user_id": BSUID, "timestamp": AT}, at="statuses", time=AT),
    )),
    Rule("cloud_api", "a status of a member, with and without a phone", f"status:700:wamid.A:read:{BSUID}", (
        cloud({**IN_GROUP, "recipient_participant_user_id": BSUID}, at="statuses"),
        cloud({**IN_GROUP, "recipient_participant_user_id": BSUID, "recipient_participant_id": "5521955550177"},
              at="statuses"),
    )),
    Rule("evolution", "a status, by whichever id of the chat", f"status:{UUID}:A:read:", tuple(
        evolution("messages.update", {"messageId": f"cm{jid}", "keyId": "A", "remoteJid": jid, "fromMe": True,
                                      "status": "READ", "instanceId": UUID})
        for jid in (PHONE, LID, PHONE.replace("@", ":90@"))
    )),
    Rule("evolution", "a status of a member, by LID and by phone", f"status:{UUID}:A:read:{MEMBER_LID}", (
        acknowledged(participant=MEMBER_LID),
        acknowledged(participant=MEMBER_LID.replace("@", ":3@"), participantAlt=MEMBER),
        acknowledged(participant=MEMBER, participantAlt=MEMBER_LID),
        acknowledged(participant=MEMBER, participantLid=MEMBER_LID),
        acknowledged(participant="", participantPn=MEMBER, participantLid=MEMBER_LID),
    )),
    Rule("baileys", "a status", "status:loja:A:read:", (
        baileys("messages.update", [{"key": said()["key"], "update": {"status": 4, "messageTimestamp": AT}}]),
        baileys("messages.update", [{"key": said(jid=LID)["key"], "update": {"status": "READ"}}]),
    )),
    Rule("baileys", "a receipt of a member, by LID and by phone", f"status:loja:A:read:{MEMBER_LID}", (
        receipt(MEMBER_LID),
        receipt(MEMBER_LID, participant=MEMBER_LID, fromMe=False),
        receipt(MEMBER_LID.replace("@", ":7@"), participant=MEMBER_LID, participantAlt=MEMBER),
        receipt(MEMBER, participant=MEMBER, participantAlt=MEMBER_LID),
        receipt(MEMBER, participant=MEMBER_LID, participantAlt=MEMBER.replace("@", ":2@")),
        receipt(MEMBER, participant=MEMBER_LID, participantPn=MEMBER),
        baileys("messages.update", [{"key": {**said(jid=GROUP)["key"], "participant": MEMBER,
                                             "participantAlt": MEMBER_LID}, "update": {"status": 4}}]),
    )),
    Rule("baileys", "a receipt of a member of whom no LID is told", f"status:loja:A:read:{MEMBER}", (
        receipt(MEMBER), receipt(MEMBER.replace("@", ":12@")), receipt(MEMBER.replace("s.whatsapp.net", "c.us")),
        receipt(MEMBER, participant=OTHER_LID),
    )),
    # reactions
    Rule("cloud_api", "a reaction", "reaction:700:wamid.A", (
        cloud({**CLOUD, "type": "reaction", "reaction": {"message_id": "wamid.B", "emoji": "👍"}}),
    )),
    Rule("evolution", "a reaction", f"reaction:{UUID}:R", (
        evolution("messages.upsert", {**said("R"), "message": REACTION, "instanceId": UUID}),
    )),
    Rule("baileys", "a reaction, as a message and beside it", "reaction:loja:R", (
        {**said("R"), "message": REACTION},
        baileys("messages.reaction", [{"key": said()["key"], "reaction": {"key": said("R", LID)["key"], "text": "👍",
                                                                          "senderTimestampMs": AT_MS}}]),
    )),
    # edits
    Rule("cloud_api", "an edit", "edit:700:wamid.A", (
        cloud({**CLOUD, "type": "edit", "edit": {"original_message_id": "wamid.B", "message": {"type": "text",
               "text": {"body": "olá"}}}}),
    )),
    Rule("evolution", "an edit, with and without the instance's UUID", f"edit:loja:A:{AT_MS}", (
        evolution("messages.edited", EDIT),
        evolution("messages.edited", {**EDIT, "instanceId": UUID}),
        evolution("send.message.update", {**EDIT, "timestampMs": AT_MS, "type": 14}),
        evolution("messages.upsert", {**said("E"), "message": {"protocolMessage": EDIT}, "instanceId": UUID}),
        evolution("messages.upsert", {**said("E", LID), "message": {"protocolMessage": EDIT}, "owner": "loja"}),
        {"instance": "loja", "data": {**EDIT, "instanceId": UUID}, "event": "MESSAGES_EDITED"},
    )),
    Rule("evolution", "an edit without a moment", "edit:loja:A:531eba2ddffd19fca932797cf45de70c", (
        evolution("messages.edited", TIMELESS),
        evolution("messages.edited", {**TIMELESS, "instanceId": UUID}),
        evolution("messages.upsert", {**said("E"), "message": {"protocolMessage": TIMELESS}, "instanceId": UUID}),
    )),
    Rule("baileys", "an edit, as a message and beside it", f"edit:loja:A:{AT}", (
        {**said("E"), "message": {"protocolMessage": EDIT}},
        baileys("messages.update", [{"key": said("A", LID)["key"], "update": {
            "message": {"editedMessage": {"message": {"conversation": "olá"}}}, "messageTimestamp": AT}}]),
    )),
    # revokes
    Rule("cloud_api", "a revoke", "revoke:700:wamid.B", (
        cloud({**CLOUD, "type": "revoke", "revoke": {"original_message_id": "wamid.B"}}),
        cloud({**CLOUD, "type": "revoke", "revoke": {"original_message_id": "wamid.B"}}, time=AT),
    )),
    Rule("evolution", "a revoke, with and without the instance's UUID", "revoke:loja:A", (
        evolution("messages.delete", {"remoteJid": PHONE, "fromMe": False, "id": "A"}),
        evolution("messages.delete", {"id": "cm0dbid", "key": {"remoteJid": LID, "fromMe": False, "id": "A"},
                                      "status": "DELETED", "instanceId": UUID}),
        evolution("messages.edited", protocol("REVOKE")),
        evolution("messages.edited", protocol(0, instanceId=UUID)),
        evolution("messages.upsert", {**said("R"), "message": {"protocolMessage": protocol(0)}, "instanceId": UUID}),
        evolution("messages.upsert", {**said("R"), "message": {"protocolMessage": protocol(0)}, "owner": "loja"}),
    )),
    Rule("baileys", "a revoke, as a message and beside it", "revoke:loja:A", (
        {**said("R"), "message": {"protocolMessage": protocol("REVOKE")}},
        baileys("messages.update", [{"key": said()["key"], "update": {"message": None, "messageStubType": 1,
                                                                      "key": said("R", LID)["key"]}}]),
    )),
    # groups
    Rule("cloud_api", "a change of a group that was asked for", "grp:700:g-1:group_create:request:R1", tuple(
        cloud({"group_id": "g-1", "type": "group_create", "request_id": "R1", "timestamp": time}, at="groups",
              field="group_lifecycle_update") for time in (AT, str(AT + 1))
    )),
    Rule("cloud_api", "members who came", f"grp:700:g-1:group_participants_add:{AT}:5511955550123,5521955550177", tuple(
        cloud({"group_id": "g-1", "type": "group_participants_add", "timestamp": time,
               "added_participants": [{"wa_id": each} for each in members]}, at="groups",
              field="group_participants_update")
        for time, members in ((AT, ("5511955550123", "5521955550177")), (str(AT), ("5521955550177", "5511955550123")))
    )),
    Rule("evolution", "members who came, by LID and by phone",
         f"grp:loja:{GROUP}:add:{MEMBER_LID},{OTHER_LID}:2026-11-01T08%3A00", tuple(
        evolution("group-participants.update", {**MEMBERSHIP, **told}, date_time=f"2026-11-01T08:00:0{second}.000Z")
        for second, told in enumerate((
            {"participants": [MEMBER_LID, OTHER_LID]},
            {"participants": [OTHER_LID.replace("@", ":1@"), {"id": MEMBER_LID, "phoneNumber": MEMBER, "admin": None}]},
            {"participants": [{"id": OTHER_LID}, {"id": MEMBER, "lid": MEMBER_LID, "admin": "admin"}]},
            {"participants": [OTHER_LID, MEMBER], "participantsData": [{"jid": MEMBER, "lid": MEMBER_LID}]},
            {"participants": [OTHER_LID, MEMBER_LID], "participantsData": [
                {"jid": OTHER_LID, "phoneNumber": OTHER_LID.removesuffix("@lid")},
                {"jid": MEMBER_LID, "phoneNumber": MEMBER, "name": "Eva"}]},
        ))
    )),
    # calls
    Rule("cloud_api", "an event of a call", "call:700:wacid.A:terminate", tuple(
        cloud({"id": "wacid.A", "event": "terminate", "from": "5511955550123", "timestamp": time}, at="calls",
              field="calls") for time in (AT, str(AT + 1))
    )),
    Rule("evolution", "a state of a call", "call:loja:C1:offer", tuple(
        evolution("call", {"id": "C1", "from": jid, "chatId": jid, "status": "offer"}) for jid in (PHONE, LID)
    )),
    Rule("baileys", "a state of a call", "call:loja:C1:offer", tuple(
        baileys("call", [{"id": "C1", "from": jid, "chatId": jid, "status": "offer", "offline": jid == LID}])
        for jid in (PHONE, LID)
    )),
)  # fmt: skip
"""Facts, and every way in which they are told."""


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: f"{rule.provider}: {rule.what}")
def test_a_fact_has_the_key_of_its_rule_however_it_is_told(rule: Rule) -> None:
    expected = f"ana:{rule.provider}:{rule.key}"
    told = [keys_of(rule.provider, body, later=60 * minute) for minute, body in enumerate(rule.told)]
    assert told == [[expected]] * len(rule.told)


# what is never one fact


def different(*bodies: tuple[str, Json]) -> bool:
    """Whether each of the bodies has a key that no other has."""
    keys = [tuple(keys_of(provider, body)) for provider, body in bodies]
    return all(keys) and len({each for told in keys for each in told}) == sum(map(len, keys))


FAILED = {"id": "wamid.A", "status": "failed", "timestamp": str(AT), "recipient_id": "5511955550123"}
ACCOUNT = {"event": "ACCOUNT_RESTRICTION"}
APART: dict[str, tuple[tuple[str, Json], ...]] = {
    "one id in two instances": (
        ("cloud_api", cloud({**CLOUD, "type": "text", "text": {"body": "oi"}})),
        ("cloud_api", cloud({**CLOUD, "type": "text", "text": {"body": "oi"}}, number="701")),
        ("evolution", evolution("messages.upsert", {**said(), "instanceId": UUID})),
        ("evolution", evolution("messages.upsert", {**said(), "instanceId": UUID.replace("0", "1")})),
        ("evolution", evolution("messages.upsert", said(), instance="outra")),
        ("baileys", {**said(), "instance_key": "a"}),
        ("baileys", {**said(), "instance_key": "b"}),
    ),
    "a revoke of one id in two instances": tuple(
        ("evolution", evolution("messages.delete", {"remoteJid": PHONE, "id": "A"}, instance=name)) for name in "ab"
    ),
    "one wamid directly and through the business channel": (
        ("cloud_api", cloud({**CLOUD, "type": "text", "text": {"body": "oi"}})),
        ("evolution", evolution("messages.upsert", said("wamid.A"))),
    ),
    "a message and what became of it": (
        ("cloud_api", cloud({**CLOUD, "type": "text", "text": {"body": "oi"}})),
        *(("cloud_api", cloud({**READ, "status": state}, at="statuses"))
          for state in ("sent", "delivered", "read", "played", "failed", "deleted")),
    ),
    "two failures of one message, and one for two reasons": (
        *(("cloud_api", cloud({**FAILED, "errors": [{"code": code} for code in codes]}, at="statuses"))
          for codes in ((131026,), (131047,), (131026, 131047), ())),
    ),
    "two failures of one message over Baileys": (
        *(("baileys", baileys("messages.update", [{"key": said()["key"], "update": {
            "status": 0, "messageStubParameters": [code]}}])) for code in ("463", "479")),
    ),
    "what two members did with one message": (
        *(("cloud_api", cloud({**IN_GROUP, "recipient_participant_id": each}, at="statuses"))
          for each in ("5521955550177", "5511955550123")),
        ("baileys", receipt(MEMBER)), ("baileys", receipt(MEMBER_LID)), ("baileys", receipt(OTHER_LID)),
        ("evolution", acknowledged(participant=MEMBER_LID)), ("evolution", acknowledged(participant=OTHER_LID)),
    ),
    "what two members did with one message of somebody else's": (
        ("baileys", receipt(MEMBER_LID, participant=LID, participantAlt=PHONE)),
        ("baileys", receipt(OTHER_LID, participant=LID, participantAlt=PHONE)),
        ("baileys", receipt(LID, participant=LID, participantAlt=PHONE)),
    ),
    "a reaction, another one, and its removal": (
        *(("cloud_api", cloud({**CLOUD, "id": name, "type": "reaction", "reaction": {"message_id": "wamid.B"} | emoji}))
          for name, emoji in (("wamid.1", {"emoji": "👍"}), ("wamid.2", {"emoji": "❤️"}), ("wamid.3", {"emoji": ""}),
                              ("wamid.4", {}))),
        *(("evolution", evolution("messages.upsert", {**said(name), "message": {"reactionMessage": {
            "key": {"id": "A"}, "text": emoji}}})) for name, emoji in (("1", "👍"), ("2", "❤️"), ("3", ""))),
    ),
    "two edits of one message": (
        ("evolution", evolution("messages.edited", EDIT)),
        ("evolution", evolution("messages.edited", {**EDIT, "timestampMs": AT_MS + 1})),
        ("evolution", evolution("messages.edited", TIMELESS)),
        ("evolution", evolution("messages.edited", {**TIMELESS, "editedMessage": {"conversation": "olá!"}})),
        ("baileys", {**said("E"), "message": {"protocolMessage": EDIT}}),
        ("baileys", {**said("F"), "message": {"protocolMessage": {**EDIT, "timestampMs": AT_MS + 1000}}}),
    ),
    "a message, its edit and its revoke": (
        ("evolution", evolution("messages.upsert", said())),
        ("evolution", evolution("messages.edited", EDIT)),
        ("evolution", evolution("messages.edited", protocol(0))),
    ),
    "a message and the stub before it": (
        ("baileys", said()), ("baileys", {**said(), "message": None, "messageStubType": 2})),
    "two bodies that are no event of the server's": (
        *(("evolution", {**name, "instance": "loja", "a": a}) for name in ({}, {"event": "call"}) for a in (1, 2)),
    ),
    "offer, ringing and end of a call": (
        *(("baileys", baileys("call", [{"id": "C1", "from": PHONE, "status": state}]))
          for state in ("offer", "ringing", "terminate")),
        *(("cloud_api", cloud({"id": "wacid.A", "event": state}, at="calls", field="calls"))
          for state in ("connect", "terminate")),
        *(("cloud_api", cloud({"id": "wacid.A", "type": "call", "status": state}, at="statuses"))
          for state in ("RINGING", "ACCEPTED", "REJECTED")),
    ),
    "two changes of an account": (
        *(("cloud_api", {"entry": [{"id": account, "time": time, "changes": [{"field": field, "value": value}]}]})
          for account, time, field, value in (
              ("81", AT, "account_update", ACCOUNT), ("82", AT, "account_update", ACCOUNT),
              ("81", AT + 1, "account_update", ACCOUNT), ("81", AT, "account_alerts", ACCOUNT),
              ("81", AT, "account_update", {"event": "DISABLED_UPDATE"}),
              ("81", AT, "account_update", {**ACCOUNT, "restriction_info": []}))),
    ),
    "errors of two accounts or of other words": tuple(
        ("cloud_api", cloud({"code": 1, "title": title}, at="errors", number=number))
        for title, number in (("a", "700"), ("b", "700"), ("a", "701"))
    ),
    "who came, and who left": (
        *(("evolution", evolution("group-participants.update", {**MEMBERSHIP, "action": action, "participants": [who]}))
          for action, who in (("add", MEMBER_LID), ("remove", MEMBER_LID), ("add", OTHER_LID))),
        ("evolution", evolution("group-participants.update", {**MEMBERSHIP, "participants": [MEMBER_LID]},
                                instance="outra")),
    ),
}  # fmt: skip
"""Facts that are easily taken for one, by what they are."""


@pytest.mark.parametrize("what", APART)
def test_what_are_two_facts_have_two_keys(what: str) -> None:
    assert different(*APART[what])


def test_whose_it_is_and_who_delivered_it_stand_in_every_key() -> None:
    assert keys_of("baileys", said(), tenant="ana") == ["ana:baileys:msg:loja:A"]
    assert keys_of("baileys", said(), tenant="eva") == ["eva:baileys:msg:loja:A"]
    assert keys_of("evolution", evolution("messages.upsert", said()), tenant="") == [":evolution:msg:loja:A"]


def test_a_state_told_again_is_a_fact_of_its_delivery() -> None:
    flapping = evolution("connection.update", {"state": "close", "statusReason": 405})
    again = {**flapping, "date_time": "2026-11-01T08:00:02.120Z"}
    assert keys_of("evolution", flapping) == keys_of("evolution", flapping, later=90), "the webhook was repeated"
    assert keys_of("evolution", flapping) != keys_of("evolution", again)


def test_nothing_in_the_delivery_counts_beside_what_happened() -> None:
    with_media = {**said(), "message": {"conversation": "oi", "base64": "AAEC"}}
    other = evolution("messages.upsert", with_media, date_time="2026-11-01T09:00:00.000Z", apikey="x", destination="y")
    assert keys_of("evolution", evolution("messages.upsert", said())) == keys_of("evolution", other, later=3600)
