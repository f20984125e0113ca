"""One change: which of its lists are read by whom."""

from collections.abc import Callable, Mapping
from typing import Any

from msgspec import Raw, Struct

from rollout_cli.whatsapp.cloud_api import accounts, calls, groups, people
from rollout_cli.whatsapp.cloud_api.directory import Directory
from rollout_cli.whatsapp.cloud_api.history import read_history, read_late_media
from rollout_cli.whatsapp.cloud_api.messages import read_echo, read_message
from rollout_cli.whatsapp.cloud_api.statuses import read_status
from rollout_cli.whatsapp.decoding import decode, encode, fields, listed
from rollout_cli.whatsapp.delivery import Delivery, Origin, guarded
from rollout_cli.whatsapp.events import CanonicalEvent
from rollout_cli.whatsapp.originals import Piece
from rollout_cli.whatsapp.repeated import short, short_name
from rollout_cli.whatsapp.wire import mapping, objects, scalar

ElementReader = Callable[[Origin, Directory, Piece], list[CanonicalEvent]]

ELEMENTS: Mapping[str, ElementReader] = {
    "messages": read_message,
    "statuses": read_status,
    "message_echoes": read_echo,
    "history": read_history,
    "calls": calls.read_call,
    "groups": groups.read_group,
    "state_sync": people.read_synced_contact,
    "user_preferences": people.read_preference,
    "user_id_update": people.read_user_id_update,
    "automatic_events": accounts.read_automatic_event,
    "errors": accounts.read_error,
}
"""Who reads the elements of which list, in any change that has one."""


class ChangeEnvelope(Struct, frozen=True, gc=False):
    """What stands around an element of a change, or around its whole value where no list is named.

    Attributes:
        account, time: of the entry.
        elements: the list that the elements stand in.
    """

    account: str | None
    time: Any
    field: str
    metadata: Mapping[str, Any] = {}
    elements: str = ""

    def around(self, piece: Any, beside: Any) -> Any:
        """A body with that element alone, and the contact that was found for it."""
        value = piece
        if self.elements:
            about = {"metadata": short(self.metadata), "contacts": [short(beside)] if beside else None}
            value = {**{name: told for name, told in about.items() if told}, self.elements: [piece]}
        change = {"field": self.field, "value": value}
        if self.account is None and self.time is None:
            return change
        time = {} if self.time is None else {"time": short(self.time)}
        return {"entry": [{"id": self.account, **time, "changes": [change]}]}


BOTH_SIDES = frozenset({"history", "smb_message_echoes", "message_echoes"})
"""The fields whose `messages` may be the business's own: some tell them apart by nothing but who they are from."""
HANDOVERS = "messaging_handovers"
"""The field that tells who answers a chat from now on; it has no list, and names the business as the recipient."""
_ABOUT = frozenset({"messaging_product", "metadata", "contacts"})
"""What a value says about its lists."""


def read_messages(
    delivery: Delivery, account: str, metadata: Mapping[str, Any], contacts: list[Any], messages: list[Any],
    statuses: list[Any],
) -> list[CanonicalEvent]:  # fmt: skip
    """The events of the usual change: messages and statuses.

    Raises:
        msgspec.DecodeError: one of them is no JSON.
    """
    directory = Directory(contacts, metadata, len(messages), len(statuses))
    own = short_name(account or None)
    events: list[CanonicalEvent] = []
    if messages:
        origin = origin_of(delivery, ChangeEnvelope(own, None, "messages", metadata, "messages"))
        events += guarded(read_message, origin, messages, directory)
    if statuses:
        origin = origin_of(delivery, ChangeEnvelope(own, None, "messages", metadata, "statuses"))
        events += guarded(read_status, origin, statuses, directory)
    return events


def read_change(delivery: Delivery, account: str | None, time: Any, field: str, raw: Raw) -> list[CanonicalEvent]:
    """The events of any change: every list that is known is read, and the rest is not lost.

    `account` and `time` are the entry's, `raw` is the value.

    Raises:
        msgspec.DecodeError: the value is no JSON.
    """
    account, field = short_name(account), short_name(field) or ""
    value = fields(raw)
    if value is None:
        return [origin_of(delivery, ChangeEnvelope(account, time, field)).unknown(raw)]
    metadata = mapping(decode(value["metadata"])) if "metadata" in value else {}
    contacts = objects(decode(value["contacts"])) if "contacts" in value else []
    whole = origin_of(delivery, ChangeEnvelope(account, time, field), metadata)
    if field in accounts.FIELDS or (field.startswith(accounts.PREFIXES) and value.keys().isdisjoint(ELEMENTS)):
        return guarded(accounts.account_reader(account, time), whole, [raw])
    if field == HANDOVERS:
        beside = mapping(decode(value["recipient"])) if "recipient" in value else {}
        whole = origin_of(delivery, ChangeEnvelope(account, time, field), {**beside, **metadata})
        return guarded(people.read_handover, whole, [raw], Directory(contacts, metadata))
    lists = {name: listed(value[name]) for name in ELEMENTS if name in value and bytes(value[name]) != b"null"}
    messages = len(lists.get("messages") or ())
    directory = Directory(contacts, metadata, messages, sum(len(each or ()) for each in lists.values()) - messages)
    events: list[CanonicalEvent] = []
    read: set[str] = set()
    for name, parts in lists.items():
        if parts is not None:
            read.add(name)
            origin = origin_of(delivery, ChangeEnvelope(account, time, field, metadata, name))
            reader = read_late_media if name == "messages" and field in BOTH_SIDES else ELEMENTS[name]
            events += guarded(reader, origin, parts, directory)
    if field == "user_id_update" and "user_id" in value and not read:
        return guarded(people.read_user_id_update, whole, [raw], directory)
    left = {name for name in value.keys() - read - _ABOUT if bytes(value[name]) != b"null"}
    if left or (not events and not read):
        events.append(whole.unknown(encode({name: value[name] for name in value if name not in read})))
    return events


def origin_of(delivery: Delivery, envelope: ChangeEnvelope, metadata: Mapping[str, Any] | None = None) -> Origin:
    """Where what stands in an envelope comes from."""
    phone_number_id = scalar((metadata or envelope.metadata).get("phone_number_id"))
    instance = phone_number_id or delivery.instance
    account, time = envelope.account, envelope.time
    told_at = None if time is None else scalar(time)
    return Origin(
        delivery, instance, instance or account, account, envelope.field, told_at=told_at, envelope=envelope
    )  # fmt: skip
