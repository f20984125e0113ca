"""What the router itself has to tell, as canonical events: derived from what made it do so, and never random."""

from typing import Any

from rollout_cli.pipeline.event_store import Conversation
from rollout_cli.whatsapp import CanonicalEvent
from rollout_cli.whatsapp.events import Actor, Context, Routing, Security, Source, Trace
from rollout_cli.whatsapp.keys import event_id, part
from rollout_cli.whatsapp.originals import Original
from rollout_cli.whatsapp.vocabulary import ChatType, EventType

_SYSTEM = Actor(role="system")
_KINDS: dict[EventType, str] = {
    "whatsapp.conversation.opened": "conversation_opened",
    "whatsapp.conversation.closed": "conversation_closed",
    "whatsapp.thread.assigned": "thread_assigned",
}


def conversation_id(cause: CanonicalEvent, contact_id: str | None) -> str:
    """The id of the conversation that an event opens: the same whenever that event is told.

    With somebody who was forgotten and is met anew it is another one: the old conversation is there still.
    """
    return event_id(f"{cause.trace.idempotency_key}:conversation:{contact_id or ''}")


def tell(event_type: EventType, conversation: Conversation, cause: CanonicalEvent, **details: Any) -> CanonicalEvent:
    """An event of ours, told because of another one: it happened when that one did."""
    source, context = cause.source, cause.context
    tenant, provider, _, instance, *_ = cause.trace.idempotency_key.split(":")
    key = f"{tenant}:{provider}:{_KINDS[event_type]}:{instance}:{cause.event_id}:{conversation.id}"
    said = {"conversation_id": conversation.id, "cause": cause.event_id, **details}
    return CanonicalEvent(
        event_type,
        cause.occurred_at,
        Source(source.provider, source.instance, source.account_id, None, "rollout"),
        Routing(conversation.shopper_id, conversation.skm_id, conversation.id, conversation.thread_key),
        _SYSTEM,
        Context(context.chat_type, context.chat_id, context.group_id),
        None,
        None,
        said,
        Trace(key, cause.trace.correlation_id),
        Security(),
        Original({"type": event_type, **said}),
    )


def tell_closed(conversation: Conversation, reason: str) -> CanonicalEvent:
    """That a conversation was closed: no event made that happen, but a person or the time that passed."""
    closed_at = conversation.closed_at or conversation.opened_at
    provider: Any = conversation.provider
    tenant = conversation.thread_key.partition(":")[0]
    parts = (tenant, provider, "conversation_closed", part(conversation.instance or ""), conversation.id)
    said = {"conversation_id": conversation.id, "reason": reason}
    chat_type: ChatType = "group" if conversation.chat_type == "group" else "private"
    return CanonicalEvent(
        "whatsapp.conversation.closed",
        closed_at,
        Source(provider, conversation.instance, None, None, "rollout"),
        Routing(conversation.shopper_id, conversation.skm_id, conversation.id, conversation.thread_key),
        _SYSTEM,
        Context(chat_type),
        None,
        None,
        said,
        Trace(":".join((*parts, part(closed_at.isoformat())))),
        Security(),
        Original({"type": "whatsapp.conversation.closed", **said}),
    )
