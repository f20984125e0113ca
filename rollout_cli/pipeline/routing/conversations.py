"""What an event does to its thread's conversation: a table."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import Enum

from rollout_cli.pipeline.event_store import Conversation, Entry
from rollout_cli.whatsapp import CanonicalEvent


class State(Enum):
    """Of a thread."""

    NEW = "new"
    OPEN = "open"
    CLOSED_LATELY = "closed lately"
    CLOSED = "closed"


class Act(Enum):
    """Of an event."""

    SPEAKS = "speaks"
    """Somebody says something to whoever is there: it is answered in a conversation."""
    SPOKE = "spoke"
    """The same, but overtaken by what is known already: it came late."""
    FOLLOWS = "follows"
    """It is about what was said."""


class Step(Enum):
    """What to do."""

    NOTHING = "nothing"
    ATTACH = "attach"
    OPEN = "open"
    REOPEN = "reopen"


STEPS: Mapping[tuple[State, Act], Step] = {
    (State.NEW, Act.SPEAKS): Step.OPEN,
    (State.NEW, Act.SPOKE): Step.OPEN,
    (State.NEW, Act.FOLLOWS): Step.NOTHING,
    (State.OPEN, Act.SPEAKS): Step.ATTACH,
    (State.OPEN, Act.SPOKE): Step.ATTACH,
    (State.OPEN, Act.FOLLOWS): Step.ATTACH,
    (State.CLOSED_LATELY, Act.SPEAKS): Step.REOPEN,
    (State.CLOSED_LATELY, Act.SPOKE): Step.ATTACH,
    (State.CLOSED_LATELY, Act.FOLLOWS): Step.ATTACH,
    (State.CLOSED, Act.SPEAKS): Step.OPEN,
    (State.CLOSED, Act.SPOKE): Step.ATTACH,
    (State.CLOSED, Act.FOLLOWS): Step.ATTACH,
}
"""For every state and act, what to do."""

_SPEAKING = frozenset({"whatsapp.message.inbound", "whatsapp.message.outbound", "whatsapp.message.undecryptable"})
_HISTORY = frozenset({"history", "messages.set", "messaging.history.set"})
"""What was said before anybody listened: nobody waits for an answer to it."""
_AHEAD = timedelta(days=1)
"""How far a provider's clock may be ahead of ours."""


def state_of(conversation: Conversation | None, at: datetime, reopens_within: timedelta) -> State:
    """Where a thread stands when something happens at a time."""
    if conversation is None:
        return State.NEW
    if conversation.closed_at is None:
        return State.OPEN
    return State.CLOSED_LATELY if at - conversation.closed_at <= reopens_within else State.CLOSED


def time_of(entry: Entry) -> datetime:
    """When an entry's event happened, as far as that can be: what claims to be of the future is of now.

    Believed, it would be the latest of its conversation for ever, and whatever came after it overtaken.
    """
    occurred_at, received_at = entry.event.occurred_at, entry.received_at
    return received_at if occurred_at - received_at > _AHEAD else occurred_at


def act_of(event: CanonicalEvent, at: datetime, conversation: Conversation | None) -> Act:
    """What an event does to its thread, at its `time_of`.

    What is newer than all that is known of a closed conversation opens it, whenever it comes: somebody waits for an
    answer. What is older was overtaken.
    """
    if event.event_type not in _SPEAKING or event.source.webhook_event in _HISTORY:
        return Act.FOLLOWS
    if conversation is None or conversation.closed_at is None:
        return Act.SPEAKS
    latest = conversation.last_event_at or conversation.opened_at
    return Act.SPOKE if at <= latest else Act.SPEAKS
