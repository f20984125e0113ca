"""Conversations end: a person says so, or nobody has said anything for long."""

from datetime import datetime

from rollout_cli.pipeline.event_store import Conversation, Entry, EventStore, Publication
from rollout_cli.pipeline.routing.telling import tell_closed

_AT_ONCE = 500


def close_idle(store: EventStore, *, silent_since: datetime, now: datetime) -> int:
    """Close the conversations in which nothing has happened since a time, some in each transaction; how many.

    Raises:
        StoreError: those closed before stay so.
    """
    closed = 0
    while True:
        with store.publication(by_router=False) as publication:
            idle = publication.idle_conversations(silent_since, _AT_ONCE)
            _close(publication, idle, now, "idle")
        closed += len(idle)
        if len(idle) < _AT_ONCE:
            return closed


def close(store: EventStore, conversation_ids: list[str], *, now: datetime, reason: str) -> int:
    """Close conversations; those that are closed already, or that nobody knows, stay as they are. How many.

    Args:
        store: where they are.
        conversation_ids: which.
        now: the time of their closing.
        reason: a word for whoever reads the event; no text of a message, and nobody's name.
    """
    with store.publication(by_router=False) as publication:
        found = publication.conversations(conversation_ids)
        open_ones = [each for each in found if each.closed_at is None]
        _close(publication, open_ones, now, reason)
    return len(open_ones)


def _close(publication: Publication, conversations: list[Conversation], now: datetime, reason: str) -> None:
    for each in conversations:
        each.closed_at = now
    publication.save_conversations(conversations)
    publication.append(
        [
            Entry(
                tell_closed(each, reason),
                now,
                each.shopper_id,
                thread_key=each.thread_key,
                conversation_id=each.id,
                skm_id=each.skm_id,
            )
            for each in conversations
        ]
    )
