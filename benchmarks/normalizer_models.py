"""The Cloud API's body as types, once for msgspec and once for pydantic, and the canonical event for pydantic."""

from datetime import UTC, datetime
from typing import Any, Literal
from uuid import NAMESPACE_URL, uuid5

import msgspec
from msgspec import Struct
from pydantic import BaseModel, ConfigDict, Field


class Words(Struct, frozen=True, gc=False):
    """The text of a message."""

    body: str


class Wire(Struct, frozen=True, gc=False, rename={"sender": "from", "user_id": "from_user_id"}):
    """A message."""

    id: str
    timestamp: str
    type: str
    sender: str | None = None
    user_id: str | None = None
    text: Words | None = None
    context: Any = None


class Profile(Struct, frozen=True, gc=False):
    """What somebody calls themselves."""

    name: str | None = None


class Somebody(Struct, frozen=True, gc=False):
    """A contact."""

    profile: Profile
    wa_id: str | None = None
    user_id: str | None = None


class Metadata(Struct, frozen=True, gc=False):
    """The business's phone."""

    display_phone_number: str
    phone_number_id: str


class Value(Struct, frozen=True, gc=False):
    """What a change says."""

    metadata: Metadata
    contacts: list[Somebody] = []
    messages: list[Wire] = []
    statuses: list[Any] = []


class Change(Struct, frozen=True, gc=False):
    """A change."""

    field: str
    value: Value


class Entry(Struct, frozen=True, gc=False):
    """An entry."""

    id: str
    changes: list[Change]


class Body(Struct, frozen=True, gc=False):
    """A body."""

    object: str
    entry: list[Entry]


class Model(BaseModel):
    """What all of pydantic's have in common."""

    model_config = ConfigDict(frozen=True, populate_by_name=True)


class WordsModel(Model):
    """The text of a message."""

    body: str


class WireModel(Model):
    """A message."""

    id: str
    timestamp: str
    type: str
    sender: str | None = Field(None, alias="from")
    user_id: str | None = Field(None, alias="from_user_id")
    text: WordsModel | None = None
    context: Any = None


class ProfileModel(Model):
    """What somebody calls themselves."""

    name: str | None = None


class SomebodyModel(Model):
    """A contact."""

    profile: ProfileModel
    wa_id: str | None = None
    user_id: str | None = None


class MetadataModel(Model):
    """The business's phone."""

    display_phone_number: str
    phone_number_id: str


class ValueModel(Model):
    """What a change says."""

    metadata: MetadataModel
    contacts: list[SomebodyModel] = []
    messages: list[WireModel] = []
    statuses: list[Any] = []


class ChangeModel(Model):
    """A change."""

    field: str
    value: ValueModel


class EntryModel(Model):
    """An entry."""

    id: str
    changes: list[ChangeModel]


class BodyModel(Model):
    """A body."""

    object: str
    entry: list[EntryModel]


class Source(Model):
    """Where an event came from."""

    provider: Literal["cloud_api"]
    instance: str | None
    account_id: str | None
    provider_message_id: str | None
    webhook_event: str | None


class Actor(Model):
    """Who did it."""

    role: Literal["customer"]
    wa_id: str | None
    phone: str | None
    bsuid: str | None
    display_name: str | None


class Message(Model):
    """What was said."""

    message_id: str | None
    direction: Literal["inbound"]
    type: str
    text: str | None


class Event(Model):
    """A canonical event of a text, with those of its keys that a text fills."""

    event_id: str
    event_type: Literal["whatsapp.message.inbound"]
    event_version: Literal["1.0"]
    occurred_at: datetime
    source: Source
    actor: Actor
    message: Message
    thread_key: str | None
    idempotency_key: str
    raw: dict[str, Any]


def events_of(body: dict[str, Any]) -> list[Event]:
    """Pydantic's events of a decoded body of texts, as one writes it by hand: no leniency, no other kind."""
    return [
        _event(entry["id"], change["value"]["metadata"]["phone_number_id"], people, message)
        for entry in body["entry"]
        for change in entry["changes"]
        for people in [{each["wa_id"]: each for each in change["value"]["contacts"]}]
        for message in change["value"]["messages"]
    ]


def _event(account: str, instance: str, people: dict[str, Any], message: dict[str, Any]) -> Event:
    key = f":cloud_api:msg:{instance}:{message['id']}"
    sender = message["from"]
    who = people[sender]
    return Event(
        event_id=str(uuid5(NAMESPACE_URL, key)),
        event_type="whatsapp.message.inbound",
        event_version="1.0",
        occurred_at=datetime.fromtimestamp(int(message["timestamp"]), UTC),
        source=Source(
            provider="cloud_api", instance=instance, account_id=account, provider_message_id=message["id"],
            webhook_event="messages",
        ),
        actor=Actor(
            role="customer", wa_id=sender, phone=sender, bsuid=message["from_user_id"],
            display_name=who["profile"]["name"],
        ),
        message=Message(
            message_id=message["id"], direction="inbound", type=message["type"], text=message["text"]["body"]
        ),
        thread_key=f":{instance}:{sender}",
        idempotency_key=key,
        raw=message,
    )  # fmt: skip


decode_body = msgspec.json.Decoder(Body).decode
