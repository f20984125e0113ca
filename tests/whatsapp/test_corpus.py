"""Bodies as the providers send them become what their index says.

They are other people's data and lie outside of the project: ROLLOUT_CORPUS names the folder, with an INDEX.tsv of the
columns file, provider, kind, source, provenance, event, note. A kind is `head+tag+tag`, or `head~head+tag` for a body
with several messages.
"""

import csv
import os
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import pytest

from rollout_cli.whatsapp import CanonicalEvent, normalize
from tests.support.for_each import for_each

FOLDER = os.environ.get("ROLLOUT_CORPUS", "")
RECEIVED_AT = datetime(2026, 11, 1, 12, tzinfo=UTC)

pytestmark = pytest.mark.skipif(not FOLDER, reason="ROLLOUT_CORPUS names no folder with recorded bodies")


class Recorded(NamedTuple):
    """One body, as the index has it."""

    file: str
    provider: str
    event: str | None
    heads: tuple[str, ...]
    tags: frozenset[str]

    def read(self) -> list[CanonicalEvent]:
        data = (Path(FOLDER) / self.file).read_bytes()
        return normalize(self.provider, data, event=self.event, received_at=RECEIVED_AT)

    def keys(self) -> list[str]:
        return [event.trace.idempotency_key for event in self.read()]


def recorded() -> Iterator[Recorded]:
    if not FOLDER:
        return
    with (Path(FOLDER) / "INDEX.tsv").open(newline="") as index:
        for row in csv.DictReader(index, delimiter="\t"):
            head, *tags = row["kind"].split("+")
            yield Recorded(row["file"], row["provider"], row["event"] or None, tuple(head.split("~")), frozenset(tags))


BODIES = list(recorded())
each_body = for_each("body", BODIES, ids=lambda body: body.file)

# what a head says

SAID = r"whatsapp.message.(in|out)bound"
WEB = r"(?:messages\.(?:upsert|set)_|send\.message_|upsert_(?:notify|append)_)?"
HEADS = {
    # Cloud API
    r"(?:echo_)?(text|image|video|audio|document|location|contacts|order|unsupported)": (SAID, r"\1"),
    r"(?:echo_)?(sticker)(?:_animated)?": (SAID, r"\1"),
    r"(?:echo_)?(?:ptt|voice)": (SAID, "voice"),
    r"button_reply|interactive_button_reply": (SAID, "button_reply"),
    r"interactive_list_reply": (SAID, "list_reply"),
    r"interactive_nfm_reply": (SAID, "flow_reply"),
    r"interactive(?:_(?!button_reply|list_reply|nfm_reply)\w+)?": (SAID, "interactive"),
    r"untyped": (SAID, r"\w+"),
    r"request_welcome": (SAID, "system"),
    r"system_\w*(?:changed)\w*": (r"whatsapp.identity.changed", "system"),
    r"(?:echo_)?reaction(?:_removed)?": (r"whatsapp.message.reaction", ""),
    r"(?:echo_)?edit": (r"whatsapp.message.edited", r"\w+"),
    r"(?:echo_)?revoke": (r"whatsapp.message.revoked", ""),
    r"status_(sent|delivered|read|played|failed|deleted)": (r"whatsapp.message.status.\1", ""),
    r"status_\w+_call|call(?:_\w+)?": (r"whatsapp.call", ""),
    r"history_history": (SAID, r"\w+"),
    r"group_\w+_groups_group_create": (r"whatsapp.group.created", ""),
    r"group_\w+_groups_group_delete": (r"whatsapp.group.deleted", ""),
    r"group_\w+_groups_group_participants_add": (r"whatsapp.group.joined", ""),
    r"group_\w+_groups_group_participants_remove": (r"whatsapp.group.left", ""),
    r"group_\w+_groups_group_(?:settings|suspend|join)\w*": (r"whatsapp.group.updated", ""),
    r"smb_app_state_sync\w*|user_preferences": (r"whatsapp.contact.updated", ""),
    r"user_id_update": (r"whatsapp.identity.changed", ""),
    r"\w*some_future_event|unknown_field\w*": (r"whatsapp.unknown", ""),
    r"automatic_events|value_errors": (r"whatsapp.account.updated", ""),
    r"(?:account|message_template|template_category|phone_number|security|flows|business|partner|payment)\w*": (
        r"whatsapp.account.updated",
        "",
    ),
    # Evolution and Baileys, contents
    WEB + r"(?:conversation|extendedTextMessage)": (SAID, "text"),
    WEB + r"(image|video|document|sticker|location|contact|order|product|event)Message": (SAID, r"\1s?"),
    WEB + r"ptvMessage": (SAID, "video"),
    WEB + r"audioMessage": (SAID, "audio"),
    WEB + r"audioMessage_ptt": (SAID, "voice"),
    WEB + r"liveLocationMessage": (SAID, "live_location"),
    WEB + r"contactsArrayMessage": (SAID, "contacts"),
    WEB + r"(?:buttons|list|interactive)Message": (SAID, "interactive"),
    WEB + r"templateMessage": (SAID, "template"),
    WEB + r"(?:buttonsResponse|templateButtonReply)Message": (SAID, "button_reply"),
    WEB + r"listResponseMessage": (SAID, "list_reply"),
    WEB + r"interactiveResponseMessage": (SAID, "flow_reply"),
    WEB + r"groupInviteMessage": (SAID, "group_invite"),
    WEB + r"pollCreationMessage(?:V\d)?": (SAID, "poll"),
    WEB + r"pollUpdateMessage": (SAID, "poll_vote"),
    WEB + r"(?:encR|r)eactionMessage|messages\.reaction": (r"whatsapp.message.reaction", ""),
    WEB + r"protocolMessage_REVOKE|messages\.update_revoke|messages\.delete": (r"whatsapp.message.revoked", ""),
    WEB + r"protocolMessage_MESSAGE_EDIT|messages\.(?:update_)?edited": (r"whatsapp.message.edited", r"\w+"),
    WEB + r"protocolMessage_(?:PEER_DATA|HISTORY_SYNC|APP_STATE)\w*": (r"whatsapp.unknown", ""),
    WEB + r"stub2|nomessage": (r"whatsapp.message.undecryptable", "unknown"),
    # Evolution and Baileys, events
    r"messages\.update_(?:SERVER_ACK|2)": (r"whatsapp.message.status.sent", ""),
    r"messages\.update_(?:DELIVERY_ACK|3)": (r"whatsapp.message.status.delivered", ""),
    r"messages\.update_(?:READ|4)": (r"whatsapp.message.status.read", ""),
    r"message-receipt\.update": (r"whatsapp.message.status.(delivered|read|played)", ""),
    r"connection\.update_open": (r"whatsapp.instance.connected", ""),
    r"connection\.update_connecting": (r"whatsapp.instance.connecting", ""),
    r"connection\.update_(?:close|refused)": (r"whatsapp.instance.disconnected", ""),
    r"qrcode\.updated": (r"whatsapp.instance.qr_updated", ""),
    r"presence\.update(?:_\w+)?": (r"whatsapp.presence", ""),
    r"contacts\.(?:set|upsert|update)": (r"whatsapp.contact.updated", ""),
    r"(?:gateway:)?chats\.(?:set|upsert|update|delete)|labels\.\w+": (r"whatsapp.chat.updated", ""),
    r"groups\.upsert": (r"whatsapp.group.created", ""),
    r"groups?\.update": (r"whatsapp.group.updated", ""),
    r"group-participants\.update_add": (r"whatsapp.group.joined", ""),
    r"group-participants\.update_remove": (r"whatsapp.group.left", ""),
    r"group-participants\.update_(?:promote|demote|modify)": (r"whatsapp.group.updated", ""),
}
"""By head: the event type and the message type that one of the events must have, as patterns; "" for no type."""


def is_of(event: CanonicalEvent, head: str) -> bool | None:
    """Whether an event is what a head says; None for a head that the table does not name."""
    for pattern, (event_type, message_type) in HEADS.items():
        if match := re.fullmatch(pattern, head):
            told = (event.message and event.message.type) or ""
            return all(
                re.fullmatch(match.expand(expected.replace(r"\w", r"\\w")), found)
                for expected, found in ((event_type, event.event_type), (message_type, told))
            )
    return None


# what a tag says


def ids_of(event: CanonicalEvent) -> list[str]:
    """Every id of the people of an event."""
    told = (event.actor.wa_id, event.actor.lid, event.context.chat_id, *event.context.chat_aliases)
    return [each for each in told if each]


def is_in_its_group(event: CanonicalEvent) -> bool:
    group, thread = event.context.group_id, event.routing.thread_key
    return event.context.chat_type == "group" and bool(group and thread and thread.endswith(group))


def has_no_phone_of_a_lid(event: CanonicalEvent) -> bool:
    lids = [each for each in ids_of(event) if each.endswith("@lid")]
    return bool(lids) and not any(each.startswith(f"{event.actor.phone}@") for each in lids)


def has_errors(event: CanonicalEvent) -> bool:
    return bool((event.message and event.message.errors) or (event.status and event.status.errors))


Holds = Callable[[CanonicalEvent], object]
SOME: dict[str, Holds] = {
    "reply": lambda event: event.context.reply_to,
    "quoted": lambda event: event.context.reply_to,
    "forwarded": lambda event: event.context.forwarded,
    "errors": has_errors,
    "referral": lambda event: event.message and event.message.referral,
    "product": lambda event: event.message and event.message.order,
    "pricing": lambda event: event.status and event.status.pricing,
    "conversation": lambda event: event.status and event.status.conversation,
    "tracker": lambda event: event.event_type == "whatsapp.call" or (event.status and event.status.callback_data),
    "lid": has_no_phone_of_a_lid,
    "participant_lid": lambda event: event.actor.lid,
    "senderPn": lambda event: event.actor.phone,
    "wamid": lambda event: ":wamid." in event.trace.idempotency_key,
    "embeds_message": lambda event: re.fullmatch(SAID, event.event_type),
    "participants_str": lambda event: event.details and event.details["participants"],
    "participants_obj": lambda event: event.details and event.details["participants"],
}
"""By tag: what must hold of one event at least."""
ALL: dict[str, Holds] = {
    "fromMe": lambda event: event.message is None or event.message.direction == "outbound",
    "group": is_in_its_group,
    "broadcast": lambda event: event.context.chat_type == "broadcast" and event.routing.thread_key is None,
    "no_from": lambda event: event.actor.phone is None and event.routing.thread_key is None,
    "bsuid": lambda event: event.actor.phone is None or event.actor.phone.isdigit(),
    "v2_instanceId": lambda event: event.source.account_id,
    "v1_owner": lambda event: event.source.account_id is None and event.source.instance,
    "megaapi_envelope": lambda event: event.source.instance,
    "long_obj": lambda event: "time_missing" not in event.security.risk_flags,
    "ts_str": lambda event: "time_missing" not in event.security.risk_flags,
}
"""By tag: what must hold of every event."""
REMOVED = "reaction_removed"


# the tests


@each_body
def test_a_recorded_body_is_read_without_a_mistake_of_ours(body: Recorded) -> None:
    for event in body.read():
        assert "unreadable" not in event.security.risk_flags
        assert "\n" not in event.to_json()
        again = CanonicalEvent.from_json(event.to_json())
        assert again.to_json() == event.to_json()
        assert again.to_dict() == event.to_dict()


@each_body
def test_a_recorded_body_becomes_what_its_kind_says(body: Recorded) -> None:
    events = body.read()
    for head in body.heads:
        found = [is_of(event, head) for event in events]
        if None in found:
            pytest.skip(f"the table names no {head}")
        assert any(found), [(event.event_type, event.message and event.message.type) for event in events]


@each_body
def test_a_recorded_body_says_what_its_tags_say(body: Recorded) -> None:
    events = body.read()
    assert [tag for tag in body.tags & SOME.keys() if not any(map(SOME[tag], events))] == []
    assert [tag for tag in body.tags & ALL.keys() if not all(map(ALL[tag], events))] == []


@each_body
def test_a_recorded_body_tells_as_many_events_as_its_kind_says(body: Recorded) -> None:
    count = len(body.read())
    assert count >= max(len(body.heads), 2 if body.tags & {"batch", "multi_change", "embeds_message"} else 1)
    if "data_list1" in body.tags:
        assert count == 1


@each_body
def test_what_the_business_says_is_outbound_and_what_others_say_is_not(body: Recorded) -> None:
    is_own = "fromMe" in body.tags or body.heads[0].startswith("echo_")
    directions = {event.message.direction for event in body.read() if event.message}
    if body.heads != ("history_history",):  # both
        assert directions <= {"outbound" if is_own else "inbound"}


@each_body
def test_a_reaction_is_taken_back_exactly_where_the_kind_says_so(body: Recorded) -> None:
    reactions = [event.message.reaction for event in body.read() if event.message and event.message.reaction]
    assert [each.removed for each in reactions] == [REMOVED in body.heads] * len(reactions)


@each_body
def test_a_recorded_body_has_the_same_keys_each_time(body: Recorded) -> None:
    assert body.keys() == body.keys()


@each_body
def test_the_credential_of_a_recorded_body_stays_in(body: Recorded) -> None:
    data = (Path(FOLDER) / body.file).read_text()
    secrets = [each for each in re.findall(r'"(?:apikey|webhookVerifyToken)": "([^"]+)"', data) if len(each) > 8]
    for event in body.read():
        assert [each for each in secrets if each in event.to_json() + repr(event)] == []


def named(number: str) -> Recorded:
    """The body of a number such as `evolution/001`."""
    found = [body for body in BODIES if body.file.startswith(f"{number}_")]
    if not found:
        pytest.skip(f"{number} is not in this folder")
    return found[0]


@pytest.mark.parametrize(
    ("first", "again"),
    [
        ("evolution/001", "evolution/006"),
        ("evolution/003", "evolution/008"),
        ("evolution/004", "evolution/005"),
        ("baileys/001", "baileys/030"),
        ("baileys/006", "baileys/032"),
        ("baileys/005", "baileys/033"),
        ("baileys/015", "baileys/036"),
        ("baileys/016", "baileys/037"),
        ("baileys/087", "baileys/089"),
        ("baileys/086", "baileys/088"),
        ("baileys/092", "baileys/093"),
        ("baileys/094", "baileys/095"),
        ("baileys/096", "baileys/097"),
    ],
)
def test_a_fact_that_was_told_twice_has_one_key(first: str, again: str) -> None:
    told = named(first).keys()
    assert set(told) <= set(named(again).keys())


def test_the_content_is_not_lost_to_the_stub_that_came_before_it() -> None:
    assert not set(named("baileys/086").keys()) & set(named("baileys/087").keys())


def test_a_message_that_stands_twice_in_one_body_has_one_key() -> None:
    assert len(set(named("cloud_api/079").keys())) == 1
