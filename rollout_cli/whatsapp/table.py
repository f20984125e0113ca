"""What becomes of what, read from the tables that the readers work by; docs/normalizer.md is made of it."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from rollout_cli.whatsapp.baileys import events as baileys
from rollout_cli.whatsapp.cloud_api import accounts, contents, groups, statuses
from rollout_cli.whatsapp.evolution import events as evolution
from rollout_cli.whatsapp.simulated.kinds import KEYS, KINDS
from rollout_cli.whatsapp.vocabulary import STATUS_EVENTS, EventType, MessageType, Provider
from rollout_cli.whatsapp.web_message import connections, others, protocol, stub_types, stubs, updates
from rollout_cli.whatsapp.web_message import contents as web

_MSG, _REACTION, _CONTROL = "msg:{instance}:{id}", "reaction:{instance}:{id}", "control:{instance}:{id}"
_REVOKE, _STUB, _IDENTITY = "revoke:{instance}:{original}", "stub:{instance}:{id}", "identity:{instance}:…"
_STATUS = "status:{instance}:{id}:{state}:{participant}"
_CALL, _ACCOUNT = "call:{instance}:{id}:{state}", "account:{instance}:…"
_GROUP = "grp:{instance}:{group}:{action}:{participants}:{minute}"
_STATE = "state:{instance}:{state}:…"
_UNKNOWN = "unknown:{instance}:{name}:{hash}:{delivery}"


class Row(NamedTuple):
    """One row.

    Attributes:
        kind: what the provider sends, in its own words.
        event_type: what it becomes.
        message_type: of a message; None for anything else.
        key: the idempotency key behind tenant and provider; `…` stands for parts that no other row has.
    """

    provider: Provider
    kind: str
    event_type: EventType
    message_type: MessageType | None
    key: str

    @property
    def name(self) -> str:
        """The row's own name."""
        return f"{self.provider}: {self.kind}"


def rows() -> list[Row]:
    """Every row, provider by provider."""
    return [*_cloud_api(), *_evolution(), *_baileys(), *_simulated()]


def _cloud_api() -> Iterator[Row]:
    inbound: EventType = "whatsapp.message.inbound"
    for name, content in contents.CONTENTS.items():
        if content.type:
            yield Row("cloud_api", f"messages, {name}", inbound, content.type, _MSG)
    yield Row("cloud_api", "messages, audio", inbound, "audio", _MSG)
    yield Row("cloud_api", "messages, audio with voice", inbound, "voice", _MSG)
    for inner, message_type in contents.ANSWERS.items():
        yield Row("cloud_api", f"messages, interactive {inner}", inbound, message_type, _MSG)
    yield Row("cloud_api", "messages, interactive of any other type", inbound, "interactive", _MSG)
    yield Row("cloud_api", "messages, system of another id", "whatsapp.identity.changed", "system", _MSG)
    yield Row("cloud_api", "messages, reaction", "whatsapp.message.reaction", None, _REACTION)
    yield Row("cloud_api", "messages, reaction taken back", "whatsapp.message.reaction", None, _REACTION)
    yield Row("cloud_api", "messages, edit", "whatsapp.message.edited", "text", "edit:{instance}:{id}")
    yield Row("cloud_api", "messages, revoke", "whatsapp.message.revoked", None, _REVOKE)
    yield Row("cloud_api", "messages, media_placeholder", "whatsapp.message.undecryptable", "unknown", _STUB)
    yield Row("cloud_api", "messages, of any other type with errors", inbound, "unsupported", _MSG)
    yield Row("cloud_api", "messages, of any other type", "whatsapp.unknown", "unknown", _MSG)
    yield Row("cloud_api", "smb_message_echoes", "whatsapp.message.outbound", "text", _MSG)
    yield Row("cloud_api", "history, of a customer", inbound, "text", _MSG)
    yield Row("cloud_api", "history, of the business", "whatsapp.message.outbound", "text", _MSG)
    for state in dict.fromkeys(statuses.STATES.values()):
        key = f"{_STATUS}:{{error}}" if state == "failed" else _STATUS
        yield Row("cloud_api", f"statuses, {state}", STATUS_EVENTS[state], None, key)
    yield Row("cloud_api", "statuses, of any other state", "whatsapp.unknown", None, _UNKNOWN)
    yield Row("cloud_api", "statuses, of a call", "whatsapp.call", None, _CALL)
    yield Row("cloud_api", "statuses, of a payment", "whatsapp.chat.updated", None, "payment:{instance}:…")
    yield Row("cloud_api", "calls", "whatsapp.call", None, _CALL)
    for kind, event_type in groups.GROUP_EVENTS.items():
        yield Row("cloud_api", f"groups, {kind}", event_type, None, "grp:{instance}:{group}:{action}:…")
    yield Row("cloud_api", "history, of its progress or refusal", "whatsapp.account.updated", None, _ACCOUNT)
    yield Row("cloud_api", "messaging_handovers", "whatsapp.chat.updated", None, "chat:{instance}:…")
    yield Row("cloud_api", "smb_app_state_sync", "whatsapp.contact.updated", None, "contact:{instance}:…")
    yield Row("cloud_api", "user_preferences", "whatsapp.contact.updated", None, "contact:{instance}:…")
    yield Row("cloud_api", "user_id_update", "whatsapp.identity.changed", None, _IDENTITY)
    yield Row("cloud_api", "automatic_events", "whatsapp.account.updated", None, "automatic:{instance}:…")
    yield Row("cloud_api", "errors of a value", "whatsapp.account.updated", None, _ACCOUNT)
    for field in sorted(accounts.FIELDS):
        yield Row("cloud_api", field, "whatsapp.account.updated", None, _ACCOUNT)
    yield Row("cloud_api", f"any other {'…, '.join(accounts.PREFIXES)}…", "whatsapp.account.updated", None, _ACCOUNT)
    yield Row("cloud_api", "any other field", "whatsapp.unknown", None, _UNKNOWN)


def _web_messages(provider: Provider, event: str) -> Iterator[Row]:
    for name, content in web.CONTENTS.items():
        if content.type:
            yield Row(provider, f"{event}, {name}", "whatsapp.message.inbound", content.type, _MSG)
    yield Row(provider, f"{event}, audioMessage", "whatsapp.message.inbound", "audio", _MSG)
    yield Row(provider, f"{event}, audioMessage with ptt", "whatsapp.message.inbound", "voice", _MSG)
    yield Row(provider, f"{event}, locationMessage with isLive", "whatsapp.message.inbound", "live_location", _MSG)
    yield Row(provider, f"{event}, interactiveResponseMessage", "whatsapp.message.inbound", "flow_reply", _MSG)
    yield Row(provider, f"{event}, fromMe", "whatsapp.message.outbound", "text", _MSG)
    yield Row(provider, f"{event}, reactionMessage", "whatsapp.message.reaction", None, _REACTION)
    yield Row(provider, f"{event}, encReactionMessage", "whatsapp.message.reaction", None, _REACTION)
    for name in sorted(web.UNDECRYPTABLE):
        yield Row(provider, f"{event}, {name}", "whatsapp.message.undecryptable", "unknown", _STUB)
    yield Row(provider, f"{event}, no content", "whatsapp.message.undecryptable", "unknown", _STUB)
    yield Row(provider, f"{event}, any other content", "whatsapp.unknown", "unknown", _MSG)
    for name, event_type in protocol.PROTOCOLS.values():
        key = {"REVOKE": _REVOKE, "MESSAGE_EDIT": "edit:{instance}:{original}:{time}"}.get(name, _CONTROL)
        message_type: MessageType | None = "text" if name == "MESSAGE_EDIT" else None
        yield Row(provider, f"{event}, protocolMessage {name}", event_type, message_type, key)
    yield Row(provider, f"{event}, protocolMessage of any other type", "whatsapp.unknown", None, _CONTROL)


def _evolution() -> Iterator[Row]:
    yield from _web_messages("evolution", "messages.upsert")
    yield Row("evolution", "messages.set", "whatsapp.message.inbound", "text", _MSG)
    yield Row("evolution", "send.message", "whatsapp.message.outbound", "text", _MSG)
    yield Row(
        "evolution", "send.message.update", "whatsapp.message.edited", "text", "edit:{instance}:{original}:{time}"
    )
    for _, state in updates.STATES.values():
        yield Row("evolution", f"messages.update, {state}", STATUS_EVENTS[state], None, _STATUS)
    yield Row("evolution", "messages.update, deleted", "whatsapp.message.status.deleted", None, _STATUS)
    yield Row("evolution", "messages.update, pollUpdates", "whatsapp.message.inbound", "poll_vote", _MSG)
    yield Row(
        "evolution", "messages.edited, MESSAGE_EDIT", "whatsapp.message.edited", "text",
        "edit:{instance}:{original}:{time}",
    )  # fmt: skip
    yield Row("evolution", "messages.edited, REVOKE", "whatsapp.message.revoked", None, _REVOKE)
    yield Row("evolution", "messages.delete", "whatsapp.message.revoked", None, _REVOKE)
    for connection, event_type in connections.CONNECTIONS.items():
        yield Row("evolution", f"connection.update, {connection}", event_type, None, _STATE)
    yield Row("evolution", "status.instance, closed", "whatsapp.instance.disconnected", None, _STATE)
    yield Row("evolution", "qrcode.updated", "whatsapp.instance.qr_updated", None, _STATE)
    for name, read in evolution.EVENTS.items():
        made = _BESIDE.get(read)
        if made:
            yield Row("evolution", name, made[0], None, made[1])
    yield from _members("evolution", "group-participants.update")
    yield Row("evolution", "any other event", "whatsapp.unknown", None, _UNKNOWN)


def _members(provider: Provider, event: str) -> Iterator[Row]:
    for action, event_type in others.MEMBER_ACTIONS.items():
        yield Row(provider, f"{event}, {action}", event_type, None, _GROUP)


def _baileys() -> Iterator[Row]:
    yield from _web_messages("baileys", "messages.upsert")
    for number, (name, event_type, action) in stub_types.STUBS.items():
        key = _GROUP if action else "stub:{instance}:{id}:{name}"
        is_there = event_type == "whatsapp.message.undecryptable"
        key = _REVOKE if number in stubs.REVOKES else _STUB if is_there else key
        told: MessageType | None = "unknown" if is_there else None
        yield Row("baileys", f"messages.upsert, stub {number} {name}", event_type, told, key)
    yield Row(
        "baileys", "messages.upsert, stub of another notice", "whatsapp.chat.updated", None,
        "stub:{instance}:{id}:{name}",
    )  # fmt: skip
    yield Row("baileys", "messages.upsert, any other stub", "whatsapp.unknown", None, "stub:{instance}:{id}:{name}")
    for name, state in updates.STATES.values():
        yield Row("baileys", f"messages.update, status {name}", STATUS_EVENTS[state], None, _STATUS)
    yield Row(
        "baileys", "messages.update, editedMessage", "whatsapp.message.edited", "text",
        "edit:{instance}:{original}:{time}",
    )  # fmt: skip
    yield Row("baileys", "messages.update, stub 1", "whatsapp.message.revoked", None, _REVOKE)
    yield Row("baileys", "messages.update, pollUpdates", "whatsapp.message.inbound", "poll_vote", _MSG)
    yield Row("baileys", "messages.reaction", "whatsapp.message.reaction", None, _REACTION)
    for name, state in updates.RECEIPTS.items():
        yield Row("baileys", f"message-receipt.update, {name}", STATUS_EVENTS[state], None, _STATUS)
    yield Row("baileys", "messages.delete", "whatsapp.message.status.deleted", None, _STATUS)
    yield Row("baileys", "messaging-history.set", "whatsapp.message.inbound", "text", _MSG)
    yield Row("baileys", "chats.update, a message in it", "whatsapp.message.inbound", "text", _MSG)
    for connection, event_type in connections.CONNECTIONS.items():
        yield Row("baileys", f"connection.update, {connection}", event_type, None, _STATE)
    yield Row("baileys", "connection.update, qr", "whatsapp.instance.qr_updated", None, _STATE)
    for name, event in baileys.EVENTS.items():
        made = _BESIDE.get(event.read)
        if made:
            yield Row("baileys", name, made[0], None, made[1])
    yield from _members("baileys", "group-participants.update")
    yield Row("baileys", "any other event", "whatsapp.unknown", None, _UNKNOWN)


def _simulated() -> Iterator[Row]:
    for kind, event_type in KINDS.items():
        yield Row("simulated", kind, event_type, None, KEYS[kind])
    yield Row("simulated", "{from, to, text, message_id}", "whatsapp.message.inbound", "text", _MSG)
    yield Row("simulated", "any other kind", "whatsapp.unknown", None, _UNKNOWN)


Made = tuple[EventType, str]
_CHAT: Made = ("whatsapp.chat.updated", "chat:{instance}:{chat}:{hash}:{delivery}")
_CONTACT: Made = ("whatsapp.contact.updated", "contact:{instance}:{person}:{hash}:{delivery}")
_PRESENCE: Made = ("whatsapp.presence", "presence:{instance}:{chat}:{person}:{state}:{hash}:{delivery}")
_NOTICE: Made = ("whatsapp.account.updated", _ACCOUNT)
_BESIDE: Mapping[Callable[..., Any], Made] = {
    evolution.read_leaving: ("whatsapp.instance.disconnected", _STATE),
    baileys.read_chat: _CHAT,
    others.read_chat: _CHAT,
    others.read_label: _CHAT,
    evolution.read_created: _NOTICE,
    evolution.read_status: _NOTICE,
    others.read_notice: _NOTICE,
    others.read_credentials: _NOTICE,
    others.read_contact: _CONTACT,
    others.read_new_group: ("whatsapp.group.created", _GROUP),
    others.read_group: ("whatsapp.group.updated", "grp:{instance}:{group}:{action}:{hash}:{minute}"),
    others.read_presence: _PRESENCE,
    others.read_call: ("whatsapp.call", _CALL),
    evolution.read_call: ("whatsapp.call", _CALL),
    others.read_lid_mapping: ("whatsapp.identity.changed", "identity:{instance}:{phone}:{lid}"),
}
"""What the readers of everything beside the messages make."""
