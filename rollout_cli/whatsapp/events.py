"""The canonical event, version 1.0: what every provider's body becomes.

Every key of the JSON form is always there, with null for what a provider does not say. Ids stand as the provider
wrote them. Times are UTC. A new key may come with a new minor version; a key never changes its meaning.
"""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal, Self

import msgspec
from msgspec import Raw, Struct

from rollout_cli.whatsapp.decoding import FORM_DEPTH, check_depth, decode
from rollout_cli.whatsapp.keys import event_id
from rollout_cli.whatsapp.originals import Original
from rollout_cli.whatsapp.vocabulary import ChatType, Direction, EventType, MessageType, Provider, Role, State

VERSION: Literal["1.0"] = "1.0"


class Source(Struct, frozen=True, gc=False):
    """Where an event came from.

    Attributes:
        provider: who delivered it.
        instance: Cloud API: phone_number_id; Evolution: the instance's name; else what the gateway or caller says.
        account_id: Cloud API: the business account; Evolution v2: the instance's UUID.
        provider_message_id: the id of the message that it is about: for a status, an edit or a revoke the original's.
        webhook_event: the event as the provider names it, in one spelling (`messages.upsert`, a Cloud API field).
    """

    provider: Provider
    instance: str | None = None
    account_id: str | None = None
    provider_message_id: str | None = None
    webhook_event: str | None = None


class Routing(Struct, frozen=True, gc=False):
    """Where an event belongs. A normalizer knows the thread only; the rest is the router's to fill in.

    Attributes:
        thread_key: `tenant:instance:counterpart`, or the group instead of the counterpart; null for what is in no
            conversation (status posts, newsletters, account events), and where no id of the counterpart is told.
    """

    shopper_id: str | None = None
    skm_id: str | None = None
    conversation_id: str | None = None
    thread_key: str | None = None


class Actor(Struct, frozen=True, gc=False):
    """Who did it.

    Attributes:
        role: the customer in a private chat, a participant in a group, the business, or the system.
        wa_id: the id as the provider wrote it.
        phone: digits with the country code, as WhatsApp has them; never from a LID or BSUID.
        lid: `digits@lid`.
        bsuid: the business-scoped user id.
        display_name: what the person calls themselves.
    """

    role: Role | None = None
    wa_id: str | None = None
    phone: str | None = None
    lid: str | None = None
    bsuid: str | None = None
    display_name: str | None = None


class Context(Struct, frozen=True, gc=False):
    """In which chat, and in reply to what.

    Attributes:
        chat_id: the chat as the provider wrote it.
        chat_aliases: every id that the body tells of the counterpart, as written: for the table of aliases.
        reply_to: the id of the quoted message.
        forwarded: whether it was forwarded; null where the event is no message.
        mentions: who is mentioned, as written.
    """

    chat_type: ChatType | None = None
    chat_id: str | None = None
    group_id: str | None = None
    reply_to: str | None = None
    forwarded: bool | None = None
    mentions: tuple[str, ...] = ()
    chat_aliases: tuple[str, ...] = ()


class Media(Struct, frozen=True, gc=False):
    """A file. Sizes in bytes, times in seconds; hashes and keys in base64, as told."""

    id: str | None = None
    url: str | None = None
    mime_type: str | None = None
    sha256: str | None = None
    size: int | None = None
    filename: str | None = None
    caption: str | None = None
    seconds: int | None = None
    width: int | None = None
    height: int | None = None
    animated: bool | None = None
    view_once: bool | None = None
    media_key: str | None = None
    direct_path: str | None = None


class Location(Struct, frozen=True, gc=False):
    """A place, in degrees."""

    latitude: float | None = None
    longitude: float | None = None
    name: str | None = None
    address: str | None = None
    url: str | None = None
    sequence: int | None = None


class Contact(Struct, frozen=True, gc=False):
    """A card that was sent.

    Attributes:
        phones: as written on the card.
        wa_ids: of those that are on WhatsApp.
        vcard: the card itself, where the provider sends one.
    """

    name: str | None = None
    phones: tuple[str, ...] = ()
    wa_ids: tuple[str, ...] = ()
    vcard: str | None = None


class Interactive(Struct, frozen=True, gc=False):
    """Buttons, lists and flows, offered or answered.

    Attributes:
        type: as the provider names it (`button_reply`, `nfm_reply`, `listMessage`).
        id: of what was chosen, or the payload of a template's button.
        title: of what was chosen, or of the message that offers.
        data: the rest as the provider has it; a flow's answer is decoded where it is JSON.
    """

    type: str | None = None
    id: str | None = None
    title: str | None = None
    description: str | None = None
    data: Any = None


class Reaction(Struct, frozen=True, gc=False):
    """A reaction to a message.

    Attributes:
        message_id: the message that it is about.
        emoji: null when it was taken back, and when it is encrypted.
    """

    message_id: str | None = None
    emoji: str | None = None
    removed: bool = False


class OrderItem(Struct, frozen=True, gc=False):
    """One line of an order."""

    product_id: str | None = None
    quantity: float | None = None
    price: float | None = None
    currency: str | None = None


class Order(Struct, frozen=True, gc=False):
    """An order, or with one line a product that is shown or asked about."""

    id: str | None = None
    catalog_id: str | None = None
    title: str | None = None
    items: tuple[OrderItem, ...] = ()


class Poll(Struct, frozen=True, gc=False):
    """A poll, or a vote in one.

    Attributes:
        message_id: of the poll that a vote is for.
        selectable: how many options may be chosen; 0 for any number.
        votes: the chosen options where they can be read: a vote is encrypted.
    """

    name: str | None = None
    options: tuple[str, ...] = ()
    selectable: int | None = None
    message_id: str | None = None
    votes: tuple[str, ...] = ()


class Message(Struct, frozen=True, gc=False):
    """What was said.

    Attributes:
        message_id: of this message, reaction, edit or revoke; null where only the original's is told.
        type: of the content; of an edit, of what it reads now; null for a reaction and a revoke.
        text: what a person reads: the body, a caption, the title of what was chosen.
        original_message_id: the message that is edited or revoked.
        referral: the ad or post that led here, as the provider has it.
        system: what a system message tells, as the provider has it.
        errors: why it cannot be shown, as the provider has it.
    """

    message_id: str | None = None
    direction: Direction | None = None
    type: MessageType | None = None
    text: str | None = None
    media: Media | None = None
    location: Location | None = None
    contacts: tuple[Contact, ...] = ()
    interactive: Interactive | None = None
    reaction: Reaction | None = None
    order: Order | None = None
    poll: Poll | None = None
    original_message_id: str | None = None
    referral: Any = None
    system: Any = None
    errors: Any = None


class Status(Struct, frozen=True, gc=False):
    """What became of a message.

    Attributes:
        state: in one spelling for all providers.
        message_id: the message that it is about.
        recipient_id: who it was sent to, as written: a person or a group.
        participant_id: in a group, whose state it is.
        errors, pricing, conversation: as the provider has them.
        callback_data: what the sender gave along.
    """

    state: State
    message_id: str | None = None
    recipient_id: str | None = None
    participant_id: str | None = None
    errors: Any = None
    pricing: Any = None
    conversation: Any = None
    callback_data: str | None = None


class Trace(Struct, frozen=True, gc=False):
    """What ties deliveries together.

    Attributes:
        idempotency_key: the same for the same fact, however often and in which shape it is told.
        correlation_id: of the delivery, from the request's headers.
    """

    idempotency_key: str
    correlation_id: str | None = None


class Security(Struct, frozen=True, gc=False):
    """How far it can be trusted.

    Attributes:
        signature_valid: null where nobody has looked.
        risk_flags: `time_missing`, `time_absurd`, `request_failed`, `no_id`, `unreadable`, and what others add.
    """

    signature_valid: bool | None = None
    risk_flags: tuple[str, ...] = ()


NOWHERE = Routing()
NOBODY = Actor()
NO_CONTEXT = Context()
UNCHECKED = Security()


class CanonicalEvent(Struct, frozen=True, gc=False):
    """One fact, in the form that all providers share. It and what it was read from hold no cycle for a collector.

    Attributes:
        occurred_at: when it happened as the provider says, else when it was received; aware, UTC.
        details: what an event says that is neither a message nor a status: members, a call, a connection, a field.
        original: what it was read from, as a body of its own, without credentials; long byte arrays in base64.
    """

    event_type: EventType
    occurred_at: datetime
    source: Source
    routing: Routing
    actor: Actor
    context: Context
    message: Message | None
    status: Status | None
    details: dict[str, Any] | None
    trace: Trace
    security: Security
    original: Original

    @property
    def event_id(self) -> str:
        """The UUIDv5 of the idempotency key."""
        return event_id(self.trace.idempotency_key)

    @property
    def event_version(self) -> str:
        """The version of the envelope."""
        return VERSION

    @property
    def raw(self) -> Any:
        """The part of the body that this was read from, decoded anew at each look."""
        return self.original.value()

    def to_json(self) -> str:
        """The JSON form, on one line."""
        return _encode(self._form()).decode()

    def to_dict(self) -> dict[str, Any]:
        """The JSON form as plain dicts, lists, strings, numbers and None; times as RFC 3339 strings."""
        form: dict[str, Any] = msgspec.json.decode(_encode(self._form()))
        return form

    @classmethod
    def from_json(cls, text: str | bytes) -> Self:
        """An event from its JSON form: the opposite of `to_json`.

        Raises:
            ValueError: it is no such form, or its id is not that of its key; the message says where.
        """
        data = text.encode() if isinstance(text, str) else text
        data.decode()  # what is skipped is not looked at by the decoder
        check_depth(data, FORM_DEPTH)
        form = _decode(data)
        if form.event_id != event_id(form.trace.idempotency_key):
            raise ValueError("event_id is not the one of trace.idempotency_key")
        return cls(
            form.event_type, form.occurred_at.astimezone(UTC), form.source, form.routing, form.actor, form.context,
            form.message, form.status, form.details, form.trace, form.security, Original(decode(form.raw)),
        )  # fmt: skip

    def to_cloudevents(self) -> dict[str, Any]:
        """The event as a CloudEvent 1.0 in its JSON format; the data is `to_dict()`."""
        from rollout_cli.whatsapp.cloud_events import cloud_event  # noqa: PLC0415 - it looks at this module

        return cloud_event(self)

    def _form(self) -> "Form":
        return Form(
            self.event_id, self.event_type, VERSION, self.occurred_at, self.source, self.routing, self.actor,
            self.context, self.message, self.status, self.details, self.trace, self.security, Raw(self.original.json),
        )  # fmt: skip


class Form(Struct, frozen=True, gc=False):
    """The JSON form of an event."""

    event_id: str
    event_type: EventType
    event_version: Literal["1.0"]
    occurred_at: Annotated[datetime, msgspec.Meta(tz=True)]
    source: Source
    routing: Routing
    actor: Actor
    context: Context
    message: Message | None
    status: Status | None
    details: dict[str, Any] | None
    trace: Trace
    security: Security
    raw: Raw


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Form).decode
