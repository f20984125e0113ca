"""A new path that routes, deliveries to give it, and looks at what they have come to."""

import json
from dataclasses import replace
from typing import Any

from sqlalchemy import select

from rollout_cli.new_path import Installation, around
from rollout_cli.pipeline.delivery import Delivery
from rollout_cli.pipeline.event_store import Conversation
from rollout_cli.pipeline.routing.teams import FixedTeams, Skm, SkmTeam
from rollout_cli.store.events.publishing import conversation_of
from rollout_cli.store.events.reading import all_events
from rollout_cli.store.events.sql_event_store import SqlEventStore
from rollout_cli.store.events.tables import conversations
from rollout_cli.whatsapp import CanonicalEvent
from tests.support.event_stores import NOW, cloud_text
from tests.support.flags_answering import Answering

FLAGS = {
    "WHATSAPP_CANONICAL_EVENTS_ENABLED": True, "WHATSAPP_CANONICAL_SHADOW_MODE": False,
    "WHATSAPP_ROUTING_ENABLED": True, "WHATSAPP_GROUP_ROUTING_ENABLED": True,
}  # fmt: skip
START = 1_793_000_000
"""When the message with the number 0 was sent, in seconds since 1970: weeks before `NOW`."""
TEAM = SkmTeam("ana", (Skm("ana"), Skm("bia"), Skm("carla")))
REACTION = {"reactionMessage": {"key": {"id": "3EB0FF"}, "text": "+"}}


def routed(store: SqlEventStore, policy: str = "default", team: SkmTeam | None = TEAM, **more: Any) -> Installation:
    """A new path with every flag on."""
    flags = Answering({**FLAGS, "WHATSAPP_ASSIGNMENT_POLICY": policy, **more.pop("flags", {})})
    return around(store, flags, teams=FixedTeams({}, team), environment={}, **more)


def jid(phone: str) -> str:
    """Its id in Baileys."""
    return f"{phone}@s.whatsapp.net"


def baileys(
    number: int, chat: str, *, said: Any = None, at: int | None = None, me: bool = False, shopper: str = "shopper-1",
    instance: str = "shop", history: bool = False, **key: Any,
) -> Delivery:  # fmt: skip
    """A message, each number another one; `key` is more of its key, `remoteJidAlt` say."""
    told = {"remoteJid": chat, "fromMe": me, "id": f"3EB0{number:016X}", **key}
    message = {"key": told, "messageTimestamp": START + number if at is None else at,
               "message": {"conversation": "good morning"} if said is None else said}  # fmt: skip
    data: dict[str, Any] = {"messages": [message]} | ({"chats": [], "contacts": []} if history else {"type": "notify"})
    event = "messaging-history.set" if history else "messages.upsert"
    body = json.dumps({"event": event, "data": data}).encode()
    return Delivery("baileys", body, NOW, instance=instance, shopper_id=shopper)


def cloud(number: int, *, user_id: str | None = None, **more: Any) -> Delivery:
    """A text of the Cloud API; with a BSUID where one is told, and without a phone where `sender` is empty."""
    body = json.loads(cloud_text(number, **more))
    value = body["entry"][0]["changes"][0]["value"]
    (message,), (contact,) = value["messages"], value["contacts"]
    if not message["from"]:
        del message["from"], contact["wa_id"]
    if user_id is not None:
        message["from_user_id"] = contact["user_id"] = user_id
    return Delivery("cloud_api", json.dumps(body).encode(), NOW, shopper_id="shopper-1")


def cloud_status(number: int, state: str, message: str, **more: Any) -> Delivery:
    """A status of the Cloud API."""
    body = json.loads(cloud_text(number))
    value = body["entry"][0]["changes"][0]["value"]
    del value["messages"]
    status = {"id": message, "status": state, "timestamp": str(START + number), **more}
    value["statuses"] = [{name: told for name, told in status.items() if told is not None}]
    return Delivery("cloud_api", json.dumps(body).encode(), NOW, shopper_id="shopper-1")


def evolution(event: str, data: Any, *, instance: str = "shop") -> Delivery:
    """A delivery of Evolution API."""
    body = json.dumps({"event": event, "instance": instance, "data": data}).encode()
    return Delivery("evolution", body, NOW, shopper_id="shopper-1")


def forged(delivery: Delivery) -> Delivery:
    """The same, with a signature that is not its provider's."""
    return replace(delivery, signature_valid=False)


def stored(store: SqlEventStore) -> list[CanonicalEvent]:
    """The log."""
    return [each.event for each in all_events(store)]


def said(store: SqlEventStore) -> list[CanonicalEvent]:
    """What is of a message in the log."""
    return [each for each in stored(store) if each.event_type.startswith("whatsapp.message.")]


def told(store: SqlEventStore) -> list[str]:
    """What the router itself has told, in short."""
    names = [each.event_type.removeprefix("whatsapp.") for each in stored(store)]
    return [each for each in names if each.startswith(("conversation", "thread"))]


def all_conversations(store: SqlEventStore) -> list[Conversation]:
    """Conversations, in the order of their opening."""
    with store.reading() as connection:
        rows = connection.execute(select(conversations).order_by(conversations.c.opened_at, conversations.c.id)).all()
    return [conversation_of(row) for row in rows]


def open_ones(store: SqlEventStore) -> list[Conversation]:
    """Those that are open."""
    return [each for each in all_conversations(store) if each.closed_at is None]


def threads(store: SqlEventStore) -> set[str | None]:
    """The threads of messages."""
    return {each.routing.thread_key for each in said(store)}
