"""History: what was said before the business was connected, thread by thread."""

from typing import Any

from msgspec import Struct

from rollout_cli.whatsapp.cloud_api.directory import Directory
from rollout_cli.whatsapp.cloud_api.messages import outbound, read_echo, read_message
from rollout_cli.whatsapp.decoding import decode, elements, fields
from rollout_cli.whatsapp.delivery import Origin, guarded
from rollout_cli.whatsapp.events import CanonicalEvent
from rollout_cli.whatsapp.identity import Person, cloud_person
from rollout_cli.whatsapp.keys import fingerprint
from rollout_cli.whatsapp.match_keys import match_keys
from rollout_cli.whatsapp.originals import Envelope, Piece
from rollout_cli.whatsapp.repeated import short, short_name
from rollout_cli.whatsapp.wire import mapping, objects, scalar, text


def read_history(origin: Origin, directory: Directory, raw: Piece) -> list[CanonicalEvent]:
    """The messages of one chunk; a chunk without any tells of its progress, or of a refusal."""
    chunk = fields(raw)
    threads = elements(chunk["threads"]) if chunk and "threads" in chunk else None
    about = {name: decode(told) for name, told in chunk.items() if name != "threads"} if chunk else {}
    events = [event for thread in threads or () for event in _read_thread(origin, directory, thread, about)]
    if not events and (objects(about.get("errors")) or mapping(about.get("metadata"))):
        return [_about_itself(origin, about, raw)]
    return events or [origin.unknown(raw)]


def _about_itself(origin: Origin, about: dict[str, Any], raw: Piece) -> CanonicalEvent:
    """How far the history has come, or that the business does not share it."""
    key = origin.key("account", origin.account_id or "", "history", origin.told_at or "", fingerprint(about))
    details = {"field": origin.field, "value": about}
    return origin.event("whatsapp.account.updated", key, origin.now, raw, details=details)


def read_late_media(origin: Origin, directory: Directory, raw: Piece) -> list[CanonicalEvent]:
    """The file of a message of the history, which comes by itself later; the business's own says whom it went to."""
    if directory.is_own(scalar(mapping(decode(raw)).get("from"))):
        return read_echo(origin, directory, raw)
    return read_message(origin, directory, raw)


class _ThreadEnvelope(Struct, frozen=True, gc=False):
    """What stands around a message of a thread: the thread, and what its chunk tells of itself."""

    change: Envelope | None
    about: dict[str, Any]
    chat: str | None
    context: dict[str, Any]

    def around(self, piece: Any, beside: Any) -> Any:
        """A body with that message alone."""
        context = {"context": short(self.context)} if self.context else {}
        chunk = {**(short(self.about) or {}), "threads": [{"id": self.chat, **context, "messages": [piece]}]}
        return chunk if self.change is None else self.change.around(chunk, beside)


class _Thread(Struct, frozen=True, gc=False):
    """Whom the business talks to: its id is their phone, and empty where that is hidden."""

    chat: str | None
    customer: Person


def _read_thread(origin: Origin, directory: Directory, raw: Piece, about: dict[str, Any]) -> list[CanonicalEvent]:
    thread = fields(raw)
    messages = elements(thread["messages"]) if thread and "messages" in thread else None
    if thread is None or messages is None:
        return [origin.unknown(raw)]
    chat = short_name(scalar(decode(thread["id"]))) if "id" in thread else None
    context: dict[str, Any] = mapping(decode(thread["context"])) if "context" in thread else {}
    written, user_id = chat or short_name(scalar(context.get("wa_id"))), short_name(text(context.get("user_id")))
    told = _Thread(chat, cloud_person(written, user_id))
    envelope = _ThreadEnvelope(origin.envelope, about, chat, context)
    return guarded(_read_message, origin.inside(envelope), messages, directory, told)


def _read_message(origin: Origin, directory: Directory, thread: _Thread, raw: Piece) -> list[CanonicalEvent]:
    """A message of a thread: whoever has the thread's id is the customer, anybody else is the business."""
    message: dict[str, Any] = mapping(decode(raw))
    sender, who = scalar(message.get("from")), thread.customer
    if who.wa_id is None:
        return read_late_media(origin, directory, raw)
    is_theirs = who.bsuid is not None and text(message.get("from_user_id")) == who.bsuid
    if sender and not match_keys(sender) & match_keys(who.wa_id) and (directory.is_own(sender) or not is_theirs):
        return [outbound(origin, raw, message, who, {})]
    return read_message(origin, directory, raw, thread.chat, who.bsuid)
